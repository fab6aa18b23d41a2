"""Plans: where a download stops and what happens there. The test writes them, the server obeys them.

A plan is a few files in one directory, which the environment names: the test writes `NAME.plan`, the server
`NAME.reached` and `NAME.ended`, the test `NAME.go`. The test asks for the rows with `?plan=NAME`. Of a plan
that the database obeys there is only the first of these files (gates.py).
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VARIABLE = "FAULTS_DIRECTORY"
# Actions: raise an exception; make the database silent; wait for the test (the rows are late, no more); in
# the database alone: let the rows come slowly.
RAISE, SILENT, WAIT, FLOW = "raise", "silent", "wait", "flow"
# In place of a row's number: after the last one. There is a row of that number behind the last, which is in
# no file: the database comes to it when it has found all the others.
AFTER = 0
# No server waits longer for a test that has failed.
WAIT_SECONDS = 120


class BrokenRow(Exception):
    """An error of a stranger's code while rows are read."""


@dataclass
class Plan:
    """One download's. `in_database`: whether the database obeys it, and not the code that reads its rows."""

    directory: Path
    name: str
    row: int
    action: str
    in_database: bool = False

    # --- The server's part

    def say_reached(self, backend_pid: int | None) -> None:
        self._write("reached", {"process": os.getpid(), "backend": backend_pid, "at": time.time()})

    def say_ended(self) -> None:
        self._write("ended", {"at": time.time()})

    def wait_for_go(self) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not self._path("go").exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"nobody let {self.name} go on")
            time.sleep(0.01)

    # --- The test's part

    def save(self) -> None:
        self._write("plan", {"row": self.row, "action": self.action, "in_database": self.in_database})

    def reached(self) -> dict[str, Any] | None:
        """The server's process id, that of its backend, and when; None: it has not come so far."""
        return self._read("reached")

    def ended(self) -> dict[str, Any] | None:
        """When the silent database was stopped."""
        return self._read("ended")

    def go(self) -> None:
        self._write("go", {})

    def _path(self, kind: str) -> Path:
        return self.directory / f"{self.name}.{kind}"

    def _read(self, kind: str) -> dict[str, Any] | None:
        try:
            return json.loads(self._path(kind).read_text())
        except FileNotFoundError:
            return None

    def _write(self, kind: str, content: dict[str, Any]) -> None:
        # Under another name first: nobody reads half of it.
        unfinished = self._path(f"{kind}.new")
        unfinished.write_text(json.dumps(content))
        unfinished.rename(self._path(kind))


def read(name: str) -> Plan:
    """The plan of that name in the server's directory."""
    directory = Path(os.environ[VARIABLE])
    saved = json.loads((directory / f"{name}.plan").read_text())
    return Plan(directory, name, **saved)


def backend_pid(using: str) -> int | None:
    """PostgreSQL's process for this thread's connection."""
    from django.db import connections

    connection = connections[using]
    return connection.connection.info.backend_pid if connection.vendor == "postgresql" else None
