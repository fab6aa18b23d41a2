"""The bytes of a stored file on their way to a client."""

import logging
import threading
from collections import Counter
from collections.abc import Iterator

from django.db import connections

from .. import running
from ..caller import Caller
from ..conf import export_settings
from ..exceptions import ReaderLeft, StorageFailed, TooManyRunning
from ..jobs.storage import Readable
from ..private_connection import in_transaction
from ..watched import Watched
from .asynchronous import CHUNK

logger = logging.getLogger(__name__)


class Sending(Watched):
    """A part of a file that goes out to one client; it is looked at until it is closed.

    As many of a user may go out of this process at the same time as exports may run. Raises TooManyRunning.
    """

    def __init__(self, caller: Caller, name: str, size: int) -> None:
        super().__init__(caller.client)
        self._name = name
        self._left = size
        self._source: Readable | None = None
        self._turns = threading.RLock()
        self._begun_to_send = False
        self._ended = False
        self._user = str(caller.user.pk)
        _take_place(self._user)
        running.look_at(self)

    def __str__(self) -> str:
        return self._name

    def comes_from(self, source: Readable) -> None:
        """The bytes are read from there, and it is closed in the end."""
        with self._turns:
            if not self._ended:
                self._source = source
                return
        source.close()  # the client has left while the storage was opening it

    def read(self) -> bytes:
        """The next bytes; none at the end. Raises what it was ended with, or StorageFailed."""
        with self._turns:
            self._waiting = None
            self.check()
            if not self._begun_to_send:
                self._begun_to_send = True
                _give_connections_back()
            chunk = self._next() if self._left else b""
            if not chunk or self.error is not None:  # ended meanwhile, by who could not close it
                self._close()
            else:
                self.handed(len(chunk))
            self.check()
            return chunk

    def _next(self) -> bytes:
        if self._ended or self._source is None:
            raise ReaderLeft
        try:
            chunk = self._source.read(min(CHUNK, self._left))
        except Exception as error:  # each storage has exceptions of its own
            raise StorageFailed from error
        if not chunk:
            logger.error("%s is shorter than when it was made", self)
            raise StorageFailed
        self._left -= len(chunk)
        return chunk

    def end(self, error: Exception) -> None:
        """Breaks the client's connection. Where a chunk is being read, that raises instead."""
        self.error = self.error or error
        if not self._turns.acquire(blocking=False):
            return
        try:
            if not self._ended:
                logger.warning("%s was broken off: %s", self, type(self.error).__name__)
                if self._waiting is not None and self.client is not None:
                    self.client.hang_up()
                self._close()
        finally:
            self._turns.release()

    def close(self) -> None:
        """Ends it quietly. May be called twice, and from any thread."""
        # Never waits: a collection of garbage comes here too, and its thread may hold the lock of `running`.
        if not self._turns.acquire(blocking=False):
            self.error = self.error or ReaderLeft()  # who has the turn ends it, or the next look does
            return
        try:
            self._close()
        finally:
            self._turns.release()

    def _close(self) -> None:
        if self._ended:
            return
        self._ended = True
        running.look_away(self)
        _give_place_back(self._user)
        if self._source is not None:
            self._source.close()


class FileBody:
    """The body of an answer, as a server takes it. Dropped without being closed, it closes itself."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if chunk := self._sending.read():
            return chunk
        raise StopIteration

    def read(self, least: int) -> bytes:
        """One chunk, whatever `least` is; nothing at the end."""
        return self._sending.read()

    def close(self) -> None:
        self._sending.close()

    def __del__(self) -> None:
        self._sending.close()


def _give_connections_back() -> None:
    """No statement comes until the end of the file: a slow client must not hold a connection for so long.

    Called with the first chunk: whatever a middleware has asked the database for is done by then.
    """
    for connection in connections.all(initialized_only=True):
        if not in_transaction(connection):  # a test's, around the request
            connection.close()


_places: Counter[str] = Counter()
_lock = threading.RLock()


def _take_place(user: str) -> None:
    limit = export_settings().max_concurrent_per_user
    with _lock:
        if limit is not None and _places[user] >= limit:
            raise TooManyRunning
        _places[user] += 1


def _give_place_back(user: str) -> None:
    with _lock:
        _places[user] -= 1
        if not _places[user]:
            del _places[user]
