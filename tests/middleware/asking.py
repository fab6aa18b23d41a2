"""Requests through chosen middleware, and what became of them."""

import http.client
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from tests.compressed import unpacked
from tests.middleware.ends import Ends
from tests.middleware.switched import HEADER
from tests.processes.services import connect
from tests.servers import Server

WINDOW = 4096


@dataclass(frozen=True)
class Answer:
    """A whole answer. `broken`: the body ended before its end, and the client could tell."""

    status: int
    headers: dict[str, str]
    body: bytes
    broken: bool = False

    @property
    def file(self) -> bytes:
        """What a client makes of the body: its transfer may be coded."""
        coding = self.headers.get("Content-Encoding")
        return unpacked(coding, self.body) if coding else self.body


@dataclass(frozen=True)
class Asked:
    """A running server, and how to see what its exports leave open."""

    server: Server
    ends: Ends

    @contextmanager
    def open(
        self, path: str, user: str, *middleware: str, method: str = "GET", **headers: str
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer, its body not yet read. `Accept_Encoding` stands for a header of that name."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(connect(self.server.url, WINDOW)) as client:
            client.request(method, path, headers={"X-User-Id": user, HEADER: " ".join(middleware), **named})
            with client.getresponse() as response:
                yield response

    def get(self, path: str, user: str, *middleware: str, method: str = "GET", **headers: str) -> Answer:
        with self.open(path, user, *middleware, method=method, **headers) as response:
            found = response.status, dict(response.headers)
            try:
                return Answer(*found, response.read())
            except (http.client.IncompleteRead, ConnectionError) as error:
                return Answer(*found, getattr(error, "partial", b""), broken=True)
