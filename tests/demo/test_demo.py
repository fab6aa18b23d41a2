"""`manage.py demo` from outside: a process, its output, its answers."""

import csv
import io
import json
import os
import signal
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.demo.processes import environment, free_port, run, running
from tests.servers import manage

USER = {"X-User-Id": "user-123"}


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def exported(demo, name: str) -> int:
    """How many rows of that dataset the info names."""
    answer = json.loads(demo.get("/api/exports/info", USER))
    return next(export["row_count"] for export in answer["exports"] if export["name"] == name)


@pytest.mark.sqlite
def test_it_works_and_again(tmp_path):
    with running(tmp_path) as demo:
        addresses = demo.curl_addresses()
        assert len(addresses) == 8
        for address, headers in addresses:
            body = demo.get(address, headers).decode()
            if "/info" not in address:
                assert len(list(csv.reader(io.StringIO(body, newline="")))) > 5, address
        rows = exported(demo, "calls")
        assert rows > 1_000
        assert demo.stop() == 0
        assert not is_listening(demo.port)
    written = (tmp_path / ".env").read_text()

    before = time.monotonic()
    with running(tmp_path) as demo:
        assert time.monotonic() - before < 10
        assert "Making" not in demo.output
        assert exported(demo, "calls") == rows
        # The downloads of the first time are still on record.
        assert json.loads(demo.get("/api/exports/logs", USER))["count"] >= 7
        (gunicorn,) = children(demo.process.pid)
        assert demo.stop(signal.SIGINT) == 0
        assert not Path(f"/proc/{gunicorn}").exists()
    assert (tmp_path / ".env").read_text() == written


@pytest.mark.postgresql
def test_on_the_database_of_the_environment(tmp_path, new_database):
    with running(tmp_path, DATABASE_URL=new_database) as demo:
        assert exported(demo, "hosts") == 120
    assert not (tmp_path / ".demo").exists()
    with running(tmp_path, "--reset", "--no-input", DATABASE_URL=new_database) as demo:
        assert "Making" in demo.output
        assert exported(demo, "hosts") == 120


@pytest.mark.sqlite
def test_on_the_embedded_postgresql_and_killed(tmp_path):
    tmp_path.chmod(0o755)
    with running(tmp_path, "--postgres") as demo:
        rows = exported(demo, "events")
        assert rows > 500
        assert "export DATABASE_URL='postgres://" in demo.output
        assert demo.stop() == 0
        assert not is_listening(demo.port)
    with running(tmp_path, "--postgres") as demo:
        assert "Making" not in demo.output
        assert exported(demo, "events") == rows
        os.kill(demo.process.pid, signal.SIGKILL)
        demo.process.wait()
        demo.join()
        assert not is_listening(demo.port)


def test_a_foreign_database_is_left_alone(tmp_path, new_database):
    assert manage(new_database, "migrate", "auth", "--verbosity=0").returncode == 0
    for flags in ((), ("--reset", "--no-input")):
        done = run(tmp_path, "demo", "--port", str(free_port()), *flags, DATABASE_URL=new_database)
        assert done.returncode == 1
        assert "holds tables that the demo did not make" in done.stderr
    assert "[X] 0001_initial" in manage(new_database, "showmigrations", "auth").stdout
    assert "[ ] 0001_initial" in manage(new_database, "showmigrations", "admin").stdout


def test_a_database_out_of_reach(tmp_path):
    done = run(
        tmp_path, "demo", "--port", str(free_port()), DATABASE_URL=f"sqlite:///{tmp_path}/no/where.sqlite3"
    )
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The demo cannot use the database ")


def test_a_busy_port_comes_first(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run(tmp_path, "demo", "--port", str(port), "--reset", "--no-input")
    assert done.returncode == 1
    assert f"Port {port} cannot be used" in done.stderr
    assert not (tmp_path / ".demo" / "demo.sqlite3").exists()


@pytest.mark.sqlite
def test_reset_needs_a_yes(tmp_path):
    (tmp_path / ".demo").mkdir()
    file = tmp_path / ".demo" / "demo.sqlite3"
    with closing(sqlite3.connect(file)) as made:
        made.execute("CREATE TABLE demo_database (filled integer NOT NULL)")
        made.execute("CREATE TABLE kept (value text)")
    done = run(tmp_path, "demo", "--port", str(free_port()), "--reset")
    assert done.returncode == 1
    assert "add --no-input" in done.stderr
    with closing(sqlite3.connect(file)) as still:
        assert still.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_debug_off_is_refused(tmp_path):
    done = run(tmp_path, "demo", DEBUG="false")
    assert done.returncode == 1
    assert done.stderr == "CommandError: demo is for development: it does not run while DEBUG is off.\n"


def test_other_commands_read_the_env_file(tmp_path):
    run(tmp_path, "demo", "--port", "-1")
    done = run(tmp_path, "check")
    assert done.returncode == 0, done.stderr
    assert "DEBUG" not in environment(tmp_path)
