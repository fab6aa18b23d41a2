"""The ways in which a file can be compressed. A compressor turns chunks of bytes into fewer bytes.

That makes another file, with a name and a type of its own. `Accept-Encoding` is about the transfer of one.
"""

import sys
from collections.abc import Generator
from contextlib import closing
from itertools import chain
from typing import ClassVar, Protocol

FIRST = 2 * 1024
"""Bytes of the file that leave at once: its header row, and some rows. A block of rows is never smaller."""

PIECE = 512 * 1024
"""Bytes of the file that are compressed together, and then leave.

Their places depend on the file alone: however its rows come in blocks, the compressed bytes are the same.
Each leaves whole, so that rows that come slowly do not wait inside the compressor. That costs 0.04 % of the
size with gzip (0.3 % for pieces of 64 KiB) and nothing with zstd, whose blocks end there anyway.
"""


class Compressor(Protocol):
    """One file that is being compressed. `extension` comes after that of the format, as in `calls.csv.gz`."""

    media_type: ClassVar[str]
    extension: ClassVar[str]

    def flushed(self, piece: bytes | bytearray) -> bytes:
        """The next piece, compressed: a reader can read the file up to here, and sees that it goes on."""

    def finished(self, piece: bytes | bytearray) -> bytes:
        """The last piece, with the checksum and the mark of the end by which a reader knows the whole."""


class GzipCompressor:
    """RFC 1952 by ISA-L: without name and time, so that the same file gives the same bytes.

    Its level 1 makes files as small as zlib's level 6, many times faster.
    """

    media_type: ClassVar[str] = "application/gzip"
    extension: ClassVar[str] = "gz"

    def __init__(self) -> None:
        from isal import isal_zlib

        self._sync = isal_zlib.Z_SYNC_FLUSH
        self._stream = isal_zlib.compressobj(
            level=1, wbits=16 + isal_zlib.MAX_WBITS
        )  # 16: with gzip's header

    def flushed(self, piece: bytes | bytearray) -> bytes:
        return self._stream.compress(piece) + self._stream.flush(self._sync)

    def finished(self, piece: bytes | bytearray) -> bytes:
        return self._stream.compress(piece) + self._stream.flush()


class ZstdCompressor:
    """RFC 8878: one frame with a checksum.

    The window of level 1 has 512 KiB; a decoder need not have more than 8 MiB.
    """

    media_type: ClassVar[str] = "application/zstd"
    extension: ClassVar[str] = "zst"

    def __init__(self) -> None:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        parameter = zstd.CompressionParameter
        self._stream = zstd.ZstdCompressor(
            options={parameter.compression_level: 1, parameter.checksum_flag: 1}
        )

    def flushed(self, piece: bytes | bytearray) -> bytes:
        return self._stream.compress(piece, self._stream.FLUSH_BLOCK)

    def finished(self, piece: bytes | bytearray) -> bytes:
        return self._stream.compress(piece, self._stream.FLUSH_FRAME)


COMPRESSORS: dict[str, type[Compressor]] = {"gzip": GzipCompressor, "zstd": ZstdCompressor}
"""Name -> class. The libraries are imported once one is made."""


def compressed(chunks: Generator[bytes], compressor: Compressor) -> Generator[bytes]:
    """The compressed file. Its first bytes come with the first of `chunks`, of which no more is asked for.

    Only the end of `chunks` gives it an end: where they fail, or this is closed before, a reader sees that it
    was cut.
    """
    with closing(chunks):
        first = next(chunks, b"")
        yield compressor.flushed(first[:FIRST])
        held = bytearray()
        for chunk in chain([first[FIRST:]], chunks):
            held += chunk
            while len(held) >= PIECE:
                yield compressor.flushed(held[:PIECE])
                del held[:PIECE]
    yield compressor.finished(held)
