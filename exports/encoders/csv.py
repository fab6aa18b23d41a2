"""CSV by RFC 4180: UTF-8, CRLF, a header row always."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import chain
from typing import ClassVar

from . import Block


class CsvEncoder:
    """Quotes as csv.writer does with QUOTE_MINIMAL; a row whose only cell is empty is `""`."""

    media_type: ClassVar[str] = "text/csv"
    extension: ClassVar[str] = "csv"

    def encode(self, headers: Sequence[str], blocks: Iterable[Block]) -> Iterator[bytes]:
        rows = iter(blocks)
        first = next(rows, ())
        yield _encoded(chain([headers], first))
        for block in rows:
            yield _encoded(block)


def _encoded(rows: Iterable[Sequence[str | None]]) -> bytes:
    buffer = StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return _utf8(buffer.getvalue())


def _utf8(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which has no encoding, becomes the replacement character."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
