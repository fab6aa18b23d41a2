"""What a page reads while somebody waits for it: little, and not for long."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Self

from django.db import connections

from .. import running
from ..clients import Client
from ..conf import export_settings
from ..watched import Interruptible
from .cancelling import Readers
from .snapshot import snapshot


class BriefReading(Interruptible):
    """A snapshot of the database, open for PREVIEW_SECONDS at most, and for as long as the client is there.

    A page asks for rows as often as somebody changes a choice, and no rate counts that: a statement that goes
    on behind a page that nobody waits for would hold a thread and a connection for an hour.
    """

    def __init__(self, using: str, client: Client | None = None) -> None:
        self.seconds = export_settings().preview_seconds
        super().__init__(client, max_seconds=self.seconds)
        self._using = using
        self._readers = Readers()
        self._open = ExitStack()

    def __str__(self) -> str:
        return "What is read for a page"

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            opened.enter_context(snapshot(self._using, max_seconds=self.seconds))
            opened.enter_context(self._readers.joined_by(connections[self._using]))
            running.look_at(self)
            opened.callback(running.look_away, self)
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def read[T](self, work: Callable[[], T]) -> T:
        """What `work` makes of the database. Raises TimeLimitExceeded, ReaderLeft or ServerStopping.

        After that nothing more can be read. An ASGI server's request is cancelled where its client has left.
        """
        attended = partial(self._read, work)
        return self.client.attend(attended) if self.client else attended()

    def _read[T](self, work: Callable[[], T]) -> T:
        with self.at_work(self._readers.cancel):
            return work()
