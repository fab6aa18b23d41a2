"""Rows by Django's ORM: `.iterator(chunk_size)`, one statement, on every database Django knows."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import batched
from operator import attrgetter
from typing import Any, cast
from uuid import UUID

from ..conf import export_settings
from ..query import ExportQuery
from . import Explanation
from .explaining import explain
from .projection import project
from .snapshot import snapshot

type Row = tuple[str | None, ...]


class OrmSource:
    """Tuples of values where the database gives every column; model instances where one is computed."""

    def __init__(self, query: ExportQuery) -> None:
        self._queryset = query.queryset
        self._chunk_size = export_settings().chunk_size
        self._projections = [
            project(column, query.queryset, query.options.formulas) for column in query.columns
        ]
        self._computed = [column.header for column in query.columns if column.compute]

    @classmethod
    def serves(cls, query: ExportQuery) -> bool:
        """Every one."""
        return True

    @property
    def reason(self) -> str:
        if self._computed:
            return f"orm: model instances, because of columns computed in Python: {', '.join(self._computed)}"
        return "orm: values by .iterator()"

    def blocks(self, export_id: UUID | None = None) -> Generator[list[Row]]:
        """Blocks of up to CHUNK_SIZE rows. Raises FormulaFound where the query says so."""
        before = 0
        # The cursor is closed inside of the transaction that it lives in, whatever happens.
        with snapshot(self._queryset.db, export_id), closing(self._rows()) as rows:
            for block in batched(rows, self._chunk_size):
                yield list(zip(*self._rendered(block, before), strict=True))
                before += len(block)

    def explain(self) -> Explanation:
        """The statement of `blocks`, and the plan that the database has for it."""
        return explain(self._statement(), self.reason)

    def _rendered(self, block: Sequence[Sequence[Any]], before: int) -> Iterator[Sequence[str | None]]:
        for projection, values in zip(self._projections, zip(*block, strict=True), strict=True):
            yield projection.render(values, before)

    def _statement(self) -> Any:
        """Tuples in the order of the columns; with a computed one, instances that carry the other cells."""
        expressions = {
            f"_export_{number}": projection.expression
            for number, projection in enumerate(self._projections)
            if projection.expression is not None
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
            projection.column.compute or attrgetter(f"_export_{number}")
            for number, projection in enumerate(self._projections)
        ]
        with closing(instances):
            for instance in instances:
                yield [get(instance) for get in getters]
