"""Cells at work: those that share a server run on it, and of one fault all at the same time."""

import os
import re
import signal
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.faults.cells import BROKEN, COPY, LEFT, LOST, ROWS, WHOLE, Cell, Fault
from tests.faults.clients import Curl, Reader, Seen
from tests.faults.gates import Gate, GatedPlan
from tests.faults.plans import Plan
from tests.faults.stored import EXPECTED, EXPECTED_SHA256, METRICS_TOKEN, Stored, environment
from tests.nginx import run_nginx
from tests.servers import Server, run_server

REACH_SECONDS = 30
RECORD_SECONDS = 60
"""Within which no record says `running` any more, whatever happened to its process."""

GIVEN_BACK_SECONDS = 20
# A worker that is silent for so long is taken for dead.
WORKER_SECONDS = 8
# A quarter of it, and three seconds at most, is what is left for the records.
GRACE, NO_GRACE = 20, 6
MAX_SECONDS = 6
# How long somebody reads slowly who is allowed to: longer than any client may pause, and twenty files need
# to be put on the disk first.
SLOW_SECONDS = 20

VARIABLES = {
    "limits": {"EXPORTS_MAX_SECONDS": str(MAX_SECONDS)},
    # Nobody looks at running exports; PostgreSQL ends them five seconds after the limit.
    "backstop": {"EXPORTS_MAX_SECONDS": "1", "FAULTS_NOBODY_LOOKS": "true"},
    "strict": {"EXPORTS_MIN_BYTES_PER_SECOND": "1000000"},
    "lenient": {"EXPORTS_MIN_BYTES_PER_SECOND": "500"},
}


@dataclass
class Result:
    """What became of one cell."""

    plan: str
    seen: Seen
    reached: bool = True
    """Whether the server came to the place of the fault."""

    records: list[dict[str, Any]] = field(default_factory=list)
    closed_seconds: float = 0.0
    """From the fault until no record said `running`."""

    query_seconds: float | None = None
    """From the client's leaving until the silent database was stopped."""

    left_open: list[str] = field(default_factory=list)

    @property
    def record(self) -> dict[str, Any]:
        return self.records[0] if self.records else {}

    @property
    def text(self) -> str:
        """For the table: what the client had, and the record's outcome."""
        return f"{self.seen.detail}, {self.record.get('outcome', 'no record')}"


@dataclass
class Download:
    """A cell's plan and client."""

    cell: Cell
    plan: Plan
    client: Curl | Reader

    def waits(self) -> bool:
        """Whether the server has come to the plan's place."""
        return self.plan.reached() is not None


