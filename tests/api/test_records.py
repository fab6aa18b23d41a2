"""The audit record: who took out what, and how it ended."""

import datetime as dt
from hashlib import sha256

import pytest
import time_machine

from exports.models import ExportLog
from exports.sources.orm import OrmSource
from tests.api import rows
from tests.api.rows import DATASETS, HEADERS
from tests.clients import close

pytestmark = pytest.mark.django_db

THEN = dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC)


def test_it_works(get, user, stranger):
    """Every field of a record that succeeded."""
    rows.calls(stranger, 2)
    rows.calls(user, 3, status="ended", metadata={"é": 1})
    params = {"columns": "id,metadata", "status": "ended", "start_date": "2024-01-01"}
    with time_machine.travel(THEN, tick=False):
        answer = get("/api/exports/calls", params, User_Agent="curl/8")
    record = answer.record
    assert (record.user, record.tenant) == ("user-123", "user-123")
    assert (record.export_type, record.door, record.format) == ("calls", "api", "csv")
    assert (record.ip, record.user_agent) == ("127.0.0.1", "curl/8")
    assert record.columns == ["id", "metadata"]
    assert record.filters == {"status": "ended", "start_date": "2024-01-01"}
    assert record.options == {"formulas": "escape", "cursor": "20260131T092500.000000Z"}
    assert record.timestamp == record.finished_at == THEN
    assert (record.row_count, record.byte_count) == (3, len(answer.body))
    assert record.sha256 == sha256(answer.body).hexdigest()
    assert (record.outcome, record.error) == ("succeeded", "")
    assert record.source.startswith("orm")
    assert answer.queries == [
        "SELECT accounts_user",
        "INSERT exports_exportlog",  # it says running
        "SELECT telephony_calllog",
        "UPDATE exports_exportlog",  # how it ended
    ]


@pytest.mark.parametrize("dataset", DATASETS)
def test_size_and_hash_are_those_of_the_body(get, mine_and_theirs, one_row_a_block, dataset):
    mine = mine_and_theirs[0]
    answer = get(mine.path(dataset))
    record = answer.record
    assert record.row_count == len(mine.rows[dataset])
    assert record.byte_count == len(answer.body)
    assert record.sha256 == sha256(answer.body).hexdigest()
    assert record.columns == HEADERS[dataset].split(",")
    assert (record.user, record.tenant, record.export_type) == ("user-123", "user-123", dataset)


def test_an_empty_file_is_a_success_too(get):
    answer = get("/api/exports/calls")
    assert (answer.record.outcome, answer.record.row_count) == ("succeeded", 0)
    assert answer.record.sha256 == sha256(answer.body).hexdigest()


def test_the_path_of_a_scan_is_a_filter(get, user):
    scan = rows.scan(user)
    assert get(f"/api/scans/{scan.pk}/export/csv").record.filters == {"scan_id": str(scan.pk)}


def test_filters_are_kept_as_given(get):
    params = {"start_date": "2024-01-15T14:00:00 02:00", "end_date": "2024-01-16 10:00"}
    assert get("/api/exports/calls", params).record.filters == params
    assert get("/api/exports/hosts", {"status": "TRUE"}).record.filters == {"status": "TRUE"}


def test_credentials_are_never_in_it(client, user):
    client.force_login(user)
    client.get("/api/exports/calls").getvalue()
    record = str(ExportLog.objects.values().get())
    assert client.session.session_key not in record


@pytest.mark.parametrize("agent", ["x" * 20_000, "é\U0001f600", "a\x00b", "\xff"])
def test_a_strange_user_agent_does_no_harm(client, auth_headers, agent):
    response = client.get("/api/exports/calls", headers=auth_headers, HTTP_USER_AGENT=agent)
    assert response.status_code == 200
    response.getvalue()
    assert ExportLog.objects.get().outcome == "succeeded"


@pytest.mark.parametrize(
    ("address", "kept"), [("2001:db8::1", "2001:db8::1"), ("", None), ("not-an-ip", None)]
)
def test_the_address_is_the_peers(client, auth_headers, address, kept):
    client.get(
        "/api/exports/calls", headers=auth_headers | {"X-Forwarded-For": "9.9.9.9"}, REMOTE_ADDR=address
    ).getvalue()
    assert ExportLog.objects.get().ip == kept


@pytest.fixture
def fails_after(monkeypatch):
    """Makes the rows' source raise once it has given this many blocks."""
    whole = OrmSource.blocks

    def fails_after(number: int, exception: BaseException) -> None:
        def blocks(self, export_id=None):
            for position, block in enumerate(whole(self, export_id)):
                if position == number:
                    raise exception
                yield block

        monkeypatch.setattr(OrmSource, "blocks", blocks)

    return fails_after


def test_what_fails_later_breaks_off_and_says_how_far_it_got(
    client, user, auth_headers, one_row_a_block, fails_after, caplog
):
    rows.calls(user, 5)
    fails_after(3, RuntimeError("a value of the row"))
    response = client.get("/api/exports/calls", {"columns": "livekitRoomName"}, headers=auth_headers)
    assert response.status_code == 200
    body = iter(response.streaming_content)
    taken = [next(body) for _ in range(3)]
    with pytest.raises(RuntimeError):
        next(body)
    record = ExportLog.objects.get()
    sent = b"livekitRoomName\r\nroom-0\r\nroom-1\r\nroom-2\r\n"
    assert b"".join(taken) == sent
    assert (record.outcome, record.error) == ("failed", "RuntimeError")
    assert (record.row_count, record.byte_count, record.sha256) == (3, len(sent), "")
    assert record.finished_at
    assert "a value of the row" not in record.error


def test_a_client_that_goes_away_is_cancelled(client, user, auth_headers, one_row_a_block):
    rows.calls(user, 5)
    response = client.get("/api/exports/calls", {"columns": "livekitRoomName"}, headers=auth_headers)
    body = iter(response.streaming_content)
    first = next(body)
    close(response)
    record = ExportLog.objects.get()
    assert (record.outcome, record.error, record.sha256) == ("cancelled", "", "")
    assert (record.row_count, record.byte_count) == (1, len(first))
    assert record.finished_at


def test_a_client_that_takes_nothing_is_cancelled(client, user, auth_headers):
    rows.calls(user, 5)
    close(client.get("/api/exports/calls", headers=auth_headers))
    assert ExportLog.objects.get().outcome == "cancelled"


def test_closing_after_the_end_changes_nothing(client, user, auth_headers):
    response = client.get("/api/exports/calls", headers=auth_headers)
    response.getvalue()
    close(response)
    close(response)
    assert ExportLog.objects.get().outcome == "succeeded"


def test_the_record_outlives_the_user_and_the_rows_do_not(get, mine_and_theirs, stranger):
    mine, theirs = mine_and_theirs
    answer = get(mine.path("calls"))
    before = ExportLog.objects.values().get()
    models = {type(row) for name in DATASETS for row in mine.rows[name]}
    mine.user.delete()
    assert ExportLog.objects.values().get(pk=answer.record.pk) == before
    assert before["user"] == before["tenant"] == "user-123"
    for model in models:
        assert not model.objects.filter(user_id="user-123").exists()
        assert model.objects.filter(user=stranger).exists()
    assert len(theirs.rows["calls"]) == type(theirs.rows["calls"][0]).objects.count()
