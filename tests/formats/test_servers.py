"""Files from a real gunicorn to the real curl; and the memory that it takes to make them."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from tests import calls
from tests.databases import fresh_database
from tests.formats import reading
from tests.processes.memory import peak_while
from tests.processes.services import Service, fill
from tests.processes.test_memory import GROWTH
from tests.servers import run_code, run_server
from tests.tools import need

# What is read of a database is the same text on each: tests/processes/test_same_bytes.py.
pytestmark = pytest.mark.sqlite

NOBODY = "user-without-rows"
FILL = f"""
from django.contrib.auth import get_user_model
from exports.contrib.telephony.models import CallLog
get_user_model().objects.create(id={NOBODY!r}, username={NOBODY!r})
last = CallLog.objects.filter(user="{calls.BROKEN}").latest("started_at", "id")
CallLog.objects.filter(pk=last.pk).update(recording_url="x" * 32_768)
from django.db import connection
with connection.cursor() as cursor:  # what the column's type has no room for, each database in its way
    bad = "'NaN'" if connection.vendor == "postgresql" else "1e30"
    key = str(last.pk) if connection.vendor == "postgresql" else last.pk.hex
    cursor.execute(f"UPDATE telephony_calllog SET cost = {{bad}} WHERE id = %s", [key])
"""


@dataclass(frozen=True)
class Downloaded:
    code: int
    status: str
    path: Path


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, with_calls: str) -> Iterator[str]:
    """A server whose files have many blocks; the last of BROKEN can stand neither in Excel nor in Parquet."""
    directory = tmp_path_factory.mktemp("formats")
    with fresh_database(directory, like=with_calls) as database:
        run_code(database, FILL)
        server = run_server(database, directory, env=calls.ENVIRONMENT)
        yield server.url
        server.stop()


@pytest.fixture
def curl(url: str, tmp_path: Path) -> Callable[[str, str], Downloaded]:
    """curl(user, query): what became of the download."""

    def run(user: str, query: str) -> Downloaded:
        path = tmp_path / "file"
        command = [need("curl"), "--disable", "--noproxy", "*", "--silent", "--write-out", "%{http_code}"]
        command += ["--header", f"X-User-Id: {user}", "--output", str(path), f"{url}{calls.PATH}?{query}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return Downloaded(done.returncode, done.stdout, path)

    return run


READERS = {
    "csv": reading.python_csv,
    "jsonl": lambda path: [[], *map(str.split, path.read_text().splitlines())],
    "xlsx": reading.calamine_sheet,
    "parquet": reading.pyarrow_table,
}


@pytest.mark.parametrize("format", READERS)
def test_it_works(curl, format):
    got = curl(calls.FEW, f"format={format}&columns=livekitRoomName")
    assert (got.code, got.status) == (0, "200")
    assert len(READERS[format](got.path)) == 1 + calls.FEW_CALLS


@pytest.mark.parametrize("format", READERS)
def test_a_stranger_gets_no_row(curl, format):
    got = curl(NOBODY, f"format={format}&columns=id,cost")
    assert (got.code, got.status) == (0, "200")
    assert READERS[format](got.path) == ([[]] if format == "jsonl" else [["id", "cost"]])


OPENERS = {
    "xlsx": [openpyxl.load_workbook, lambda path: CalamineWorkbook.from_path(str(path))],
    "parquet": list(reading.PARQUET_READERS.values()),
}


@pytest.mark.parametrize("format", OPENERS)
def test_no_reader_opens_what_broke_in_the_middle(curl, format, tmp_path):
    got = curl(calls.BROKEN, f"format={format}")
    assert (got.code, got.status) == (18, "200")  # 18: the transfer ended before its end
    assert got.path.stat().st_size > 0
    named = got.path.rename(tmp_path / f"broken.{format}")
    for opens in OPENERS[format]:
        with pytest.raises(Exception, match=r"(?i)zip|footer|magic|parquet|central|eof"):
            opens(named)


FEW, MANY = "user-123", "user-456"
ROWS = {FEW: 10_000, MANY: 50_000}
# Of Parquet a row group is held until it has 16 MB: with these texts the fewer rows have more.
WIDEN = """
from exports.contrib.telephony.models import CallLog
CallLog.objects.update(recording_url="https://example.com/" + "x" * 2_000)
"""


@pytest.fixture(scope="module")
def two_sizes(tmp_path_factory: pytest.TempPathFactory, with_tables: str) -> Iterator[str]:
    """The DATABASE_URL of a database with few calls of one user and many of another."""
    with fresh_database(tmp_path_factory.mktemp("sizes"), like=with_tables) as database:
        fill(database, {user: {"calls": 1_000, "copies": rows // 1_000 - 1} for user, rows in ROWS.items()})
        run_code(database, WIDEN)
        yield database


@pytest.mark.parametrize("format", ["jsonl", "xlsx", "parquet"])
def test_memory_does_not_grow_with_the_rows(two_sizes, start_server, format):
    # One arena for all threads: each would keep what its first download took.
    service = Service(start_server(two_sizes, env={"MALLOC_ARENA_MAX": "1"}), two_sizes)
    path = f"{calls.PATH}?format={format}"
    [worker] = service.server.worker_pids
    sizes: dict[str, int] = {}

    def download(user: str) -> None:
        sizes[user] = service.receive(path, user).size

    for _ in range(2):  # the first ones load code, and fill what is kept for the next
        download(FEW)
    few = peak_while(worker, lambda: download(FEW))
    many = peak_while(worker, lambda: download(MANY))
    assert sizes[MANY] > 3 * sizes[FEW]
    assert many - few < GROWTH
