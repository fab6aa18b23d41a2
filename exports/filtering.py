"""django-filter made strict: what it would ignore is an error, because either way exports the whole table.

By itself django-filter passes over a parameter that it does not know, and the `.qs` of a FilterSet
that is not valid is unfiltered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.validators import EMPTY_VALUES
from django.db.models import QuerySet
from django.forms import BaseForm, Field, MultiWidget, SelectMultiple, Widget
from django.http import QueryDict
from django_filters import FilterSet
from django_filters.widgets import BaseCSVWidget, SuffixedMultiWidget

from .definitions import ModelExport
from .exceptions import InvalidParameters, ParameterError


@dataclass(frozen=True, kw_only=True)
class Filtered:
    """The rows, the parameters as given, and what the FilterSet's form made of them."""

    queryset: QuerySet[Any]
    given: Mapping[str, Any]
    cleaned: Mapping[str, Any]


def filter_rows(definition: ModelExport, queryset: QuerySet[Any], params: QueryDict) -> Filtered:
    """`queryset` by these parameters. Raises InvalidParameters naming each bad one."""
    filterset = (definition.filterset_class or _NoFilters)(data=params, queryset=queryset)
    form: BaseForm = filterset.form
    fields = _fields_by_parameter(form)
    errors = [*_unknown(params, fields), *_repeated(params, form, fields)]
    if not errors:
        errors = [*_invalid(form), *_empty(params, form, fields)]
    if errors:
        raise InvalidParameters(errors)
    cleaned = {key: form.cleaned_data[key] for key in {fields[name] for name in params}}
    return Filtered(queryset=filterset.qs, given=_as_given(params), cleaned=cleaned)


def filter_form(definition: ModelExport) -> BaseForm:
    """The unbound form of a dataset's filters."""
    form: BaseForm = (definition.filterset_class or _NoFilters)(queryset=definition.get_queryset()).form
    return form


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


def _unknown(params: QueryDict, fields: Mapping[str, str]) -> Iterator[ParameterError]:
    known = f"There are: {', '.join(fields)}." if fields else "There are none."
    for name in params:
        if name not in fields:
            yield ParameterError(name, "unknown_parameter", f"There is no such filter. {known}")


def _repeated(params: QueryDict, form: BaseForm, fields: Mapping[str, str]) -> Iterator[ParameterError]:
    for name, values in params.lists():
        if len(values) > 1 and name in fields and not _takes_many(form.fields[fields[name]].widget):
            yield ParameterError(name, "repeated", "This may be given once only.")


def _takes_many(widget: Widget) -> bool:
    return isinstance(widget, SelectMultiple) and not isinstance(widget, BaseCSVWidget)


def _invalid(form: BaseForm) -> Iterator[ParameterError]:
    for key, errors in form.errors.as_data().items():
        for error in errors:
            for message in error.messages:
                yield ParameterError(key, error.code or "invalid", message)


def _empty(params: QueryDict, form: BaseForm, fields: Mapping[str, str]) -> Iterator[ParameterError]:
    """Parameters that are there but mean nothing: an empty value, or one that a lenient field made None."""
    cleaned: Mapping[str, Any] = getattr(form, "cleaned_data", {})
    for name in params:
        key = fields[name]
        if key in cleaned and cleaned[key] in EMPTY_VALUES:
            yield ParameterError(name, "invalid" if str(params[name]).strip() else "blank", "Give a value.")


def _as_given(params: QueryDict) -> dict[str, Any]:
    return {name: values if len(values) > 1 else values[0] for name, values in params.lists()}
