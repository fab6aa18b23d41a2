"""Header cells stand in the file by the same rule as text cells."""

import csv
import io
import re
from contextlib import closing

import pytest
from django.http import QueryDict

import exports
from exports import engine, unescape_formula
from exports.caller import Caller
from exports.models import ExportLog
from exports.registry import registry
from tests.engine.models import Order

# No database has a part in it.
pytestmark = pytest.mark.sqlite

# As an author may declare it, and as the cell is to be read from the file.
HEADERS = {
    "=1+1": "'=1+1",
    "\x07=x": "'=x",
    "＠x": "'＠x",
    "\tx": "'\tx",
    "'=x": "''=x",
    "-5": "-5",
    "plain, with comma": "plain, with comma",
    '"quoted"': '"quoted"',
    "a\x1bb\x7f": "ab",
}


@pytest.fixture
def odd_headers():
    """The dataset `odd-headers`: a column of every header above."""

    @exports.register(Order)
    class OddHeaders(exports.ModelExport):
        name = "odd-headers"
        scope_field = "tenant"
        columns = [exports.Column(header, "number") for header in HEADERS]

    yield
    registry.unregister("odd-headers")


@pytest.fixture
def exported(odd_headers, user, make_order):
    """exported(query): the rows of the file, its header row among them, and its bytes."""
    make_order(user, 7)
    caller = Caller(user=user, door=ExportLog.Door.COMMAND)

    def exported(query: str = "") -> tuple[list[list[str]], bytes]:
        with closing(engine.start("odd-headers", caller, QueryDict(query))) as stream:
            body = b"".join(stream)
        return list(csv.reader(io.StringIO(body.decode(), newline=""))), body

    return exported


def test_it_works(exported):
    (header, row), body = exported()
    assert header == list(HEADERS.values())
    assert row == ["7"] * len(HEADERS)
    assert b"\x07" not in body
    assert b"\x1b" not in body


def test_they_come_back_after_the_escape_is_undone(exported):
    """But for the control characters, which never reach a file."""
    header = exported()[0][0]
    clean = [re.sub("[\x07\x1b\x7f]", "", name) for name in HEADERS]
    assert [unescape_formula(cell) for cell in header] == clean


def test_the_bytes_by_the_letter(exported):
    assert exported()[1] == (
        b'\'=1+1,\'=x,\'\xef\xbc\xa0x,\'\tx,\'\'=x,-5,"plain, with comma","""quoted""",ab\r\n'
        b"7,7,7,7,7,7,7,7,7\r\n"
    )


def test_the_record_keeps_what_was_declared(exported):
    """It is no file for a spreadsheet; and `columns=` names a header as it was declared."""
    exported("columns==1%2B1,'=x,\x07=x")
    assert ExportLog.objects.get().columns == ["=1+1", "'=x", "\x07=x"]
