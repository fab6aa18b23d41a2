"""A file on its way out."""

import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import connections

from .exceptions import ReaderLeft
from .parameters import ExportParameters
from .rate import RateUsage
from .running import Run


@dataclass
class Progress:
    """How far a stream has got; the stages count as blocks pass.

    `bytes` have been made, `taken` of them handed out. `expected` is the number of rows that there will be,
    where somebody has counted. `size` is that of the whole file, in bytes, where it
    is known before the first of them.
    """

    rows: int = 0
    bytes: int = 0
    taken: int = 0
    size: int | None = None
    expected: int | None = None


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """What is known of a file before its first byte.

    `dense` is whether it is compressed in itself, `cursor` what the next export takes as `since`, once this
    one is whole; `usage` how far the rate is used up with it.
    """

    filename: str
    media_type: str
    dense: bool
    parameters: ExportParameters
    cursor: str
    usage: RateUsage | None = None


class ExportStream:
    """An iterator over the file's bytes, with what is known of it, to be closed by whoever took it.

    It has run up to its first bytes when it is made: what fails at once has failed before. And closing
    it always reaches the stages behind it, which closing a generator that never started would not.

    Only the end of the file ends it. Once it has failed, or was closed before that, it raises: whoever reads
    on does not take a part for the whole.
    """

    def __init__(
        self,
        chunks: Generator[bytes],
        facts: FileFacts,
        *,
        export_id: str,
        progress: Progress,
        run: Run,
    ) -> None:
        self.facts = facts
        self.export_id = export_id
        self.progress = progress
        self.client = run.client
        self._chunks = chunks
        self._run = run
        self._thread = threading.current_thread()
        self._whole = False
        with run.turn():
            self._ahead = chain([next(chunks)], chunks)
        run.streams(self)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with self._run.turn():
            chunk = self._next()
            self._hand(len(chunk))
            return chunk

    def read(self, least: int) -> bytes:
        """Chunks of at least so many bytes together, or all that are left; nothing at the end."""
        with self._run.turn():
            joined = bytearray()
            with suppress(StopIteration):
                while len(joined) < least:
                    joined += self._next()
            self._hand(len(joined))
            return bytes(joined)

    def _hand(self, size: int) -> None:
        self.progress.taken += size
        self._run.handed(size)

    def _next(self) -> bytes:
        if self._whole:
            raise StopIteration
        self._run.check()
        try:
            return next(self._ahead)
        except StopIteration:
            self._whole = True
            raise
        except Exception as error:  # a generator that has raised would just end the next time
            self._run.error = self._run.error or error
            raise

    def close(self) -> None:
        """Ends the query and the audit record, as `cancelled`. After the end of the file it does nothing."""
        self.end(ReaderLeft())

    def end(self, error: Exception) -> None:
        """The same for a reason that the record tells. May be called from any thread.

        In the stream's own thread, all has ended when it returns; from another, it will have.
        """
        if self._run.ended:
            return
        work = (self._chunks, self._run, self.progress, error)
        if threading.current_thread() is self._thread:
            _end(*work)
        else:
            _end_elsewhere(*work)

    def __del__(self) -> None:
        # Dropped without being closed, as by a middleware that has answered something else. Not here, if it
        # can be elsewhere: a collection of garbage interrupts anything, also what holds a pool's lock.
        if "_ahead" not in vars(self) or self._run.ended:
            return
        if self._run.is_private:
            _end_elsewhere(self._chunks, self._run, self.progress, ReaderLeft())
        else:
            self.close()


def _end(chunks: Generator[bytes], run: Run, progress: Progress, error: Exception) -> None:
    with run.turn():
        if run.ended:  # another thread was quicker
            return
        if isinstance(error, ReaderLeft) and progress.taken == progress.size:
            # All was taken: a client that knows the length leaves then, before its server asks for the end.
            next(chunks, None)
            return
        run.error = run.error or error
        try:
            chunks.throw(run.error)
        except Exception as raised:
            if raised is not run.error:
                raise


def _end_elsewhere(*work: Any) -> None:
    """The same in a thread of its own. The stream's waits meanwhile, should it come for the next chunk."""

    def end() -> None:
        try:
            _end(*work)
        finally:
            connections.close_all()

    with suppress(RuntimeError):  # the process ends, and its connections with it
        threading.Thread(target=end, name="exports-end", daemon=True).start()
