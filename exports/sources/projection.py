"""What to select for a column on this database, and how the values become cells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connections
from django.db.models import Field, QuerySet
from django.db.models.expressions import Combinable

from ..columns import Column
from ..masks import Mask
from ..rendering import ColumnRenderer, Formulas, column_renderer
from ..values import RENDERINGS, Kind, Nature, Rendering, kind_of
from .expressions import JsonText, Rendered


@dataclass(frozen=True)
class Projection:
    """`expression` is None for a computed column; `render` takes a block's values and the rows before it."""

    column: Column
    expression: Combinable | None
    render: ColumnRenderer


def project(column: Column, queryset: QuerySet[Any], formulas: Formulas) -> Projection:
    """The projection of `column`, rendered and masked in SQL where the database and the type allow it."""
    if column.compute:
        return _projection(column, None, RENDERINGS[Kind.OTHER], formulas)
    field = column.output_field(queryset)
    kind = kind_of(field)
    rendering = RENDERINGS[kind]
    on_postgresql = connections[queryset.db].vendor == "postgresql"
    if on_postgresql and kind is Kind.TEXT and (masked := _masked_by_database(column, field)) is not None:
        return _projection(replace(column, mask=None), masked, rendering, formulas)
    if rendering.postgresql is None or not on_postgresql:
        raw = JsonText(column.expression) if kind is Kind.JSON else column.expression
        return _projection(column, raw, rendering, formulas)
    expression = Rendered(column.expression, rendering.postgresql)
    if rendering.nature is Nature.BARE and not column.mask:
        return Projection(column, expression, _as_it_is)
    return _projection(column, expression, RENDERINGS[Kind.TEXT], formulas)


def _projection(
    column: Column, expression: Combinable | None, rendering: Rendering, formulas: Formulas
) -> Projection:
    if column.mask:
        rendering = _masked(rendering, column.mask)
    return Projection(column, expression, column_renderer(rendering, column.header, formulas))


def _masked_by_database(column: Column, field: "Field[Any, Any]") -> Combinable | None:
    """The mask's expression; None where Python has to do it.

    That is so before PostgreSQL 18 for a text whose collation is not deterministic, in which nothing can be
    looked for; and on SQLite, for whose functions a text may end at a NUL in it.
    """
    if not isinstance(column.mask, Mask) or getattr(field, "db_collation", None):
        return None
    return column.mask.expression(column.expression)


def _masked(rendering: Rendering, mask: Callable[[str], str]) -> Rendering:
    """What a mask leaves is text, whatever it was."""

    def render(value: Any) -> str:
        text = rendering.python(value)
        return mask(text) if text else text

    return Rendering(render, nature=Nature.TEXT)


def _as_it_is(values: Sequence[str | None], before: int) -> Sequence[str | None]:
    return values
