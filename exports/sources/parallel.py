"""One export over several connections to PostgreSQL, which share a snapshot and read ranges side by side."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import ExitStack, suppress
from typing import Any, Final

from django.db import Error as DatabaseFailure
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

from ..encoders import EncodedBlock
from .cancelling import Readers
from .copying import Reader, copied
from .ranges import ranges
from .snapshot import exported, shared

logger = logging.getLogger(__name__)

AHEAD_BYTES: Final = 3 * 1024 * 1024
"""What all connections together may have read beyond what was taken: half a range of calls.

With 8 MB no export was quicker, and its process grew by as much.
"""


STOP_SECONDS: Final = 0.2
"""How long a thread has to end by itself, before its statement is cancelled. Most take 4 ms."""


class _Part:
    """The blocks of one range that have been read and not yet taken."""

    def __init__(self) -> None:
        self.blocks: deque[EncodedBlock] = deque()
        self.whole = False


class _Stopped(Exception):
    """Nobody takes the blocks any more."""


class ParallelCopy:
    """The blocks of a queryset that `ranges.splits`, read by threads with a connection each.

    Each takes the next range that nobody has. They wait where too much has been read ahead, but for the one
    whose range the file has come to. A connection that cannot be had is not missed.
    """

    def __init__(
        self,
        queryset: QuerySet[Any],
        statement: Callable[[QuerySet[Any]], str],
        *,
        reader: Reader,
        count: int,
        readers: Readers,
        max_seconds: int | None,
    ) -> None:
        self._max_seconds = max_seconds
        self._using = queryset.db
        self._ranges = ranges(queryset)
        self._statement = statement
        self._reader = reader
        self._count = count
        self._readers = readers
        self._claiming = threading.Lock()
        self._changed = threading.Condition()
        self._parts: deque[_Part] = deque()
        self._ahead = 0
        self._all_claimed = False
        self._helped = False
        self._others: list[threading.Thread] = []
        self._error: BaseException | None = None
        self._stopped = False

    def blocks(self) -> Generator[EncodedBlock]:
        """In the order of the rows. The snapshot of this thread's connection is open."""
        own, snapshot_name = connections[self._using], exported(self._using)
        first = self._thread(self._read_on, own)
        self._others = [self._thread(self._read_too, snapshot_name) for _ in range(self._count - 1)]
        own.inc_thread_sharing()
        first.start()
        try:
            while (block := self._next()) is not None:
                yield block
        finally:
            self._stop(first, own)
            own.dec_thread_sharing()

    def _next(self) -> EncodedBlock | None:
        """The next block, once it is there; None at the end."""
        with self._changed:
            while True:
                if self._error:
                    raise self._error
                while self._parts and self._parts[0].whole and not self._parts[0].blocks:
                    self._parts.popleft()
                    self._changed.notify_all()
                if not self._parts and self._all_claimed:
                    return None
                if self._parts and self._parts[0].blocks:
                    block = self._parts[0].blocks.popleft()
                    self._ahead -= len(block.data)
                    self._changed.notify_all()
                    return block
                self._changed.wait()

    def _stop(self, first: threading.Thread, own: BaseDatabaseWrapper) -> None:
        """Returns when the connection is this thread's alone again. The others end by themselves."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        until = time.monotonic() + STOP_SECONDS
        for thread in (first, *self._others):
            if thread.is_alive():
                thread.join(max(0, until - time.monotonic()))
        while first.is_alive():
            self._readers.cancel()
            first.join(STOP_SECONDS)
        if any(thread.is_alive() for thread in self._others):
            self._readers.cancel(but=own)

    def _thread(self, work: Callable[..., None], *args: Any) -> threading.Thread:
        return threading.Thread(target=work, args=args, name="exports-copy", daemon=True)

    # --- In the threads

    def _read_on(self, connection: BaseDatabaseWrapper) -> None:
        """By the connection that holds the snapshot."""
        connections[self._using] = connection
        self._read(connection)

    def _read_too(self, snapshot_name: str) -> None:
        """By a connection of the thread's own, if there is one to be had."""
        connection = connections[self._using]
        try:
            with self._readers.joined_by(connection), ExitStack() as stack:
                try:
                    stack.enter_context(shared(self._using, snapshot_name, max_seconds=self._max_seconds))
                except DatabaseFailure:
                    if not self._stopped:
                        logger.warning("An export goes on with a connection less", exc_info=True)
                else:
                    self._read(connection)
        finally:
            with suppress(DatabaseFailure):
                connection.close()

    def _read(self, connection: BaseDatabaseWrapper) -> None:
        try:
            while claimed := self._claim():
                part, statement = claimed
                with copied(connection, statement, self._reader) as blocks:
                    for block in blocks:
                        self._put(part, block)
                with self._changed:
                    part.whole = True
                    self._changed.notify_all()
        except _Stopped:
            pass
        except BaseException as error:
            with self._changed:
                self._error = self._error or error
                self._changed.notify_all()

    def _claim(self) -> tuple[_Part, str] | None:
        """The next range that nobody reads, and its statement."""
        with self._claiming:
            if self._stopped or self._all_claimed:
                return None
            rows, last = next(self._ranges)
            part = _Part()
            with self._changed:
                self._parts.append(part)
                self._all_claimed = last
            if not last and not self._helped:  # for a short export nobody else is needed
                self._helped = True
                for thread in self._others:
                    thread.start()
        return part, self._statement(rows)

    def _put(self, part: _Part, block: EncodedBlock) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._has_room_for(part))
            if self._stopped:
                raise _Stopped
            part.blocks.append(block)
            self._ahead += len(block.data)
            self._changed.notify_all()

    def _has_room_for(self, part: _Part) -> bool:
        return self._ahead < AHEAD_BYTES or (part is self._parts[0] and not part.blocks)
