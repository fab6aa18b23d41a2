"""`/exports/history/`: the records in one's reach, and one in full."""

import datetime as dt
import uuid

import pytest
from django.http import QueryDict
from django.utils import timezone

from exports.models import ExportLog
from tests.api import rows
from tests.web.forms import shown, table, ticks
from tests.web.html import Element

pytestmark = pytest.mark.django_db

HISTORY = "/exports/history/"


def listed(page: Element) -> list[list[str]]:
    return [[cell.words for cell in row.below() if cell.tag in ("th", "td")] for row in page.all("tr")][1:]


def record(owner, number: int = 0, **fields) -> ExportLog:
    defaults = {
        "user": owner.pk,
        "tenant": owner.pk,
        "export_type": "calls",
        "door": "api",
        "format": "csv",
        "columns": ["id"],
        "outcome": "succeeded",
        "timestamp": dt.datetime(2024, 1, 31, 9, 30, number, tzinfo=dt.UTC),
    }
    return ExportLog.objects.create(**defaults | fields)


def test_it_works(read, export, visit, user):
    rows.calls(user, 3)
    export("calls")
    visit("/exports/agents/download", {"formulas": "raw"})
    page = read(HISTORY)
    assert [row[1:] for row in listed(page)] == [
        ["agents", "denied", "0", "0 bytes", "csv", "web page"],
        ["calls", "succeeded", "3", listed(page)[1][4], "csv", "web page"],
    ]
    assert page.one("caption").words == "2 exports, newest first"
    addresses = [link["href"] for link in page.one("table").all("a")]
    assert addresses == [f"/exports/history/{found.pk}/" for found in ExportLog.objects.all()]


def test_nothing_yet(read, user):
    page = read(HISTORY)
    assert page.links()["Choose a dataset"] == "/exports/"


def test_only_of_a_dataset_and_an_outcome(read, user):
    for export_type, outcome in (("calls", "succeeded"), ("calls", "failed"), ("agents", "failed")):
        record(user, export_type=export_type, outcome=outcome)

    def found(**params):
        return sorted(row[1] for row in listed(read(HISTORY, params)))

    assert found() == found(dataset="", outcome="") == ["agents", "calls", "calls"]
    assert found(dataset="calls") == ["calls", "calls"]
    assert found(outcome="failed") == ["agents", "calls"]
    assert found(dataset="calls", outcome="failed") == ["calls"]
    assert "No export matches." in read(HISTORY, {"dataset": "hosts"}).words


def test_what_has_not_ended_has_no_numbers_yet(read, user):
    record(user, outcome="running", door="command", timestamp=timezone.now())
    record(user, outcome="failed")
    assert [row[3:5] for row in listed(read(HISTORY))] == [["—", "—"], ["0", "0 bytes"]]


def test_a_choice_that_does_not_exist_lists_nothing(read, user):
    record(user)
    page = read(HISTORY, {"dataset": "nothing"}, status=400)
    assert listed(page) == []
    assert page.one("select", name="dataset")["aria-invalid"] == "true"


def test_pages(read, visit, user):
    for number in range(30):
        record(user, number, row_count=number)
    first = read(HISTORY, {"outcome": "succeeded"})
    assert [row[3] for row in listed(first)] == [str(number) for number in range(29, 4, -1)]
    assert first.links()["Older"] == "?outcome=succeeded&page=2"
    assert "Newer" not in first.links()
    last = read(HISTORY, {"outcome": "succeeded", "page": "2"})
    assert [row[3] for row in listed(last)] == ["4", "3", "2", "1", "0"]
    assert last.links()["Newer"] == "?outcome=succeeded&page=1"
    assert "Older" not in last.links()
    assert visit(HISTORY, {"page": "3"}).status_code == 404


@pytest.mark.parametrize("number", [1, 20])
def test_the_number_of_queries_is_the_same(queries, user, number):
    for second in range(number):
        record(user, second)
    assert queries(HISTORY) == [
        *["SELECT auth_permission"] * 2,
        "SELECT exports_exportlog",  # whether one was lost with its process
        *["SELECT exports_exportlog"] * 2,  # how many, and those of the page
    ]


def test_a_stranger_sees_none(read, visit, export, user, stranger):
    export("calls")
    found = ExportLog.objects.get()
    assert listed(read(HISTORY, visitor=stranger)) == []
    assert visit(f"{HISTORY}{found.pk}/", visitor=stranger).status_code == 404
    assert visit(f"{HISTORY}{uuid.uuid4()}/").status_code == 404
    read(f"{HISTORY}{found.pk}/")


@pytest.mark.parametrize("permission", ["view_exportlog", "export_for_all_tenants"])
def test_one_permission_alone_opens_nobody_elses(read, visit, user, stranger, allow, permission):
    allow(user, permission)
    theirs = record(stranger)
    assert listed(read(HISTORY)) == []
    assert visit(f"{HISTORY}{theirs.pk}/").status_code == 404


