"""Where rows come from. There is one way now; a faster one for PostgreSQL can stand beside it."""

from collections.abc import Generator
from typing import Protocol

from ..query import ExportQuery
from .orm import OrmSource


class Source(Protocol):
    """Rows of an ExportQuery as text cells, all from one snapshot of the database.

    `blocks` opens the snapshot when it is first advanced and ends it when it is exhausted, fails or is
    closed. `reason` says for the audit record which source this is, and why.
    """

    @property
    def reason(self) -> str: ...

    def blocks(self) -> Generator[list[tuple[str | None, ...]]]: ...


def choose_source(query: ExportQuery) -> Source:
    """The source for this query."""
    return OrmSource(query)
