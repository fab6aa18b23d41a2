"""`since=`: only what is new, and where the next export goes on."""

import datetime as dt

import pytest
from django.utils import timezone

from tests.api import rows

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
MARGIN = dt.timedelta(minutes=5)
WITH_CREATION = ["calls", "agents", "phone-numbers", "events", "alerts"]


@pytest.fixture
def clock(monkeypatch):
    """Sets the time of day that the engine sees."""

    def at(moment: dt.datetime) -> None:
        monkeypatch.setattr("exports.incremental.timezone.now", lambda: moment)

    at(NOW)
    return at


@pytest.fixture
def created(user):
    """Makes a call of that name, created so long before NOW."""

    def make(name: str, before: dt.timedelta = MARGIN, owner=None) -> None:
        rows.call(owner or user, livekit_room_name=name, created_at=NOW - before)

    return make


@pytest.fixture
def names(get):
    """The names in an export with that `since`, and the cursor that it leaves."""

    def get_names(since: str | None = None, **params: str) -> tuple[list[str], str]:
        asked = {"columns": "livekitRoomName", **({} if since is None else {"since": since}), **params}
        answer = get("/api/exports/calls", asked)
        assert answer.status == 200, answer.body
        return [line[0] for line in answer.lines], answer.headers["X-Export-Cursor"]

    return get_names


def test_it_works(clock, created, names):
    created("old", dt.timedelta(days=1))
    found, cursor = names("start")
    assert found == ["old"]
    created("new", dt.timedelta(0))
    clock(NOW + MARGIN)
    assert names(cursor)[0] == ["new"]
    assert sorted(names()[0]) == ["new", "old"]


def test_every_row_comes_once_in_a_chain_of_exports(clock, created, names):
    found, since = [], "start"
    for minute in range(12):
        clock(NOW + dt.timedelta(minutes=minute))
        created(str(minute), -dt.timedelta(minutes=minute))
        new, since = names(since)
        found += new
    clock(NOW + dt.timedelta(minutes=12) + MARGIN)
    assert sorted(found + names(since)[0], key=int) == [str(minute) for minute in range(12)]
    assert len(found) == 7  # the newest ones are within the margin


def test_the_end_is_included_and_the_beginning_is_not(clock, created, names):
    microsecond = dt.timedelta(microseconds=1)
    created("before", MARGIN + microsecond)
    created("at the end", MARGIN)
    created("after", MARGIN - microsecond)
    found, cursor = names("start")
    assert sorted(found) == ["at the end", "before"]
    clock(NOW + MARGIN)
    assert names(cursor)[0] == ["after"]


def test_after_a_plain_export_the_rows_of_the_margin_come_twice(clock, created, names):
    created("old", dt.timedelta(days=1))
    created("just now", dt.timedelta(minutes=1))
    found, cursor = names()
    assert sorted(found) == ["just now", "old"]
    clock(NOW + MARGIN)
    assert names(cursor)[0] == ["just now"]


def test_the_margin_is_a_setting(clock, created, names, settings):
    settings.EXPORTS = settings.EXPORTS | {"SINCE_MARGIN": 0}
    created("just now", dt.timedelta(0))
    assert names("start") == (["just now"], "20240301T120000.000000Z")


def test_nothing_new_gives_an_empty_file_and_never_an_earlier_cursor(clock, created, names, settings):
    created("old", dt.timedelta(days=1))
    _, cursor = names("start")
    assert names(cursor) == ([], cursor)
    settings.EXPORTS = settings.EXPORTS | {"SINCE_MARGIN": 3600}
    assert names(cursor) == ([], cursor)


def test_filters_and_columns_apply_as_well(clock, user, names):
    for outcome in ("busy", "failed"):
        rows.call(user, livekit_room_name=outcome, outcome=outcome, created_at=NOW - MARGIN)
    assert names("start", outcome="busy")[0] == ["busy"]


@pytest.mark.parametrize("dataset", WITH_CREATION)
def test_a_dataset_with_a_creation_time_gives_a_cursor(get, mine_and_theirs, dataset):
    answer = get(f"/api/exports/{dataset}", {"since": "start"})
    assert len(answer.lines) == len(mine_and_theirs[0].rows[dataset])
    cursor = answer.headers["X-Export-Cursor"]
    assert answer.record.options["cursor"] == cursor
    assert answer.record.options["since"] == "start"
    again = get(f"/api/exports/{dataset}", {"since": cursor})
    assert again.lines == []


@pytest.mark.parametrize("dataset", ["hosts", "scans"])
def test_one_without_refuses_it_by_name(get, mine_and_theirs, dataset):
    extra = {"scan_id": mine_and_theirs[0].scan.pk} if dataset == "scans" else {}
    assert "X-Export-Cursor" not in get(f"/api/exports/{dataset}", extra).headers
    answer = get(f"/api/exports/{dataset}", {"since": "start", **extra})
    assert (answer.status, answer.errors) == (400, [("does_not_apply", "since")])


@pytest.mark.parametrize(
    "since",
    [
        "begin",
        "2024-03-01",
        "20240231T000000.000000Z",
        "20240301T120000Z",
        "20240301T120000.000000Z\n",
        "٢٠٢٤",
    ],
)
def test_what_is_no_cursor_is_400(get, since):
    answer = get("/api/exports/calls", {"since": since})
    assert (answer.status, answer.errors) == (400, [("invalid", "since")])


def test_a_cursor_of_the_future_is_400(clock, get):
    answer = get("/api/exports/calls", {"since": "20240301T120000.000001Z"})
    assert (answer.status, answer.errors) == (400, [("invalid", "since")])


def test_head_gives_no_cursor_because_nothing_was_exported(get):
    assert "X-Export-Cursor" not in get("/api/exports/calls", method="head").headers


def test_a_stranger_gets_nothing_of_mine_by_my_cursor(clock, created, names, get, stranger):
    _, cursor = names("start")
    created("mine", dt.timedelta(0))
    clock(NOW + MARGIN)
    assert get("/api/exports/calls", {"since": cursor}, user=stranger).lines == []


def test_by_default_it_is_now(get, user):
    rows.call(user, created_at=timezone.now() - 2 * MARGIN)
    rows.call(user, created_at=timezone.now())
    assert len(get("/api/exports/calls", {"since": "start"}).lines) == 1
