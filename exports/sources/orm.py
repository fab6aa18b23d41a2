"""Rows by Django's ORM: `.iterator(chunk_size)`, one statement, on every database Django knows."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import batched
from operator import attrgetter
from typing import Any, cast

from django.db.models import QuerySet
from django.db.models.expressions import Combinable

from ..conf import export_settings
from ..query import ExportQuery
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

    @property
    def reason(self) -> str:
        if self._computed:
            return f"orm: model instances, because of columns computed in Python: {', '.join(self._computed)}"
        return "orm: values by .iterator()"

    def blocks(self) -> Generator[list[Row]]:
        """Blocks of up to CHUNK_SIZE rows. Raises FormulaFound where the query says so."""
        before = 0
        # The cursor is closed inside of the transaction that it lives in, whatever happens.
        with snapshot(self._queryset.db), closing(self._rows()) as rows:
            for block in batched(rows, self._chunk_size):
                yield list(zip(*self._rendered(block, before), strict=True))
                before += len(block)

    def _rendered(self, block: Sequence[Sequence[Any]], before: int) -> Iterator[Sequence[str | None]]:
        for projection, values in zip(self._projections, zip(*block, strict=True), strict=True):
            yield projection.render(values, before)

    def _rows(self) -> Generator[Sequence[Any]]:
        return self._instances() if self._computed else self._values()

    def _values(self) -> Generator[Sequence[Any]]:
        # select_related and prefetch_related belong to instances.
        plain = self._queryset.select_related(None).prefetch_related(None)
        expressions = [
            projection.expression for projection in self._projections if projection.expression is not None
        ]
        return _generator(plain.values_list(*expressions), self._chunk_size)

    def _instances(self) -> Generator[Sequence[Any]]:
        annotations: dict[str, Combinable] = {}
        getters: list[Callable[[Any], Any]] = []
        for number, projection in enumerate(self._projections):
            if projection.expression is not None:
                annotations[f"_export_{number}"] = projection.expression
            getters.append(projection.column.compute or attrgetter(f"_export_{number}"))
        with closing(_generator(self._queryset.annotate(**annotations), self._chunk_size)) as instances:
            for instance in instances:
                yield [get(instance) for get in getters]


def _generator(queryset: QuerySet[Any, Any], chunk_size: int) -> Generator[Any]:
    """`.iterator()` is a generator, though it is declared as less: one that can be closed."""
    return cast("Generator[Any]", queryset.iterator(chunk_size))
