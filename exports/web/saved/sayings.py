"""A template's choice in words."""

from collections.abc import Iterator

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from ...caller import Caller
from ...definitions import ModelExport
from ...exceptions import DatasetNotFound
from ...forms import ExportForm
from ...models import ExportTemplate
from ...policy.permissions import permits
from ...registry import registry
from ...saved.resolving import goes_on, relative_fields
from ..relative_dates import period_text


def said(template: ExportTemplate, caller: Caller) -> Iterator[tuple[str, str]]:
    """Label and text of each parameter, as the form of the dataset calls them.

    A parameter that the dataset does not have, and all of a dataset out of reach, are called by their names.
    """
    definition = definition_of(template, caller)
    fields = _fields(definition, caller, template) if definition else {}
    dates = relative_fields(template.dataset) if definition else []
    for name, values in template.parameters.items():
        field = fields.get(name)
        label = str(field.label) if field and field.label else name
        yield label, ", ".join(_text(name, value, field, dates) for value in values)


def definition_of(template: ExportTemplate, caller: Caller) -> ModelExport | None:
    """The dataset, where it is still there and the caller may export it."""
    try:
        definition = registry.get(template.dataset)
    except DatasetNotFound:
        return None
    return definition if permits(definition, caller) else None


def _fields(definition: ModelExport, caller: Caller, template: ExportTemplate) -> dict[str, forms.Field]:
    params = QueryDict(mutable=True)
    for name, values in template.parameters.items():
        params.setlist(name, values)
    return ExportForm(definition, caller.user, params).fields


def _text(name: str, value: str, field: forms.Field | None, dates: list[str]) -> str:
    if name in dates and (told := period_text(value)):
        return str(told)
    if name == "since" and goes_on({"since": [value]}):
        return _("the last run")
    if name == "columns":
        return value.replace(",", ", ")
    if isinstance(field, forms.ChoiceField):
        return str(_labels(field).get(value, value))
    return value


def _labels(field: forms.ChoiceField) -> dict[str, object]:
    """By value, what each choice is called. None of them stands in a group."""
    return {str(key): label for key, label in field.widget.choices}
