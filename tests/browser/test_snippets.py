"""The lines for programs, as they stand on the page: a shell and Python run them against the server."""

import datetime as dt
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.browser.records import USER
from tests.demo.processes import Demo
from tests.tools import need

pytestmark = pytest.mark.sqlite

CHOICE = "start_date=2024-06-01&outcome=completed&columns=id,outcome:What's+it&tz=Europe/Berlin"
HEADERS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nConnection: close\r\n"
    b'Content-Disposition: attachment; filename="calls.csv"\r\n'
)
BROKEN = {
    "chunked": HEADERS + b"Transfer-Encoding: chunked\r\n\r\n5\r\nid\r\n1\r\n",
    "length": HEADERS + b"Content-Length: 9\r\n\r\nid\r\n1",
}


def post(demo: Demo, path: str, body: dict) -> dict:
    command = ["curl", "--silent", "--fail", "--header", f"X-User-Id: {USER}", "--json", json.dumps(body)]
    return json.loads(subprocess.run([*command, demo.url + path], check=True, capture_output=True).stdout)


@pytest.fixture(scope="module")
def key(demo) -> str:
    need("curl")
    return post(demo, "/api/auth/api-keys", {"name": "snippets"})["key"]


@pytest.fixture
def snippet(open_window) -> Callable[..., str]:
    """The text of a snippet on the page of that choice, or of another."""

    def snippet(name: str, choice: str = CHOICE) -> str:
        page = open_window(USER).open(f"/exports/calls/?{choice}")
        return page.locator(f"#exports-snippet-{name}-text").text_content()

    return snippet


@pytest.fixture
def run(tmp_path, key) -> Callable[[str, str], int]:
    """Runs these lines in a directory of the test's; the exit code."""

    def run(name: str, lines: str) -> int:
        command = [sys.executable, "-c"] if name == "python" else ["bash", "-c"]
        environment = {"PATH": os.environ["PATH"], "EXPORTS_KEY": key}
        return subprocess.run(
            [*command, lines], cwd=tmp_path, env=environment, capture_output=True, timeout=60
        ).returncode

    return run


@pytest.mark.parametrize("name", ["curl", "python"])
def test_it_works(demo, snippet, run, tmp_path, name):
    assert run(name, snippet(name)) == 0
    [file] = tmp_path.iterdir()
    assert file.name.startswith("calls_export_")
    assert file.suffix == ".csv"
    content = file.read_bytes()
    assert content == demo.get(f"/api/exports/calls?{CHOICE}", {"X-User-Id": USER})
    assert content.startswith(b"id,What's it\r\n")


def test_the_schedule(demo, snippet, run, delete):
    need("jq")
    assert run("schedule", snippet("schedule")) == 0
    schedule = json.loads(demo.get("/api/exports/schedules", {"X-User-Id": USER}))["results"][0]
    delete(f"/api/exports/schedules/{schedule['id']}")
    template = json.loads(demo.get(f"/api/exports/templates/{schedule['template']}", {"X-User-Id": USER}))
    assert (schedule["rule"], schedule["timezone"], len(schedule["next_runs"]) > 0) == (
        "0 6 * * *",
        "UTC",
        True,
    )
    assert template["filters"] == {"start_date": "2024-06-01", "outcome": "completed"}
    delete(f"/api/exports/templates/{template['id']}")
    assert (template["columns"], template["tz"]) == (["id", "outcome:What's it"], "Europe/Berlin")


def test_the_schedule_of_a_day_is_of_another_each_time(demo, snippet, run, delete):
    """The server reads the words that stand for the days."""
    need("jq")
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    lines = snippet("schedule", f"start_date={yesterday}&end_date={yesterday}&outcome=busy")
    assert run("schedule", lines) == 0
    schedule = json.loads(demo.get("/api/exports/schedules", {"X-User-Id": USER}))["results"][0]
    delete(f"/api/exports/schedules/{schedule['id']}")
    template = json.loads(demo.get(f"/api/exports/templates/{schedule['template']}", {"X-User-Id": USER}))
    delete(f"/api/exports/templates/{template['id']}")
    assert template["filters"] == {"start_date": "yesterday", "end_date": "yesterday", "outcome": "busy"}
    assert template["problems"] == []


@pytest.mark.parametrize("broken_server", BROKEN, indirect=True)
@pytest.mark.parametrize("name", ["curl", "python"])
def test_a_download_that_breaks_off_leaves_no_file_that_looks_whole(
    snippet, run, tmp_path: Path, broken_server: str, name
):
    assert run(name, re.sub(r"http://[^/]+", broken_server, snippet(name))) != 0
    assert [file.name for file in tmp_path.iterdir() if not file.name.endswith(".part")] == []


@pytest.mark.parametrize("name", ["curl", "python"])
def test_a_refusal_leaves_no_file(snippet, run, tmp_path, name):
    assert run(name, snippet(name).replace("completed", "perfect")) != 0
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def delete(demo) -> Callable[[str], object]:
    """The other tests have the same demo."""

    def delete(path: str) -> object:
        headers = {"X-User-Id": USER}
        return urlopen(Request(demo.url + path, method="DELETE", headers=headers), timeout=20).close()

    return delete


@pytest.fixture
def broken_server(request) -> Iterator[str]:
    """Sends the beginning of a file and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(BROKEN[request.param])

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(10)
