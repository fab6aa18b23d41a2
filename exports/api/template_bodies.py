"""A template as JSON, both ways: what is answered can be sent back as it is."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rest_framework.request import Request

from ..caller import Caller
from ..models import ExportTemplate
from ..options import OPTION_NAMES
from ..saved.control import Choice
from .bodies import Fields, in_query, json_object
from .submissions import FILTERS, parameters_in

NAMES: Final = ("name", "dataset", FILTERS, *OPTION_NAMES, "shared_with")
"""What can be said of a template."""

READ_ONLY: Final = ("id", "user", "is_own", "problems", "created_at", "updated_at", "links")
"""What is told of it besides."""


def choice_of(request: Request, kept: Mapping[str, Any] | None = None, unread: Sequence[str] = ()) -> Choice:
    """What the body says, and of what it does not say, what is `kept`. Names that are `unread` say nothing.

    Raises ParseError for what is no JSON object, and InvalidParameters naming each that is not right.
    """
    fields = Fields({**(kept or {}), **json_object(request)}, list(in_query(request)))
    name, dataset = fields.text("name"), fields.text("dataset")
    shared_with = fields.texts("shared_with")
    said = {
        key: value
        for key, value in fields.given.items()
        if key not in ("name", "dataset", "shared_with", *unread)
        and not (key in OPTION_NAMES and value is None)
    }
    params = parameters_in(said, fields.problems, NAMES)
    fields.finish()
    return Choice(name=name, dataset=dataset, parameters=params, shared_with=shared_with)


def content_of(template: ExportTemplate) -> dict[str, Any]:
    """What a template says, under the names of a body. An option that it does not name is null."""
    parameters = template.parameters
    return {
        "name": template.name,
        "dataset": template.dataset,
        FILTERS: {name: _one(values) for name, values in parameters.items() if name not in OPTION_NAMES},
        **{name: _option(name, parameters) for name in OPTION_NAMES},
        "shared_with": [share.user for share in template.shares.all()],
    }


def is_own(template: ExportTemplate, caller: Caller) -> bool:
    """Whether the caller has made it."""
    return template.user == str(caller.user.pk)


def _option(name: str, parameters: Mapping[str, list[str]]) -> str | list[str] | None:
    values = parameters.get(name)
    if not values:
        return None
    return values[0].split(",") if name == "columns" else values[0]


def _one(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
