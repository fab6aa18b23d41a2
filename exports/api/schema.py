"""What the OpenAPI document says of a dataset's endpoint."""

from typing import Any

from django.forms import Field, ModelChoiceField
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from ..columns import Column
from ..compressors import COMPRESSORS
from ..definitions import ModelExport
from ..encoders import ENCODERS, media_types
from ..encoders.dialects import DIALECTS
from ..exceptions import Text
from ..filtering import filter_form, parameter_names
from ..options import Overlong
from ..registry import registry
from ..rendering import Formulas
from ..scope import has_permission
from ..sinks.links import SCHEMA_TYPE
from .operations import refusals
from .serializers import ExportJobSerializer

DOWNLOAD_ERRORS = (400, 401, 403, 404, 406, 409, 413, 429, 503)
"""Every status that a download may be refused with, all of one shape."""


class DatasetSchema(AutoSchema):
    """Parameters from the dataset's FilterSet and the engine's options; a file as the answer."""

    def is_excluded(self) -> bool:
        return not _is_told_of(self._definition, self.view)

    def get_operation_id(self) -> str:
        # A dataset may have a second path of a project's own: the two need ids of their own.
        name = self._definition.get_name()
        suffix = "" if self.path.rstrip("/").endswith(f"/{name}") else "_by_short_path"
        return f"export_{name.replace('-', '_')}{suffix}"

    def get_tags(self) -> list[str]:
        return ["exports"]

    def get_summary(self) -> str:
        return f"Export {self._definition.get_name()}"

    def get_description(self) -> str:  # type: ignore[override]
        rows = self._definition.get_queryset()
        columns = self._definition.get_columns_for(_reader(self.view))
        listed = "\n".join(_described(column, column.description_in(rows)) for column in columns)
        return f"{self._definition.description}\n\nColumns:\n\n{listed}"

    def get_override_parameters(self) -> list[Any]:
        filters = [
            _filter_parameter(name, field)
            for key, field in filter_form(self._definition).fields.items()
            for name in parameter_names(key, field)
            if f"{{{name}}}" not in self.path
        ]
        options = [
            option
            for option in _option_parameters()
            if option.name != "since" or self._definition.created_field
        ]
        return [*filters, *options, _PREFER, *_answer_headers()]

    def get_request_serializer(self) -> None:
        return None

    def get_response_serializers(self) -> Any:
        types = [
            *media_types(),
            *(dialect.media_type for dialect in DIALECTS.values()),
            *(compressor.media_type for compressor in COMPRESSORS.values()),
        ]
        files = {(200, media_type): OpenApiTypes.BINARY for media_type in types}
        return files | {202: ExportJobSerializer} | refusals(*DOWNLOAD_ERRORS)

    @property
    def _definition(self) -> ModelExport:
        return registry.get(self.view.dataset)  # type: ignore[attr-defined]


class TableDocumentation(AutoSchema):
    """The description of a file: the datasets by name, and the engine's options; CSVW as the answer."""

    def get_operation_id(self) -> str:
        return "export_schema"

    def get_tags(self) -> list[str]:
        return ["exports"]

    def get_summary(self) -> str:
        return "The columns of a dataset's file, as CSVW metadata"

    def get_description(self) -> str:  # type: ignore[override]
        return (
            "What a download with the same parameters gives, as W3C's Metadata Vocabulary for Tabular Data: "
            "how the file is written; the name, description and type of each column; under `notes`, the "
            "columns that can be chosen as well. The dataset's filters are taken too, and none is required. "
            "The description is of the table, whatever `format` and `compression` say. No row is read."
        )

    def get_override_parameters(self) -> list[Any]:
        names = [found.get_name() for found in registry if _is_told_of(found, self.view)]
        dataset = OpenApiParameter("dataset", str, OpenApiParameter.PATH, enum=names, description="Its name.")
        return [dataset, *_option_parameters()]

    def get_request_serializer(self) -> None:
        return None

    def get_response_serializers(self) -> Any:
        return {(200, SCHEMA_TYPE): OpenApiTypes.OBJECT} | refusals(400, 401, 403, 404, 503)


