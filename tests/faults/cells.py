"""The table: every fault, at every place of a download, from every source, on every way to the service.

Tests, batches and docs/reliability.md are made from it. A cell that cannot exist is in it with the reason.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from tests.faults import plans

BLOCKS, BLOCK = 5, 500
ROWS = BLOCKS * BLOCK
# With COPY, rows of 3 KB in blocks of 64 KiB.
COPY_BLOCK = 22
# So many of them PostgreSQL keeps until it has 8 KiB to send.
COPY_KEPT = 3


@dataclass(frozen=True)
class Place:
    """Where the download is when the fault happens: before it asks for that row, or after the last one."""

    key: str
    title: str
    row: int

    @property
    def rows_before(self) -> int:
        return ROWS if self.row == plans.AFTER else self.row - 1


PLACES = (
    Place("start", "before the first byte", 1),
    Place("first", "first chunk", BLOCK + 1),
    Place("middle", "middle", ROWS // 2 + 1),
    Place("last", "last chunk", ROWS - BLOCK + 1),
    Place("end", "after the last row", plans.AFTER),
)


@dataclass(frozen=True)
class Source:
    """How the export reads its rows, how its record begins to say so, and the parameters that lead to it."""

    key: str
    title: str
    recorded: str
    parameters: tuple[tuple[str, str], ...] = ()


COPY = Source("copy", "COPY", "copy: ")
# To name the row of a formula, rows must come one by one.
ORM = Source("orm", "ORM", "orm: ", (("formulas", "reject"),))
SOURCES = {"sqlite": (ORM,), "postgresql": (COPY, ORM)}


@dataclass(frozen=True)
class Way:
    """A column: the server, the HTTP version that it is spoken to in, and the proxy in front, if any."""

    key: str
    title: str
    server: str
    http: str
    proxy: str = ""
    """Which way through nginx (tests/nginx.py)."""


DIRECT = (
    Way("gunicorn-1.0", "gunicorn threads, 1.0", "gunicorn", "1.0"),
    Way("gunicorn-1.1", "gunicorn threads, 1.1", "gunicorn", "1.1"),
    Way("sync-1.0", "gunicorn sync, 1.0", "gunicorn-sync", "1.0"),
    Way("sync-1.1", "gunicorn sync, 1.1", "gunicorn-sync", "1.1"),
    Way("uvicorn-1.0", "uvicorn, 1.0", "uvicorn", "1.0"),
    Way("uvicorn-1.1", "uvicorn, 1.1", "uvicorn", "1.1"),
)
PROXIED = (
    Way("nginx-1.0", "nginx, by default (1.0) to gunicorn threads", "gunicorn", "1.0", "by_default"),
    Way("nginx-1.1", "nginx, 1.1 and unbuffered to gunicorn threads", "gunicorn", "1.1", "streaming"),
)
WAYS = (*DIRECT, *PROXIED)

# What a client has in the end. WHOLE: the right bytes. BROKEN: an error that it can see. LEFT: it went away.
# WRONG is never allowed: a short or wrong file that looks whole.
WHOLE, BROKEN, LEFT, WRONG = "right bytes", "broken", "left", "WRONG"


@dataclass(frozen=True)
class Fault:
    """A row of the table, five cells long. `group`: faults that share a server, because its settings fit.

    `error` is a pattern of what the record must say of a broken download; `rows` whether it must know how far
    that got (a killed process can tell nobody).
    """

    key: str
    title: str
    group: str
    action: str = plans.WAIT
    client: frozenset[str] = frozenset({BROKEN})
    outcome: str = "failed"
    error: str = ""
    rows: bool = True


LIMIT, LOST = "took longer", "process that ran"
FAULTS = (
    Fault("exception", "exception in a row", "plain", plans.RAISE, error="BrokenRow"),
    Fault("terminated", "database connection terminated", "plain", error="Error|Shutdown"),
    Fault("leaves", "client leaves", "plain", client=frozenset({LEFT}), outcome="cancelled"),
    Fault(
        "leaves-silent",
        "client leaves, database silent",
        "plain",
        plans.SILENT,
        client=frozenset({LEFT}),
        outcome="cancelled",
    ),
    Fault("restarted", "database restarted", "restarted", rows=True, error="Error|Shutdown"),
    Fault("statement", "statement limit: database silent", "limits", plans.SILENT, error=LIMIT),
    Fault("idle", "idle limit: client does not read", "limits", error=LIMIT),
    Fault(
        "backstop",
        "statement limit: the database's own, the server hangs",
        "backstop",
        plans.SILENT,
        error="Error",
    ),
    Fault("idle-backstop", "idle limit: the database's own, the server hangs", "backstop", error="Error"),
    Fault("slow", "client reads 1 KB/s, below the least rate", "strict", error="less than"),
    Fault("allowed", "client reads 1 KB/s, above the least rate", "lenient", client=frozenset({WHOLE})),
    Fault("killed", "SIGKILL", "killed", rows=False, error=LOST),
    Fault("grace", "SIGTERM with grace", "grace", client=frozenset({WHOLE})),
    Fault("no-grace", "SIGTERM with too short a grace", "no-grace", plans.SILENT, error="server was stopped"),
    Fault("worker-timeout", "gunicorn's worker time-out", "timeout", error="SystemExit"),
)

# Of the faults behind nginx: the others are the same there, or nginx's own (it reads for the client).
BEHIND_NGINX = (
    *("exception", "terminated", "restarted", "statement"),
    *("killed", "grace", "no-grace", "leaves", "leaves-silent"),
)

NO_CONNECTION = "SQLite is a file that the server's own process reads: there is no connection to end."
NO_RESTART = "SQLite has no server that could be restarted."
NO_OWN_LIMIT = "SQLite has no time limits of its own."
NO_TIMEOUT = "uvicorn has no time-out of workers."


@dataclass(frozen=True)
class Cell:
    """One fault at one place of a download from one source on one way."""

    fault: Fault
    place: Place
    way: Way
    source: Source = ORM

    def __str__(self) -> str:
        return f"{self.fault.key}-{self.place.key}-{self.way.key}-{self.source.key}"

    def impossible(self, database: str) -> str:
        """Why this cell cannot exist; empty where it can."""
        if database == "sqlite" and self.fault.key == "terminated":
            return NO_CONNECTION
        if database == "sqlite" and self.fault.key == "restarted":
            return NO_RESTART
        if database == "sqlite" and self.fault.group == "backstop":
            return NO_OWN_LIMIT
        if self.way.server == "uvicorn" and self.fault.key == "worker-timeout":
            return NO_TIMEOUT
        return ""

    @property
    def client(self) -> frozenset[str]:
        """What the client may have in the end."""
        return frozenset().union(*(found(self) for found in LENIENT), self.base)

    @property
    def rows(self) -> range:
        """The numbers of rows that the record of a broken download may have."""
        if not self.fault.rows:
            return range(ROWS + 1)
        least = self.rows_handed_out
        # A server is ahead of who does not read. Else the database's faults are met at the next block.
        ahead = self.fault.key in ("idle", "idle-backstop", "slow") or self.action == plans.FLOW
        block = COPY_BLOCK if self.source is COPY else BLOCK
        return range(least, ROWS + 1 if ahead else least + block + 1)

    @property
    def rows_handed_out(self) -> int:
        """Rows of the blocks that are whole by then; the fault of a database may come a block later."""
        before = self.place.rows_before
        if self.source is COPY:
            return max(0, before - COPY_KEPT) // COPY_BLOCK * COPY_BLOCK
        return before // BLOCK * BLOCK

    @property
    def action(self) -> str:
        """What happens at the place."""
        # What waits in the database is cancelled there at once: rows that go on must be on their way.
        if self.source is COPY and self.fault.key == "leaves":
            return plans.FLOW
        return self.fault.action

    @property
    def error(self) -> str:
        """A pattern of what the record says of a broken download."""
        # A row that cannot be read, as the database calls it.
        return "DataError" if self.source is COPY and self.fault.key == "exception" else self.fault.error

    @property
    def base(self) -> frozenset[str]:
        if self.fault.key == "worker-timeout" and self.way.server == "gunicorn":
            return frozenset({WHOLE})  # its heart beats whatever the downloads do
        return self.fault.client


# Where all has been handed to the server, or been read, before the fault happens.
type Rule = Callable[[Cell], frozenset[str]]


def _read_to_the_end(cell: Cell) -> frozenset[str]:
    """All rows are there: what follows is a rollback, which may fail without harm."""
    late = cell.fault.key in ("terminated", "restarted") and cell.place.key == "end"
    return frozenset({WHOLE}) if late and cell.source is ORM else frozenset()


def _in_the_sockets(cell: Cell) -> frozenset[str]:
    """The last bytes are in the buffers between the two, where no server sees who reads them."""
    late = cell.fault.key in ("idle", "idle-backstop", "slow") and cell.place.key == "end"
    # COPY does not wait to be asked for the last block, which is then in those of PostgreSQL too.
    ahead = cell.source is COPY and cell.fault.key == "idle-backstop" and cell.place.key == "last"
    return frozenset({WHOLE}) if (late or ahead) and cell.way.http == "1.1" else frozenset()


def _spooled(cell: Cell) -> frozenset[str]:
    """The database has no part any more in what a client does not read: the file is on the disk."""
    apart = cell.fault.key == "idle-backstop" and cell.way.http == "1.0"
    return frozenset({WHOLE}) if apart else frozenset()


LENIENT: tuple[Rule, ...] = (_spooled, _read_to_the_end, _in_the_sockets)


def cells(database: str, ways: tuple[Way, ...] = WAYS) -> Iterator[Cell]:
    """Every cell, those that cannot exist among them."""
    for fault, place, source, way in product(FAULTS, PLACES, SOURCES[database], ways):
        if not way.proxy or fault.key in BEHIND_NGINX:
            yield Cell(fault, place, way, source)


# The short form: each fault somewhere, each server, each version, each place; of COPY too, for which no
# further servers are started.
SHORT = re.compile(
    r"(exception-(start-sync-1\.1|first-gunicorn-1\.1|middle-uvicorn-1\.1|end-sync-1\.1|last-uvicorn-1\.0)"
    r"|terminated-(middle-gunicorn-1\.1|last-uvicorn-1\.1)"
    r"|leaves-(first-gunicorn-1\.1|middle-uvicorn-1\.1)"
    r"|leaves-silent-(start-gunicorn-1\.1|middle-sync-1\.1|last-uvicorn-1\.1|start-uvicorn-1\.0)"
    r"|statement-(start-uvicorn-1\.1|middle-gunicorn-1\.1|first-sync-1\.0)"
    r"|idle-(first-gunicorn-1\.1|start-uvicorn-1\.1)"
    r"|killed-(start|middle)-gunicorn-1\.[01]"
    r"|grace-(middle-uvicorn-1\.1|first-gunicorn-1\.1)"
    r"|no-grace-(middle|start)-gunicorn-1\.1"
    r"|worker-timeout-middle-sync-1\.1"
    r"|exception-middle-nginx-1\.[01])-orm"
    r"|(exception-(start-uvicorn-1\.1|first-sync-1\.1|end-gunicorn-1\.1|middle-gunicorn-1\.0)"
    r"|terminated-(middle-uvicorn-1\.1|end-gunicorn-1\.1)"
    r"|leaves-(middle-gunicorn-1\.1|first-uvicorn-1\.1|last-sync-1\.1)"
    r"|leaves-silent-(first-gunicorn-1\.1|start-sync-1\.1|middle-uvicorn-1\.1|last-gunicorn-1\.0)"
    r"|statement-(first-uvicorn-1\.1|last-gunicorn-1\.1|middle-sync-1\.0)"
    r"|idle-(middle-gunicorn-1\.1|start-uvicorn-1\.1)"
    r"|killed-(first|last)-gunicorn-1\.1"
    r"|grace-(last-uvicorn-1\.1|middle-gunicorn-1\.[01])"
    r"|no-grace-(middle|start)-gunicorn-1\.1"
    r"|worker-timeout-middle-sync-1\.1"
    r"|exception-middle-nginx-1\.[01])-copy"
)


def short_cells(database: str) -> list[Cell]:
    return [cell for cell in cells(database) if SHORT.fullmatch(str(cell))]
