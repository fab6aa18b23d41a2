"""A canary: files full of formulas, opened by a spreadsheet that runs formulas."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from exports.formulas import is_formula
from exports_project.demo import nasty
from tests.api import rows
from tests.formats.conftest import USER
from tests.formats.office import Formula, csv_options
from tests.formats.reading import DELIMITERS

# What is read of a database is the same text on each: tests/processes/test_same_bytes.py.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]
COLUMNS = "livekitRoomName,recordingUrl"


class Listener(ThreadingHTTPServer):
    """A server that notes who asks it for anything."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[str] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.requests.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(b"a,b\r\n1,2\r\n")

    do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - names by http.server

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def live(user, listener, tmp_path) -> list[str]:
    """Texts of calls, in their order, each of which a spreadsheet would run."""
    target = tmp_path / "touched"
    texts = [
        "=1+1",
        "+1+1",
        "-1+1",
        f'=WEBSERVICE("{listener.url("webservice")}")',
        f'=HYPERLINK("{listener.url("hyperlink")}","click")',
        f"='{listener.url('other.csv')}'#$Sheet1.A1",
        f'=IMPORTXML("{listener.url("xml")}","//a")',
        f'=DDE("soffice";"{target}.csv";"A1")',
        f"=cmd|'/C touch {target}'!A0",
        "=SUM(1;1)",
        *(text for text in (*nasty.FORMULAS, *nasty.HIDDEN_FORMULAS) if is_formula(text)),
    ]
    for number, text in enumerate(texts):
        moment = rows.NOON.replace(hour=number // 60, minute=number % 60)
        rows.call(user, livekit_room_name=f"room {number}", recording_url=text, started_at=moment)
    return texts


@pytest.fixture
def files(client, live, tmp_path):
    """files(**params): the path of the file."""

    def file(**params: str):
        answer = client.get("/api/exports/calls", {"columns": COLUMNS} | params, headers={"X-User-Id": USER})
        data = answer.getvalue()
        assert answer.status_code == 200, data
        directory = tmp_path / "files"
        directory.mkdir(exist_ok=True)
        path = directory / f"{'-'.join(params.values()) or 'plain'}.{params.get('format', 'csv')}"
        path.write_bytes(data)
        return path

    return file


@pytest.mark.parametrize("dialect", DELIMITERS)
def test_nothing_in_csv_runs(files, live, libreoffice, listener, tmp_path, dialect):
    path = files(**({"dialect": dialect} if dialect else {}))
    [[_, *table]] = libreoffice.read([path], csv_options(DELIMITERS[dialect]))
    cells = [cell for _, cell in table]
    assert len(cells) == len(live)
    assert all(type(cell) is str and cell.startswith("'") for cell in cells)
    assert listener.requests == []
    assert {found.name for found in tmp_path.iterdir()} == {"files"}


def test_nothing_in_a_workbook_runs(files, live, libreoffice, listener, tmp_path):
    """There is no apostrophe there: a text is a text."""
    [[_, *table]] = libreoffice.read([files(format="xlsx")])
    texts = [cell for _, cell in table]
    assert len(texts) == len(live)
    assert all(type(cell) is str for cell in texts)
    assert texts[:10] == live[:10]
    assert listener.requests == []
    assert {found.name for found in tmp_path.iterdir()} == {"files"}


def test_the_canary_sings(files, live, user, allow, libreoffice, listener):
    """What is not escaped runs, and what this program asks for is heard.

    It fetches nothing for a cell, unless somebody allows that in a window; but the file that it is told to.
    """
    allow(user, "export_raw_formulas")
    [[_, *table]] = libreoffice.read([files(formulas="raw")], csv_options(","))
    cells = [cell for _, cell in table]
    # A sign alone begins a formula for others, and for this program a text.
    runs = [text for text, cell in zip(live, cells, strict=True) if type(cell) is Formula]
    assert set(runs) >= {text for text in live[:10] if text.startswith("=")}
    libreoffice.converted([listener.url("asked.csv")], csv_options(","))
    assert "/asked.csv" in listener.requests
