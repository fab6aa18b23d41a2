"""CSV by RFC 4180: UTF-8, CRLF, a header row always."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import ClassVar

from ..formulas import CONTROL_BYTES, strip_controls
from . import Block, EncodedBlock, Row


class CsvEncoder:
    """Quotes as csv.writer does with QUOTE_MINIMAL; a row whose only cell is empty is `""`.

    Control characters are taken out of whatever comes, in one pass over the bytes.
    """

    media_type: ClassVar[str] = "text/csv"
    extension: ClassVar[str] = "csv"

    def encode(self, headers: Sequence[str], blocks: Iterable[Block]) -> Iterator[bytes]:
        rows = iter(blocks)
        first = next(rows, ())
        yield _encoded([headers]) + _encoded(first)
        for block in rows:
            yield _encoded(block)


def _encoded(block: Block) -> bytes:
    encoded = block.data if isinstance(block, EncodedBlock) else _written(block)
    return encoded.translate(None, CONTROL_BYTES)


def _written(rows: Sequence[Row]) -> bytes:
    buffer = StringIO(newline="")
    if rows and len(rows[0]) == 1:  # quoted is only a cell that is empty now, and not one that will be
        rows = [[strip_controls(cell or "")] for [cell] in rows]
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return _utf8(buffer.getvalue())


def _utf8(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which has no encoding, becomes the replacement character."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
