"""The page holds the cells that the code has, says of none what the code does not allow, and can be wrong."""

import datetime as dt
from dataclasses import replace

import pytest

from tests.databases import NAMES
from tests.faults import tables
from tests.faults.batches import Result, problems
from tests.faults.cells import BROKEN, COPY, LEFT, ROWS, SOURCES, WHOLE, WRONG, Cell, cells, short_cells
from tests.faults.clients import Seen
from tests.faults.stored import EXPECTED, EXPECTED_SHA256
from tests.servers import ROOT

# What is written is the same on every database; what was found is on the page for both.
pytestmark = pytest.mark.sqlite
PAGE = ROOT / "docs" / "reliability.md"
# Those of PostgreSQL are all there are.
EVERY = list(cells("postgresql"))
BY_NAME = {str(cell): cell for cell in EVERY}

# --- The page


@pytest.mark.parametrize("database", NAMES)
@pytest.mark.parametrize("kind", tables.KINDS)
def test_the_page_has_the_cells_of_the_code(kind, database):
    ways = tables.KINDS[kind]
    columns, found = tables.read(PAGE.read_text(encoding="utf-8"), kind, database)
    expected = tables.rows(ways, database)
    assert columns == [way.title for way in ways]
    assert list(found) == [(fault.title, place.title, source.title) for fault, place, source in expected]
    for row, texts in zip(expected.values(), found.values(), strict=True):
        assert [agrees(cell, database, text) for cell, text in zip(row, texts, strict=True)] == [True] * len(
            row
        )


def agrees(cell: Cell, database: str, text: str) -> bool:
    """Whether this may stand in the cell."""
    if cell.impossible(database):
        return text == tables.NONE
    client, _, outcome = text.partition(", ")
    what = {WHOLE: WHOLE, "left": LEFT}.get(client, BROKEN)
    return what in cell.client and outcome == ("succeeded" if what == WHOLE else cell.fault.outcome)


@pytest.mark.parametrize("database", NAMES)
def test_the_page_says_why_cells_cannot_exist(database):
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    reasons = {cell.impossible(database) for cell in cells(database)} - {""}
    assert reasons
    assert [reason for reason in reasons if reason not in text] == []


def test_what_is_written_is_read_again(tmp_path):
    page = tmp_path / "page.md"
    lines = [mark for kind in [*tables.KINDS, "times"] for mark in tables.marks(kind, "postgresql")]
    page.write_text("\n".join(["Before", *lines, "After"]))
    results = {cell: result_of(cell) for cell in EVERY}
    for _ in range(2):  # what stands there is replaced
        tables.write(page, "postgresql", results)
        text = page.read_text()
        assert text.startswith("Before\n")
        assert text.endswith("\nAfter")
        assert text.count("exception in a row") == 20
        _, found = tables.read(text, "cells", "postgresql")
        for source in ("COPY", "ORM"):
            assert found["exception in a row", "middle", source][:2] == ["curl 18, failed"] * 2
            assert found["gunicorn's worker time-out", "middle", source][-1] == tables.NONE


def test_a_cell_that_does_not_hold_is_marked():
    cell = BY_NAME["exception-middle-gunicorn-1.1-orm"]
    wrong = replace(result_of(cell), seen=Seen(WRONG, "HTTP 200, 5 bytes"))
    text = tables.table(tables.KINDS["cells"], "sqlite", {cell: wrong})
    assert f"{tables.WRONG}HTTP 200, 5 bytes, failed" in text
    assert not agrees(cell, "sqlite", f"{tables.WRONG}HTTP 200, 5 bytes, failed")
    assert f"{tables.WRONG}not run" in text


# --- The judgement

NOW = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
SUCCEEDED = {
    "source": "orm: values",
    "outcome": "succeeded",
    "error": "",
    "row_count": ROWS,
    "byte_count": len(EXPECTED),
    "sha256": EXPECTED_SHA256,
    "finished_at": NOW,
}
RIGHT = Seen(WHOLE, WHOLE, len(EXPECTED), EXPECTED_SHA256)


