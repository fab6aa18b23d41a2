"""What to select for a column on this database, and how the values become cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.models import QuerySet
from django.db.models.expressions import Combinable

from ..columns import Column
from ..rendering import ColumnRenderer, Formulas, column_renderer
from ..values import RENDERINGS, Kind, Nature, kind_of
from .expressions import JsonText, Rendered


@dataclass(frozen=True)
class Projection:
    """`expression` is None for a computed column; `render` takes a block's values and the rows before it."""

    column: Column
    expression: Combinable | None
    render: ColumnRenderer


def project(column: Column, queryset: QuerySet[Any], formulas: Formulas) -> Projection:
    """The projection of `column`, rendered in SQL where the database and the type allow it."""
    if column.compute:
        return Projection(column, None, column_renderer(RENDERINGS[Kind.OTHER], column.header, formulas))
    kind = kind_of(column.output_field(queryset))
    rendering = RENDERINGS[kind]
    if rendering.postgresql is None or connections[queryset.db].vendor != "postgresql":
        raw = JsonText(column.expression) if kind is Kind.JSON else column.expression
        return Projection(column, raw, column_renderer(rendering, column.header, formulas))
    expression = Rendered(column.expression, rendering.postgresql)
    if rendering.nature is Nature.BARE:
        return Projection(column, expression, _as_it_is)
    return Projection(column, expression, column_renderer(RENDERINGS[Kind.TEXT], column.header, formulas))


def _as_it_is(values: Sequence[str | None], before: int) -> Sequence[str | None]:
    return values
