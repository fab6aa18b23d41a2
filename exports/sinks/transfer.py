"""The coding of a transfer (RFC 9110, 8.4): the same file, in fewer bytes while it is on its way.

The client unpacks it unasked. What it saves, and what the audit record tells of, is the file before that.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from ..compressors import COMPRESSORS, FIRST
from ..stream import ExportStream

CODINGS = ("zstd", "gzip")
"""Names of COMPRESSORS that are content codings too. Of equals the first: its decoder takes least time."""

_ALIASES = {"x-gzip": "gzip"}  # RFC 9110, 8.4.1.3
_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


class CodedStream:
    """An ExportStream in a coding, to be read and closed as that is.

    Each chunk of the file leaves whole: nothing waits inside the compressor, and what the client lets wait is
    what the stream has counted as handed out. The coding gets its end after the stream's own, when the record
    says `succeeded`. Where the stream raises, it gets none.
    """

    def __init__(self, stream: ExportStream, coding: str) -> None:
        self._stream = stream
        self._compressor = COMPRESSORS[coding]()
        self._head = FIRST
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if chunk := self.read(1):
            return chunk
        raise StopIteration

    def read(self, least: int) -> bytes:
        """What chunks of at least so many bytes of the file have become; nothing at the end."""
        if self._ended:
            return b""
        if not (chunk := self._stream.read(least)):
            self._ended = True
            return self._compressor.finished(b"")
        # A decoder of zstd waits for the whole of a block: that of the first rows is small.
        head, self._head = self._head, 0
        return b"".join(self._compressor.flushed(piece) for piece in (chunk[:head], chunk[head:]) if piece)

    def close(self) -> None:
        """As the stream's."""
        self._stream.close()


@dataclass(frozen=True)
class Transfer:
    """How a download leaves: in a coding or in none. `negotiable`: whether the client could choose."""

    negotiable: bool
    coding: str | None

    def of(self, stream: ExportStream) -> ExportStream | CodedStream:
        """The stream as it leaves."""
        return CodedStream(stream, self.coding) if self.coding else stream

    def set_headers(self, response: HttpResponseBase) -> None:
        """What tells the client of the coding, and caches that another client may get another."""
        if self.coding:
            response["Content-Encoding"] = self.coding
        if self.negotiable:
            patch_vary_headers(response, ["Accept-Encoding"])


def negotiated(request: HttpRequest, *, negotiable: bool) -> Transfer:
    """The transfer of the answer to this request, which has no `Accept-Encoding` any more."""
    # GZipMiddleware asks the request alone. It would hold back the first rows, compress once more what is
    # compressed, and take away the length by which a client of HTTP/1.0 knows that it has all.
    accepted = request.META.pop("HTTP_ACCEPT_ENCODING", "")
    return Transfer(negotiable, preferred_coding(accepted) if negotiable else None)


def preferred_coding(accepted: str) -> str | None:
    """The coding that an `Accept-Encoding` likes best (RFC 9110, 12.5.3); None for the file as it is.

    That is for whoever prefers it, names no coding of ours, or refuses everything. A coding comes before it
    where both are liked equally.
    """
    qualities = _qualities(accepted)
    rest = qualities.get("*", 0)
    best = max(CODINGS, key=lambda coding: qualities.get(coding, rest))
    liked = qualities.get(best, rest)
    return best if liked and liked >= qualities.get("identity", rest) else None


def _qualities(accepted: str) -> dict[str, float]:
    """How much each name in the header is liked; the least that it says, where it says so twice."""
    found: dict[str, float] = {}
    for member in accepted.lower().split(","):
        name, *weights = (part.strip(" \t") for part in member.split(";"))
        name = _ALIASES.get(name, name)
        found[name] = min(_quality(weights), found.get(name, 1))
    return found


def _quality(weights: list[str]) -> float:
    """The weight of one name; 0 for what cannot be read, because no coding is right for every client."""
    if not weights:
        return 1
    weight = _QUALITY.fullmatch(weights[0])
    return float(weight[1]) if weight and len(weights) == 1 else 0
