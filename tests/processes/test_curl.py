"""The lines that the product promises, with the real curl, against a real server."""

import csv
import hashlib
import json
import shlex
import subprocess
from urllib.parse import urlsplit

import pytest

from tests.processes.conftest import FEW, USERS
from tests.tools import need

# What is read of a database is the same text on each: tests/processes/test_same_bytes.py.
pytestmark = pytest.mark.sqlite

# Word for word, but for the port.
LINES = {
    "calls": 'curl -H "X-User-Id: user-123"'
    ' "http://localhost:8000/api/exports/calls?start_date=2024-01-01&outcome=completed" -o calls_export.csv',
    "agents": 'curl -H "X-User-Id: user-123"'
    ' "http://localhost:8000/api/exports/agents?is_active=true" -o agents_export.csv',
    "phone-numbers": 'curl -H "X-User-Id: user-123"'
    ' "http://localhost:8000/api/exports/phone-numbers" -o phone_numbers_export.csv',
    "events": 'curl -H "X-User-Id: user-123"'
    ' "http://localhost:8000/api/exports/events?event=room_finished" -o events_export.csv',
}
INFO = 'curl -H "X-User-Id: user-123" "http://localhost:8000/api/exports/info"'
# What each filter leaves: a column and its one value.
LEFT = {
    "calls": ("outcome", {"completed"}),
    "agents": ("isActive", {"true"}),
    "phone-numbers": ("isActive", {"true", "false"}),
    "events": ("event", {"room_finished"}),
}


@pytest.fixture
def curl(service, tmp_path):
    """Runs a line in a directory of the test's own; its standard output."""
    program = need("curl")
    port = urlsplit(service.server.url).port

    def run(line: str) -> bytes:
        _, *arguments = shlex.split(line.replace("localhost:8000", f"localhost:{port}"))
        # No proxy and no ~/.curlrc of the machine; an error status is an error.
        command = [program, "--disable", "--noproxy", "*", "--fail", "--silent", "--show-error"]
        done = subprocess.run([*command, *arguments], cwd=tmp_path, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("dataset", LINES)
def test_a_file_by_curl(service, curl, tmp_path, dataset):
    assert curl(LINES[dataset] + " --dump-header headers") == b""
    [file] = tmp_path.glob("*_export.csv")
    with file.open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    column, values = LEFT[dataset]
    assert rows
    assert {row[column] for row in rows} == values
    record = service.record(header(tmp_path / "headers", "X-Export-Id"), FEW)
    assert (record["export_type"], record["outcome"], record["row_count"]) == (
        dataset,
        "succeeded",
        len(rows),
    )
    assert record["byte_count"] == file.stat().st_size
    assert record["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert record["user_agent"].startswith("curl/")


def header(file, name: str) -> str:
    lines = [line.partition(": ") for line in file.read_text().splitlines()]
    [value] = [value for found, _, value in lines if found.lower() == name.lower()]
    return value


def test_info_by_curl(curl):
    info = json.loads(curl(INFO))
    assert info["user_id"] == FEW
    rows = {export["name"]: export["row_count"] for export in info["exports"]}
    seeded = {kind.replace("_", "-"): count for kind, count in USERS[FEW].items()}
    assert seeded.items() <= rows.items()
    assert (rows["hosts"], rows["scans"]) == (0, None)


def test_a_line_without_a_user_fails(service):
    # --fail turns 401 into exit code 22: a script notices.
    line = [need("curl"), "--disable", "--noproxy", "*", "--fail", "--silent"]
    url = f"{service.server.url}/api/exports/calls"
    assert subprocess.run([*line, url], capture_output=True, timeout=60).returncode == 22
