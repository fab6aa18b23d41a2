"""The filters of the history, and its search: by an id, a SHA-256, a job, an address, a client, a filter."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from exports import history
from exports.models import ExportLog
from tests.web.job_rows import finished_job
from tests.web.test_history import HISTORY, listed, record

pytestmark = pytest.mark.django_db

SHA256 = "0f" * 32


@pytest.fixture
def found(read):
    """found(q, …): the rows of each record that is listed; a test gives every one another number of them."""

    def found(q: str = "", **params) -> list[str]:
        status = params.pop("status", 200)
        return sorted(row[3] for row in listed(read(HISTORY, {"q": q} | params, status=status)))

    return found


def test_it_works(found, user):
    mine = record(user, row_count=1, sha256=SHA256, filters={"status": "active"}, ip="192.0.2.77")
    record(user, row_count=2, user_agent="curl/8.5.0")
    assert found(str(mine.pk)) == found(mine.pk.hex) == found(f" {mine.pk} ") == ["1"]
    assert found(SHA256) == found(SHA256.upper()) == ["1"]
    assert found("active") == found("ACTIV") == ["1"]
    assert found("192.0.2.77") == found("192.0.2.7") == ["1"]
    assert found("curl") == ["2"]
    assert found() == ["1", "2"]
    assert found("nothing of it") == []


def test_by_the_job_that_made_it(found, user):
    made = record(user, row_count=1)
    record(user, row_count=2)
    job = finished_job(user)
    type(job).objects.filter(pk=job.pk).update(export_id=made.pk)
    assert found(str(job.pk)) == ["1"]


@pytest.mark.parametrize("text", ["Grüße", 'a "quoted" \\ text', "100%", "a_b", "日本"])
def test_any_text_of_a_filter(found, user, text):
    record(user, row_count=1, filters={"room_name": f"x {text} y"})
    record(user, row_count=2, filters={"room_name": "100 a-b a quoted text"})
    assert found(text) == ["1"]


@pytest.mark.parametrize("permissions", [(), ("view_exportlog", "export_for_all_tenants")])
def test_a_stranger_is_never_found(found, user, stranger, allow, permissions):
    """Nor by who sees all and chooses a user: there it is found for the first time."""
    theirs = record(stranger, row_count=7, sha256=SHA256, filters={"status": "active"}, ip="192.0.2.77")
    job = finished_job(stranger)
    type(job).objects.filter(pk=job.pk).update(export_id=theirs.pk)
    allow(user, *permissions)
    expected = ["7"] if permissions else []
    for text in (str(theirs.pk), SHA256, str(job.pk)):
        assert found(text) == expected, text
    for text in ("active", "192.0.2.77"):
        assert found(text, user="user-456") == expected, text
        days = {"start_date": "2024-01-31", "end_date": "2024-01-31"}
        assert found(text, tenant="user-456", **days) == expected, text


def test_who_sees_all_says_where_to_look_for_text(read, found, user, allow):
    allow(user, "view_exportlog", "export_for_all_tenants")
    record(user, row_count=1, user_agent="curl")
    page = read(HISTORY, {"q": "curl"}, status=400)
    assert page.one("input", name="q")["aria-invalid"] == "true"
    assert "Choose a user, a tenant, or up to 366 days from and until as well." in page.words
    for wide in (
        {"start_date": "2024-01-31"},
        {"end_date": "2024-01-31"},
        {"start_date": "1970-01-02", "end_date": "2024-01-31"},
        {"start_date": "2023-01-31", "end_date": "2024-02-01"},
    ):
        read(HISTORY, {"q": "curl"} | wide, status=400)
    days = {"start_date": "2023-02-01", "end_date": "2024-02-01"}
    for narrowed in (days, {"user": "user-123"}, {"tenant": "user-123"}):
        assert found("curl", **narrowed) == ["1"]


def test_an_id_may_be_the_value_of_a_filter(read, found, user, stranger, allow):
    agent = str(uuid.uuid4())
    record(user, row_count=1, filters={"agent_id": agent})
    record(stranger, row_count=2, filters={"agent_id": agent})
    assert found(agent) == ["1"]
    allow(user, "view_exportlog", "export_for_all_tenants")
    assert found(agent) == []  # of all records an id finds what it names alone
    assert found(agent, user="user-456") == ["2"]
    named = record(user, id=agent, row_count=3)
    assert found(agent) == found(agent, user="user-123") == [str(named.row_count)]


def test_text_is_looked_for_in_the_newest_alone(read, found, user, monkeypatch):
    monkeypatch.setattr(history, "SEARCHED", 3)
    records = [
        record(user, number, row_count=number, user_agent="curl", sha256=SHA256) for number in range(3)
    ]
    note = "too many exports to look for text in each"
    assert found("curl") == ["0", "1", "2"]
    assert note not in read(HISTORY, {"q": "curl"}).words
    record(user, 3, row_count=3, user_agent="curl")
    assert found("curl") == ["1", "2", "3"]
    page = read(HISTORY, {"q": "curl"})
    assert note in page.words
    # By the other fields one gets at the others, and an index finds them anyhow.
    assert found(str(records[0].pk)) == ["0"]
    assert found(SHA256) == ["0", "1", "2"]
    records[0].door = "web"
    records[0].save()
    assert found("curl", door="web") == ["0"]


def test_by_door_user_and_tenant(found, user, stranger, allow):
    record(user, row_count=1, door="job")
    record(user, row_count=2, tenant=stranger.pk)
    record(stranger, row_count=3)
    assert found(door="job") == ["1"]
    # Not offered, and without effect, to who sees their own alone.
    assert found(user="user-456") == ["1", "2"]
    allow(user, "view_exportlog", "export_for_all_tenants")
    assert found(user="user-456") == ["3"]
    assert found(tenant="user-456") == ["2", "3"]
    assert found(user="user-123", tenant="user-456") == ["2"]


def test_all_but_what_was_denied(found, user):
    for number, outcome in enumerate(ExportLog.Outcome.values):
        running = {"door": "command", "timestamp": timezone.now()} if outcome == "running" else {}
        record(user, row_count=number, outcome=outcome, **running)
    assert found(outcome="exported") == ["1", "2", "3", "—"]
    assert found(outcome="denied") == ["4"]


def test_by_the_whole_error(read, found, user, stranger, allow):
    record(user, row_count=1, error="Too many.")
    record(user, row_count=2, error="Too many. Wait.")
    record(stranger, row_count=3, error="Too many.")
    assert found(error="Too many.") == ["1"]
    assert found(error="Too") == []
    assert read(HISTORY, {"error": "Too"}).one("input", name="error")["value"] == "Too"
    # Who has not come by a link has no use for it.
    for params in ({}, {"error": ""}):
        assert read(HISTORY, params).all("input", name="error") == []
    allow(user, "view_exportlog", "export_for_all_tenants")
    page = read(HISTORY, {"error": "Too many."}, status=400)
    assert page.one("input", name="error")["aria-invalid"] == "true"
    assert found(error="Too many.", start_date="2024-01-31", end_date="2024-01-31") == ["1", "3"]
    assert found(error="Too many.", user="user-456") == ["3"]


def test_whole_days_of_the_readers_time_zone(found, user):
    at = dt.datetime(2024, 1, 31, tzinfo=dt.UTC)
    hours = {1: -1, 2: 0, 3: 23, 4: 24}
    for number, offset in hours.items():
        record(user, row_count=number, timestamp=at + dt.timedelta(hours=offset))
    assert found(start_date="2024-01-31", end_date="2024-01-31") == ["2", "3"]
    assert found(start_date="2024-01-31") == ["2", "3", "4"]
    assert found(end_date="2024-01-31") == ["1", "2", "3"]
    with timezone.override("Europe/Berlin"):
        assert found(start_date="2024-01-31", end_date="2024-01-31") == ["1", "2"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Adak"])
def test_days_at_the_ends_of_what_there_is(found, user, day, zone):
    record(user, row_count=1)
    with timezone.override(zone):
        assert found(start_date=day) == ([] if day > "2024" else ["1"])
        assert found(end_date=day) == (["1"] if day > "2024" else [])


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"start_date": "someday"}, "start_date"),
        ({"end_date": "2024-02-30"}, "end_date"),
        ({"start_date": "2024-02-01", "end_date": "2024-01-31"}, "start_date"),
        ({"outcome": "well"}, "outcome"),
        ({"door": "window"}, "door"),
        ({"dataset": "export-logs"}, "dataset"),
        ({"q": "x" * 201}, "q"),
        ({"q": "\0"}, "q"),
        ({"error": "x" * 301}, "error"),
    ],
)
def test_what_is_wrong_is_told_and_lists_nothing(read, user, params, field):
    record(user)
    page = read(HISTORY, params, status=400)
    assert listed(page) == []
    [wrong] = [found["name"] for found in page.below() if found.attrs.get("aria-invalid") == "true"]
    assert wrong == field
    assert page.one("title").text.startswith("Error:")


def test_pages_keep_what_was_chosen(read, user):
    for number in range(30):
        record(user, number, filters={"status": "active"})
    page = read(HISTORY, {"q": "active", "start_date": "2024-01-01", "outcome": ""})
    assert page.links()["Older"] == "?q=active&start_date=2024-01-01&outcome=&page=2"


def test_nothing_found_says_what_to_do(read, user):
    page = read(HISTORY, {"q": str(uuid.uuid4())})
    assert "No export matches." in page.words
    assert page.links()["All exports"] == HISTORY


def test_only_datasets_that_one_may_export_are_offered(read, user, allow):
    def offered() -> set[str]:
        options = read(HISTORY).one("select", name="dataset").all("option")
        return {option["value"] for option in options}

    assert not {"export-logs", "secrets"} & offered()
    allow(user, "view_exportlog")
    assert {"export-logs", "secrets"} & offered() == {"export-logs"}


@pytest.mark.parametrize("q", [str(uuid.UUID(int=1)), SHA256, "active"], ids=["id", "sha256", "text"])
def test_the_number_of_queries_is_bounded(queries, user, q):
    for number in range(20):
        record(user, number, filters={"status": "active"}, sha256=SHA256)
    found = queries(HISTORY, {"q": q})
    jobs = [name for name in found if name.endswith("exports_exportjob")]
    assert len(jobs) == (1 if "-" in q else 0)
    # Whether an id names one, and since when text is looked for.
    assert len(found) <= 7 + len(jobs)
