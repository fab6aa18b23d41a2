"""The file of a job by real servers: resumed where it broke off, and held by no slow client for ever."""

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import calls
from tests.connections.postgres import Observer
from tests.databases import fresh_database
from tests.operations.shutting_down import Download, readiness, until
from tests.processes.services import connect
from tests.servers import Server, run_code, run_server
from tests.tools import need

KINDS = ("gunicorn", "uvicorn")
USER = {"X-User-Id": calls.MANY}

MAKE = """
from django.contrib.auth import get_user_model
from django.http import QueryDict
from exports.caller import Caller
from exports.jobs import submitting, work
user = get_user_model().objects.get(pk="user-many")
job, new = submitting.submit("calls", Caller(user=user, door="api"), QueryDict())
work.run_next()
job.refresh_from_db()
assert job.status == "succeeded", job.error
print(job.pk, job.sha256, job.byte_count)
"""


class Made:
    """A database with one job that has made a file of more than 12 MB."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.environment = calls.ENVIRONMENT | {"EXPORTS_FILES": str(folder), "LOG_LEVEL": "INFO"}
        self.folder = folder
        self.id, self.sha256, size = run_code(url, MAKE, self.environment).split()[-3:]
        self.size = int(size)
        self.path = f"/api/exports/jobs/{self.id}/file"


@pytest.fixture(scope="module")
def made(tmp_path_factory, with_calls) -> Iterator[Made]:
    directory = tmp_path_factory.mktemp("made")
    with fresh_database(directory, like=with_calls) as url:
        yield Made(url, directory / "files")


@pytest.fixture(scope="module", params=KINDS)
def server(request, made, tmp_path_factory) -> Iterator[Server]:
    """One that lets a user fetch one file at a time."""
    env = made.environment | {"EXPORTS_MAX_CONCURRENT_PER_USER": "1"}
    server = run_server(made.url, tmp_path_factory.mktemp("server"), kind=request.param, env=env)
    yield server
    server.stop()


@pytest.fixture
def curl(tmp_path) -> Callable[..., list[Any]]:
    """curl(url, *options): a command that goes on with the file `saved`."""
    command = [need("curl"), "--disable", "--noproxy", "*", "--silent", "--show-error", "--fail"]
    # The place of the fetch before may not have been given back.
    command += ["--retry", "9", "--header", f"X-User-Id: {calls.MANY}"]
    command += ["--continue-at", "-", "--output", tmp_path / "saved"]
    return lambda url, *options: [*command, *options, url]


def resumed(curl, url: str, file: Path) -> None:
    """Fetches a file in two parts: the first curl is killed in the middle."""
    first = subprocess.Popen(curl(url, "--limit-rate", "1M"))
    until(lambda: file.exists() and file.stat().st_size > 1_000_000)
    first.kill()
    first.wait()
    assert file.stat().st_size < 12_000_000
    until(lambda: subprocess.run(curl(url), stderr=subprocess.DEVNULL, timeout=60).returncode == 0)


@pytest.mark.sqlite  # no row is read
def test_it_works(server, made, curl, tmp_path):
    resumed(curl, server.url + made.path, saved := tmp_path / "saved")
    assert hashlib.sha256(saved.read_bytes()).hexdigest() == made.sha256
    assert f"bytes 0 to {made.size}" in server.log.read_text()
    # There is no more to come, which curl takes for an end and not for an error.
    done = subprocess.run(curl(server.url + made.path), capture_output=True, timeout=60)
    assert saved.stat().st_size == made.size
    assert done.returncode in (0, 22), done.stderr


def fetch(url: str, path: str, **headers: str) -> tuple[int, Any, bytes]:
    with closing(connect(url)) as client:
        client.request("GET", path, headers=USER | headers)
        with client.getresponse() as response:
            return response.status, response.headers, response.read()


@pytest.mark.sqlite
def test_the_parts_are_the_whole(server, made):
    parts = [f"bytes={start}-{start + 4_999_999}" for start in range(0, made.size, 5_000_000)]
    bodies = []
    for part in parts:
        status, headers, body = until(lambda part=part: answered(server, made, Range=part))
        assert (status, headers["ETag"]) == (206, f'"{made.sha256}"')
        bodies.append(body)
    assert hashlib.sha256(b"".join(bodies)).hexdigest() == made.sha256


def answered(server: Server, made: Made, **headers: str) -> tuple[int, Any, bytes] | None:
    """What is answered once the place of the fetch before has been given back."""
    found = fetch(server.url, made.path, **headers)
    return None if found[0] == 503 else found


@pytest.mark.sqlite
def test_head_of_the_file(server, made):
    with closing(connect(server.url)) as client:
        for _ in range(2):  # by the same connection, which nothing that is too much disturbs
            client.request("HEAD", made.path, headers=USER)
            with client.getresponse() as response:
                assert (response.status, response.headers["Content-Length"]) == (200, str(made.size))
                assert response.read() == b""


@pytest.mark.sqlite
def test_a_client_that_leaves_gives_its_place_back(server, made):
    for _ in range(2):
        until(lambda: begun_and_left(server, made))
    assert until(lambda: answered(server, made))[0] == 200


def begun_and_left(server: Server, made: Made) -> bool:
    with closing(connect(server.url, 4096)) as client:
        client.request("GET", made.path, headers=USER)
        with client.getresponse() as response:
            return response.status == 200 and len(response.read(1000)) == 1000


@pytest.mark.sqlite
@pytest.mark.parametrize("kind", KINDS)
def test_a_slow_reader_is_cut_off_and_a_stop_breaks_the_others(start_server, made, kind):
    seconds = {"DRAIN_SECONDS": "0", "GRACEFUL_SECONDS": "8", "EXPORTS_MIN_BYTES_PER_SECOND": "1000000"}
    options = ["--timeout-graceful-shutdown=8"] if kind == "uvicorn" else ["--workers=1", "--threads=1"]
    server = start_server(made.url, kind=kind, options=options, env=made.environment | seconds)
    slow = Download(server, made.path, calls.MANY)
    # The one thread that there is waits for no client any more, though that has read nothing.
    until(lambda: "ReaderTooSlow" in server.log.read_text())
    assert readiness(server, seconds=20) == 200
    assert slow.breaks()
    last = Download(server, made.path, calls.MANY)
    server.process.terminate()
    server.process.wait(20)
    assert last.breaks()
    assert len(last.body) < made.size
    assert "ServerStopping" in server.log.read_text()


@pytest.mark.postgresql
def test_no_database_connection_is_held_meanwhile(server, made):
    """A client that reads nothing has its file on the way, and the service no session in the database."""
    observer = Observer(urlsplit(made.url).path.rpartition("/")[2])
    with closing(observer), closing(connect(server.url, 4096)) as client:
        client.request("GET", made.path, headers=USER)
        with client.getresponse() as response:
            assert response.status == 200
            until(lambda: not observer.backends())
            assert "was broken off" not in server.log.read_text()


# As docs/api.md has it, but for the folder.
LOCATION = """
    location /protected/ {{
        internal;
        alias {folder}/;
        add_header X-Export-Id $upstream_http_x_export_id;
        add_header X-Export-Cursor $upstream_http_x_export_cursor;
        add_header Repr-Digest $upstream_http_repr_digest;
        add_header X-Content-Type-Options nosniff;
    }}
