"""Parts of a file, as a request asks for them (RFC 9110, 13.1.5 and 14)."""

import re
from dataclasses import dataclass
from typing import Final

from django.utils.http import parse_http_date_safe

_HEADER: Final = re.compile(r"(?P<unit>[!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?P<set>.*)")
_RANGE: Final = re.compile(r"(?P<first>[0-9]*)-(?P<last>[0-9]*)")
_DIGITS: Final = 20
"""More than the size of any file has, and fewer than Python refuses to read."""


@dataclass(frozen=True)
class ByteRange:
    """The bytes from `start` up to, but without, `stop`."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        """For the header Content-Range, of a file of that size."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


class RangeNotSatisfiable(Exception):
    """The file has no byte of those that were asked for."""


def byte_range(header: str, size: int) -> ByteRange | None:
    """The range that a Range header asks for, of a file of that size; None where it gets the whole.

    That is for who asks in a unit that is not known, for several ranges, or for what is none. Raises
    RangeNotSatisfiable.
    """
    asked = _HEADER.fullmatch(header.strip(" \t"))
    if asked is None or asked["unit"].lower() != "bytes":
        return None
    # A list may have empty elements (RFC 9110, 5.6.1.2).
    parts = [part for part in (text.strip(" \t") for text in asked["set"].split(",")) if part]
    found = _RANGE.fullmatch(parts[0]) if len(parts) == 1 else None
    if found is None:
        return None
    first, last = _number(found["first"]), _number(found["last"])
    if first is None:
        return None if last is None else _suffix(last, size)
    if last is not None and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable
    return ByteRange(first, size if last is None else min(last + 1, size))


def _suffix(length: int, size: int) -> ByteRange | None:
    """The last bytes. Of an empty file they are all that there are, which no Content-Range can say."""
    if length == 0:
        raise RangeNotSatisfiable
    return ByteRange(max(0, size - length), size) if size else None


def _number(text: str) -> int | None:
    return int(text.lstrip("0")[:_DIGITS] or "0") if text else None


def is_same(if_range: str, etag: str, last_modified: int) -> bool:
    """Whether what an If-Range header names is this file still: by its strong ETag, or its exact date."""
    named = if_range.strip(" \t")
    if '"' in named:
        return named == etag
    return parse_http_date_safe(named) == last_modified
