"""A whole service for tests: a filled database, a real gunicorn over it, and a client that speaks HTTP."""

import hashlib
import http.client
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.servers import Server, run_code, run_server

PIECE = 64 * 1024
TIMEOUT = 60


@dataclass(frozen=True)
class Received:
    """What became of one download: of the body only what `Service.receive` was asked to keep."""

    headers: Mapping[str, str]
    size: int
    sha256: str
    first_byte_seconds: float
    seconds: float
    body: bytes = b""


@dataclass(frozen=True)
class Service:
    """A running server and the database behind it."""

    server: Server
    database_url: str

    @contextmanager
    def answer(
        self, path: str, user: str, *, window: int | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer, its body not yet read; the connection is closed at the end.

        `window` is the size of this machine's receive buffer: how far the server may run ahead.
        """
        with closing(connect(self.server.url, window)) as client:
            client.request("GET", path, headers={"X-User-Id": user})
            with client.getresponse() as response:
                yield response

    def receive(self, path: str, user: str, *, keep: bool = False) -> Received:
        """Downloads to the end, in pieces that are dropped unless `keep`: the client's memory stays small."""
        begun = time.monotonic()
        with self.answer(path, user) as response:
            return read_to_end(response, begun, keep=keep)

    def json(self, path: str, user: str) -> Any:
        """What a path answers in JSON."""
        with self.answer(path, user) as response:
            body = response.read()
            assert response.status == 200, body
            return json.loads(body)

    def record(self, export_id: str, user: str) -> dict[str, Any]:
        """The audit record, once it is closed: the last byte arrives a moment before it is."""
        deadline = time.monotonic() + TIMEOUT
        while (record := self.json(f"/api/exports/logs/{export_id}", user))["outcome"] == "running":
            assert time.monotonic() < deadline, record
            time.sleep(0.02)
        return record


def connect(url: str, window: int | None = None) -> http.client.HTTPConnection:
    """A connection to that server, which the caller closes; for `window` see Service.answer."""
    address = urlsplit(url)
    client = http.client.HTTPConnection(str(address.hostname), address.port, timeout=TIMEOUT)
    if window:
        client._create_connection = _connector(window)
    return client


def read_to_end(response: http.client.HTTPResponse, begun: float, *, keep: bool = False) -> Received:
    """The rest of an answer to a request of that moment (time.monotonic), in pieces."""
    assert response.status == 200, response.read()
    digest, size, kept = hashlib.sha256(), 0, []
    piece = response.read(1)
    first_byte_seconds = time.monotonic() - begun
    while piece:
        digest.update(piece)
        size += len(piece)
        if keep:
            kept.append(piece)
        piece = response.read(PIECE)
    seconds = time.monotonic() - begun
    headers = dict(response.headers)
    return Received(headers, size, digest.hexdigest(), first_byte_seconds, seconds, b"".join(kept))


def _connector(window: int):
    """What http.client calls to connect: the buffer counts only when it is set before the connection is."""

    def connect(address, timeout, source_address=None):
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0]
        client = socket.socket(*found[:3])
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        client.settimeout(timeout)
        client.connect(found[4])
        return client

    return connect


def fill(database_url: str, users: Mapping[str, Mapping[str, Any]]) -> None:
    """Makes these users, each with as many invented rows as are asked for; on every database the same.

    The kinds are those of `manage.py seed_demo`. Beside them `copies` are made of each call, under ids of
    their own, `noise` are calls that can hardly be compressed, and who has `permissions` (`app.codename`, or
    `*` alone for a superuser) is staff. One process does it for all of them.
    """
    run_code(database_url, f"from tests.processes import seeding; seeding.fill({users!r})")


@contextmanager
def running_service(
    database_url: str, directory: Path, users: Mapping[str, Mapping[str, Any]]
) -> Iterator[Service]:
    """A server over that database, which has tables; it is filled for these users as `fill` does it."""
    fill(database_url, users)
    server = run_server(database_url, directory)
    try:
        yield Service(server, database_url)
    finally:
        server.stop()
