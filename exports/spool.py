"""A file that is kept on disk until it is whole, for who could not tell a part of it from all of it."""

import tempfile
from collections.abc import Generator
from contextlib import closing
from uuid import UUID

from .conf import export_settings
from .exceptions import SpoolLimitExceeded
from .sources.snapshot import kept_alive
from .stream import Progress

PIECE = 64 * 1024


def spooled(
    chunks: Generator[bytes], progress: Progress, export_id: UUID, using: str, max_seconds: int | None
) -> Generator[bytes]:
    """Takes all of `chunks`, sets the progress's `size`, and then yields the file in pieces.

    Its transaction has ended when the first piece leaves; that the export lives is known until the last.
    Raises SpoolLimitExceeded where the file is larger than MAX_SPOOL_BYTES.
    """
    limit = export_settings().max_spool_bytes
    with tempfile.TemporaryFile(prefix="export-") as file:
        size = 0
        with closing(chunks):
            for chunk in chunks:
                size += len(chunk)
                if limit is not None and size > limit:
                    raise SpoolLimitExceeded
                file.write(chunk)
        file.seek(0)  # what was buffered is on the disk now, or the disk was full
        progress.size = size
        with kept_alive(using, export_id, max_seconds=max_seconds):
            while piece := file.read(PIECE):
                yield piece
