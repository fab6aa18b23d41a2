"""The value of a filter, found by what it stands for: an agent by its name, where the filter takes its id."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from operator import or_
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from .conf import export_settings
from .formulas import has_controls
from .scope import Scope

MOST_MATCHES: Final = 20
"""What a person looks through before they type one letter more."""

MOST_WORDS: Final = 8
MOST_LETTERS: Final = 200
"""Beyond them nothing is found: each word is a condition for each field, and no name is that long."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """A row that was found: the filter's value for it, what it is called, and what stands beside that."""

    value: str
    name: str
    notes: tuple[object, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Search:
    """The rows that a filter's values stand for, among which a tenant's are found by their texts.

    `rows` is their model, or a function that gives a queryset of it; `scope_field` the path from such a row
    to its tenant, and `fields` the texts that are searched, of which the first one is what a row is called.
    `notes` are fields that are shown besides, of any type. `value` is the field that the filter takes.
    """

    rows: type[Model] | Callable[[], QuerySet[Any]]
    scope_field: str
    fields: Sequence[str]
    notes: Sequence[str] = ()
    value: str = "pk"
    ordering: Sequence[str] = ()
    """By the first of `fields` unless given."""

    def get_queryset(self) -> QuerySet[Any]:
        """The rows of all tenants, on the database that exports read."""
        declared: Any = self.rows
        manager = getattr(declared, "_default_manager", None)
        rows: QuerySet[Any] = declared() if manager is None else manager.all()
        return rows.using(export_settings().database or rows.db)

    def find(self, scope: Scope, text: str) -> tuple[list[Match], bool]:
        """Rows of that scope of which each word of `text` stands in one of the fields, in any case.

        At most MOST_MATCHES, and whether there are more. No text finds the first ones.
        """
        words = text.split()
        if len(text) > MOST_LETTERS or len(words) > MOST_WORDS or not _is_storable(text):
            return [], False
        rows = self._in(scope)
        for word in words:
            rows = rows.filter(self._where("icontains", word))
        found = iter(self._matches(rows[: MOST_MATCHES + 1]))
        return list(islice(found, MOST_MATCHES)), next(found, None) is not None

    def called(self, scope: Scope, text: str) -> list[Match] | None:
        """Rows of that scope of which one of the fields is `text`, in any case; None where it can be no name.

        Where some are called so to the letter they are meant, and no others. At most two: that is several.
        """
        text = text.strip()
        if not text or len(text) > MOST_LETTERS or not _is_storable(text):
            return None
        rows = self._in(scope)
        to_the_letter = self._matches(rows.filter(self._where("exact", text))[:2])
        return to_the_letter or self._matches(rows.filter(self._where("iexact", text))[:2])

    def named(self, scope: Scope, value: str) -> Match | None:
        """The row of that scope that this value of the filter stands for."""
        if not _is_storable(value):
            return None
        try:
            rows = self._in(scope).filter(**{self.value: value})
            return next(iter(self._matches(rows[:1])), None)
        except (ValueError, ValidationError):  # no value of the field's type
            return None

    def _where(self, lookup: str, text: str) -> Q:
        return reduce(or_, (Q(**{f"{name}__{lookup}": text}) for name in self.fields))

    def _in(self, scope: Scope) -> QuerySet[Any]:
        ordering = self.ordering or (self.fields[0],)
        return scope.filter(self.get_queryset(), self.scope_field).order_by(*ordering, "pk")

    def _matches(self, rows: QuerySet[Any]) -> list[Match]:
        found = rows.values_list(self.value, *self.fields, *self.notes)
        return [
            Match(
                value=str(value),
                name=str(name or value),
                notes=tuple(note for note in notes if note not in (None, "")),
            )
            for value, name, *notes in found
        ]


def _is_storable(text: str) -> bool:
    """Whether a database could hold it: PostgreSQL holds no NUL, and half a surrogate pair has no bytes."""
    return not has_controls(text) and text.encode(errors="replace").decode() == text
