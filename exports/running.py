"""The exports that are under way in this process, and how one is ended from outside of its own thread.

A thread that waits for the database, or for its client, can look at nothing else. So another one looks
twice a second at every export: at its time limit, whether its client has left, and how slowly that reads.
So it does at files of jobs that are on their way to a client, and at what is read for a page.
"""

import logging
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from .clients import Client
from .private_connection import PrivateConnection
from .watched import Interruptible, Watched

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How often the exports are looked at: a query has ended well within two seconds of its client's leaving."""


class Endable(Protocol):
    """A stream that any thread can end while its client lets it wait; without waiting for that itself."""

    def end(self, error: Exception) -> None: ...


class Run(Interruptible):
    """One export that is under way, from before its first row until its record is closed.

    As a context manager it is among those that are looked at. `error` is what another thread has ended it
    with, and is raised in the export's own thread at the next chance.
    """

    def __init__(
        self,
        export_id: UUID,
        connection: PrivateConnection,
        client: Client | None = None,
        *,
        max_seconds: int | None = None,
    ) -> None:
        super().__init__(client, max_seconds=max_seconds)
        self.id = export_id
        self.ended = False
        """Whether its record is closed."""

        self._connection = connection
        self._turns = threading.RLock()
        self._stream: weakref.ref[Endable] | None = None
        self._endable = False
        """Whether a thread of its own may end the stream: nobody advances it."""

    def __enter__(self) -> Self:
        _add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended = True
        _remove(self)

    def __str__(self) -> str:
        return f"Export {self.id}"

    @property
    def is_private(self) -> bool:
        """Whether its connection is its own."""
        return self._connection.is_private

    def streams(self, stream: Endable) -> None:
        """This is the stream that `end` ends. It is not kept alive by that."""
        self._stream = weakref.ref(stream)

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

    def end(self, error: Exception) -> None:
        """Ends the export, with the first error that it is given, from any thread. Returns before it has."""
        self.error = self.error or error
        if self._cancel is not None:
            self._cancel_work()
        elif self._endable and (stream := self._stream and self._stream()):
            if self.client:
                self.client.hang_up()
            stream.end(self.error)


_runs: dict[UUID, Run] = {}
_others: set[Watched] = set()
_lock = threading.RLock()  # a collection of garbage, which may end an export, comes at any moment
_watch: threading.Thread | None = None


def ids() -> set[UUID]:
    """The ids of the exports that run in this process."""
    with _lock:
        return set(_runs)


def count() -> int:
    """How many exports run in this process, files of jobs are on their way, and pages wait for rows."""
    return len(_all())


def look_at(watched: Watched) -> None:
    """A file of a job is on its way, or a page waits for rows: it is looked at until `look_away`."""
    with _lock:
        _others.add(watched)
        _start_watch()


def look_away(watched: Watched) -> None:
    """It has come to its end. May be called twice."""
    with _lock:
        _others.discard(watched)


def end(export_id: UUID, error: Exception) -> None:
    """Ends an export of this process with that error; does nothing where it does not run."""
    with _lock:
        run = _runs.get(export_id)
    if run is not None:
        run.end(error)


def stop_all(error: Exception) -> None:
    """Ends every export of this process, and whatever else is looked at, with that error."""
    for watched in _all():
        watched.end(error)


def _all() -> list[Watched]:
    with _lock:
        return [*_runs.values(), *_others]


def _add(run: Run) -> None:
    with _lock:
        _runs[run.id] = run
        _start_watch()


def _start_watch() -> None:
    global _watch
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
    """Looks at every export, and whatever else is looked at, until there is nothing left."""
    global _watch
    while True:
        time.sleep(LOOK_SECONDS)
        with _lock:
            if not (_runs or _others):
                _watch = None
                return
        for watched in _all():
            try:
                watched.look()
            except Exception:
                logger.exception("%s could not be looked at", watched)