def test_staff_see_all_and_whose(read, user, stranger, allow):
    allow(user, "view_exportlog", "export_for_all_tenants")
    record(user, 1)
    theirs = record(stranger, 2, tenant="*")
    assert [row[-2:] for row in listed(read(HISTORY))] == [
        ["user-456", "* (all tenants)"],
        ["user-123", "user-123"],
    ]
    assert read(f"{HISTORY}{theirs.pk}/").facts()["Tenant"] == "* (all tenants)"


def test_who_is_left_out_where_all_are_ones_own(read, user):
    record(user)
    assert "Tenant" not in [cell.words for cell in read(HISTORY).all("th")]


class TestRecord:
    def test_it_works(self, read, export, user):
        rows.calls(user, 2)
        body = export("calls", outcome="", status="active", columns="id,status")
        found = ExportLog.objects.get()
        page = read(f"{HISTORY}{found.pk}/")
        facts = page.facts()
        assert page.one("h1").words == "Export of calls"
        assert "succeeded" in page.words
        assert facts["User"] == facts["Tenant"] == "user-123"
        assert facts["Door"] == "web page"
        assert facts["Filters"] == "status=active"
        # In the database's order of keys.
        told = {"formulas=escape", f"cursor={found.options['cursor']}"}
        assert set(facts["Options"].split(", ")) == told
        assert facts["Columns"] == "id, status"
        assert facts["Address"] == "127.0.0.1"
        assert facts["Rows"] == "2"
        assert facts["Size"] == f"{len(body)} bytes"
        assert facts["SHA-256"].removesuffix(" Copy the SHA-256") == found.sha256
        assert facts["Export id"].removesuffix(" Copy the id") == str(found.pk)
        assert facts["Rows fetched by"] == found.source

    def test_every_field_of_the_record_is_there(self, read, user):
        marks = {
            "user_agent": "<b>mark-1</b>",
            "error": "mark-2",
            "source": "mark-3",
            "sha256": "mark-4",
            "format": "mark-5",
            "columns": ["mark-6"],
            "filters": {"mark-7": ["mark-8", "mark-9"]},
            "options": {"mark-10": {"mark-11": ["mark-12"]}},
            "export_type": "mark-13",
            "ip": "192.0.2.14",
            "byte_count": 1515,
            "row_count": 1616,
        }
        page = read(f"{HISTORY}{record(user, **marks).pk}/")
        missing = [f"mark-{number}" for number in range(1, 14) if f"mark-{number}" not in page.words]
        assert missing == []
        assert "<b>mark-1</b>" in page.words
        assert {"192.0.2.14", "1,616", "1,515 bytes"} <= set(page.facts().values())
        assert page.facts()["Filters"] == "mark-7=mark-8, mark-7=mark-9"

    def test_what_is_not_known_yet(self, read, user):
        running = {"outcome": "running", "door": "command", "timestamp": timezone.now()}
        facts = read(f"{HISTORY}{record(user, **running).pk}/").facts()
        for name in ("Rows", "Size", "Finished", "SHA-256", "Address", "Rows fetched by"):
            assert facts[name] == "—", name

    def test_run_again(self, read, visit, export, user):
        rows.call(user, outcome="busy")
        rows.call(user, outcome="failed")
        body = export("calls", outcome="busy", columns="outcome,id", formulas="reject")
        found = ExportLog.objects.get()
        links = read(f"{HISTORY}{found.pk}/").links()
        path, _, query = links["Run again"].partition("?")
        assert path == "/exports/calls/"
        assert QueryDict(query).dict() == {"outcome": "busy", "columns": "outcome,id", "formulas": "reject"}
        page = read(links["Run again"])
        assert shown(page)["outcome"] == "busy"
        assert ticks(page) == ["outcome", "id"]
        assert len(table(page)) == 2
        assert visit(links["Download again"]).getvalue() == body
        again = ExportLog.objects.latest("timestamp")
        assert again.pk != found.pk
        assert (again.filters, again.columns) == (found.filters, found.columns)
        assert again.options["formulas"] == found.options["formulas"] == "reject"
        assert again.options["cursor"] > found.options["cursor"]  # its own: it tells how far this one got

    def test_run_again_with_the_new_options(self, read, export, user):
        options = {"columns": "id:Call,agentName", "dialect": "tsv", "tz": "Europe/Berlin", "since": "start"}
        export("calls", **options)
        links = read(f"{HISTORY}{ExportLog.objects.get().pk}/").links()
        assert QueryDict(links["Run again"].partition("?")[2]).dict() == options

    def test_what_no_parameters_can_say_is_not_offered(self, read, user):
        picked = record(user, options={"formulas": "escape", "selection": {"ids": ["1"]}})
        gone = record(user, export_type="gone")
        for found in (picked, gone):
            page = read(f"{HISTORY}{found.pk}/")
            assert "Run again" not in page.links()
            assert "cannot be run again" in page.words

    def test_staff_run_a_tenants_again_for_the_tenant(self, read, user, stranger, allow):
        allow(user, "view_exportlog", "export_for_all_tenants", "export_for_other_tenant")
        links = read(f"{HISTORY}{record(stranger).pk}/").links()
        assert "tenant=user-456" in links["Run again"]
