"""The first rows of an export as they will stand in the file, and how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .formulas import strip_controls
from .query import ExportQuery
from .rendering import safe_header
from .sources.orm import OrmSource

PREVIEW_ROWS = 20
"""What fits on a page; a user sees by them whether these are the rows that were meant."""


SHOWN = 300
"""Characters of a cell that a page shows; a long one would push the others off it."""

LINE = 40
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
    """Headers and rows of text cells, the number of all rows, and whether that is more than the limit."""

    query: ExportQuery
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    row_count: int

    @property
    def cells(self) -> list[list[Cell]]:
        """The rows for a page, which shows no more of a cell than there is room for."""
        return [list(map(Cell, row)) for row in self.rows]

    @property
    def limit_exceeded(self) -> bool:
        return self.query.max_rows is not None and self.row_count > self.query.max_rows


def preview_of(query: ExportQuery) -> Preview:
    """Reads the first rows and counts all of them. Raises FormulaFound where the query says so."""
    first = replace(query, queryset=query.queryset[:PREVIEW_ROWS])
    # A page needs cells, and no file.
    rows = [row for block in OrmSource(first).blocks() for row in zip(*block.columns, strict=True)]
    return Preview(
        query=query,
        headers=[safe_header(header) for header in query.layout.headers],
        rows=[[strip_controls(cell or "") for cell in row] for row in rows],
        row_count=query.queryset.order_by().count(),
    )
