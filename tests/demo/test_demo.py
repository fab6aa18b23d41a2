"""`manage.py demo` from outside: a process, its output, its answers."""

import csv
import io
import json
import os
import signal
import socket
import sqlite3
import struct
import subprocess
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.demo.processes import READY_SECONDS, environment, run, running
from tests.ports import free_port
from tests.servers import manage

USER = {"X-User-Id": "user-123"}
ADDRESS = "user-123@example.com"


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def listening(port: int) -> list[tuple[str, int]]:
    """Addresses on which this machine listens on that port, from the kernel."""
    found = []
    for table, family, words in (("tcp", socket.AF_INET, 1), ("tcp6", socket.AF_INET6, 4)):
        path = Path(f"/proc/net/{table}")
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            _, local, _, state, *_ = line.split()
            address, _, number = local.partition(":")
            if state == "0A" and int(number, 16) == port:
                # 32-bit words in the order of this machine's bytes
                packed = struct.pack(f"={words}I", *struct.unpack(f">{words}I", bytes.fromhex(address)))
                found.append((socket.inet_ntop(family, packed), port))
    return found


def configuration(gunicorn: int) -> set[str]:
    """What gunicorn makes of the command line and the environment of that process: `name = value`."""
    command, variables = (
        Path(f"/proc/{gunicorn}/{name}").read_text().rstrip("\0").split("\0")
        for name in ("cmdline", "environ")
    )
    done = subprocess.run(
        [*command, "--print-config"],
        env=dict(variable.split("=", 1) for variable in variables),
        cwd=f"/proc/{gunicorn}/cwd",
        capture_output=True,
        text=True,
        check=True,
    )
    return {" ".join(line.split()) for line in done.stdout.splitlines()}


def signed_in(demo, name: str) -> dict[str, str]:
    """The answer to signing in over HTTP, with the name as password."""
    body = json.dumps({"username": name, "password": name}).encode()
    url = f"http://127.0.0.1:{demo.port}/api/auth/login"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as response:
        assert "sessionid=" in str(response.headers.get_all("Set-Cookie"))
        return json.load(response)


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
        for name in ("user-123", "user-456", "admin"):
            assert signed_in(demo, name) == {"user_id": name, "username": name}
        assert listening(demo.port) == [("127.0.0.1", demo.port)]
        assert demo.stop() == 0
        assert not is_listening(demo.port)
    written = (tmp_path / ".env").read_text()

    with running(tmp_path) as demo:
        assert "Making" not in demo.output
        assert exported(demo, "calls") == rows
        # The downloads of the first time are still on record.
        assert json.loads(demo.get("/api/exports/logs", USER))["count"] >= 7
        gunicorn, worker, scheduler = children(demo.process.pid)
        assert "db_worker" in Path(f"/proc/{worker}/cmdline").read_text()
        assert "export_scheduler" in Path(f"/proc/{scheduler}/cmdline").read_text()
        assert len(children(gunicorn)) == 1
        assert {"workers = 1", "threads = 64", "worker_class = gthread"} <= configuration(gunicorn)
        assert demo.stop(signal.SIGINT) == 0
        assert not Path(f"/proc/{gunicorn}").exists()
        assert not Path(f"/proc/{worker}").exists()
        assert not Path(f"/proc/{scheduler}").exists()
    assert (tmp_path / ".env").read_text() == written


def job(demo, path: str, data: bytes | None = None) -> dict[str, Any]:
    """The answer of one of the jobs' addresses; with `data`, to a POST."""
    request = urllib.request.Request(demo.url + path, data, USER | {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def finished(demo, id: str) -> dict[str, Any]:
    """The job, once it has ended."""
    deadline = time.monotonic() + READY_SECONDS
    while (found := job(demo, f"/api/exports/jobs/{id}"))["status"] in ("queued", "running"):
        assert time.monotonic() < deadline, demo.output
        time.sleep(0.1)
    return found


@pytest.mark.sqlite
def test_the_worker_beside_it(tmp_path):
    files = tmp_path / ".demo" / "files"
    with running(tmp_path) as demo:
        assert f"{demo.url.replace('127.0.0.1', 'localhost')}/exports/jobs/" in demo.output
        asked = job(demo, "/api/exports/calls/jobs", b"{}")
        done = finished(demo, asked["id"])
        assert done["status"] == "succeeded", done
        file = demo.get(f"/api/exports/jobs/{asked['id']}/file", USER)
        assert [path.read_bytes() for path in files.iterdir()] == [file]
        _gunicorn, worker, _scheduler = children(demo.process.pid)
        os.kill(worker, signal.SIGKILL)
        assert demo.process.wait(20) == 1
        demo.join()
        assert "The worker of background jobs stopped by itself" in demo.output
        assert not is_listening(demo.port)
    with running(tmp_path, "--reset", "--no-input") as demo:
        assert not files.exists()
        os.kill(demo.process.pid, signal.SIGKILL)
        demo.process.wait()
        demo.join()  # the worker has the output open for as long as it lives


@pytest.mark.sqlite
def test_the_scheduler_beside_it(tmp_path):
    """A job's mail is shown on the terminal, with a link that opens the file."""
    with running(tmp_path) as demo:
        [template] = job(demo, "/api/exports/templates")["results"]
        assert template["dataset"] == "calls"
        asked = json.dumps({"template": template["id"], "rule": "0 6 * * *", "recipients": [ADDRESS]})
        schedule = job(demo, "/api/exports/schedules", asked.encode())
        job(demo, f"/api/exports/schedules/{schedule['id']}/run", b"{}")
        deadline = time.monotonic() + READY_SECONDS
        while f"To: {ADDRESS}" not in demo.output or "?link=" not in demo.output:
            assert time.monotonic() < deadline, demo.output
            time.sleep(0.1)
        assert f"http://localhost:{demo.port}/api/exports/jobs/" in demo.output
        *_others, scheduler = children(demo.process.pid)
        os.kill(scheduler, signal.SIGKILL)
        assert demo.process.wait(20) == 1
        demo.join()
        assert "The scheduler stopped by itself" in demo.output


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


@pytest.mark.sqlite
def test_a_database_out_of_reach(tmp_path):
    done = run(
        tmp_path, "demo", "--port", str(free_port()), DATABASE_URL=f"sqlite:///{tmp_path}/no/where.sqlite3"
    )
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The demo cannot use the database ")


@pytest.mark.sqlite
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


@pytest.mark.sqlite
def test_debug_off_is_refused(tmp_path):
    done = run(tmp_path, "demo", DEBUG="false")
    assert done.returncode == 1
    assert done.stderr == "CommandError: demo is for development: it does not run while DEBUG is off.\n"


@pytest.mark.sqlite
def test_other_commands_read_the_env_file(tmp_path):
    run(tmp_path, "demo", "--port", "-1")
    done = run(tmp_path, "check")
    assert done.returncode == 0, done.stderr
    assert "DEBUG" not in environment(tmp_path)