class Batch:
    """Cells of one group of faults on one server, and nginx in front where they want it.

    `down` is a context in which the database's server is stopped; None where there is no server.
    """

    def __init__(
        self, stored: Stored, directory: Path, down: Callable[[], AbstractContextManager[None]] | None = None
    ) -> None:
        self._stored = stored
        self._directory = directory
        self._down = down
        self._stack = ExitStack()
        self._server: Server | None = None
        self._start: Callable[[], Server] | None = None
        self._urls: dict[str, str] = {}
        self._left_at = 0.0
        self._gate: Gate | None = None
        self._notes: list[str] = []

    def run(self, cells: Sequence[Cell]) -> dict[Cell, Result]:
        """Runs them. All are of one group and one kind of server."""
        results: dict[Cell, Result] = {}
        with self._stack:
            self._serve(cells)
            for fault in dict.fromkeys(cell.fault for cell in cells):
                chosen = [cell for cell in cells if cell.fault is fault]
                with self._gates(chosen):
                    found = self._run_fault(fault, chosen)
                left_open = [*self._notes, *self._left_open()]
                for result in found.values():
                    result.left_open = left_open
                results |= found
        return results

    @contextmanager
    def _gates(self, cells: Iterable[Cell]) -> Iterator[None]:
        """The gate of the cells that the database stops; no lock or connection of it is left then."""
        if not any(cell.source is COPY for cell in cells):
            yield
            return
        with closing(Gate(self._stored.conninfo)) as self._gate:
            yield

    # --- Servers

    def _serve(self, cells: Sequence[Cell]) -> None:
        group, kind = cells[0].fault.group, cells[0].way.server
        at_once = max(sum(cell.fault is fault for cell in cells) for fault in {cell.fault for cell in cells})
        grace = NO_GRACE if group == "no-grace" else GRACE
        options = {
            "gunicorn": ["--workers=1", f"--threads={at_once + 4}", f"--graceful-timeout={grace}"],
            "gunicorn-sync": [f"--workers={at_once + 1}", f"--graceful-timeout={grace}"],
            "uvicorn": [f"--timeout-graceful-shutdown={grace}", "--no-access-log"],
        }[kind]
        if group == "timeout":
            options.append(f"--timeout={WORKER_SECONDS}")
        env = environment(self._directory, GRACEFUL_SECONDS=str(grace), **VARIABLES.get(group, {}))

        def start() -> Server:
            directory = self._directory / uuid.uuid4().hex
            directory.mkdir()
            server = run_server(self._stored.url, directory, kind=kind, options=options, env=env)
            self._stack.callback(server.stop)
            return server

        self._start, self._server = start, start()
        self._urls[""] = self._server.url
        if any(cell.way.proxy for cell in cells):
            directory = self._directory / uuid.uuid4().hex
            directory.mkdir()
            nginx = run_nginx(self._server.url, directory)
            self._stack.callback(nginx.stop)
            self._urls |= {"by_default": nginx.by_default, "streaming": nginx.streaming}

    @property
    def _running(self) -> Server:
        assert self._server is not None
        return self._server

    def _replaced(self) -> None:
        """Another server in place of one that has ended, as a supervisor starts it."""
        assert self._start is not None
        self._server = self._start()

    # --- One fault

    def _run_fault(self, fault: Fault, cells: Iterable[Cell]) -> dict[Cell, Result]:
        downloads = [self._begun(cell) for cell in cells]
        _wait_for(lambda: all(each.waits() or each.client.ended() for each in downloads), REACH_SECONDS)
        at = time.time()
        getattr(self, f"_{fault.key.replace('-', '_')}")(downloads)
        for each in downloads:
            each.plan.go()
        results = {
            each.cell: Result(each.plan.name, each.client.seen(EXPECTED_SHA256), each.waits())
            for each in downloads
        }
        self._wait_for_records(results.values(), at, lost=fault.error == LOST)
        for each in downloads:
            ended = each.plan.ended()
            if fault.key == "leaves-silent" and ended:
                results[each.cell].query_seconds = ended["at"] - self._left_at
        return results

    def _begun(self, cell: Cell) -> Download:
        name = f"{cell}-{uuid.uuid4().hex[:8]}"
        plan = Plan(self._directory, name, cell.place.row, cell.action)
        if cell.source is COPY:
            assert self._gate is not None
            plan = GatedPlan(self._directory, name, cell.place.row, cell.action, gate=self._gate)
        plan.save()
        query = urlencode([("plan", name), *cell.source.parameters])
        url = f"{self._urls[cell.way.proxy]}/api/exports/lines?{query}"
        if cell.fault.key in ("idle", "idle-backstop", "slow", "allowed"):
            return Download(cell, plan, Reader(url, cell.way.http))
        # Behind a proxy the version is the proxy's to the server.
        version = "1.1" if cell.way.proxy else cell.way.http
        return Download(cell, plan, Curl(url, version, self._directory, name))

    def _wait_for_records(self, results: Iterable[Result], at: float, *, lost: bool) -> None:
        """Looks at the database alone: nobody asks the service for its log.

        Where the processes live (not `lost`), each writes at its next look what it could not before. Another
        one may have taken its exports for lost until then.
        """

        def closed(record: Mapping[str, Any]) -> bool:
            return record["outcome"] != "running" and (lost or not re.search(LOST, record["error"]))

        waiting = list(results)
        while waiting:
            records = self._stored.records()
            now = time.time()
            for result in list(waiting):
                result.records = records.get(result.plan, [])
                result.closed_seconds = now - at
                if result.records and closed(result.record):
                    waiting.remove(result)
            # Later than promised, to tell how late.
            if now - at > RECORD_SECONDS + 30:
                return
            time.sleep(0.1)

    def _closed(self, plans: set[str]) -> bool:
        found = [
            record for plan, records in self._stored.records().items() if plan in plans for record in records
        ]
        return len(found) >= len(plans) and all(record["outcome"] != "running" for record in found)

    def _left_open(self) -> list[str]:
        deadline = time.monotonic() + GIVEN_BACK_SECONDS
        server = self._server if self._running.process.poll() is None else None
        while True:
            left = self._stored.left_open(server)
            if server and (count := exports_running(server)):
                left.append(f"{count:g} exports run")
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.2)

    # --- The faults, when every download has come to its place

    def _exception(self, downloads: list[Download]) -> None:
        pass  # the server has raised it already

    def _terminated(self, downloads: list[Download]) -> None:
        for each in downloads:
            if reached := each.plan.reached():
                self._stored.terminate(reached["backend"])

    def _restarted(self, downloads: list[Download]) -> None:
        assert self._down is not None
        with self._down():
            for each in downloads:
                each.plan.go()
            # Downloads that end now cannot close their records.
            _wait_for(lambda: all(each.client.ended() for each in downloads), REACH_SECONDS)

    def _leaves(self, downloads: list[Download]) -> None:
        self._leave(downloads)
        time.sleep(1.5)

    def _leaves_silent(self, downloads: list[Download]) -> None:
        self._left_at = time.time()
        self._leave(downloads)
        _wait_for(lambda: _all_ended(downloads), REACH_SECONDS)

    @staticmethod
    def _leave(downloads: list[Download]) -> None:
        for each in downloads:
            assert isinstance(each.client, Curl)
            each.client.leave()

    def _statement(self, downloads: list[Download]) -> None:
        pass  # the database is silent, and the limit comes

    def _idle(self, downloads: list[Download]) -> None:
        self._pace(downloads, "stopped")
        for each in downloads:
            each.plan.go()
        # What a cut connection looks like is seen when there is no more to come.
        plans = {each.plan.name for each in downloads}
        _wait_for(lambda: self._closed(plans), MAX_SECONDS + 10)
        time.sleep(0.5)
        self._pace(downloads, "full")

    _backstop, _idle_backstop = _statement, _idle

    def _slow(self, downloads: list[Download]) -> None:
        self._pace(downloads, "slow")
        for each in downloads:
            each.plan.go()
        time.sleep(SLOW_SECONDS)
        self._pace(downloads, "full")

    _allowed = _slow

    def _killed(self, downloads: list[Download]) -> None:
        pids = self._running.worker_pids
        _kill(pids)
        if self._running.pid in pids:
            self._running.process.wait()
            self._replaced()

    def _grace(self, downloads: list[Download]) -> None:
        self._running.process.terminate()
        time.sleep(1)
        for each in downloads:
            each.plan.go()
        self._wait_for_end(GRACE + 10)

    def _no_grace(self, downloads: list[Download]) -> None:
        self._running.process.terminate()
        self._wait_for_end(NO_GRACE + 10)
        self._replaced()

    def _wait_for_end(self, seconds: float) -> None:
        process = self._running.process
        _wait_for(lambda: process.poll() is not None, seconds)
        if process.poll() is None:
            self._notes.append(f"the server has not ended {seconds} s after SIGTERM")

    def _worker_timeout(self, downloads: list[Download]) -> None:
        time.sleep(2 * WORKER_SECONDS + 1)

    @staticmethod
    def _pace(downloads: list[Download], pace: str) -> None:
        for each in downloads:
            assert isinstance(each.client, Reader)
            each.client.pace = pace


