"""A filter's form field, as a browser shows it best and loses nothing of what was given."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Final

from django import forms
from django.forms.widgets import ChoiceWidget
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_filters.widgets import SuffixedMultiWidget

from .filters import END_HELP, START_HELP, BooleanSelect, MomentInput, is_date

_DAY_HELP: Final = (
    (START_HELP, _("The first day that counts.")),
    (END_HELP, _("The last day that counts.")),
)
"""What is said of a field for days, in place of what a request may hold."""

_ANY: Final = ("", "---------")
_PARTS: Final = {
    "min": _("{label}, from"),
    "max": _("{label}, to"),
    "after": _("{label}, from"),
    "before": _("{label}, to"),
}
"""Names of the two halves of a range, by django-filter's suffixes."""


def fitted(field: forms.Field, given: Sequence[str]) -> forms.Field:
    """A copy of `field` for a form whose blank inputs mean nothing; `given` are its values."""
    field = deepcopy(field)
    if isinstance(field.widget, forms.NullBooleanSelect):  # its blank choice is a value, `unknown`
        field.widget = BooleanSelect(field.widget.attrs)
    elif isinstance(field.widget, MomentInput) and all(map(is_date, filter(None, given))):
        field.help_text = next((own for text, own in _DAY_HELP if field.help_text is text), field.help_text)
    elif isinstance(field.widget, SuffixedMultiWidget):
        _name_parts(field)
    elif isinstance(field.widget, forms.SelectMultiple):
        field.widget = forms.CheckboxSelectMultiple(field.widget.attrs, field.widget.choices)
    if isinstance(field.widget, ChoiceWidget):
        _offer_nothing(field)
        keep(field, given)
    elif isinstance(field.widget, forms.NumberInput) and not all(map(_is_number, given)):
        field.widget.input_type = "text"  # a browser shows nothing of what is no number
    return field


def _name_parts(field: forms.Field) -> None:
    widget: Any = field.widget
    for part, suffix in zip(widget.widgets, widget.suffixes, strict=True):
        text = _PARTS.get(suffix, "{label} {suffix}")
        part.attrs["aria-label"] = format_lazy(text, label=field.label or "", suffix=suffix or "")


def _offer_nothing(field: forms.Field) -> None:
    """Lets a list that may be left out be left out."""
    widget: Any = field.widget
    if not field.required and not widget.allow_multiple_selected and "" not in _values(widget):
        widget.choices = [_ANY, *widget.choices]


def keep(field: forms.Field, given: Sequence[str]) -> None:
    """Lets a list offer what was given even where it is none of its choices: a synonym, or a mistake."""
    widget: Any = field.widget
    known = _values(widget)
    widget.choices = [*widget.choices, *((value, value) for value in given if value and value not in known)]


def _values(widget: Any) -> set[str]:
    """The values of the choices, of all groups."""
    return {
        str(value)
        for first, label in widget.choices
        for value, _label in (label if isinstance(label, list | tuple) else [(first, label)])
    }


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


class SearchInput(forms.TextInput):
    """The key of a row, which a script lets people find by its name at `address`.

    `found` is the name of the row that is chosen, and empty where none is.
    """

    def __init__(self, address: str, *, found: str = "") -> None:
        super().__init__({"data-search": address, "data-found": found, "autocomplete": "off"})
