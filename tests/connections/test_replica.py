"""Exports that read a standby: rows come from there, and everything else is where it is written."""

import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from exports_project.embedded_postgres import EmbeddedPostgres
from tests.calls import ENVIRONMENT
from tests.connections.test_roles import documented
from tests.processes.services import Service
from tests.servers import manage, migrate, run_server

pytestmark = pytest.mark.postgresql

USER, CALLS, DATABASE = "user-123", 2_000, "exports"
PATH = "/api/exports/calls"
SECONDS = 30


@dataclass(frozen=True)
class Pair:
    """A primary, and a standby that follows it; `directory` is the standby's."""

    primary: EmbeddedPostgres
    standby: EmbeddedPostgres

    def ask(self, server: EmbeddedPostgres, statement: str) -> Any:
        """The first value of a statement's answer; None where it has none."""
        with psycopg.connect(server.conninfo(DATABASE), autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]

    def catch_up(self) -> None:
        """Until the standby knows all that the primary does."""
        # Of what is inserted: commits of these servers do not wait until they are written.
        written = self.ask(self.primary, "SELECT pg_current_wal_insert_lsn()")
        until(lambda: self.ask(self.standby, f"SELECT pg_last_wal_replay_lsn() >= '{written}'"))

    @property
    def environment(self) -> dict[str, str]:
        """What the service is told of the standby: by the role of the documentation."""
        url = re.sub("//[^@]*@", "//reader:secret@", self.standby.url(DATABASE), count=1)
        return {**ENVIRONMENT, "EXPORTS_DATABASE_URL": url}


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def copied(primary: EmbeddedPostgres) -> Path:
    """A copy of the primary's cluster that will follow it, where its account can reach it."""
    directory = primary.data_directory.with_name("standby")
    program = str(primary._usable_binaries() / "pg_basebackup")
    command = [program, "-D", str(directory), "-d", primary.conninfo(), "-R", "--checkpoint=fast"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd="/", timeout=300, **primary._as_account()
    )
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with EmbeddedPostgres(max_connections=50) as primary:
        url = primary.create_database(DATABASE)
        migrate(url)
        assert manage(url, "seed_demo", "--user", USER, "--calls", str(CALLS)).returncode == 0
        with EmbeddedPostgres(copied(primary), max_connections=50) as standby:
            pair = Pair(primary, standby)
            with psycopg.connect(primary.conninfo(DATABASE), autocommit=True) as connection:
                connection.execute(documented("reader"))  # type: ignore[arg-type]
            pair.catch_up()
            yield pair


@pytest.fixture(scope="module")
def service(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    url = pair.primary.url(DATABASE)
    slow = {"DJANGO_SETTINGS_MODULE": "tests.commands.slow_settings"}  # so that there is time to look
    server = run_server(url, tmp_path_factory.mktemp("replica"), env=pair.environment | slow)
    yield Service(server, url)
    server.stop()


@pytest.fixture
def late(pair: Pair) -> Iterator[None]:
    """One call more, of which the standby does not hear yet."""
    pair.catch_up()
    pair.ask(pair.standby, "SELECT pg_wal_replay_pause()")
    until(lambda: pair.ask(pair.standby, "SELECT pg_get_wal_replay_pause_state()") == "paused")
    pair.ask(
        pair.primary,
        "CREATE TEMPORARY TABLE one AS SELECT * FROM telephony_calllog LIMIT 1;"
        "UPDATE one SET id = gen_random_uuid(), livekit_room_name = 'late';"
        "INSERT INTO telephony_calllog SELECT * FROM one",
    )
    yield
    pair.ask(pair.standby, "SELECT pg_wal_replay_resume()")
    pair.ask(pair.primary, "DELETE FROM telephony_calllog WHERE livekit_room_name = 'late'")
    pair.catch_up()


def status(url: str) -> int:
    request = urllib.request.Request(url, headers={"X-User-Id": USER})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def submitted(service: Service) -> str:
    """The path of a new job for all calls."""
    headers = {"X-User-Id": USER, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{service.server.url}{PATH}/jobs", b"{}", headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        return str(response.headers["Location"])


def test_it_works(service, pair, late):
    """A download has what the standby knows; its record, which the service reads, is on the primary."""
    received = service.receive(PATH, USER)
    assert service.record(received.headers["X-Export-Id"], USER)["row_count"] == CALLS
    assert pair.ask(pair.primary, "SELECT count(*) FROM telephony_calllog") == CALLS + 1
    [export] = [one for one in service.json("/api/exports/info", USER)["exports"] if one["name"] == "calls"]
    assert export["row_count"] == CALLS


def test_a_background_job(service, pair, late):
    address = submitted(service)
    done = manage(
        service.database_url,
        *("db_worker", "--no-reload", "--no-startup-delay", "--batch"),
        env=pair.environment,
    )
    assert done.returncode == 0, done.stderr
    job = service.json(address, USER)
    assert (job["status"], job["rows_done"]) == ("succeeded", CALLS), job
    assert service.receive(f"{address}/file", USER).sha256 == job["sha256"]


def test_the_lock_that_tells_that_an_export_lives_is_where_it_reads(service, pair):
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    with service.answer(PATH, USER) as response:
        until(lambda: pair.ask(pair.standby, locks) == 1)
        assert pair.ask(pair.primary, locks) == 0
        response.read()
    until(lambda: pair.ask(pair.standby, locks) == 0)


def test_several_connections_share_a_snapshot_of_the_standby(service, pair):
    pair.catch_up()
    arguments = ("export", "calls", "--user", USER, "--output", "-")
    parallel = pair.environment | {"EXPORTS_PARALLEL": "2"}
    done = [manage(service.database_url, *arguments, env=env) for env in (pair.environment, parallel)]
    assert [one.returncode for one in done] == [0, 0], done[1].stderr
    assert done[0].stdout == done[1].stdout
    used = "SELECT source FROM exports_exportlog WHERE door = 'command' ORDER BY timestamp DESC LIMIT 1"
    assert "over 2 connections" in pair.ask(pair.primary, used)


def test_while_it_is_down_exports_are_refused_and_the_rest_is_there(service, pair):
    url = service.server.url
    with pair.standby.down():
        assert status(f"{url}{PATH}") == 503
        assert [status(f"{url}{path}") for path in ("/api/exports/logs", "/readyz")] == [200, 200]
    until(lambda: status(f"{url}{PATH}") == 200)