def exports_running(server: Server) -> float:
    """What a monitoring system reads of it."""
    request = urllib.request.Request(
        f"{server.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        [value] = re.findall(r"^exports_running (\S+)$", response.read().decode(), re.MULTILINE)
    return float(value)


def problems(result: Result, cell: Cell) -> list[str]:
    """What is not as it should be; nothing where the cell holds."""
    found = [f"left open: {left}" for left in result.left_open]
    if not result.reached:
        found.append("the download never came to its place")
    if result.seen.what not in cell.client:
        found.append(f"the client has {result.seen}, and not {' or '.join(sorted(cell.client))}")
    if len(result.records) != 1:
        return [*found, f"{len(result.records)} records"]
    record = result.record
    if not str(record["source"]).startswith(cell.source.recorded):
        found.append(f"the rows came by {record['source']!r}")
    if record["outcome"] == "running":
        return [*found, f"the record says `running` after {result.closed_seconds:.0f} s"]
    if result.closed_seconds > RECORD_SECONDS:
        found.append(f"the record was closed after {result.closed_seconds:.0f} s")
    if not record["finished_at"]:
        found.append("the record has no end")
    return [*found, *_disagreements(result, cell)]


def _disagreements(result: Result, cell: Cell) -> list[str]:
    """Between what the client has and what the record says."""
    record, found = result.record, []
    succeeded = {
        "outcome": "succeeded",
        "error": "",
        "row_count": ROWS,
        "byte_count": len(EXPECTED),
        "sha256": EXPECTED_SHA256,
    }
    # Whoever leaves when all has been handed over leaves a whole download, as far as a server can see.
    left_late = (
        result.seen.what == LEFT and record["outcome"] == "succeeded" and cell.place.key in ("last", "end")
    )
    if result.seen.what == WHOLE or left_late:
        return [
            f"{name} is {record[name]!r}, not {value!r}"
            for name, value in succeeded.items()
            if record[name] != value
        ]
    if record["outcome"] != cell.fault.outcome:
        found.append(f"the outcome is {record['outcome']!r}, not {cell.fault.outcome!r}")
    if record["sha256"]:
        found.append("there is a hash of what is no whole file")
    if result.seen.what == BROKEN and not re.search(cell.error, record["error"]):
        found.append(f"the error is {record['error']!r}, not {cell.error!r}")
    if record["row_count"] not in cell.rows:
        found.append(f"{record['row_count']} rows, not {cell.rows[0]} to {cell.rows[-1]}")
    return found


def _all_ended(downloads: Iterable[Download]) -> bool:
    # Each is asked each time: of a plan that the database obeys, that is when it is noticed.
    ends = [each.plan.ended() for each in downloads]
    return None not in ends


def _wait_for(condition: Callable[[], bool], seconds: float) -> None:
    """Waits until it is so, or for that long: what is wrong then shows in the results."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
