"""Every refusal and failure has one shape, and the headers that its status asks for."""

import pytest
from django.db import InterfaceError, OperationalError

from exports.models import ExportLog
from exports.sources.orm import OrmSource
from tests.api import rows

# No database has a part in it.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

EVERY_PATH = [
    *("/api/exports/calls", "/api/exports/agents", "/api/exports/phone-numbers", "/api/exports/events"),
    *("/api/exports/scans?scan_id=1", "/api/exports/alerts", "/api/exports/hosts", "/api/exports/info"),
    *("/api/scans/1/export/csv", "/api/alerts/export/csv", "/api/hosts/export/csv", "/api/exports/logs"),
    *("/api/exports/logs/00000000-0000-0000-0000-000000000000", "/api/exports/calls?nonsense=1"),
]


@pytest.mark.parametrize("path", EVERY_PATH)
def test_it_works_for_nobody(client, path):
    answer = client.get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"]
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["errors"][0]["code"] == "not_authenticated"
    assert ExportLog.objects.count() == 0


@pytest.mark.parametrize("user_id", ["nobody", "user-456", ""])
def test_401_for_a_header_of_no_active_user(get, stranger, user_id):
    stranger.is_active = False
    stranger.save()
    answer = get("/api/exports/calls", X_User_Id=user_id)
    assert answer.status == 401
    assert answer.errors == [("authentication_failed", None)]
    assert answer.headers["WWW-Authenticate"]


def test_a_session_serves_as_well(client, user):
    rows.call(user)
    client.force_login(user)
    assert client.get("/api/exports/calls").getvalue().count(b"\r\n") == 2


def test_400(get):
    answer = get("/api/exports/calls", {"nonsense": "1"})
    assert (answer.status, answer.errors) == (400, [("unknown_parameter", "nonsense")])
    assert answer.json["type"] == "validation_error"


def test_400_names_every_bad_parameter(get):
    answer = get("/api/exports/calls", {"status": "x", "outcome": "y"})
    assert answer.status == 400
    assert {attr for _code, attr in answer.errors} == {"status", "outcome"}


def test_403(get, stranger):
    answer = get("/api/exports/calls", {"tenant": "user-456"})
    assert (answer.status, answer.errors[0][0]) == (403, "permission_denied")


@pytest.mark.parametrize(
    "path", ["/api/exports/nothing", "/api/exports/", "/api/exports/Calls", "/api/exports/jobs/x"]
)
def test_404(get, path):
    answer = get(path)
    assert (answer.status, answer.errors) == (404, [("not_found", None)])


@pytest.mark.parametrize("number", ["x", "-1", "1.0", "%00", "٣"])
def test_404_for_a_scan_that_is_no_number(get, number):
    assert get(f"/api/scans/{number}/export/csv").status == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/api/exports/calls", "/api/hosts/export/csv", "/api/exports/info"])
def test_405(get, method, path):
    answer = get(path, method=method)
    assert (answer.status, answer.errors) == (405, [("method_not_allowed", None)])
    assert "GET" in answer.headers["Allow"]
    assert ExportLog.objects.count() == 0


def test_406(get):
    answer = get("/api/exports/calls", Accept="image/png")
    assert (answer.status, answer.errors) == (406, [("not_acceptable", None)])
    assert "text/csv" in answer.json["errors"][0]["detail"]


def test_413(get, user, settings):
    rows.calls(user, 3)
    settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": 2}
    answer = get("/api/exports/calls")
    assert (answer.status, answer.errors) == (413, [("row_limit_exceeded", None)])


def test_429(get, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/h"}
    assert get("/api/exports/calls").status == 200
    answer = get("/api/exports/calls")
    assert (answer.status, answer.errors) == (429, [("throttled", None)])
    assert 1 <= int(answer.headers["Retry-After"]) <= 3600


@pytest.mark.parametrize("exception", [OperationalError, InterfaceError])
def test_503_when_the_database_fails_before_the_first_block(client, get, monkeypatch, exception):
    def blocks(self, export_id=None):
        raise exception("server closed the connection: host=secret")
        yield

    client.raise_request_exception = False
    monkeypatch.setattr(OrmSource, "blocks", blocks)
    answer = get("/api/exports/calls")
    assert (answer.status, answer.errors) == (503, [("service_unavailable", None)])
    assert int(answer.headers["Retry-After"]) > 0
    assert b"secret" not in answer.body
    assert "X-Export-Id" not in answer.headers
    record = ExportLog.objects.get()
    assert (record.outcome, record.error, record.row_count, record.byte_count) == (
        "failed",
        exception.__name__,
        0,
        0,
    )
    assert record.finished_at


def test_500_tells_nothing_of_the_cause(client, get, monkeypatch):
    def blocks(self, export_id=None):
        raise RuntimeError("secret")
        yield

    client.raise_request_exception = False
    monkeypatch.setattr(OrmSource, "blocks", blocks)
    answer = get("/api/exports/calls")
    assert (answer.status, answer.json["type"]) == (500, "server_error")
    assert answer.errors
    assert b"secret" not in answer.body
    assert ExportLog.objects.get().outcome == "failed"


def test_the_development_header_off_is_401(get, settings):
    settings.DEV_USER_HEADER = False
    assert get("/api/exports/calls").status == 401
