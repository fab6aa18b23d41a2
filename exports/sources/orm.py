"""Rows by Django's ORM: `.iterator(chunk_size)`, one statement, on every database Django knows."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import batched
from operator import attrgetter
from typing import Any, cast
from uuid import UUID

from django.db import connections
from django.db.models.expressions import Combinable
from django.utils import translation
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..conf import export_settings
from ..encoders import CellBlock
from ..exceptions import Text
from ..query import ExportQuery
from ..rendering import Cells, ColumnRenderer, Formulas, column_renderer
from . import Explanation
from .cancelling import Readers
from .explaining import explain
from .expressions import Rendered
from .projection import Projection, finisher, project
from .snapshot import snapshot


class OrmSource:
    """Tuples of values where the database gives every column; model instances where one is computed."""

    def __init__(self, query: ExportQuery, obstacle: Text = "") -> None:
        self._queryset = query.queryset
        self._max_seconds = query.max_seconds
        self._obstacle = obstacle
        self._readers = Readers()
        self._chunk_size = export_settings().chunk_size
        self._columns = [
            _Column(project(column, query.queryset, query.options), query.options.text_rule)
            for column in query.columns
        ]
        self._computed = [column.header for column in query.columns if column.compute]

    @classmethod
    def obstacle(cls, query: ExportQuery) -> Text:
        """None: it serves every query."""
        return ""

    @property
    def reason(self) -> str:
        what = "model instances" if self._computed else "values"
        with translation.override(None):
            why = str(self.hindrance)
        return f"orm: {what} by .iterator()" + (f", because {why}" if why else "")

    @property
    def hindrance(self) -> Text:
        if self._computed:
            text = _("columns are computed in Python: {headers}")
            return format_lazy(text, headers=", ".join(self._computed))
        return self._obstacle

    def blocks(self, export_id: UUID | None = None) -> Generator[CellBlock]:
        """Blocks of up to CHUNK_SIZE rows. Raises FormulaFound where the query says so."""
        before = 0
        # The cursor is closed inside of the transaction that it lives in, whatever happens.
        using = self._queryset.db
        with (
            self._readers.joined_by(connections[using]),
            snapshot(using, export_id, max_seconds=self._max_seconds),
            closing(self._rows()) as rows,
        ):
            for block in batched(rows, self._chunk_size):
                yield CellBlock(list(self._rendered(block, before)))
                before += len(block)

    def cancel(self) -> None:
        """Makes the statement fail; in any thread."""
        self._readers.cancel()

    def explain(self) -> Explanation:
        """The statement of `blocks`, and the plan that the database has for it."""
        return explain(self._statement(), self.reason)

    def _rendered(self, block: Sequence[Sequence[Any]], before: int) -> Iterator[Cells]:
        for column, values in zip(self._columns, zip(*block, strict=True), strict=True):
            yield column.render(values, before)

    def _statement(self) -> Any:
        """Tuples in the order of the columns; with a computed one, instances that carry the other cells."""
        expressions = {
            f"_export_{number}": column.expression
            for number, column in enumerate(self._columns)
            if column.expression is not None
        }
        if self._computed:
            return self._queryset.annotate(**expressions)
        # select_related and prefetch_related belong to instances.
        plain = self._queryset.select_related(None).prefetch_related(None)
        return plain.values_list(*expressions.values())

    def _rows(self) -> Generator[Sequence[Any]]:
        # `.iterator()` is a generator, though it is declared as less: one that can be closed.
        found = cast("Generator[Any]", self._statement().iterator(self._chunk_size))
        return self._cells(found) if self._computed else found

    def _cells(self, instances: Generator[Any]) -> Generator[Sequence[Any]]:
        getters: list[Callable[[Any], Any]] = [
            column.compute or attrgetter(f"_export_{number}") for number, column in enumerate(self._columns)
        ]
        with closing(instances):
            for instance in instances:
                yield [get(instance) for get in getters]


class _Column:
    """What the ORM selects for a column, and how a block of it becomes cells."""

    def __init__(self, projection: Projection, formulas: Formulas) -> None:
        column, template, select = projection.column, projection.template, projection.select
        self.compute = column.compute
        self.expression: Combinable | None = select
        self.render: ColumnRenderer = column_renderer(projection.rendering, column.header, formulas)
        if select is not None and template is not None and not projection.once:
            self.expression = Rendered(select, f"({template})::text")
            self.render = finisher(projection)
