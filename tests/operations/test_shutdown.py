"""SIGTERM: not ready, then not accepting, then what still runs breaks visibly, on every server."""

import os
import signal
import sqlite3
import threading
import time
import urllib.request
import uuid
from contextlib import closing

import pytest

from exports_project.operations import shutdown
from tests import calls
from tests.databases import fresh_database
from tests.operations.shutting_down import TIMEOUT, Download, readiness, until
from tests.servers import KINDS

# What ends here are processes; tests/faults looks at the databases too.
pytestmark = pytest.mark.sqlite
SERVERS = list(KINDS)
# Few workers, and time for a test to look.
OPTIONS = {
    "gunicorn": ["--workers=1", "--threads=8"],
    "gunicorn-sync": ["--workers=3"],
    "uvicorn": [],
}


@pytest.fixture(scope="module")
def database(tmp_path_factory, with_calls):
    with fresh_database(tmp_path_factory.mktemp("shutdown"), like=with_calls) as url:
        yield url


@pytest.fixture
def start(start_server, database):
    def started(kind: str, *, drain: int, grace: int):
        seconds = {"DRAIN_SECONDS": str(drain), "GRACEFUL_SECONDS": str(grace)}
        options = list(OPTIONS[kind])
        if kind == "uvicorn":
            # Without it, it waits for ever for a client that does not read.
            options.append(f"--timeout-graceful-shutdown={grace - drain}")
        env = calls.ENVIRONMENT | seconds | {"LOG_LEVEL": "INFO"}
        return start_server(database, kind=kind, options=options, env=env)

    return started


def record(database: str, export_id: str) -> tuple[str, str]:
    """Outcome and error, once the record is closed."""

    def closed():
        with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection:
            [found] = connection.execute(
                "SELECT outcome, error FROM exports_exportlog WHERE id = ?", [uuid.UUID(export_id).hex]
            ).fetchall()
        return found if found[0] != "running" else None

    return until(closed)


@pytest.mark.parametrize("kind", SERVERS)
def test_readiness_goes_first_and_a_running_download_ends_whole(start, database, kind):
    server = start(kind, drain=10, grace=60)
    assert until(lambda: readiness(server)) == 200
    download = Download(server)
    server.process.terminate()
    until(lambda: readiness(server) == 503)
    # It still answers: a load balancer may not have noticed.
    urllib.request.urlopen(f"{server.url}/healthz", timeout=TIMEOUT).close()
    until(lambda: readiness(server) is None)
    assert server.process.poll() is None
    download.read_to_end()
    assert record(database, download.export_id) == ("succeeded", "")
    server.process.wait(TIMEOUT)


@pytest.mark.parametrize("kind", SERVERS)
def test_what_does_not_end_in_time_breaks_and_its_record_says_why(start, database, kind):
    server = start(kind, drain=0, grace=8)
    download = Download(server)
    begun = time.monotonic()
    server.process.terminate()
    server.process.wait(TIMEOUT)
    assert time.monotonic() - begun > 2  # it had its time
    assert download.breaks()
    outcome, error = record(database, download.export_id)
    assert (outcome, error) == ("failed", "The server was stopped before the end of the export.")


@pytest.mark.parametrize("kind", SERVERS)
def test_a_second_sigterm_ends_the_draining(start, kind):
    server = start(kind, drain=2 * TIMEOUT, grace=4 * TIMEOUT)
    server.process.terminate()
    until(lambda: readiness(server) == 503)
    if kind == "uvicorn":
        time.sleep(shutdown.AGAIN_SECONDS)
        server.process.terminate()
    else:
        # gunicorn's master takes no second SIGTERM; its quick way is SIGINT.
        server.process.send_signal(signal.SIGINT)
    server.process.wait(TIMEOUT)


@pytest.mark.parametrize("kind", ["gunicorn", "gunicorn-sync"])
def test_a_quick_stop_breaks_downloads_visibly(start, database, kind):
    server = start(kind, drain=0, grace=30)
    download = Download(server)
    server.process.send_signal(signal.SIGINT)
    server.process.wait(TIMEOUT)
    assert download.breaks()
    assert record(database, download.export_id)[0] == "failed"


def test_all_processes_may_get_the_signal_at_once(start):
    server = start("gunicorn", drain=3, grace=20)
    begun = time.monotonic()
    for pid in [server.pid, *server.worker_pids]:
        os.kill(pid, signal.SIGTERM)
    until(lambda: readiness(server) == 503)
    server.process.wait(TIMEOUT)
    assert time.monotonic() - begun > 2


def test_a_reload_is_ready_all_the_time(start):
    server = start("gunicorn", drain=5, grace=20)
    [old] = server.worker_pids
    server.process.send_signal(signal.SIGHUP)
    seen = set()

    def replaced():
        seen.add(readiness(server, seconds=TIMEOUT))
        return old not in server.worker_pids

    until(replaced)
    assert seen == {200}
    assert "Told to stop" not in server.log.read_text()


class Handled:
    """A server's own handler, called in place of it."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def __call__(self, number, frame) -> None:
        self.at.append(time.monotonic())


@pytest.fixture
def stopping(monkeypatch):
    """A Shutdown of this process; SIGTERM to itself goes to it."""
    monkeypatch.setattr(shutdown, "_draining", threading.Event())
    stopped: list[float] = []
    monkeypatch.setattr(shutdown, "stop_exports", lambda: stopped.append(time.monotonic()))
    before = signal.getsignal(signal.SIGTERM)
    all_made: list[shutdown.Shutdown] = []

    def make(**options):
        made = shutdown.Shutdown(handled := Handled(), **options)
        all_made.append(made)
        made.start()
        signal.signal(signal.SIGTERM, made.handle)
        return made, handled.at, stopped

    yield make
    # Or its thread would send SIGTERM to the tests once it has drained.
    for made in all_made:
        made.hurry()
    until(lambda: stopped)
    signal.signal(signal.SIGTERM, before)


def test_the_steps_in_their_order(stopping):
    _, handled, stopped = stopping(drain=0.5, grace=2)
    begun = time.monotonic()
    signal.raise_signal(signal.SIGTERM)
    assert not handled
    until(shutdown.is_draining)
    until(lambda: handled)
    until(lambda: stopped)
    assert handled[0] - begun >= 0.5
    assert stopped[0] - begun >= 1.5
    assert len(handled) == len(stopped) == 1


def test_draining_never_takes_more_than_half_of_the_time(stopping):
    _, handled, _ = stopping(drain=60, grace=1)
    signal.raise_signal(signal.SIGTERM)
    until(lambda: handled)


def test_a_process_that_is_replaced_does_not_drain(stopping):
    _, handled, _ = stopping(drain=60, grace=120, announced=lambda: False)
    signal.raise_signal(signal.SIGTERM)
    until(lambda: handled)
    assert not shutdown.is_draining()


def test_two_signals_at_once_are_one(stopping):
    _, handled, _ = stopping(drain=60, grace=120)
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    assert not handled
    time.sleep(shutdown.AGAIN_SECONDS)
    signal.raise_signal(signal.SIGTERM)
    assert len(handled) == 1


def test_in_a_hurry_nothing_is_waited_for(stopping):
    made, _, stopped = stopping(drain=60, grace=120)
    made.hurry()
    until(lambda: stopped)


def test_a_process_without_a_server_is_left_alone():
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        shutdown.install(drain=1, grace=2)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)