def result_of(cell: Cell) -> Result:
    """One that nothing is wrong with."""
    if cell.client == {WHOLE}:
        return Result("plan", RIGHT, records=[{**SUCCEEDED, "source": cell.source.recorded}])
    left = cell.client == {LEFT}
    record = {
        **SUCCEEDED,
        "source": cell.source.recorded,
        "outcome": cell.fault.outcome,
        # Any text that says what the record must say.
        "error": "" if left else ERRORS.get(cell.fault.key, cell.error),
        "row_count": cell.rows_handed_out,
        "byte_count": 1,
        "sha256": "",
    }
    seen = Seen(LEFT, "left", 1) if left else Seen(BROKEN, "curl 18", 1)
    return Result("plan", seen, records=[record], query_seconds=0.5)


ERRORS = {
    "terminated": "OperationalError",
    "restarted": "OperationalError",
    "statement": "The export took longer than 4 seconds, the limit.",
    "idle": "The export took longer than 4 seconds, the limit.",
    "backstop": "OperationalError",
    "idle-backstop": "OperationalError",
    "slow": "The client took less than 5 bytes a second.",
    "killed": "The process that ran the export was killed.",
    "no-grace": "The server was stopped before the end of the export.",
    "worker-timeout": "SystemExit",
}


def test_nothing_is_wrong_with_what_the_cells_ask_for():
    assert [(str(cell), problems(result_of(cell), cell)) for cell in EVERY] == [
        (str(cell), []) for cell in EVERY
    ]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("exception-middle-gunicorn-1.1-orm", {"seen": Seen(WRONG, "HTTP 200, 5 bytes")}),
        ("exception-middle-gunicorn-1.1-orm", {"seen": RIGHT, "records": [SUCCEEDED]}),
        ("exception-middle-gunicorn-1.1-orm", {"records": []}),
        ("exception-middle-gunicorn-1.1-orm", {"records": [SUCCEEDED]}),
        ("exception-middle-gunicorn-1.1-orm", {"left_open": ["connection: idle in transaction"]}),
        ("exception-middle-gunicorn-1.1-orm", {"closed_seconds": 61.0}),
        ("exception-middle-gunicorn-1.1-orm", {"reached": False}),
        ("grace-middle-gunicorn-1.1-orm", {"seen": Seen(BROKEN, "curl 18")}),
        ("grace-middle-gunicorn-1.1-orm", {"seen": Seen(WRONG, "HTTP 200, 5 bytes")}),
        ("leaves-start-gunicorn-1.1-orm", {"records": [SUCCEEDED]}),
        ("leaves-start-gunicorn-1.1-orm", {"records": [{**SUCCEEDED, "outcome": "failed", "sha256": ""}]}),
    ],
)
def test_a_cell_can_be_wrong(name, changes):
    cell = BY_NAME[name]
    assert problems(replace(result_of(cell), **changes), cell) != []


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "running", "finished_at": None},
        {"outcome": "cancelled"},
        {"source": COPY.recorded},
        {"finished_at": None},
        {"error": ""},
        {"row_count": 0},
        {"row_count": ROWS},
        {"sha256": EXPECTED_SHA256},
    ],
)
def test_a_record_can_be_wrong(changes):
    cell = BY_NAME["exception-middle-gunicorn-1.1-orm"]
    result = result_of(cell)
    result.records = [{**result.record, **changes}]
    assert problems(result, cell) != []


@pytest.mark.parametrize("name", SUCCEEDED)
def test_the_record_of_a_whole_file_can_be_wrong(name):
    cell = BY_NAME["grace-middle-gunicorn-1.1-orm"]
    assert problems(Result("plan", RIGHT, records=[{**SUCCEEDED, name: None}]), cell) != []


# --- The short form


@pytest.mark.parametrize(
    ("database", "source"),
    [(database, source) for database, sources in SOURCES.items() for source in sources],
    ids=lambda value: str(getattr(value, "key", value)),
)
def test_the_short_form_has_each_fault_server_version_and_place_of_each_source(database, source):
    short = [cell for cell in short_cells(database) if cell.source is source]
    every = [cell for cell in cells(database) if cell.source is source]
    assert {cell.fault for cell in short} | {cell.fault for cell in every if cell.fault.group in LONG} == {
        cell.fault for cell in every
    }
    assert {cell.way for cell in every} - {cell.way for cell in short} <= {
        cell.way for cell in every if cell.way.http == "1.0"
    }
    assert {cell.place for cell in every} == {cell.place for cell in short}


# Groups that take long, and are left to the full table.
LONG = {"restarted", "backstop", "strict", "lenient"}
