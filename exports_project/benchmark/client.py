"""An HTTP client that keeps nothing: it must not be what is measured."""

import hashlib
import socket
import time
from dataclasses import dataclass
from typing import Final

from .measuring import BenchmarkError

# One buffer for all that comes.
BUFFER: Final = 256 * 1024
TIMEOUT_SECONDS: Final = 600


@dataclass(frozen=True, kw_only=True)
class Download:
    """A body that was received to its end; `sha256` only where it was asked for."""

    export_id: str
    size: int
    seconds: float
    first_byte_seconds: float
    sha256: str | None


class Chunks:
    """Takes a chunked body (RFC 9112, 7.1) in whatever pieces it comes; `whole` at its end."""

    def __init__(self, *, digest: bool) -> None:
        self.size = 0
        self.whole = False
        self._digest = hashlib.sha256() if digest else None
        self._line = b""
        self._last = False
        self._left = 0  # of this chunk's data and of the line end behind it
        self._data = 0  # of its data alone

    @property
    def sha256(self) -> str | None:
        return self._digest.hexdigest() if self._digest else None

    def feed(self, piece: memoryview) -> None:
        """Raises BenchmarkError where a chunk does not begin with its size."""
        at = 0
        while at < len(piece):
            at += self._body(piece[at:]) if self._left else self._begin(piece[at:])

    def _body(self, piece: memoryview) -> int:
        taken = min(self._left, len(piece))
        data = min(self._data, taken)
        if self._digest and data:
            self._digest.update(piece[:data])
        self.size += data
        self._data -= data
        self._left -= taken
        self.whole = self._last and not self._left
        return taken

    def _begin(self, piece: memoryview) -> int:
        start = bytes(piece[:32])
        end = start.find(b"\n") + 1
        self._line += start[: end or len(start)]
        if not end:
            return len(start)
        try:
            self._data = int(self._line.partition(b";")[0], 16)
        except ValueError as error:
            raise BenchmarkError(f"This is no size of a chunk: {self._line!r}") from error
        self._line = b""
        self._last = self._data == 0
        self._left = self._data + len(b"\r\n")
        return end


def download(address: tuple[str, int], path: str, user: str, *, digest: bool = False) -> Download:
    """GET as that user, on a connection of its own that is made within the time.

    Raises BenchmarkError for another status than 200, a body that is not chunked, and one that is cut off.
    """
    lines = (f"GET {path} HTTP/1.1", f"Host: {address[0]}", f"X-User-Id: {user}", "Connection: close", "", "")
    request = "\r\n".join(lines).encode()
    buffer = bytearray(BUFFER)
    view = memoryview(buffer)
    chunks = Chunks(digest=digest)
    first_byte = 0.0
    begun = time.perf_counter()
    with socket.create_connection(address, timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(request)
        head, rest = _head(connection)
        chunks.feed(memoryview(rest))
        while not chunks.whole:
            if chunks.size and not first_byte:
                first_byte = time.perf_counter() - begun
            received = connection.recv_into(view)
            if not received:
                raise BenchmarkError(f"The body of {path} broke off after {chunks.size:,} bytes.")
            chunks.feed(view[:received])
        seconds = time.perf_counter() - begun
    return Download(
        export_id=head["x-export-id"],
        size=chunks.size,
        seconds=seconds,
        first_byte_seconds=first_byte or seconds,
        sha256=chunks.sha256,
    )


def _head(connection: socket.socket) -> tuple[dict[str, str], bytes]:
    """The headers by their names in lower case, and what came of the body with them."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(BUFFER)
        if not piece:
            raise BenchmarkError(f"The server answered nothing whole: {received!r}")
        received += piece
    head, _, rest = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    if " 200 " not in f"{status} ":
        raise BenchmarkError(f"The server answered {status}: {rest.decode(errors='replace')}")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding", "").lower() != "chunked":
        raise BenchmarkError("The body of the answer is not chunked: it would not be streamed.")
    return headers, rest
