"""A server in front of another, which holds each answer after some bytes of it, and breaks it off."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

SECONDS = 60


class CuttingProxy:
    """At `url`; `limit` is how many bytes more each connection lets through until `cut`, None: all."""

    def __init__(self, target: str) -> None:
        self.limit: int | None = None
        self.cut = threading.Event()
        self._target = urlsplit(target)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):  # until it is closed
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((self._target.hostname, self._target.port))
                threading.Thread(target=self._pass, args=(client, server), daemon=True).start()
                threading.Thread(target=self._pass_back, args=(server, client), daemon=True).start()

    def _pass(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)
        _end(client, server)

    def _pass_back(self, server: socket.socket, client: socket.socket) -> None:
        passed = 0
        with suppress(OSError):
            while data := server.recv(4096):
                # What it has brought before, such as the page's scripts, is no part of the answer.
                limit = self.limit
                passed = 0 if limit is None else passed + len(data)
                if limit is not None and passed > limit:
                    self.cut.wait(SECONDS)
                    break
                client.sendall(data)
        _end(client, server)

    def close(self) -> None:
        """No more connections."""
        self.cut.set()
        self._listener.close()


def _end(*sockets: socket.socket) -> None:
    for end in sockets:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def cutting_proxy(target: str) -> Iterator[CuttingProxy]:
    """Before that server, for as long."""
    proxy = CuttingProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
