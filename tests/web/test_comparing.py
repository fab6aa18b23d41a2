"""An export beside the last run of the same request, on the page of its record."""

import datetime as dt
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.models import ExportLog
from exports.web.history import runs
from tests.api import rows
from tests.web.test_history import HISTORY, record

pytestmark = pytest.mark.django_db

START = dt.datetime(2024, 1, 31, 9, 30, tzinfo=dt.UTC)
NONE = "There is no earlier run of the same request that succeeded."


def run(user, number: int, seconds: float = 2, **fields) -> ExportLog:
    """A run of one request; a larger number is later."""
    start = START + dt.timedelta(minutes=number)
    ended = start + dt.timedelta(seconds=seconds)
    defaults = {"timestamp": start, "finished_at": ended, "sha256": f"{number:064x}", "source": "orm: values"}
    return record(user, **defaults | fields)


@pytest.fixture
def page_of(read):
    def page_of(found: ExportLog, **options):
        return read(f"{HISTORY}{found.pk}/", **options)

    return page_of


def compared(page) -> dict[str, list[str]]:
    """The lines of the table, by what they are of; none without a table."""
    tables = page.all("table")
    return {
        row.one("th").words: [cell.words for cell in row.all("td")]
        for table in tables
        for row in table.one("tbody").all("tr")
    }


def test_it_works(page_of, user):
    before = run(user, 1, row_count=1000, byte_count=20480)
    this = run(user, 2, 4, row_count=3500, byte_count=10240, source="copy: PostgreSQL writes the CSV")
    page = page_of(this)
    assert compared(page) == {
        "Rows": ["3,500", "1,000", "+2,500"],
        "Size": ["10.0 KB", "20.0 KB", "−10.0 KB"],
        "Duration": ["4.00 s", "2.00 s", "+2.00 s"],
        "Rows a second": ["875", "500", "+375"],
        "Rows fetched by": ["copy: PostgreSQL writes the CSV", "orm: values", ""],
        "File": ["Another file: the SHA-256 is another."],
    }
    assert f"{HISTORY}{before.pk}/" in [link["href"] for link in page.one("table").all("a")]
    assert "A newer run:" not in page.words


def test_by_the_engine(read, export, user):
    rows.calls(user, 2)
    for _ in range(2):
        export("calls", status="active", columns="id,status", tz="Europe/Berlin")
    page = read(f"{HISTORY}{ExportLog.objects.latest('timestamp').pk}/")
    assert compared(page)["Rows"] == ["2", "2", "the same"]
    assert compared(page)["File"] == ["The same file, byte for byte: the SHA-256 is the same."]


def test_the_newest_before_it_and_the_oldest_after_it(page_of, user):
    first, second, third, fourth = (run(user, number, row_count=number) for number in (1, 2, 3, 4))
    page = page_of(third)
    assert compared(page)["Rows"] == ["3", "2", "+1"]
    assert [address for address in page.links().values() if address.startswith(HISTORY)][-2:] == [
        f"{HISTORY}{second.pk}/",
        f"{HISTORY}{fourth.pk}/",
    ]
    assert NONE in page_of(first).words


def test_two_in_one_microsecond(page_of, user):
    ids = sorted(uuid.uuid4() for _ in range(2))
    first, second = (run(user, 1, id=key, row_count=number) for number, key in enumerate(ids))
    assert compared(page_of(second))["Rows"] == ["1", "0", "+1"]
    assert "A newer run:" in page_of(first).words


@pytest.mark.parametrize(
    "other",
    [
        {"export_type": "agents"},
        {"tenant": "*"},
        {"format": "xlsx"},
        {"columns": ["id", "status"]},
        {"filters": {"status": "ended"}},
        {"filters": {}},
        {"options": {"formulas": "escape", "tz": "Europe/Berlin"}},
        {"outcome": "failed"},
        {"outcome": "cancelled"},
        {"outcome": "running"},
    ],
)
def test_what_was_asked_otherwise_or_did_not_succeed_is_none(page_of, user, other):
    asked = {"filters": {"status": "active"}, "options": {"formulas": "escape"}}
    run(user, 1, **asked | other)
    page = page_of(run(user, 2, **asked))
    assert NONE in page.words
    assert compared(page) == {}


def test_each_run_has_a_cursor_of_its_own(page_of, user):
    asked = {"filters": {"status": ["active"], "outcome": "busy"}}
    turned = {"filters": {"outcome": "busy", "status": ["active"]}}
    run(user, 1, row_count=1, options={"since": "start", "cursor": "20240131T093000.000000Z"}, **asked)
    this = run(user, 2, row_count=1, options={"cursor": "20240131T093100.000000Z"}, **turned)
    assert compared(page_of(this))["Rows"] == ["1", "1", "the same"]


