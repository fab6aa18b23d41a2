"""HEAD answers the headers without running the export."""

import pytest

from exports.models import ExportLog
from tests.api import rows
from tests.api.rows import DATASETS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("dataset", DATASETS)
def test_it_works(get, user, dataset):
    scan = rows.scan(user)
    rows.calls(user, 2)
    answer = get(rows.path(dataset, scan.pk), method="head")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert "X-Export-Id" not in answer.headers
    assert "X-Export-Cursor" not in answer.headers
    assert "Content-Length" not in answer.headers
    assert ExportLog.objects.count() == 0
    # The user of the header, and for `scans` whether the scan is the tenant's; no rows.
    assert answer.queries == [
        "SELECT accounts_user",
        *(["SELECT netscan_scan"] if dataset == "scans" else []),
    ]


def test_it_differs_from_get_in_the_id_and_the_cursor_alone(get):
    """Neither is of any use where nothing is exported."""
    head, whole = get("/api/exports/calls", method="head"), get("/api/exports/calls")
    assert set(whole.headers) - set(head.headers) == {"X-Export-Id", "X-Export-Cursor"}
    assert set(head.headers) <= set(whole.headers)


def test_it_counts_nothing(get, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    for _ in range(3):
        assert get("/api/exports/calls", method="head").status == 200
    assert get("/api/exports/calls").status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/exports/calls?statuss=ended", 400),
        ("/api/exports/calls?tenant=user-456", 403),
        ("/api/exports/scans?scan_id=999999", 404),
        ("/api/exports/nothing", 404),
    ],
)
def test_it_refuses_what_get_refuses(get, path, status):
    answer = get(path, method="head")
    assert (answer.status, answer.body) == (status, b"")
    assert ExportLog.objects.count() == 0


def test_a_stranger_learns_nothing_of_a_scan(get, user, stranger):
    scan = rows.scan(user)
    assert get(f"/api/scans/{scan.pk}/export/csv", method="head", user=stranger).status == 404


def test_without_credentials_it_is_401(client):
    assert client.head("/api/exports/calls").status_code == 401
