"""The database behind the servers under test: its rows, its records, and what a server left open in it."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.cells import BLOCK, ROWS
from tests.faults.clients import USER
from tests.faults.gates import FUNCTION
from tests.faults.plans import AFTER, VARIABLE
from tests.servers import Server, manage

# Blocks of 1.5 MB: more than the buffers on the way hold, which was nearly 1 MB.
WIDTH = 3000
METRICS_TOKEN = "who-watches-the-faults-of-this-run"
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.faults.settings"}
FILL = """
from django.contrib.auth import get_user_model
from tests.faults.site.models import Line
user = get_user_model().objects.create_user(id=USER, username=USER, password=USER)
Line.objects.bulk_create(
    (Line(user=user, number=n, text=str(n).zfill(WIDTH)) for n in [*range(1, ROWS + 1), AFTER]),
    batch_size=500,
)
"""


def expected_file() -> bytes:
    """The whole file, by nothing of the engine's."""
    lines = [f"{number},{str(number).zfill(WIDTH)}\r\n" for number in range(1, ROWS + 1)]
    return ("number,text\r\n" + "".join(lines)).encode()


EXPECTED = expected_file()
EXPECTED_SHA256 = hashlib.sha256(EXPECTED).hexdigest()


def fill(stored: "Stored") -> None:
    """Makes the tables, the rows, and on PostgreSQL the function by which it obeys plans."""
    url = stored.url
    done = manage(url, "migrate", "--verbosity=0", env=SETTINGS)
    assert done.returncode == 0, done.stdout + done.stderr
    code = FILL.replace("USER", repr(USER)).replace("AFTER", str(AFTER))
    code = code.replace("WIDTH", str(WIDTH)).replace("ROWS", str(ROWS))
    done = manage(url, "shell", "--no-imports", "--command", code, env=SETTINGS)
    assert done.returncode == 0, done.stdout + done.stderr
    if not stored.path:
        stored.query(FUNCTION)
        # PostgreSQL sorts the rows of a table that it knows nothing about: none would come before the last.
        stored.query("ANALYZE faults_line")


class Stored:
    """A database by its DATABASE_URL, read by its own driver."""

    def __init__(self, url: str, conninfo: str = "") -> None:
        self.url = url
        self.conninfo = conninfo
        self.path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None

    def query(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        if self.path:
            with closing(sqlite3.connect(self.path, timeout=20, isolation_level=None)) as connection:
                return connection.execute(statement, parameters).fetchall()
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            found = connection.execute(statement.replace("?", "%s"), parameters)
            return found.fetchall() if found.description else []

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """The audit records of each plan's name."""
        names = ("filters", "source", "outcome", "error", "row_count", "byte_count", "sha256", "finished_at")
        found: dict[str, list[dict[str, Any]]] = {}
        for values in self.query(f"SELECT {', '.join(names)} FROM exports_exportlog"):
            record = dict(zip(names, values, strict=True))
            filters = record.pop("filters")
            filters = json.loads(filters) if isinstance(filters, str) else filters
            found.setdefault(filters.get("plan", ""), []).append(record)
        return found

    def terminate(self, backend_pid: int) -> None:
        """Ends one connection of PostgreSQL's, as an administrator does."""
        self.query("SELECT pg_terminate_backend(?)", [backend_pid])

    def left_open(self, server: Server | None) -> list[str]:
        """What a server has not given back: nothing, once no request runs."""
        return self._open_in_sqlite(server) if self.path else self._open_in_postgresql()

    def _open_in_postgresql(self) -> list[str]:
        others = (
            "SELECT state, query FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        locks = (
            "SELECT locktype, pid FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        return [f"connection: {row}" for row in self.query(others)] + [
            f"lock: {row}" for row in self.query(locks)
        ]

    def _open_in_sqlite(self, server: Server | None) -> list[str]:
        left = []
        # A writer is let in, and nobody reads an old snapshot: all of the log can go into the file.
        with closing(sqlite3.connect(self.path, timeout=0.5, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN EXCLUSIVE")
                connection.execute("ROLLBACK")
                if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                    left.append("a snapshot is still read")
            except sqlite3.OperationalError as error:
                left.append(str(error))
        for pid in {server.pid, *server.worker_pids} if server else ():
            left += [f"process {pid}: {file}" for file in open_files(pid) if file.startswith(str(self.path))]
        left += [f"lease: {file.name}" for file in self.path.parent.glob(f"{self.path.name}-export-*")]
        return left


def open_files(pid: int) -> list[str]:
    """The files that a process has open; none where there is no such process any more."""
    found = []
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            try:
                found.append(os.readlink(link))
            except OSError:  # closed meanwhile
                continue
    except OSError:
        return []
    return found


def environment(directory: Path, **variables: str) -> dict[str, str]:
    """The environment of a server whose rows obey the plans of that directory."""
    return {
        **SETTINGS,
        VARIABLE: str(directory),
        "METRICS_TOKEN": METRICS_TOKEN,
        "EXPORTS_CHUNK_SIZE": str(BLOCK),
        "EXPORTS_MAX_CONCURRENT_PER_USER": "0",
        **variables,
    }