def test_one_that_runs_says_so(page_of, user):
    run(user, 1)
    page = page_of(
        run(user, 2, outcome="running", door="command", sha256="", finished_at=None, timestamp=_now())
    )
    assert "It runs still." in page.words
    assert "once this one has ended" in page.words
    assert compared(page) == {}


def test_one_that_failed_is_compared_too(page_of, user):
    run(user, 1, row_count=5)
    page = page_of(run(user, 2, outcome="failed", sha256="", row_count=3))
    assert compared(page)["Rows"] == ["3", "5", "−2"]
    assert compared(page)["File"] == ["Not known: this export has no whole file."]


def test_one_that_was_denied_is_not_compared(page_of, user):
    run(user, 1)
    page = page_of(run(user, 2, outcome="denied", sha256=""))
    assert "Compared" not in page.words
    assert NONE not in page.words


def test_a_strangers_run_is_none(page_of, user, stranger):
    run(stranger, 1)
    run(stranger, 1, tenant=user.pk)
    run(stranger, 3)
    page = page_of(run(user, 2))
    assert NONE in page.words
    assert "A newer run:" not in page.words


def test_who_sees_all_compares_with_the_users_own(page_of, user, stranger, allow):
    allow(user, "view_exportlog", "export_for_all_tenants")
    run(stranger, 1, row_count=1)
    run(user, 2, row_count=2, tenant=stranger.pk)
    assert compared(page_of(run(stranger, 3, row_count=3)))["Rows"] == ["3", "1", "+2"]


def test_numbers_are_the_readers(visit, user):
    run(user, 1, row_count=1000)
    found = run(user, 2, 4, row_count=3500)
    user.refresh_from_db()
    visit("/exports/")
    page = visit(f"{HISTORY}{found.pk}/").client.get(
        f"{HISTORY}{found.pk}/", headers={"Accept-Language": "de"}
    )
    assert "+2.500" in page.content.decode()
    assert "4,00" in page.content.decode()


def test_id_and_sha256_can_be_copied(page_of, user):
    found = run(user, 1)
    page = page_of(found)
    copied = [
        button["data-copy"].removeprefix("#") for button in page.all("button") if "data-copy" in button.attrs
    ]
    assert [page.one("code", id=name).words for name in copied] == [found.sha256, str(found.pk)]


@pytest.mark.parametrize("number", [1, 30])
def test_the_number_of_queries_is_the_same(queries, user, number):
    """With runs of many requests between those of one."""
    found = [run(user, minute, filters={"outcome": str(minute % 3)}) for minute in range(number)]
    asked = queries(f"{HISTORY}{found[0].pk}/")
    # Whether one was lost; the record; the run before and the one after it.
    assert asked.count("SELECT exports_exportlog") == 4
    assert len(asked) <= 6


def test_what_was_not_looked_at_is_not_denied(page_of, user, monkeypatch):
    """Others of the dataset and format are looked at, up to a number; no other record counts."""
    monkeypatch.setattr(runs, "NEIGHBOURS", 3)
    asked = {"filters": {"outcome": "busy"}}
    run(user, 1, **asked)
    for number, other in enumerate([{"export_type": "agents"}, {"format": "xlsx"}, {"tenant": "*"}] * 2):
        run(user, number + 10, **other)
        run(user, number + 10, outcome="failed", sha256="", **asked)
    for number in (2, 3):
        run(user, number)
    assert compared(page_of(run(user, 30, **asked))) != {}
    ExportLog.objects.filter(timestamp__gt=START + dt.timedelta(minutes=29)).delete()
    run(user, 4)
    page = page_of(run(user, 30, **asked))
    assert NONE not in page.words
    assert "Of the 3 exports before it that succeeded, of this dataset and in this format, none" in page.words


@pytest.mark.long
@pytest.mark.postgresql
def test_neighbours_are_found_by_the_index_among_many(user):
    """From the record on: not from the user's newest on, or their oldest."""
    ExportLog.objects.bulk_create(
        ExportLog(
            user=user.pk,
            tenant=user.pk,
            export_type=("calls", "agents")[number % 2],
            door="api",
            format="csv",
            columns=["id"],
            outcome="succeeded",
            timestamp=START + dt.timedelta(minutes=number),
        )
        for number in range(50_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    found = runs.Runs(run(user, 25_000, filters={"status": "ended"}), ExportLog.objects.all(), None)
    with CaptureQueriesContext(connection) as queries:
        assert found.before().looked_at
        assert found.after().looked_at
    for query in queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN ANALYZE {query['sql'].replace('%', '%%')}", ())
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "Seq Scan" not in plan
        passed = [int(count) for count in re.findall(r"Rows Removed by Filter: (\d+)", plan)]
        assert sum(passed) < 2 * runs.NEIGHBOURS, plan


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
