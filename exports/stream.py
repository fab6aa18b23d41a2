"""A file on its way out."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import chain


@dataclass
class Progress:
    """How far a stream has got; the stages count as blocks pass."""

    rows: int = 0
    bytes: int = 0


class ExportStream:
    """An iterator over the file's bytes with its name, type and progress, to be closed by whoever took it.

    It has run up to its first bytes when it is made: what fails at once has failed before. And closing
    it always reaches the stages behind it, which closing a generator that never started would not.
    """

    def __init__(
        self,
        chunks: Generator[bytes],
        *,
        filename: str,
        media_type: str,
        export_id: str,
        progress: Progress,
    ) -> None:
        self.filename = filename
        self.media_type = media_type
        self.export_id = export_id
        self.progress = progress
        self._chunks = chunks
        self._ahead = chain([next(chunks)], chunks)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._ahead)

    def close(self) -> None:
        """Ends the query and the audit record. After the end of the file it does nothing."""
        self._chunks.close()
