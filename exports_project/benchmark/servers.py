"""The service behind a real server, in a process of its own on this machine."""

import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from exports_project.demo.server import HEALTH, HOST, child, wait_until_healthy

from .environment import environment
from .measuring import PROC

# As in production: its configuration of gunicorn, one worker; uvicorn as the service is tried with it.
COMMANDS: Final = {
    "gunicorn": (
        *(sys.executable, "-m", "gunicorn", "--config", "python:exports_project.gunicorn", "--workers", "1"),
        *("--log-level", "warning", "exports_project.wsgi", "--bind", f"{HOST}:{{port}}"),
    ),
    "uvicorn": (
        *(sys.executable, "-m", "uvicorn", "--http", "h11", "--loop", "asyncio", "--no-proxy-headers"),
        *("--no-access-log", "--log-level", "warning", "exports_project.asgi:application"),
        *("--host", HOST, "--port", "{port}"),
    ),
}


@dataclass(frozen=True)
class Server:
    """A server that answers: its address, and the process that does the work."""

    address: tuple[str, int]
    pid: int


@contextmanager
def running(kind: str, database_url: str, extra: Mapping[str, str]) -> Iterator[Server]:
    """A server of COMMANDS with `extra` in its environment. Raises ServerError where it does not start."""
    port = _free_port()
    command = tuple(part.format(port=port) for part in COMMANDS[kind])
    with child(command, environment(database_url, extra), own_group=True) as process:
        wait_until_healthy(process, f"http://{HOST}:{port}{HEALTH}")
        yield Server((HOST, port), _worker(process.pid))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        number: int = probe.getsockname()[1]
    return number


def _worker(pid: int) -> int:
    """The process that holds the memory: gunicorn's only worker, or uvicorn itself."""
    children = Path(PROC, str(pid), "task", str(pid), "children").read_text().split()
    return int(children[0]) if children else pid
