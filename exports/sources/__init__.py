"""Where rows come from: one table of sources, in the order in which they are preferred."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.utils.module_loading import import_string

from ..query import ExportQuery

SOURCES: tuple[str, ...] = ("exports.sources.orm.OrmSource",)
"""Dotted paths. The first that serves a query is taken; the last one serves every query."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Which source and why, the statement as the database gets it, and what the database makes of it."""

    source: str
    sql: str
    plan: str


class Source(Protocol):
    """Rows of an ExportQuery as text cells, all from one snapshot of the database.

    `blocks` opens the snapshot when it is first advanced and ends it when it is exhausted, fails or is
    closed; while it is open, the export of that id is known to live (policy/leases.py). `reason` says for
    the audit record which source this is, and why. `explain` reads no rows.
    """

    def __init__(self, query: ExportQuery) -> None: ...

    @classmethod
    def serves(cls, query: ExportQuery) -> bool: ...

    @property
    def reason(self) -> str: ...

    def blocks(self, export_id: UUID | None = None) -> Generator[list[tuple[str | None, ...]]]: ...

    def explain(self) -> Explanation: ...


def choose_source(query: ExportQuery) -> Source:
    """The source for this query."""
    sources: list[type[Source]] = [import_string(path) for path in SOURCES]
    return next(source(query) for source in sources if source.serves(query))
