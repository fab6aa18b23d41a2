"""Where rows come from: one table of sources, in the order in which they are preferred."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.utils.module_loading import import_string

from ..encoders import Block
from ..exceptions import Text
from ..query import ExportQuery

SOURCES: tuple[str, ...] = (
    "exports.sources.postgres_copy.PostgresCopySource",
    "exports.sources.orm.OrmSource",
)
"""Dotted paths. The first one without an obstacle is taken; the last one never has any."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Which source and why, the statement as the database gets it, and what the database makes of it."""

    source: str
    sql: str
    plan: str


class Source(Protocol):
    """Rows of an ExportQuery, finished but for control characters, all from one snapshot of the database.

    `blocks` opens the snapshot when it is first advanced and ends it when it is exhausted, fails or is
    closed; while it is open, the export of that id is known to live (policy/leases.py). `reason` says for
    the audit record, in English, which source this is, and why. `hindrance` says for people, as the end of a
    sentence, what was in the way of a faster one; empty: nothing. `cancel`, in any thread, makes the
    statement fail that `blocks` waits for. `explain` reads no rows.
    """

    def __init__(self, query: ExportQuery, obstacle: Text = "") -> None: ...

    @classmethod
    def obstacle(cls, query: ExportQuery) -> Text: ...

    @property
    def reason(self) -> str: ...

    @property
    def hindrance(self) -> Text: ...

    def blocks(self, export_id: UUID | None = None) -> Generator[Block]: ...

    def cancel(self) -> None: ...

    def explain(self) -> Explanation: ...


def choose_source(query: ExportQuery) -> Source:
    """The fastest source for this query."""
    obstacle: Text = ""
    for path in SOURCES:
        source: type[Source] = import_string(path)
        if not (in_the_way := source.obstacle(query)):
            return source(query, obstacle)
        obstacle = in_the_way
    raise AssertionError("the last source serves every query")
