"""The exports that are under way in this process, and how one is ended from outside of its own thread.

A thread that waits for the database, or for its client, can look at nothing else. So another one looks
twice a second at every export: at its time limit, whether its client has left, and how slowly that reads.
"""

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from .clients import Client
from .conf import export_settings
from .exceptions import ReaderLeft, ReaderTooSlow, TimeLimitExceeded
from .private_connection import PrivateConnection

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How often the exports are looked at: a query has ended well within two seconds of its client's leaving."""

SLOW_SECONDS = 10
"""How long any client may let a chunk wait, however small: a laptop's pause is no slow reader."""


class Endable(Protocol):
    """A stream that any thread can end while its client lets it wait; without waiting for that itself."""

    def end(self, error: Exception) -> None: ...


class Run:
    """One export that is under way, from before its first row until its record is closed.

    As a context manager it is among those that are looked at. `error` is what another thread has ended it
    with, and is raised in the export's own thread at the next chance.
    """

    def __init__(self, export_id: UUID, connection: PrivateConnection, client: Client | None = None) -> None:
        settings = export_settings()
        self.id = export_id
        self.client = client
        self.error: Exception | None = None
        self.ended = False
        """Whether its record is closed."""

        self._connection = connection
        self._turns = threading.RLock()
        self._stream: weakref.ref[Endable] | None = None
        self._begun = time.monotonic()
        self._max_seconds = settings.max_seconds
        self._min_rate = settings.min_bytes_per_second if client else None
        self._waiting: tuple[float, int] | None = None
        self._endable = False
        """Whether a thread of its own may end the stream: nobody advances it."""

        self._cancelling = threading.Lock()
        self._cancel: Callable[[], None] | None = None
        """What ends the work that is being done."""

    def __enter__(self) -> Self:
        _add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended = True
        _remove(self)

    @property
    def is_private(self) -> bool:
        """Whether its connection is its own."""
        return self._connection.is_private

    def streams(self, stream: Endable) -> None:
        """This is the stream that `end` ends. It is not kept alive by that."""
        self._stream = weakref.ref(stream)

    def check(self) -> None:
        """Raises what the export was ended with."""
        if self.error is not None:
            raise self.error

    @contextmanager
    def turn(self) -> Iterator[None]:
        """For whoever advances or ends the stream: one at a time, and on the export's own connection."""
        with self._turns:
            if self.ended:  # the connection is not the export's any more
                yield
                return
            self._waiting, self._endable = None, False
            try:
                with self._connection.in_place():
                    yield
            finally:
                if self.ended:
                    self._connection.give_back()
                else:
                    self._connection.take()
                # Where the request shares the connection, it may be using it until its server has a chunk.
                self._endable = self._connection.is_private or self._waiting is not None

    @contextmanager
    def at_work(self, cancel: Callable[[], None]) -> Iterator[None]:
        """The database works for it, and may be told to stop, by `cancel` in whatever thread.

        Raises what the export was ended with.
        """
        self.check()
        self._cancel = cancel
        try:
            yield
        except Exception as exception:
            if self.error is not None:
                raise self.error from exception
            raise
        finally:
            # Waits for a cancellation on its way, which would hit the next statement: the audit record's.
            with self._cancelling:
                self._cancel = None
        self.check()

    def handed(self, size: int) -> None:
        """A chunk of so many bytes is the client's to take, from now until the next turn."""
        self._waiting = time.monotonic(), size

    def look(self) -> None:
        """Ends the export where there is a reason to."""
        if error := self.error or self._reason(time.monotonic()):
            self.end(error)

    def end(self, error: Exception) -> None:
        """Ends the export, with the first error that it is given, from any thread. Returns before it has."""
        self.error = self.error or error
        if self._cancel is not None:
            self._cancel_work()
        elif self._endable and (stream := self._stream and self._stream()):
            if self.client:
                self.client.hang_up()
            stream.end(self.error)

    def _cancel_work(self) -> None:
        with self._cancelling:
            if self._cancel is not None:
                self._cancel()

    def _reason(self, now: float) -> Exception | None:
        if self._max_seconds is not None and now - self._begun > self._max_seconds:
            return TimeLimitExceeded(self._max_seconds)
        if self.client and self.client.gone():
            return ReaderLeft()
        if self._min_rate is not None and self._waiting is not None:
            since, size = self._waiting
            if now - since > SLOW_SECONDS + size / self._min_rate:
                return ReaderTooSlow(self._min_rate)
        return None


_runs: dict[UUID, Run] = {}
_lock = threading.RLock()  # a collection of garbage, which may end an export, comes at any moment
_watch: threading.Thread | None = None


def ids() -> set[UUID]:
    """The ids of the exports that run in this process."""
    with _lock:
        return set(_runs)


def count() -> int:
    """How many exports run in this process."""
    return len(_runs)


def stop_all(error: Exception) -> None:
    """Ends every export of this process with that error."""
    for run in _all():
        run.end(error)


def _all() -> list[Run]:
    with _lock:
        return list(_runs.values())


def _add(run: Run) -> None:
    global _watch
    with _lock:
        _runs[run.id] = run
        if _watch is None or not _watch.is_alive():  # it does not live on in a forked process
            watch = threading.Thread(target=_look, name="exports-watch", daemon=True)
            try:
                watch.start()
            except RuntimeError:  # there are too many; the next export tries again
                logger.warning("Nobody looks at the exports that run", exc_info=True)
            else:
                _watch = watch


def _remove(run: Run) -> None:
    with _lock:
        _runs.pop(run.id, None)


def _look() -> None:
    """Looks at every export until there is none left."""
    global _watch
    while True:
        time.sleep(LOOK_SECONDS)
        with _lock:
            if not _runs:
                _watch = None
                return
        for run in _all():
            try:
                run.look()
            except Exception:
                logger.exception("Export %s could not be looked at", run.id)
