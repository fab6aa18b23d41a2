"""Form fields that offer own rows, and take what is referred to already without naming it."""

from collections.abc import Iterable
from itertools import batched
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest

if TYPE_CHECKING:
    _Choice = forms.ModelChoiceField[Any]
    _MultipleChoice = forms.ModelMultipleChoiceField[Any]
else:  # they take no argument at run time
    _Choice, _MultipleChoice = forms.ModelChoiceField, forms.ModelMultipleChoiceField

_KEPT = "_exports_kept"
_BLOCK = 1000
"""Keys in one query; SQLite takes no more than some ten thousands."""


def kept_references(request: HttpRequest) -> dict[Any, set[Any]]:
    """The keys of other tenants' rows that the page's object refers to, by field; to be filled."""
    if not hasattr(request, _KEPT):
        setattr(request, _KEPT, {})
    kept: dict[Any, set[Any]] = getattr(request, _KEPT)
    return kept


def with_kept(rows: QuerySet[Any], name: str, kept: set[Any]) -> QuerySet[Any]:
    """These rows, and those that have a kept value in the field `name`."""
    everybodys: QuerySet[Any] = rows.model._base_manager.all()
    return everybodys.filter(Q(pk__in=rows.values("pk")) | Q(**{f"{name}__in": kept}))


def missing(rows: QuerySet[Any], name: str, values: Iterable[Any]) -> set[Any]:
    """Those of the values that none of the rows has in the field `name`."""
    return {
        value
        for block in batched(values, _BLOCK)
        for value in set(block).difference(rows.filter(**{f"{name}__in": block}).values_list(name, flat=True))
    }


class _OwnChoices(_Choice):
    """`unnamed` are the keys that stand for themselves."""

    def __init__(self, *args: Any, unnamed: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unnamed = set(unnamed)

    def label_from_instance(self, row: Any) -> str:
        key = self.prepare_value(row)
        return str(key) if key in self.unnamed else super().label_from_instance(row)


class OwnChoiceField(_OwnChoices):
    """A foreign key."""


class OwnMultipleChoiceField(_OwnChoices, _MultipleChoice):
    """A many-to-many relation."""


class OwnRawIdWidget(ForeignKeyRawIdWidget):
    """Django's names the object of any id that stands in the field, or in the page's address."""

    rows: QuerySet[Any]

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        known = self._is_own(value)
        return super().label_and_url_for_value(value) if known else ("", "")

    def _is_own(self, value: Any) -> bool:
        """Whether one of the rows has this value, which may be none of the field's at all."""
        try:
            return self.rows.filter(**{self.rel.get_related_field().name: value}).exists()
        except (ValueError, OverflowError, ValidationError):
            return False
