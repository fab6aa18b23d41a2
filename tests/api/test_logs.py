"""`/api/exports/logs`: the caller's own audit records."""

import datetime as dt
import uuid

import pytest

from exports.models import ExportLog
from tests.api import rows

pytestmark = pytest.mark.django_db

LOGS = "/api/exports/logs"
# The contract's list.
FIELDS = {
    *(
        "id",
        "user",
        "tenant",
        "export_type",
        "door",
        "ip",
        "user_agent",
        "format",
        "columns",
        "filters",
        "options",
    ),
    *("timestamp", "finished_at", "row_count", "byte_count", "sha256", "outcome", "error", "source"),
}


def records(user, count: int) -> list[str]:
    """Ids of records, the newest first."""
    made = [
        ExportLog.objects.create(
            user=user.pk, tenant=user.pk, export_type="calls", door="api", format="csv", outcome="succeeded",
            timestamp=rows.NOON + dt.timedelta(seconds=number),
        )
        for number in range(count)
    ]  # fmt: skip
    return [str(record.pk) for record in reversed(made)]


def ids(answer) -> list[str]:
    return [record["id"] for record in answer.json["results"]]


def test_it_works(get, user, stranger):
    rows.calls(user, 2)
    export = get("/api/exports/calls", {"columns": "id"})
    get("/api/exports/calls", user=stranger)
    answer = get(LOGS)
    assert (answer.status, answer.json["count"]) == (200, 1)
    [listed] = answer.json["results"]
    assert listed.keys() == FIELDS
    assert listed["id"] == export.headers["X-Export-Id"]
    assert (listed["byte_count"], listed["row_count"]) == (len(export.body), 2)
    assert (listed["outcome"], listed["columns"]) == ("succeeded", ["id"])
    assert get(f"{LOGS}/{listed['id']}").json == listed
    # The user; whether a record was lost with its process, the number of records for the page, the page.
    assert answer.queries == ["SELECT accounts_user", *["SELECT exports_exportlog"] * 3]


def test_the_newest_first_and_in_pages(get, user):
    made = records(user, 7)
    assert ids(get(LOGS)) == made
    assert ids(get(LOGS, {"page_size": 3})) == made[:3]
    assert ids(get(LOGS, {"page_size": 3, "page": 2})) == made[3:6]
    last = get(LOGS, {"page_size": 3, "page": 3})
    assert ids(last) == made[6:]
    assert (last.json["count"], last.json["next"]) == (7, None)
    assert last.json["previous"]


def test_a_page_holds_50_unless_asked_and_500_at_most(get, user):
    ExportLog.objects.bulk_create(
        ExportLog(user=user.pk, export_type="calls", door="api", format="csv", outcome="succeeded")
        for _ in range(501)
    )
    assert len(ids(get(LOGS))) == 50
    assert len(ids(get(LOGS, {"page_size": 501}))) == 500
    assert len(ids(get(LOGS, {"page_size": "0"}))) == 50


@pytest.mark.parametrize("page", ["0", "-1", "2", "x", "9" * 30, "9" * 5000])
def test_no_such_page_is_404(get, user, page):
    records(user, 1)
    answer = get(f"{LOGS}?page={page}")
    assert (answer.status, answer.errors) == (404, [("not_found", None)])


def test_anothers_record_and_a_missing_one_are_404_alike(get, user, stranger):
    [theirs] = records(stranger, 1)
    foreign, missing = get(f"{LOGS}/{theirs}"), get(f"{LOGS}/{uuid.uuid4()}")
    assert (foreign.status, missing.status) == (404, 404)
    assert foreign.body == missing.body
    assert foreign.errors == [("not_found", None)]
    assert ids(get(LOGS)) == []


@pytest.mark.parametrize("pk", ["x", "-" * 36, "0" * 36, "1", "00000000-0000-0000-0000-00000000000g"])
def test_what_is_no_id_is_404(get, pk):
    assert get(f"{LOGS}/{pk}").status == 404


def test_a_record_of_ones_rows_that_another_took_is_not_ones_own(get, user, stranger):
    [theirs] = records(stranger, 1)
    ExportLog.objects.update(tenant=user.pk)
    assert get(f"{LOGS}/{theirs}").status == 404


def test_a_trailing_slash_is_allowed(get, user):
    [mine] = records(user, 1)
    assert ids(get(f"{LOGS}/")) == [mine]
    assert get(f"{LOGS}/{mine}/").json["id"] == mine


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_changes_a_record(get, user, allow, method):
    [mine] = records(user, 1)
    user.is_superuser = user.is_staff = True
    user.save()
    before = ExportLog.objects.values().get()
    for path in (LOGS, f"{LOGS}/{mine}"):
        answer = get(path, method=method)
        assert (answer.status, answer.errors) == (405, [("method_not_allowed", None)])
    assert ExportLog.objects.values().get() == before


def test_times_have_an_offset(get, user):
    [mine] = records(user, 1)
    assert dt.datetime.fromisoformat(get(f"{LOGS}/{mine}").json["timestamp"]) == rows.NOON


@pytest.mark.parametrize("path", [LOGS, f"{LOGS}/{uuid.UUID(int=0)}"])
def test_without_credentials_it_is_401(client, path):
    assert client.get(path).status_code == 401
