"""The preview: the first rows as they will stand in the file, and how many there are."""

import pytest

from exports.models import ExportLog
from tests.api import rows
from tests.engine.slow import counts, endless
from tests.web.forms import shown, table

pytestmark = pytest.mark.django_db

CALLS = "/exports/calls/"


@pytest.fixture
def cell(read, user):
    """What the preview makes of a call in that room."""

    def cell(room: str, **params: str) -> str:
        rows.call(user, livekit_room_name=room)
        return table(read(CALLS, {"columns": "livekitRoomName", **params}))[1][0]

    return cell


def test_it_works(read, user):
    rows.calls(user, 25)
    page = read(CALLS, {"columns": "livekitRoomName"})
    assert table(page) == [["livekitRoomName"], *([f"room-{number}"] for number in range(20))]
    assert page.one("caption").words == "25 rows, of which the first 20 stand here"


def test_all_of_few_rows(read, user):
    rows.calls(user, 1)
    assert read(CALLS).one("caption").words == "1 row"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("&amp; \"'", "&amp; \"'"),
        ("=1+1", "'=1+1"),
        ("\x07=1+1", "'=1+1"),
        ("  two  spaces\nand a line", "  two  spaces\nand a line"),
        ("{% now 'Y' %}{{ user }}", "{% now 'Y' %}{{ user }}"),
        ("1234567.5", "1234567.5"),
        ("אבג \u202e abc", "אבג \u202e abc"),
    ],
)
def test_a_cell_stands_as_in_the_file_and_never_as_markup(cell, value, shown):
    assert cell(value) == shown


def test_live_formulas_for_who_may(cell, user, allow):
    allow(user, "export_raw_formulas")
    assert cell("=1+1", formulas="raw") == "=1+1"


@pytest.mark.parametrize(("length", "more"), [(300, ""), (301, " … (more in the file)")])
def test_a_long_cell_says_that_there_is_more_of_it(cell, length, more):
    assert cell("x" * length) == "x" * 300 + more


def test_numbers_and_moments_are_never_the_languages_own(read, user, client):
    rows.call(user, duration=1234567, cost="1234.5")
    client.force_login(user)
    german = client.get(CALLS, {"columns": "duration,cost,startedAt"}, headers={"Accept-Language": "de"})
    assert '<td dir="auto">1234567</td>' in german.text
    assert '<td dir="auto">2024-01-15T12:00:00+00:00</td>' in german.text


def test_no_row_at_all(read, user):
    page = read(CALLS)
    assert page.all("table") == []
    assert "There are no rows yet." in page.words
    assert "No row matches." in read(CALLS, {"outcome": "busy"}).words


def test_it_counts_nothing_and_leaves_no_record(read, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    for _ in range(3):
        assert "1 download of this dataset is left" in read(CALLS).words
    assert ExportLog.objects.count() == 0


def test_more_rows_than_the_limit(read, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": 2}
    rows.calls(user, 2)
    assert "the limit is" not in read(CALLS).words
    rows.call(user)
    page = read(CALLS)
    assert "These are 3 rows; the limit is 2." in page.words
    assert len(table(page)) == 4


def test_a_formula_that_is_to_be_refused(read, user):
    rows.call(user, livekit_room_name="=1+1")
    page = read(CALLS, {"formulas": "reject"}, status=409)
    assert "Row 1, column 'livekitRoomName'" in page.one("div", role="alert").words
    assert page.all("table") == []


@pytest.mark.usefixtures("in_two_seconds")
class TestTime:
    """Nobody holds the server up by a choice whose rows take long to be found."""

    def test_rows_are_shown_without_their_number(self, read, user):
        rows.calls(user, 21)
        with endless(counts) as counted:
            page = read(CALLS, {"columns": "livekitRoomName"})
        assert len(counted) == 1
        words = "20 rows or more: they were not counted within 2 seconds"
        assert page.one("caption").words == page.one("p", id="exports-summary").words == words
        assert len(table(page)) == 21
        assert "data-bytes" not in page.one("p", id="exports-size").attrs
        assert page.all("div", role="alert") == []

    def test_no_rows_are_shown_and_the_choice_can_be_another(self, read, user):
        rows.calls(user, 1)
        with endless(of_calls):
            page = read(CALLS, {"columns": "livekitRoomName", "outcome": "busy"}, status=503)
        alert = page.one("div", role="alert")
        assert (
            "The first rows could not be read within 2 seconds. Narrow the export with filters" in alert.words
        )
        assert page.one("p", id="exports-summary").words == "The rows were not read in time."
        assert page.all("table") == []
        assert shown(page)["outcome"] == "busy"
        assert page.one("button", id="exports-download")["type"] == "submit"

    def test_a_page_that_asks_by_itself_is_told_too(self, poll, user):
        rows.calls(user, 1)
        with endless(of_calls):
            response = poll(CALLS)
        assert response.status_code == 200
        assert "The first rows could not be read within 2 seconds." in response.text


def of_calls(sql: str) -> bool:
    return ' FROM "telephony_calllog"' in sql
