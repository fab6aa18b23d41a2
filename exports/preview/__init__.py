"""The first rows of an export as they will stand in the file, how many there are, and what to know before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from ..conf import export_settings
from ..formulas import strip_controls
from ..query import ExportQuery
from ..rendering import safe_header
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

    `row_count` is the number of those that were counted; there are `more` than that where it is so. `size` is
    in bytes, about; None where it cannot be told, as of rows that nobody has counted.
    """

    query: ExportQuery
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    row_count: int
    more: bool = False
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


def preview_of(query: ExportQuery) -> Preview:
    """Reads the first rows and counts the others. Raises FormulaFound where the query says so."""
    first = replace(query, queryset=query.queryset[:PREVIEW_ROWS])
    # A page needs cells, and no file.
    blocks = list(OrmSource(first).blocks())
    rows = [row for block in blocks for row in zip(*block.columns, strict=True)]
    # Whether a limit is passed is told all the same.
    limits = (query.max_rows, export_settings().max_download_rows)
    most = max([MOST_COUNTED, *(limit + 1 for limit in limits if limit is not None)])
    counted = query.queryset.order_by()[: most + 1].count()
    return Preview(
        query=query,
        headers=[safe_header(header) for header in query.layout.headers],
        rows=[[strip_controls(cell or "") for cell in row] for row in rows],
        row_count=min(counted, most),
        more=counted > most,
        size=estimated_size(query, blocks, counted) if counted <= most else None,
    )