"""


@pytest.mark.sqlite
def test_nginx_sends_the_file_by_itself(start_server, start_nginx, made, curl, tmp_path):
    env = made.environment | {"EXPORTS_X_ACCEL": "/protected/"}
    server = start_server(made.url, env=env)
    nginx = start_nginx(server.url, beside=LOCATION.format(folder=made.folder))
    status, headers, body = fetch(server.url, made.path)
    assert (status, body) == (200, b"")
    assert headers["X-Accel-Redirect"].startswith(f"/protected/{made.id.replace('-', '')}-")
    for url in (nginx.by_default, nginx.streaming):
        status, headers, body = fetch(url, made.path, Range="bytes=-100")
        assert (status, headers["Content-Range"]) == (
            206,
            f"bytes {made.size - 100}-{made.size - 1}/{made.size}",
        )
        assert len(body) == 100
        assert headers["Content-Type"] == "text/csv"
        assert headers["Content-Disposition"].startswith("attachment; filename=")
        assert headers["Cache-Control"] == "private, no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Repr-Digest"].startswith("sha-256=:")
        assert len(headers["X-Export-Id"]) == 36
        # nginx has an ETag of its own, and takes it back.
        assert headers["ETag"] != f'"{made.sha256}"'
        assert fetch(url, made.path, Range="bytes=0-0", **{"If-Range": headers["ETag"]})[0] == 206
        assert fetch(url, made.path, **{"If-None-Match": headers["ETag"]})[0] == 304
        assert fetch(url, f"/protected/{made.id.replace('-', '')}-1")[0] == 404
    resumed(curl, nginx.streaming + made.path, saved := tmp_path / "saved")
    assert hashlib.sha256(saved.read_bytes()).hexdigest() == made.sha256
