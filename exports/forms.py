"""The form in which a person chooses an export: a dataset's filters, columns and options.

It shows a choice and what is wrong with it. Whether it is valid the engine says, as it does for every door.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField, BoundWidget
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .columns import Column
from .compressors import COMPRESSORS
from .definitions import ModelExport
from .encoders import encoder_class, installed_formats
from .exceptions import ParameterProblem, Text
from .filtering import filter_form, lists_rows, parameter_names
from .options import DEFAULTS, OPTION_NAMES, Overlong
from .query import RAW_FORMULAS
from .rendering import Formulas
from .scope import FOR_ALL_TENANTS, FOR_OTHER_TENANT, has_permission
from .widgets import fitted, keep

_FORMULAS = {
    Formulas.ESCAPE: _("Put an apostrophe before them"),
    Formulas.REJECT: _("Refuse the export"),
    Formulas.RAW: _("Leave them live"),
}
_OVERLONG = {
    Overlong.REJECT: _("Refuse the export"),
    Overlong.CUT: _("Cut them, and mark where"),
}
_DIALECTS = {
    "excel": _("for Excel"),
    "excel-semicolon": _("for Excel where numbers have a comma"),
    "tsv": _("parted by tabs"),
}


@dataclass(frozen=True, kw_only=True)
class Tick:
    """The box of a column, what is told of it, and the id of the element that tells it."""

    box: BoundWidget
    description: Text
    is_extra: bool
    """Whether it is in the file only where it is ticked."""

    @property
    def notes_id(self) -> str:
        return f"{self.box.id_for_label}_notes"


class ExportForm(forms.Form):
    """`params` are the API's, `problems` what the engine found wrong with them.

    `filters` lists the names of the filters to show; None: all of them.
    """

    def __init__(
        self,
        definition: ModelExport,
        user: Any,
        params: QueryDict,
        *,
        problems: Sequence[ParameterProblem] = (),
        filters: Iterable[str] | None = None,
    ) -> None:
        columns = definition.get_columns_for(user)
        headers = [column.header for column in columns]
        chosen = str(params["columns"]).split(",") if "columns" in params else _default(columns)
        super().__init__(data=_shown(params, chosen))
        self._problems = problems
        rows = definition.get_queryset()
        self._told = {column.header: (column.description_in(rows), not column.default) for column in columns}
        known = filter_form(definition).fields
        self._filter_names = [name for name in known if filters is None or name in filters]
        self._listing = {name for name in self._filter_names if lists_rows(definition, name)}
        self.fields |= {
            name: self._filter_field(name, known[name], params.getlist(name)) for name in self._filter_names
        }
        self.fields |= _option_fields(user, _together(chosen, headers))
        if not definition.created_field:
            del self.fields["since"]
        for name in (*DEFAULTS, "compression", "dialect"):
            keep(self.fields[name], params.getlist(name))

    def filter_fields(self) -> list[BoundField]:
        """The dataset's filters, in their order."""
        return [self[name] for name in self._filter_names]

    def option_fields(self) -> list[BoundField]:
        """Format and the like; the columns, which are many, apart."""
        return [self[name] for name in OPTION_NAMES if name in self.fields and name != "columns"]

    def ticks(self) -> Iterator[Tick]:
        """The columns, in their order; each box names the element that describes it."""
        for box in self["columns"]:
            choice = str(box.data["value"])
            # What is to stand under another name is `header:name`.
            description, is_extra = self._told.get(choice) or self._told.get(
                choice.partition(":")[0], ("", False)
            )
            tick = Tick(box=box, description=description, is_extra=is_extra)
            if description or is_extra:
                box.data["attrs"]["aria-describedby"] = tick.notes_id
            yield tick

    def full_clean(self) -> None:
        """Takes over what the engine has said."""
        self._errors = forms.utils.ErrorDict()
        self.cleaned_data: dict[str, Any] = {}
        fields = {part: key for key, field in self.fields.items() for part in parameter_names(key, field)}
        for problem in self._problems:
            field = fields.get(problem.attr)
            text = problem.detail if field else format_lazy("{}: {}", problem.attr, problem.detail)
            self.add_error(field, forms.ValidationError(str(text), code=problem.code))

    def _filter_field(self, name: str, field: forms.Field, given: list[str]) -> forms.Field:
        if name in self._listing:  # a list of rows would show those of every tenant
            return forms.CharField(label=field.label, help_text=field.help_text, required=field.required)
        return fitted(field, given)


