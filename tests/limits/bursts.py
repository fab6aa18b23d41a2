"""Many requests at one moment, each on a connection of its own, and what became of them."""

import http.client
import json
import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.processes.services import TIMEOUT


@dataclass(frozen=True)
class Answer:
    """One answer, read to its end. http.client raises for one that breaks off."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def codes(self) -> list[str]:
        """Of an error, what is wrong."""
        return [error["code"] for error in self.json["errors"]]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def burst(url: str, path: str, headers: Mapping[str, str], number: int) -> list[Answer]:
    """That many GETs. All are connected before the first one is sent, and all are sent before any is read."""
    address = urlsplit(url)
    lines = [f"GET {path} HTTP/1.1", f"Host: {address.netloc}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request = "".join(f"{line}\r\n" for line in [*lines, ""]).encode()
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection((address.hostname, address.port), TIMEOUT))
            for _ in range(number)
        ]
        for client in clients:
            client.sendall(request)
        return [_answer(client) for client in clients]


def _answer(client: socket.socket) -> Answer:
    with http.client.HTTPResponse(client, method="GET") as response:
        response.begin()
        return Answer(response.status, dict(response.headers), response.read())


def split(answers: Sequence[Answer]) -> tuple[list[Answer], list[Answer]]:
    """The files, and whatever is none."""
    return [a for a in answers if a.status == 200], [a for a in answers if a.status != 200]
