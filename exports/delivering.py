"""The stages of an export whose file outlives its request: what is to come, and where the file goes."""

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from typing import Any, Protocol

from django.db import connections

from .encoders import Block
from .models import ExportLog
from .query import ExportQuery
from .running import Run
from .sources.cancelling import Readers
from .sources.snapshot import kept_alive, snapshot
from .stream import FileFacts, Progress


class Delivery(Protocol):
    """Where the file of an export goes that outlives its request: what `deliver` tells it, in this order."""

    tenant: str
    """Whose rows the file is to hold, as it was when the export was asked for."""

    max_seconds: int | None

    def begins(self, record: ExportLog, progress: Progress) -> None:
        """The record is open; `progress` goes on from now."""

    def keep(self, facts: FileFacts) -> None:
        """All bytes have been read: keeps the file. What it raises is what the export fails with."""

    def settle(self, facts: FileFacts, result: Mapping[str, Any]) -> None:
        """Says that the file is there, and writes `result` into the record, both or neither. Likewise."""


def expected(
    blocks: Generator[Block],
    query: ExportQuery,
    run: Run,
    begins: Callable[[], None],
    progress: Progress,
) -> Generator[Block]:
    """Counts what is to come, before the first block: a moment earlier than its snapshot."""
    readers, using = Readers(), query.queryset.db
    with closing(blocks):
        begins()
        with (
            run.at_work(readers.cancel),
            readers.joined_by(connections[using]),
            snapshot(using, run.id, max_seconds=query.max_seconds),
        ):
            progress.expected = query.queryset.order_by().count()
        yield from blocks


def kept(
    delivery: Delivery, query: ExportQuery, facts: FileFacts, record: ExportLog
) -> Callable[[Mapping[str, Any]], None]:
    """What hands file and result over. The export is known to live meanwhile, though it reads no more."""

    def deliver(result: Mapping[str, Any]) -> None:
        with kept_alive(query.queryset.db, record.pk, max_seconds=query.max_seconds):
            delivery.keep(facts)
        delivery.settle(facts, result)

    return deliver