def normalised(params: QueryDict, definition: ModelExport, user: Any) -> QueryDict:
    """The API's parameters from what a browser sends of the form.

    A browser sends every input, also the blank ones; one `columns` for each tick; and a blank `columns`
    beside them, so that no tick at all is told from a first visit. Defaults are left out.
    """
    found = QueryDict(mutable=True)
    for name, values in params.lists():
        given = [value for value in values if value]  # a space may be what a filter looks for
        if name == "columns":
            given = _columns(given, _default(definition.get_columns_for(user)))
        if given and not (len(given) == 1 and given[0] == DEFAULTS.get(name)):
            found.setlist(name, given)
    return found


def _columns(ticked: list[str], default: list[str]) -> list[str]:
    """One comma-separated value; none for the default; an empty one, an error, where none is ticked."""
    return [] if ticked == default else [",".join(ticked)]


def _default(columns: Iterable[Column]) -> list[str]:
    return [column.header for column in columns if column.default]


def _together(chosen: list[str], headers: list[str]) -> list[str]:
    """All columns, each once: the chosen ones first, in their order."""
    return [name for name in dict.fromkeys([*chosen, *headers]) if name]


def _shown(params: QueryDict, chosen: list[str]) -> QueryDict:
    data = params.copy()
    data.setlist("columns", chosen)
    for name, default in DEFAULTS.items():
        data.setdefault(name, default)
    return data


def _option_fields(user: Any, headers: list[str]) -> dict[str, forms.Field]:
    formulas = [(key.value, label) for key, label in _FORMULAS.items()]
    if not has_permission(user, RAW_FORMULAS):
        formulas = [(key, label) for key, label in formulas if key != Formulas.RAW]
    compressions = [(name, f"{name} (.{compressor.extension})") for name, compressor in COMPRESSORS.items()]
    dialects = [(name, format_lazy("{}: {}", name, label)) for name, label in _DIALECTS.items()]
    fields: dict[str, forms.Field] = {
        "columns": forms.MultipleChoiceField(
            label=_("Columns"),
            choices=[(header, header) for header in headers],
            widget=forms.CheckboxSelectMultiple,
            required=False,
        ),
        "format": forms.ChoiceField(
            label=_("Format"),
            choices=[(name, encoder_class(name).label) for name in installed_formats()],
            required=False,
        ),
        "compression": forms.ChoiceField(
            label=_("Compression"), choices=[("", _("Not compressed")), *compressions], required=False
        ),
        "formulas": forms.ChoiceField(
            label=_("Cells that a spreadsheet would run"),
            help_text=_("In CSV; in no other format could they be run."),
            choices=formulas,
            required=False,
        ),
        "dialect": forms.ChoiceField(
            label=_("Kind of CSV"), choices=[("", "RFC 4180"), *dialects], required=False
        ),
        "overlong": forms.ChoiceField(
            label=_("Texts that are too long for Excel"),
            help_text=_("A cell of Excel's holds 32,767 characters."),
            choices=list(_OVERLONG.items()),
            required=False,
        ),
        "tz": forms.CharField(
            label=_("Time zone"),
            help_text=_("Such as Europe/Berlin: of times in the file, and of dates in filters. Empty: UTC."),
            required=False,
        ),
        "since": forms.CharField(
            label=_("Created since"),
            help_text=_("The cursor of an earlier export, or: start. Empty: all rows."),
            required=False,
        ),
    }
    if any(has_permission(user, name) for name in (FOR_OTHER_TENANT, FOR_ALL_TENANTS)):
        text = _("A tenant's id, or * for everybody's rows; empty: your own.")
        fields["tenant"] = forms.CharField(label=_("Whose rows"), help_text=text, required=False)
    return fields
