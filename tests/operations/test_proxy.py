"""nginx as docs/operations.md configures it, in front of the service."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import calls
from tests.databases import fresh_database
from tests.operations.shutting_down import until
from tests.servers import Server, run_server
from tests.test_docs import section
from tests.tools import need

# What is passed on does not depend on the database.
pytestmark = pytest.mark.sqlite

AROUND = """
daemon off;
pid nginx.pid;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen unix:{directory}/socket;
        {documented}
    }}
}}
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory, with_calls):
    with fresh_database(tmp_path_factory.mktemp("proxy"), like=with_calls) as url:
        yield url


@pytest.fixture(scope="module")
def server(database, tmp_path_factory) -> Iterator[Server]:
    env = {"METRICS_NETWORKS": "127.0.0.1", "TRUSTED_PROXIES": "127.0.0.1", "LOG_FORMAT": "json"}
    env |= calls.ENVIRONMENT | {"LOG_LEVEL": "INFO"}
    server = run_server(database, tmp_path_factory.mktemp("server"), env=env)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def proxy(server) -> Iterator[str]:
    """The socket of an nginx with the documented location in its `server`."""
    [documented] = re.findall(r"```nginx\n(.*?)```", section("docs/operations.md", "## Proxy"), re.DOTALL)
    # A socket's path must be short.
    directory = Path(tempfile.mkdtemp(prefix="nginx-", dir="/tmp"))
    (directory / "nginx.conf").write_text(
        AROUND.format(
            # Its workers would be another user, to whom this directory is closed.
            user="user root;" if os.geteuid() == 0 else "",
            directory=directory,
            documented=documented.replace("http://127.0.0.1:8001", server.url),
        )
    )
    command = [need("nginx"), "-p", directory, "-c", directory / "nginx.conf", "-e", directory / "error.log"]
    process = subprocess.Popen(command)
    try:
        until(lambda: process.poll() is not None or _listens(directory / "socket"))
        assert process.poll() is None
        yield str(directory / "socket")
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(directory)


def _listens(path: Path) -> bool:
    """A socket is there before anybody listens to it."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def curl(proxy: str, path: str, user: str, *options: str) -> tuple[int, int, str]:
    """Exit code, status and the request's id, of a request through the proxy."""
    command = [need("curl"), "--disable", "--silent", "--max-time", "100", "--unix-socket", proxy]
    command += ["--output", "/dev/null"]
    command += ["--header", f"X-User-Id: {user}", "--write-out", "%{json}\n%{header_json}", *options]
    done = subprocess.run([*command, f"http://localhost{path}"], capture_output=True, text=True)
    facts, _, headers = done.stdout.partition("\n")
    [request_id] = json.loads(headers).get("x-request-id", [""])
    return done.returncode, json.loads(facts)["response_code"], request_id


def test_downloads_are_whole_or_visibly_broken(proxy):
    assert curl(proxy, calls.PATH, calls.FEW)[:2] == (0, 200)
    assert curl(proxy, calls.BREAKING, calls.BROKEN)[:2] == (18, 200)


def test_http_1_0_which_could_not_tell_is_refused(proxy):
    assert curl(proxy, calls.BREAKING, calls.BROKEN, "--http1.0")[:2] == (0, 505)


def test_ids_are_the_proxys_and_its_word_is_taken(proxy, server):
    _, _, request_id = curl(proxy, calls.PATH, calls.FEW)
    assert re.fullmatch("[0-9a-f]{32}", request_id)
    assert request_id in server.log.read_text()


def test_metrics_are_not_for_the_outside(proxy):
    assert curl(proxy, "/metrics", calls.FEW)[1] == 404
    assert curl(proxy, "/healthz", calls.FEW)[1] == 200
