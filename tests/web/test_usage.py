"""`/exports/usage/`: how much everybody exports, for who may see all records."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from exports import usage
from exports.models import ExportLog
from exports.registry import registry
from exports.web.periods import ChosenDays
from exports.web.usage import charts
from tests.web.forms import fields_of
from tests.web.html import Element, parse
from tests.web.test_history import record

pytestmark = pytest.mark.django_db

USAGE = "/exports/usage/"
DAY = dt.datetime(2024, 1, 31, 9, 30, tzinfo=dt.UTC)
DAYS = {"start_date": "2024-01-30", "end_date": "2024-02-01"}


@pytest.fixture
def overseer(user, allow):
    allow(user, "view_exportlog", "export_for_all_tenants")
    return user


def made(owner, number: int = 1, **fields) -> list[ExportLog]:
    """So many records of one kind, of 10 rows and 1,000 bytes each, which took two seconds."""
    defaults = {
        "timestamp": DAY,
        "finished_at": fields.get("timestamp", DAY) + dt.timedelta(seconds=2),
        "row_count": 10,
        "byte_count": 1000,
    }
    return [record(owner, **defaults | fields) for _ in range(number)]


def lines(page: Element, name: str) -> list[list[str]]:
    """The table behind the picture of this name, or of the list under that heading."""
    label = {"failures": "failures", "denials": "denials", "slowest": "slowest"}.get(name, f"by-{name}")
    found = [
        region for region in page.all("div", role="region") if region.attrs.get("aria-labelledby") == label
    ]
    return [
        [cell.words for cell in row.below() if cell.tag in ("th", "td")]
        for region in found
        for row in region.one("tbody").all("tr")
    ]


def picture(page: Element, name: str) -> Element:
    [found] = [svg for svg in page.all("svg", role="img") if f"chart-{name}-title" in svg["aria-labelledby"]]
    return found


def totals(page: Element) -> dict[str, str]:
    return {
        name: text for name, text in page.facts().items() if name in ("Exports", "Rows", "Failed", "Denied")
    }


def test_it_works(read, overseer, stranger):
    made(overseer, 3)
    made(stranger, 2, export_type="agents", door="web", timestamp=DAY + dt.timedelta(days=1), row_count=100)
    made(stranger, 1, outcome="failed", error="OperationalError", row_count=0, byte_count=0)
    made(stranger, 4, outcome="denied", error="Too many.", row_count=0, byte_count=0)
    made(overseer, 1, timestamp=DAY - dt.timedelta(days=30))  # not in these days
    page = read(USAGE, DAYS)
    assert totals(page) == {"Exports": "6", "Rows": "230", "Failed": "1", "Denied": "4"}
    assert lines(page, "day") == [
        ["Feb. 1, 2024", "2", "200", "2.0 KB", "0"],
        ["Jan. 31, 2024", "4", "30", "2.9 KB", "1"],
        ["Jan. 30, 2024", "0", "0", "0 bytes", "0"],
    ]
    assert lines(page, "dataset") == [
        ["calls", "4", "30", "2.9 KB", "1"],
        ["agents", "2", "200", "2.0 KB", "0"],
    ]
    assert lines(page, "user") == [
        ["user-123", "3", "30", "2.9 KB", "0"],
        ["user-456", "3", "200", "2.0 KB", "1"],
    ]
    assert [line[:2] for line in lines(page, "outcome")] == [
        ["running", "0"],
        ["succeeded", "5"],
        ["failed", "1"],
        ["cancelled", "0"],
        ["denied", "4"],
    ]
    assert lines(page, "door") == [
        ["API", "4", "30", "2.9 KB", "1"],
        ["web page", "2", "200", "2.0 KB", "0"],
    ]
    assert [line[:3] for line in lines(page, "failures")] == [["calls", "OperationalError", "1"]]
    assert [line[:4] for line in lines(page, "denials")] == [["user-456", "calls", "Too many.", "4"]]


@pytest.mark.parametrize(
    "permissions", [(), ("view_exportlog",), ("export_for_all_tenants",), ("export_for_other_tenant",)]
)
def test_a_stranger_is_refused(read, visit, user, stranger, allow, permissions):
    """Staff too, unless they have both permissions; and nothing leads there."""
    user.is_staff = True
    user.save()
    allow(user, *permissions)
    made(stranger)
    page = read(USAGE, DAYS, status=403)
    assert stranger.pk not in page.words
    for path in ("/exports/", "/exports/history/"):
        assert USAGE not in read(path).links().values()


def test_who_may_finds_it(read, overseer, client):
    assert USAGE in read("/exports/history/").links().values()
    overseer.is_staff = True
    overseer.save()
    for path in ("/exports/", "/exports/history/", USAGE):
        assert read(path).links()["Usage"] == USAGE
    client.force_login(overseer)
    assert f'href="{USAGE}"' in client.get("/admin/exports/exportlog/").content.decode()


def test_the_last_thirty_days_unless_others_are_chosen(read, overseer):
    today = timezone.localdate()
    made(overseer, 1, timestamp=timezone.now(), row_count=1)
    made(overseer, 1, timestamp=timezone.now() - dt.timedelta(days=29), row_count=2)
    made(overseer, 1, timestamp=timezone.now() - dt.timedelta(days=31), row_count=4)
    page = read(USAGE)
    assert totals(page)["Rows"] == "3"
    assert len(lines(page, "day")) == 30
    assert page.one("input", name="end_date")["value"] == str(today)
    chosen = [link.words for link in page.all("a") if link.attrs.get("aria-current") == "true"]
    assert "30 days up to today" in chosen
    assert totals(read(USAGE + page.links()["7 days up to today"]))["Rows"] == "1"
    assert totals(read(USAGE + page.links()["90 days up to today"]))["Rows"] == "7"


def test_one_end_is_enough(read, overseer):
    made(overseer)
    assert len(lines(read(USAGE, {"end_date": "2024-02-01"}), "day")) == 30
    assert (
        "Nothing was exported in these days." in read(USAGE, {"start_date": str(timezone.localdate())}).words
    )


def test_days_are_those_of_the_readers_time_zone(read, overseer):
    made(overseer, 1, timestamp=DAY.replace(hour=23, minute=30))
    with timezone.override("Europe/Berlin"):
        page = read(USAGE, DAYS)
        assert [line[1] for line in lines(page, "day")] == ["1", "0", "0"]
        assert "tz=Europe/Berlin" in page.links()["Export these records"]
    assert [line[1] for line in lines(read(USAGE, DAYS), "day")] == ["0", "1", "0"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"start_date": "someday"}, "start_date"),
        ({"end_date": "2024-02-30"}, "end_date"),
        ({"start_date": "2024-02-01", "end_date": "2024-01-31"}, "start_date"),
        ({"start_date": "2023-01-01", "end_date": "2024-01-31"}, "start_date"),
        ({"measure": "weight"}, "measure"),
    ],
)
def test_what_is_wrong_is_told(read, overseer, params, field):
    made(overseer)
    page = read(USAGE, params, status=400)
    [wrong] = [found["name"] for found in page.below() if found.attrs.get("aria-invalid") == "true"]
    assert wrong == field
    assert page.all("svg", role="img") == []


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Adak"])
def test_days_at_the_ends_of_what_there_is(read, overseer, day, zone):
    with timezone.override(zone):
        assert "Nothing was exported" in read(USAGE, {"start_date": day, "end_date": day}).words
        assert "Nothing was exported" in read(USAGE, {"end_date": day}).words


def test_the_others_are_one_line(read, overseer):
    made(overseer, 2)
    for number in range(usage.MOST + 5):
        made(overseer, 1, user=f"user-{number:04}", row_count=1)
    found = lines(read(USAGE, DAYS), "user")
    assert len(found) == usage.MOST + 1
    assert found[0][:3] == ["user-123", "2", "20"]
    assert found[-1][:3] == ["others", "6", "6"]


def test_the_slowest(read, overseer):
    for seconds in range(12):
        made(overseer, 1, finished_at=DAY + dt.timedelta(seconds=seconds))
    made(overseer, 1, outcome="denied", finished_at=DAY + dt.timedelta(seconds=99))
    assert [line[1] for line in lines(read(USAGE, DAYS), "slowest")] == [f"{n}.0" for n in range(11, 1, -1)]


@pytest.mark.parametrize(
    ("measure", "texts"), [("exports", "3 1"), ("rows", "30 50"), ("bytes", "2.9 KB 1000 bytes")]
)
def test_the_pictures_show_what_is_chosen(read, overseer, measure, texts):
    made(overseer, 3)
    made(overseer, 1, export_type="agents", row_count=50)
    page = read(USAGE, DAYS | {"measure": measure})
    drawn = picture(page, "dataset")
    assert drawn["role"] == "img"
    assert [bar.one("title").words for bar in drawn.all("rect")] == [
        f"{name}: {text}"
        for name, text in zip(("calls", "agents"), re.findall(r"[\d.]+(?: KB| bytes)?", texts), strict=True)
    ]
    title, told = drawn.all("title")[0], drawn.one("desc")
    assert drawn["aria-labelledby"] == f"{title['id']} {told['id']}"
    assert title.words.startswith("By dataset: ")
    assert "The table has every number." in told.words


def test_a_picture_says_as_much_as_its_table(read, overseer):
    made(overseer, 3)
    made(overseer, 1, timestamp=DAY + dt.timedelta(days=1))
    bars = picture(read(USAGE, DAYS), "day").all("rect")
    assert [bar.one("title").words for bar in bars] == ["January 31: 3", "February 1: 1"]
    heights = [float(bar["height"]) for bar in bars]
    assert heights[0] == pytest.approx(3 * heights[1], abs=0.2)
    foot = {float(bar["y"]) + float(bar["height"]) for bar in bars}
    assert max(foot) - min(foot) < 0.2


def test_numbers_are_the_readers_and_coordinates_are_not(client, overseer):
    made(overseer, 1, row_count=12_345)
    made(overseer, 2, row_count=7_000, timestamp=DAY + dt.timedelta(days=1))
    client.force_login(overseer)
    page = client.get(USAGE, DAYS | {"measure": "rows"}, headers={"Accept-Language": "de"}).content.decode()
    assert "12.345" in page
    for name in ("x", "y", "width", "height"):
        values = re.findall(rf'<(?:rect|text|svg)[^>]* {name}="([^"]*)"', page)
        assert values
        assert [value for value in values if not re.fullmatch(r"\d+(\.\d)?", value)] == []


def test_from_the_right():
    points = [charts.Point(label="calls", value=2, text="2"), charts.Point(label="agents", value=1, text="1")]
    with translation.override("en"):
        plain = [charts.columns("day", "", points), charts.rows("dataset", "", points)]
    with translation.override("he"):
        mirrored = [charts.columns("day", "", points), charts.rows("dataset", "", points)]
    for left, right in zip(plain, mirrored, strict=True):
        for one, other in zip(left.bars, right.bars, strict=True):
            assert float(other.x) == pytest.approx(left.width - float(one.x) - float(one.width), abs=0.11)
        assert {label.anchor for label in left.labels} == {"start"}
        assert {label.anchor for label in right.labels} == {"end"}


def test_a_year_is_a_wide_picture():
    points = [charts.Point(label=str(number), value=number, text=str(number)) for number in range(366)]
    drawn = charts.columns("day", "", points)
    assert drawn.width == 366 * 8
    assert all(float(label.x) + 84 <= drawn.width for label in drawn.labels)


def test_nothing_yet(read, overseer):
    page = read(USAGE)
    assert "Nothing was exported in these days." in page.words
    assert page.links()["Choose a dataset"] == "/exports/"
    assert page.all("svg", role="img") == []


def test_only_denied_ones_are_something(read, overseer):
    made(overseer, 2, outcome="denied", error="Too many.", row_count=0)
    page = read(USAGE, DAYS)
    assert totals(page)["Denied"] == "2"
    assert lines(page, "denials")[0][:4] == ["user-123", "calls", "Too many.", "2"]


def test_each_number_leads_to_its_records(read, overseer, stranger):
    """To as many as it says: to none that were denied, which are no exports."""
    made(overseer, 3)
    made(stranger, 2, export_type="agents", outcome="failed", error="OperationalError")
    made(stranger, 1, export_type="gone", door="web")
    made(stranger, 4, outcome="denied", error="Too many.", timestamp=DAY + dt.timedelta(days=1))
    made(overseer, 1, timestamp=DAY - dt.timedelta(days=9))  # not in these days
    page = read(USAGE, DAYS)
    links = page.links()
    expected = {
        "Jan. 31, 2024": 6,
        "calls": 3,
        "agents": 2,
        "user-123": 3,
        "user-456": 3,
        "failed": 2,
        "denied": 4,
        "API": 5,
        "web page": 1,
    }
    for words, number in expected.items():
        caption = read(links[words]).one("caption").words
        assert caption.startswith(f"{number} export"), words
    assert "No export matches." in read(links["Feb. 1, 2024"]).words
    assert "gone" not in links  # a dataset that is no more cannot be chosen there
    assert "gone" in page.words


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(("name", "outcome"), [("failures", "failed"), ("denials", "denied")])
def test_the_number_of_a_group_leads_to_that_group_alone(client, overseer, stranger, name, outcome, language):
    told = "You have made too many exports. Try again in 60 seconds."
    errors = ["OperationalError", "OperationalError: all", told, ' ö & <b>="%&amp;', "e" * 300]
    for number, error in enumerate(errors, 1):
        made(overseer, number, outcome=outcome, error=error)
    made(stranger, 1, outcome=outcome, error="Theirs")
    made(stranger, 1, outcome="succeeded", error="OperationalError")
    made(overseer, 1, outcome=outcome, export_type="agents", error="OperationalError")
    client.force_login(overseer)
    options = {"headers": {"Accept-Language": language}}
    page = parse(client.get(USAGE, DAYS, **options).content.decode())
    [region] = [
        found for found in page.all("div", role="region") if found.attrs.get("aria-labelledby") == name
    ]
    groups = {link["href"]: int(link.words) for link in region.all("a")}
    assert sorted(groups.values()) == [1, 1, 1, 2, 3, 4, 5]
    for address, number in groups.items():
        answer = client.get(address, **options)
        assert answer.status_code == 200
        found = parse(answer.content.decode())
        assert found.one("caption").words.split()[0] == str(number)
        assert found.one("input", name="error")["value"] in [*errors, "Theirs"]
        again = client.get(
            "/exports/history/", fields_of(found.one("form", role="search")), **options
        )  # the form, sent as it is
        assert parse(again.content.decode()).one("caption").words == found.one("caption").words


@pytest.mark.parametrize("error", ["", "two\nlines", "e" * 301, "no\xa0break"])
def test_no_number_leads_to_a_group_that_no_address_names(read, overseer, error):
    made(overseer, 2, outcome="failed", error=error)
    [region] = [
        found
        for found in read(USAGE, DAYS).all("div", role="region")
        if found.attrs.get("aria-labelledby") == "failures"
    ]
    assert region.all("a") == []
    assert "2" in region.one("tbody").words


def test_the_records_can_be_exported(read, export, overseer, stranger):
    made(overseer, 2)
    made(stranger, 3)
    made(overseer, 1, timestamp=DAY - dt.timedelta(days=9))
    path, _, query = read(USAGE, DAYS).links()["Export these records"].partition("?")
    assert path == "/exports/export-logs/"
    params = QueryDict(query).dict()
    assert params == {**DAYS, "tenant": "*"}
    body = export("export-logs", **params)
    assert body.decode().count("\r\n") == 1 + 5
    assert ExportLog.objects.get(export_type="export-logs").tenant == "*"


def test_without_that_dataset_there_is_no_link_to_it(read, overseer, monkeypatch):
    made(overseer)
    others = {name: found for name, found in registry._definitions.items() if name != "export-logs"}
    monkeypatch.setattr(registry, "_definitions", others)
    assert "Export these records" not in read(USAGE, DAYS).links()


@pytest.mark.parametrize(("users", "days"), [(1, 1), (30, 40)])
def test_the_number_of_queries_is_the_same(queries, overseer, users, days):
    for number in range(users):
        made(overseer, 1, user=f"user-{number}", error=f"error {number}", outcome="failed")
    first = {"start_date": str(DAY.date() - dt.timedelta(days=days)), "end_date": str(DAY.date())}
    assert queries(USAGE, first) == [
        *["SELECT auth_permission"] * 2,
        "SELECT exports_exportlog",  # whether one was lost with its process
        # by outcome, day, dataset, user and door; failures, denied ones, and the slowest
        *["SELECT exports_exportlog"] * 8,
    ]


def plans(first: dt.date, last: dt.date) -> list[str]:
    """How the database finds the records of each number on the page."""
    found = ExportLog.objects.filter(ChosenDays(first=first, last=last).condition("timestamp"))
    with CaptureQueriesContext(connection) as queries:
        usage.by_outcome(found)
        usage.by_day(found)
        for field in ("export_type", "user", "door"):
            usage.by(field, found)
        usage.failures(found)
        usage.denied_attempts(found)
        list(usage.slowest(found))
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        told = []
        for query in queries:
            cursor.execute(f"{explain} {query['sql'].replace('%', '%%')}", ())
            told.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    return told


def _many(user, number: int) -> None:
    """So many records, over as many hours before that day."""
    ExportLog.objects.bulk_create(
        ExportLog(
            user=f"user-{n % 40}",
            tenant=user.pk,
            export_type=("calls", "agents", "hosts")[n % 3],
            door="api",
            format="csv",
            outcome=("succeeded", "failed", "denied")[n % 3],
            timestamp=DAY - dt.timedelta(hours=n),
            finished_at=DAY,
        )
        for n in range(number)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _by_the_index(number: int, user) -> None:
    _many(user, number)
    found = plans(DAY.date() - dt.timedelta(days=6), DAY.date())
    assert len(found) == 8
    # SQLite may take the index by user and moment for the numbers of users.
    wanted = r"Index.* exportlog_time\b" if connection.vendor == "postgresql" else r"^SEARCH .*\btimestamp>"
    assert [plan for plan in found if not re.search(wanted, plan) or "Seq Scan" in plan] == []


def test_records_of_the_days_are_found_by_their_index(user):
    _by_the_index(3_000, user)


@pytest.mark.long
@pytest.mark.postgresql
def test_records_of_the_days_are_found_by_their_index_among_many(user):
    _by_the_index(100_000, user)