def _reader(view: Any) -> Any:
    """Whose the document is; None without a reader, as from a command: then it says what everybody sees."""
    return getattr(getattr(view, "request", None), "user", None)


def _is_told_of(definition: ModelExport, view: Any) -> bool:
    """Whether the document names it to its reader: what they may not so much as ask for, it does not."""
    user = _reader(view)
    return not definition.permission_for_own_rows or has_permission(user, definition.get_permission())


def _described(column: Column, description: Text) -> str:
    header = f"- `{column.header}`{'' if column.default else ', if chosen'}"
    return f"{header}: {description}" if description else header


def _filter_parameter(name: str, field: Field) -> OpenApiParameter:
    # The choices of a ModelChoiceField are rows, of every tenant.
    listed = () if isinstance(field, ModelChoiceField) else getattr(field, "choices", ())
    choices = [value for value, _label in listed if value != ""]
    return OpenApiParameter(
        name, str, required=field.required, enum=choices or None, description=str(field.help_text or "")
    )


def _answer_headers() -> list[OpenApiParameter]:
    """Headers of the answers, with the statuses that have them."""
    described = {
        "X-Export-Id": ("The id of the audit record.", str, [200]),
        "Content-Encoding": ("How the transfer is compressed, by Accept-Encoding: gzip or zstd.", str, [200]),
        "Link": ("Where the file's columns are described: its `schema`, as `describedby`.", str, [200]),
        "X-Export-Cursor": ("What the next export takes as `since`, once this one is whole.", str, [200]),
        "Location": ("The path of the job.", str, [202]),
        "Preference-Applied": ("`respond-async`", str, [202]),
        "Retry-After": ("In how many seconds to ask again.", int, [202, 429, 503]),
    }
    return [
        *(
            OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=text, response=statuses)
            for name, (text, kind, statuses) in described.items()
        ),
        *rate_answers(200, 202, 429),
    ]


def rate_answers(*statuses: int) -> list[OpenApiParameter]:
    """The headers of answers with these statuses that tell of the rate."""
    text = "How far the rate is used up; not there without one."
    kinds = {"Limit": int, "Remaining": int, "Reset": int, "Policy": str}
    return [
        OpenApiParameter(
            f"RateLimit-{name}", kind, OpenApiParameter.HEADER, description=text, response=list(statuses)
        )
        for name, kind in kinds.items()
    ]


_PREFER = OpenApiParameter(
    "Prefer",
    str,
    OpenApiParameter.HEADER,
    description="`respond-async`: a background job makes the file, and the answer is that (RFC 7240).",
)


def _option_parameters() -> list[OpenApiParameter]:
    return [
        OpenApiParameter("format", str, enum=list(ENCODERS), description="The file's format."),
        OpenApiParameter(
            "compression",
            str,
            enum=list(COMPRESSORS),
            description="Compresses the file, whatever Accept-Encoding says of the transfer.",
        ),
        OpenApiParameter(
            "columns",
            str,
            description="Headers, comma-separated, in the order wanted; `header:name` renames one.",
        ),
        OpenApiParameter("dialect", str, enum=list(DIALECTS), description="Which kind of CSV."),
        OpenApiParameter(
            "overlong",
            str,
            enum=list(Overlong),
            description="What to do with text that is too long for a cell of Excel's.",
        ),
        OpenApiParameter(
            "tz",
            str,
            description="The time zone of datetimes in the file, and of filters' dates; an IANA name.",
        ),
        OpenApiParameter(
            "since",
            str,
            description="Only rows created since the export that gave this cursor; `start`: from the first.",
        ),
        OpenApiParameter(
            "formulas",
            str,
            enum=list(Formulas),
            description="What to do with cells that a spreadsheet would run.",
        ),
        OpenApiParameter(
            "tenant", str, description="Whose rows, for staff who may: an id, or * for everybody's."
        ),
    ]
