"""What another thread looks at while it goes out to a client: whether that is there, and how it reads."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .clients import Client
from .conf import export_settings
from .exceptions import ReaderLeft, ReaderTooSlow, TimeLimitExceeded

SLOW_SECONDS = 10
"""How long any client may let a chunk wait, however small: a laptop's pause is no slow reader."""


class Watched:
    """Bytes on their way to a client, which may be ended from outside of their own thread.

    `error` is what another thread has ended them with, and is raised in their own at the next chance.
    """

    def __init__(self, client: Client | None, *, max_seconds: int | None = None) -> None:
        self.client = client
        self.error: Exception | None = None
        self._begun = time.monotonic()
        self._max_seconds = max_seconds
        self._min_rate = export_settings().min_bytes_per_second if client else None
        self._waiting: tuple[float, int] | None = None

    def check(self) -> None:
        """Raises what the whole was ended with."""
        if self.error is not None:
            raise self.error

    def handed(self, size: int) -> None:
        """A chunk of so many bytes is the client's to take, from now until the next is asked for."""
        self._waiting = time.monotonic(), size

    def look(self) -> None:
        """Ends it where there is a reason to."""
        if error := self.error or self._reason(time.monotonic()):
            self.end(error)

    def end(self, error: Exception) -> None:
        """Ends it, with the first error that it is given, from any thread. Returns before it has ended."""
        raise NotImplementedError

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


class Interruptible(Watched):
    """What waits for a database, which another thread can tell to stop."""

    def __init__(self, client: Client | None, *, max_seconds: int | None = None) -> None:
        super().__init__(client, max_seconds=max_seconds)
        self._cancelling = threading.Lock()
        self._cancel: Callable[[], None] | None = None
        """What ends the work that is being done."""

    @contextmanager
    def at_work(self, cancel: Callable[[], None]) -> Iterator[None]:
        """The database works for it, and may be told to stop, by `cancel` in whatever thread.

        Raises what the whole was ended with.
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
        self.error = self.error or error
        self._cancel_work()

    def _cancel_work(self) -> None:
        """Makes the statement fail that is waited for, if there is one."""
        with self._cancelling:
            if self._cancel is not None:
                self._cancel()
