"""The first rows of an export as they will stand in the file, how many there are, and what to know before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Final

from ..clients import Client
from ..conf import export_settings
from ..encoders import CellBlock
from ..exceptions import PreviewTooSlow, TimeLimitExceeded
from ..formulas import strip_controls
from ..query import ExportQuery
from ..rendering import Formulas, safe_header
from ..sources.brief import BriefReading
from ..sources.orm import OrmSource
from .caveats import Caveat, caveats_of
from .sizes import estimated_size

PREVIEW_ROWS: Final = 20
"""What fits on a page; a user sees by them whether these are the rows that were meant."""

MOST_COUNTED: Final = 2_000_000
"""Rows that are counted, so that an answer takes no longer for a hundred times as many: PostgreSQL counts a
million in about 0.1 s where an index holds the filters, and its pages are all visible."""

SHOWN: Final = 300
"""Characters of a cell that a page shows; a long one would push the others off it."""

LINE: Final = 40
"""Characters that stand in one line: a UUID, a moment. What is longer is wrapped."""


@dataclass(frozen=True)
class Cell:
    """A cell on a page; its text is the file's, or the beginning of it."""

    whole: str

    @property
    def text(self) -> str:
        return self.whole[:SHOWN]

    @property
    def cut(self) -> bool:
        return len(self.whole) > SHOWN

    @property
    def wraps(self) -> bool:
        return len(self.whole) > LINE or "\n" in self.whole


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Headers and rows of text cells, the number of all rows, and how large their file will be.

    `row_count` is the number of those that were counted; there are `more` than that where it is so. Where
    counting was given up, it was after `uncounted_after` seconds, and there may be more than the rows here.
    `size` is in bytes, about; None where it cannot be told, as of rows that nobody has counted.
    """

    query: ExportQuery
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    row_count: int
    more: bool = False
    uncounted_after: int | None = None
    size: int | None = None

    @property
    def cells(self) -> list[list[Cell]]:
        """The rows for a page, which shows no more of a cell than there is room for."""
        return [list(map(Cell, row)) for row in self.rows]

    @property
    def limit_exceeded(self) -> bool:
        return self.query.max_rows is not None and self.row_count > self.query.max_rows

    @cached_property
    def warnings(self) -> list[Caveat]:
        """What somebody should know before they export these rows, the weightiest first."""
        return list(caveats_of(self.query, self.row_count))


def preview_of(query: ExportQuery, client: Client | None = None) -> Preview:
    """Reads the first rows and counts the others, while somebody waits for it.

    Raises FormulaFound where the query says so, PreviewTooSlow where not even the first rows come in time,
    and ReaderLeft where the client has left.
    """
    with BriefReading(query.queryset.db, client) as brief:
        try:
            blocks = brief.read(partial(_first_blocks, query))
        except TimeLimitExceeded as error:
            jobs = export_settings().storage is not None and query.parameters.selection is None
            raise PreviewTooSlow(brief.seconds, jobs=jobs) from error
        rows = [row for block in blocks for row in zip(*block.columns, strict=True)]
        most = _most_counted(query)
        is_all = len(rows) < PREVIEW_ROWS  # counting them would look for them once more
        counted = len(rows) if is_all else _in_time(brief, query.queryset.order_by()[: most + 1].count)
        size = None
        if counted is not None and counted <= most:
            size = _in_time(brief, partial(estimated_size, query, blocks, counted))
    return Preview(
        query=query,
        headers=_headers(query),
        rows=[[strip_controls(cell or "") for cell in row] for row in rows],
        row_count=len(rows) if counted is None else min(counted, most),
        more=counted is None or counted > most,
        uncounted_after=brief.seconds if counted is None else None,
        size=size,
    )


def _first_blocks(query: ExportQuery) -> list[CellBlock]:
    """A page needs cells, and no file."""
    return list(OrmSource(replace(query, queryset=query.queryset[:PREVIEW_ROWS])).blocks())


def _most_counted(query: ExportQuery) -> int:
    """Whether a limit is passed is told all the same."""
    limits = (query.max_rows, export_settings().max_download_rows)
    return max([MOST_COUNTED, *(limit + 1 for limit in limits if limit is not None)])


def _in_time[T](brief: BriefReading, work: Callable[[], T]) -> T | None:
    """What `work` reads; None where time was over first."""
    try:
        return brief.read(work)
    except TimeLimitExceeded:
        return None


def _headers(query: ExportQuery) -> list[str]:
    headers = query.layout.headers
    return headers if query.options.header_rule is Formulas.RAW else list(map(safe_header, headers))
