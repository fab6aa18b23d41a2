"""The exports that are under way in this process, and how one is ended from outside of its own thread.

A thread that waits for the database, or for its client, can look at nothing else. So another one looks
twice a second at every export: at its time limit, whether its client has left, and how slowly that reads.
So it does at files of jobs that are on their way to a client.
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
from .private_connection import PrivateConnection
from .watched import Watched

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How often the exports are looked at: a query has ended well within two seconds of its client's leaving."""


class Endable(Protocol):
    """A stream that any thread can end while its client lets it wait; without waiting for that itself."""

    def end(self, error: Exception) -> None: ...


class Run(Watched):
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


_runs: dict[UUID, Run] = {}
_files: set[Watched] = set()
_lock = threading.RLock()  # a collection of garbage, which may end an export, comes at any moment
_watch: threading.Thread | None = None


def ids() -> set[UUID]:
    """The ids of the exports that run in this process."""
    with _lock:
        return set(_runs)


def count() -> int:
    """How many exports run in this process, and files of jobs are on their way."""
    return len(_all())


def send(file: Watched) -> None:
    """A file of a job is on its way, and is looked at until `sent`."""
    with _lock:
        _files.add(file)
        _start_watch()


def sent(file: Watched) -> None:
    """It is not on its way any more. May be called twice."""
    with _lock:
        _files.discard(file)


def end(export_id: UUID, error: Exception) -> None:
    """Ends an export of this process with that error; does nothing where it does not run."""
    with _lock:
        run = _runs.get(export_id)
    if run is not None:
        run.end(error)


def stop_all(error: Exception) -> None:
    """Ends every export of this process, and every file on its way, with that error."""
    for watched in _all():
        watched.end(error)


def _all() -> list[Watched]:
    with _lock:
        return [*_runs.values(), *_files]


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
    """Looks at every export, and every file on its way, until there is none left."""
    global _watch
    while True:
        time.sleep(LOOK_SECONDS)
        with _lock:
            if not (_runs or _files):
                _watch = None
                return
        for watched in _all():
            try:
                watched.look()
            except Exception:
                logger.exception("%s could not be looked at", watched)
