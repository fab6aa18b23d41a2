"""The commands as real processes, on a filled database of their own."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.connections.postgres import Observer
from tests.servers import ROOT, service_environment

TIMEOUT = 60
USER, STRANGER = "user-123", "user-456"
CALLS = 3_000
EXPORT = ("calls", f"--user={USER}")
# A block for each row, with a pause: there is time to meet it in the middle.
SLOWLY = {"EXPORTS_CHUNK_SIZE": "1", "DJANGO_SETTINGS_MODULE": "tests.commands.slow_settings"}


@dataclass(frozen=True)
class Project:
    """A database, and the processes on it."""

    url: str

    def start(
        self, directory: Path, *arguments: str, env: Mapping[str, str] | None = None, **popen: Any
    ) -> subprocess.Popen[bytes]:
        """`manage.py export` in that directory, its standard error a pipe unless said otherwise."""
        command = [sys.executable, str(ROOT / "manage.py"), "export", *arguments]
        environment = service_environment(self.url, {"LOG_LEVEL": "WARNING", **(env or {})})
        return subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            **{"stderr": subprocess.PIPE, "preexec_fn": heeding_signals, **popen},
        )

    def records(self) -> list[dict[str, Any]]:
        """The audit records, newest first, by the database's own driver: without a start of Django."""
        fields = "outcome, door, row_count, byte_count, sha256, error"
        statement = f'SELECT {fields} FROM exports_exportlog ORDER BY "timestamp" DESC'
        path = urlsplit(self.url).path
        if self.url.startswith("sqlite:"):
            with closing(sqlite3.connect(path)) as connection:
                connection.row_factory = sqlite3.Row
                return [dict(record) for record in connection.execute(statement)]
        with closing(Observer(path.rpartition("/")[2])) as observer:
            return [dict(record) for record in observer.ask(statement)]


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """The exit code of a process, once it has ended, and what it wrote to standard error."""
    _, err = process.communicate(timeout=TIMEOUT)
    return process.returncode, (err or b"").decode()


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert process.poll() is None, f"it ended before: {ended(process)}"
        assert time.monotonic() < deadline, "it did not come to this"
        time.sleep(0.005)


def has_begun(directory: Path) -> bool:
    """Whether a part of the file is written."""
    parts = [path for path in directory.iterdir() if path.suffix == ".part"]
    with suppress(FileNotFoundError):
        return any(path.stat().st_size > 1000 for path in parts)
    return False


def heeding_signals() -> None:
    """For preexec_fn: the tests themselves may run in the background or below `nohup`, which ignore them."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def ignoring(number: signal.Signals) -> Callable[[], None]:
    """For preexec_fn: what `nohup` does."""
    return lambda: signal.signal(number, signal.SIG_IGN) and None


def read_all(descriptor: int) -> bytes:
    """All that comes from a terminal until nobody writes to it."""
    pieces = []
    with suppress(OSError):  # how Linux says so
        while piece := os.read(descriptor, 65536):
            pieces.append(piece)
    return b"".join(pieces)
