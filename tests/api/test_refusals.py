"""Which refusals stand in the audit record: 403, 413 and, once a window, 429; nothing else."""

import pytest

from exports.models import ExportLog
from exports.policy import rates
from tests.api import rows

# No database has a part in it.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


def denied() -> ExportLog:
    record = ExportLog.objects.get()
    assert (record.outcome, record.user, record.door, record.ip) == ("denied", "user-123", "api", "127.0.0.1")
    assert (record.row_count, record.byte_count, record.sha256) == (0, 0, "")
    assert record.finished_at
    assert record.error
    return record


@pytest.mark.parametrize("tenant", ["user-456", "*", "nobody", "USER-123", "user-123,user-456"])
def test_it_works(get, user, stranger, tenant):
    answer = get("/api/exports/calls", {"tenant": tenant, "status": "ended"}, User_Agent="curl/8")
    assert answer.status == 403
    record = denied()
    assert (record.tenant, record.export_type, record.user_agent) == (tenant, "calls", "curl/8")
    assert record.filters == {"status": "ended"}
    assert record.format == "csv"
    # The user, their permissions and those of their groups, the record.
    assert answer.queries == [
        "SELECT accounts_user",
        "SELECT auth_permission",
        "SELECT auth_permission",
        "INSERT exports_exportlog",
    ]


def test_naming_oneself_is_no_matter(get, user):
    rows.calls(user, 2)
    answer = get("/api/exports/calls", {"tenant": "user-123"})
    assert len(answer.lines) == 2
    assert (answer.record.outcome, answer.record.tenant) == ("succeeded", "user-123")


def test_raw_formulas_without_the_permission(get):
    answer = get("/api/exports/calls", {"formulas": "raw"})
    assert (answer.status, answer.errors[0][0]) == (403, "permission_denied")
    record = denied()
    assert record.options["formulas"] == "raw"
    assert record.tenant == "user-123"


def test_too_many_rows(get, user, settings):
    rows.calls(user, 3)
    settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": 2}
    assert get("/api/exports/calls", {"outcome": "busy"}).status == 200
    ExportLog.objects.all().delete()
    assert get("/api/exports/calls", {"start_date": "2024-01-01"}).status == 413
    record = denied()
    assert record.filters == {"start_date": "2024-01-01"}
    assert "2" in record.error


def test_too_often_once_a_window(get, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    assert [get("/api/exports/calls").status for _ in range(5)] == [200, 429, 429, 429, 429]
    assert sorted(ExportLog.objects.values_list("outcome", flat=True)) == ["denied", "succeeded"]


def test_once_a_window_also_where_requests_race_past_the_throttle(get, settings, monkeypatch):
    """Several at once find the window open, before the first of them has been counted."""
    monkeypatch.setattr(rates, "peek", lambda user, dataset: None)
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    assert [get("/api/exports/calls").status for _ in range(4)] == [200, 429, 429, 429]
    assert ExportLog.objects.filter(outcome="denied").count() == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/exports/calls?nonsense=1", 400),
        ("/api/exports/calls?columns=nonsense", 400),
        ("/api/exports/calls?format=xml", 400),
        ("/api/exports/scans?scan_id=999999", 404),
        ("/api/exports/nothing", 404),
    ],
)
def test_400_and_404_stand_nowhere(get, path, status):
    assert get(path).status == status
    assert ExportLog.objects.count() == 0


def test_401_405_406_stand_nowhere(client, get):
    assert client.get("/api/exports/calls").status_code == 401
    assert get("/api/exports/calls", method="post").status == 405
    assert get("/api/exports/calls", Accept="image/png").status == 406
    assert ExportLog.objects.count() == 0


def test_info_health_and_logs_leave_no_record(get):
    for path in ("/api/exports/info", "/api/exports/health", "/api/exports/logs"):
        assert get(path).status == 200
    assert ExportLog.objects.count() == 0


def test_an_invalid_request_of_another_tenants_rows_leaks_no_difference(get, user, stranger):
    rows.calls(stranger, 1)
    existing, missing = (
        get("/api/exports/calls", {"tenant": "user-456"}),
        get("/api/exports/calls", {"tenant": "nobody"}),
    )
    assert existing.body == missing.body


@pytest.mark.parametrize("tenant", ["x" * 255, "x" * 256, "x" * 5000, "\U0001f600" * 255])
def test_a_tenant_of_any_length_is_4xx(get, tenant):
    assert get("/api/exports/calls", {"tenant": tenant}).status in (400, 403)


@pytest.mark.parametrize("name", ["format", "status", "columns"])
def test_a_long_value_beside_a_refusal_is_4xx(get, name):
    assert get("/api/exports/calls", {"tenant": "user-456", name: "x" * 5000}).status in (400, 403)
