"""One column of an export."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, cast

from django.db.models import F, Field, QuerySet
from django.db.models.expressions import Col, Combinable

from .exceptions import Text
from .values import Kind, kind_of

type Source = str | Combinable | Callable[[Any], object]

SEE_MASKED = "exports.export_unmasked"
"""The permission to see what a mask hides, unless the column names another."""


@dataclass(frozen=True)
class Column:
    """A header, and where its cells come from.

    `source` is a field path (`customer__email`), any Django expression, or a callable that takes the
    model instance; without it the header is the path. A callable costs model instances for the whole
    export, so it is for what no expression can say.

    Without `permission` (`shop.view_pii`) a user does not know of the column. With a `mask` they know of it,
    and see in its cells what the mask leaves of the text: a Mask of `exports.masks`, or any function.

    With `default=False` it is offered, and stands in the file only where a request names it among `columns`.

    `description` says in a sentence what is in it; without one, what the model's field has as `help_text`.
    `output_field` is a callable's type, as Django's expressions have one; without it, its values are text to
    the formats that have types.

    `harmless_by` names a CHECK constraint that lets no formula into the field: on PostgreSQL the formula
    rule is left out then. Exports do not look whether that is so; the checks of `constraints` do.
    """

    header: str
    source: Source | None = None
    permission: str = ""
    mask: Callable[[str], str] | None = None
    harmless_by: str = ""
    default: bool = True
    description: Text = ""
    output_field: "Field[Any, Any] | None" = None

    @property
    def compute(self) -> Callable[[Any], object] | None:
        """The callable of a computed column; None where the database gives the value."""
        # Every Django expression has resolve_expression; some (F subclasses) are callable as well.
        if callable(self.source) and not hasattr(self.source, "resolve_expression"):
            return self.source
        return None

    @property
    def expression(self) -> Combinable:
        """The expression that the database evaluates. Not for computed columns."""
        if self.source is None or isinstance(self.source, str):
            return F(self.source or self.header)
        return cast("Combinable", self.source)

    def resolved(self, queryset: QuerySet[Any]) -> Any:
        """The expression as it stands in that query. Raises FieldError where `queryset` has no such field."""
        # Resolving adds joins to the query that it is given.
        return self.expression.resolve_expression(queryset.query.clone())  # type: ignore[attr-defined]

    def field_in(self, queryset: QuerySet[Any]) -> "Field[Any, Any] | None":
        """The type of the column's values; None of a callable without one.

        Raises FieldError where `queryset` has no such field.
        """
        if self.compute:
            return self.output_field
        found: Field[Any, Any] = self.resolved(queryset).output_field
        return found

    def kind_in(self, queryset: QuerySet[Any]) -> Kind:
        """How the values are rendered, masks aside. Raises FieldError where `queryset` has no such field."""
        found = self.field_in(queryset)
        return Kind.OTHER if found is None else kind_of(found)

    def own_field_in(self, queryset: QuerySet[Any]) -> "Field[Any, Any] | None":
        """The field of the row itself whose values it shows as they are; None of every other column."""
        if self.compute or self.mask:
            return None
        found = self.resolved(queryset)
        if isinstance(found, Col) and found.alias == queryset.model._meta.db_table:
            return found.target
        return None

    def description_in(self, queryset: QuerySet[Any]) -> Text:
        """What is in the column, for people: its own sentence, or that of the model's field."""
        if self.description or self.compute:
            return self.description
        target = getattr(self.resolved(queryset), "target", None)  # of a reference to a field, and no other
        text: Text = getattr(target, "help_text", "")
        return text


def visible_columns(columns: Iterable[Column], has_permission: Callable[[str], bool]) -> tuple[Column, ...]:
    """Those that somebody with these permissions sees; without the mask where they may see behind it."""
    return tuple(
        replace(column, mask=None)
        if column.mask and has_permission(column.permission or SEE_MASKED)
        else column
        for column in columns
        if column.mask or not column.permission or has_permission(column.permission)
    )


def as_column(column: str | Column) -> Column:
    """A declaration's short form, a field path, as a Column."""
    return Column(column) if isinstance(column, str) else column
