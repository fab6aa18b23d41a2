"""Who takes part, and how each of them takes a turn."""

import json
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

from exports_project.demo.environment import ROOT

from . import psql, servers
from .client import download
from .databases import Postgres
from .environment import environment
from .measuring import BenchmarkError, Export, peak, reset_peak
from .names import SMALL, tenant
from .packages import is_installed
from .records import sha256_and_source

type Turn = Callable[[int], Export]
"""Exports so many rows, whose tenant exists, and tells how that went. Raises BenchmarkError."""

type Group = Literal["psql", "ours", "others"]

CALLS: Final = "/api/exports/calls"


@dataclass(frozen=True)
class Place:
    """The databases of a run, both with the same rows."""

    postgres: Postgres
    sqlite_url: str


@dataclass(frozen=True, kw_only=True)
class Contender(ABC):
    """`most_rows` is what it can bear, None: all.

    `sqlite`: whether it reads that database, and not PostgreSQL.

    Whose `same_file` is set has to give our bytes exactly. `pictured`: whether it has a line in the pictures.
    """

    name: str
    title: str
    group: Group = "ours"
    most_rows: int | None = None
    same_file: bool = False
    sqlite: bool = False
    pictured: bool = True

    def missing(self) -> str:
        """Why it cannot take part; empty where it can."""
        return ""

    @abstractmethod
    def ready(self, place: Place) -> AbstractContextManager[Turn]:
        """What it needs is there inside; what it has started is gone afterwards."""


@dataclass(frozen=True, kw_only=True)
class Psql(Contender):
    """`\\copy` by a psql of its own for each turn; `ours`: of our source's statement."""

    ours: bool = False

    def missing(self) -> str:
        return "" if psql.find_psql() else "not installed: psql"

    @contextmanager
    def ready(self, place: Place) -> Iterator[Turn]:
        variables = environment("") | place.postgres.environment()

        def turn(size: int) -> Export:
            select = _worked("explain", size, place.postgres.url) if self.ours else psql.raw(size)
            return psql.copy(psql.find_psql() or "", variables, select, size)

        yield turn


@dataclass(frozen=True, kw_only=True)
class Process(Contender):
    """A job of `jobs`, in a process of its own for each turn."""

    job: str

    def missing(self) -> str:
        return "" if is_installed(self.job) else "not installed: uv sync --group benchmark"

    @contextmanager
    def ready(self, place: Place) -> Iterator[Turn]:
        url = place.sqlite_url if self.sqlite else place.postgres.url
        yield lambda size: Export(**json.loads(_worked(self.job, size, url)))


@dataclass(frozen=True, kw_only=True)
class Served(Contender):
    """A download from a server of its own, one process for all turns; `extra` in the server's environment."""

    kind: str = "gunicorn"
    path: str = CALLS
    extra: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def ready(self, place: Place) -> Iterator[Turn]:
        with servers.running(self.kind, place.postgres.url, self.extra) as server:
            self._warm_up(place, server)
            yield lambda size: self._turn(place, server, size)

    def _warm_up(self, place: Place, server: servers.Server) -> None:
        """One export, whose bytes are looked at as well as counted."""
        received = download(server.address, self.path, tenant(SMALL), digest=True)
        sha256, _ = sha256_and_source(place.postgres, received.export_id, rows=SMALL, size=received.size)
        if received.sha256 != sha256:
            raise BenchmarkError(f"{self.title}: what was received is not what was sent.")

    def _turn(self, place: Place, server: servers.Server, size: int) -> Export:
        reset_peak(server.pid)
        received = download(server.address, self.path, tenant(size))
        memory = peak(server.pid)
        sha256, source = sha256_and_source(place.postgres, received.export_id, rows=size, size=received.size)
        return Export(
            rows=size,
            seconds=received.seconds,
            first_byte_seconds=received.first_byte_seconds,
            peak_bytes=memory,
            size=received.size,
            sha256=sha256,
            source=source,
        )


def _worked(job: str, size: int, database_url: str) -> str:
    """What a process of `work` prints. Raises BenchmarkError where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "exports_project.benchmark.work", job, str(size)],
        env=environment(database_url),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise BenchmarkError(f"{job} failed on {size:,} rows:\n{done.stderr}")
    return done.stdout


PEER_ROWS: Final = 100_000
# It holds all rows at once: of 1,000,000 that would be more than 2 GB.
IMPORT_EXPORT_ROWS: Final = 50_000

CONTENDERS: Final[tuple[Contender, ...]] = (
    Psql(name="psql", title="psql, raw columns, no order", group="psql"),
    Psql(name="psql-same-sql", title="psql, our SQL", group="psql", ours=True, pictured=False),
    Process(name="export", title="export in process", job="export", same_file=True),
    Served(name="gunicorn", title="export, gunicorn", same_file=True),
    Served(
        name="gunicorn-checked",
        title="export, gunicorn, checked numbers",
        path=f"{CALLS}-checked",
        same_file=True,
        pictured=False,
    ),
    Served(
        name="gunicorn-2",
        title="export, gunicorn, 2 connections",
        extra={"EXPORTS_PARALLEL": "2"},
        same_file=True,
    ),
    Served(
        name="gunicorn-gzip",
        title="export, gunicorn, gzip",
        path=f"{CALLS}?compression=gzip",
        pictured=False,
    ),
    Served(
        name="gunicorn-zstd",
        title="export, gunicorn, zstd",
        path=f"{CALLS}?compression=zstd",
        pictured=False,
    ),
    Served(name="uvicorn", title="export, uvicorn", kind="uvicorn", same_file=True),
    Process(name="orm", title="export, ORM source", job="orm", same_file=True),
    Process(name="sqlite", title="export, SQLite", job="export", sqlite=True, same_file=True),
    Process(name="jsonl", title="export, JSON Lines", job="jsonl", pictured=False),
    Process(name="parquet", title="export, Parquet", job="parquet", pictured=False),
    Process(name="xlsx", title="export, Excel", job="xlsx", pictured=False),
    Process(
        name="echo",
        title="Django's documentation (Echo)",
        group="others",
        job="echo",
        most_rows=PEER_ROWS,
    ),
    Process(
        name="limit-offset",
        title="LIMIT/OFFSET by 1,000",
        group="others",
        job="limit-offset",
        most_rows=PEER_ROWS,
    ),
    Process(
        name="djangorestframework-csv",
        title="djangorestframework-csv",
        group="others",
        job="djangorestframework-csv",
        most_rows=PEER_ROWS,
    ),
    Process(
        name="django-import-export",
        title="django-import-export",
        group="others",
        job="django-import-export",
        most_rows=IMPORT_EXPORT_ROWS,
    ),
    Process(
        name="xlsxwriter",
        title="XlsxWriter",
        group="others",
        job="xlsxwriter",
        most_rows=PEER_ROWS,
        pictured=False,
    ),
    Process(
        name="openpyxl",
        title="openpyxl",
        group="others",
        job="openpyxl",
        most_rows=PEER_ROWS,
        pictured=False,
    ),
)
