"""Compressed files, read back by Python's own zlib and by a decoder of Zstandard."""

import sys
import zlib
from collections.abc import Callable
from typing import Any

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

EXTENSIONS = {"gzip": "gz", "zstd": "zst"}
MEDIA_TYPES = {"gzip": "application/gzip", "zstd": "application/zstd"}
NAMES = tuple(EXTENSIONS)

DECODERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "zstd": zstd.ZstdDecompressor,
}
"""Each makes a decoder with `decompress(data)`, `eof`, which is true after the end of a whole file, and
`unused_data`, which came after that."""

ERRORS = (zlib.error, zstd.ZstdError)


def unpacked(name: str, data: bytes) -> bytes:
    """The file in a compressed file, which is whole and has nothing after its end."""
    decoder = DECODERS[name]()
    file: bytes = decoder.decompress(data)
    assert decoder.eof
    assert decoder.unused_data == b""
    return file


def unpacked_so_far(name: str, data: bytes) -> bytes:
    """What a part of a compressed file gives, which no reader can take for the whole."""
    decoder = DECODERS[name]()
    file: bytes = decoder.decompress(data)
    assert not decoder.eof
    return file
