"""A server over a database that PostgreSQL itself tells about."""

import http.client
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

from tests.connections.postgres import Observer
from tests.processes.services import connect
from tests.servers import Server

POOL_SIZE = 2
# Of this machine's receive buffer: how far a server may run ahead of a client that does not read.
WINDOW = 4096


@dataclass(frozen=True)
class Front:
    """A running server and the observer of its database."""

    server: Server
    observer: Observer

    @contextmanager
    def answer(
        self, path: str, user: str, headers: Mapping[str, str] | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer, its body not yet read. At the end the connection is closed, whatever is unread."""
        with closing(connect(self.server.url, WINDOW)) as client:
            client.request("GET", path, headers={"X-User-Id": user, **(headers or {})})
            with client.getresponse() as response:
                yield response

    def download(self, path: str, user: str) -> tuple[str, bytes]:
        """The export's id and the whole file."""
        with self.answer(path, user) as response:
            body = response.read()
            assert response.status == 200, body
            return response.headers["X-Export-Id"], body
