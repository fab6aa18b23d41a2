"""django-filter made strict: what it would ignore is an error, because either way exports the whole table.

By itself django-filter passes over a parameter that it does not know, and the `.qs` of a FilterSet
that is not valid is unfiltered.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.validators import EMPTY_VALUES
from django.db.models import QuerySet
from django.forms import BaseForm, Field, ModelChoiceField, MultiWidget, SelectMultiple, Widget
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_filters import AllValuesFilter, AllValuesMultipleFilter, FilterSet
from django_filters.widgets import BaseCSVWidget, SuffixedMultiWidget

from .definitions import ModelExport
from .exceptions import InvalidParameters, ParameterProblem
from .filters import MomentField

# Their choices are the values that the table has, whoever owns the rows.
_LISTING = (AllValuesFilter, AllValuesMultipleFilter)


@dataclass(frozen=True, kw_only=True)
class ValidFilters:
    """The parameters as given, what the form made of them, and the FilterSet, to be applied once."""

    given: Mapping[str, Any]
    cleaned: Mapping[str, Any]
    filterset: FilterSet

    def apply(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """`queryset` by these filters."""
        self.filterset.queryset = queryset
        rows: QuerySet[Any] = self.filterset.qs
        return rows


def validate_filters(
    definition: ModelExport, params: QueryDict, zone: dt.tzinfo = dt.UTC, *, all_required: bool = True
) -> ValidFilters:
    """The filters of these parameters. Raises InvalidParameters naming each bad one.

    Dates, and datetimes without an offset, are read in `zone`. Without `all_required` any filter may be left
    out.
    """
    filterset = _filterset(definition, params)
    form: BaseForm = filterset.form
    for field in form.fields.values():
        if isinstance(field, MomentField):
            field.zone = zone
        field.required = field.required and all_required
    fields = _fields_by_parameter(form)
    problems = [*_unknown(params, fields), *_repeated(params, form, fields)]
    if not problems:
        problems = [*_invalid(params, form, fields), *_meaningless(params, form, fields)]
    if problems:
        raise InvalidParameters(problems)
    cleaned = {key: form.cleaned_data[key] for key in {fields[name] for name in params}}
    given = {name: values if len(values) > 1 else values[0] for name, values in params.lists()}
    return ValidFilters(given=given, cleaned=cleaned, filterset=filterset)


def _filterset(definition: ModelExport, params: QueryDict | None = None) -> FilterSet:
    # Only the form of it is used until `apply` brings the rows.
    return (definition.filterset_class or _NoFilters)(data=params, queryset=definition.get_queryset().none())


def filter_form(definition: ModelExport) -> BaseForm:
    """The unbound form of a dataset's filters."""
    form: BaseForm = _filterset(definition).form
    return form


def required_filters(definition: ModelExport) -> list[str]:
    """The names of the filters without which there is no export."""
    return [name for name, field in filter_form(definition).fields.items() if field.required]


def lists_rows(definition: ModelExport, name: str) -> bool:
    """Whether the choices of this filter are rows or their values, of every tenant."""
    found = (definition.filterset_class or _NoFilters).base_filters.get(name)
    field = filter_form(definition).fields[name]
    return isinstance(field, ModelChoiceField) or isinstance(found, _LISTING)


def known_parameters(definition: ModelExport) -> tuple[str, ...]:
    """The names of the query parameters that a dataset's filters read, in their order."""
    return tuple(_fields_by_parameter(filter_form(definition)))


def _fields_by_parameter(form: BaseForm) -> dict[str, str]:
    return {name: key for key, field in form.fields.items() for name in parameter_names(key, field)}


def parameter_names(key: str, field: Field) -> Iterator[str]:
    """The query parameters that one form field reads: its name, or one for each part of its widget."""
    widget = field.widget
    if isinstance(widget, SuffixedMultiWidget):
        yield from (widget.suffixed(key, suffix) for suffix in widget.suffixes)
    elif isinstance(widget, MultiWidget):
        yield from (key + name for name in widget.widgets_names)  # type: ignore[attr-defined]
    else:
        yield key


class _NoFilters(FilterSet):
    """A dataset without filters: every parameter is unknown."""


def _unknown(params: QueryDict, fields: Mapping[str, str]) -> Iterator[ParameterProblem]:
    known = (
        format_lazy(_("There is no such filter. There are: {names}."), names=", ".join(fields))
        if fields
        else _("There is no such filter. There are none.")
    )
    for name in params:
        if name not in fields:
            yield ParameterProblem(name, "unknown_parameter", known)


def _repeated(params: QueryDict, form: BaseForm, fields: Mapping[str, str]) -> Iterator[ParameterProblem]:
    for name, values in params.lists():
        if len(values) > 1 and name in fields and not _takes_many(form.fields[fields[name]].widget):
            yield ParameterProblem(name, "repeated", _("This may be given once only."))


def _takes_many(widget: Widget) -> bool:
    return isinstance(widget, SelectMultiple) and not isinstance(widget, BaseCSVWidget)


def _invalid(params: QueryDict, form: BaseForm, fields: Mapping[str, str]) -> Iterator[ParameterProblem]:
    for key, errors in form.errors.as_data().items():
        # A range's error is named for the part that was given.
        attr = next((name for name in params if fields[name] == key), key)
        for error in errors:
            for message in error.messages:
                yield ParameterProblem(attr, error.code or "invalid", message)


def _meaningless(params: QueryDict, form: BaseForm, fields: Mapping[str, str]) -> Iterator[ParameterProblem]:
    """Parameters that are there but filter nothing: an empty one, or one that a lenient field made None."""
    cleaned: Mapping[str, Any] = getattr(form, "cleaned_data", {})
    for name in params:
        key = fields[name]
        blank = not str(params[name]).strip()
        # One part of a range may be blank while the other part makes the whole of it a value.
        if key in cleaned and (cleaned[key] in EMPTY_VALUES or (blank and name != key)):
            yield ParameterProblem(name, "blank" if blank else "invalid", _("Give a value."))
