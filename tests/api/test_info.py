"""`/api/exports/info`: what the caller may export."""

import datetime as dt

import pytest

from tests.api import rows
from tests.api.rows import DATASETS, FILTERS, HEADERS, TABLES

# No database has a part in it.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

INFO = "/api/exports/info"


def test_it_works(get, mine_and_theirs):
    mine = mine_and_theirs[0]
    answer = get(INFO)
    assert answer.json.keys() == {"exports", "user_id", "timestamp"}
    assert answer.json["user_id"] == "user-123"
    assert dt.datetime.fromisoformat(answer.json["timestamp"]).tzinfo
    found = {item["name"]: item for item in answer.json["exports"]}
    assert set(DATASETS) <= set(found)
    for name in DATASETS:
        item = found[name]
        assert item.keys() == {
            "name",
            "endpoint",
            "description",
            "filters",
            "columns",
            "formats",
            "row_count",
        }
        assert item["endpoint"].rstrip("/") == f"/api/exports/{name}"
        assert item["description"]
        assert sorted(item["filters"]) == sorted(FILTERS[name])
        assert item["columns"] == HEADERS[name].split(",")
        assert "csv" in item["formats"]
        assert item["row_count"] == (None if name == "scans" else len(mine.rows[name]))


def test_the_endpoint_works_as_it_stands(get, mine_and_theirs):
    scan = mine_and_theirs[0].scan.pk
    for item in get(INFO).json["exports"]:
        if item["name"] in DATASETS:
            answer = get(item["endpoint"], {"scan_id": scan} if item["name"] == "scans" else None)
            assert answer.status == 200
            assert item["row_count"] in (None, len(answer.lines))


def test_a_count_a_dataset_and_no_more(get, mine_and_theirs):
    # The user, and one COUNT for each dataset but scans; not those of the tests' own apps, which ask for
    # permissions too.
    of_tests = ("SELECT engine_", "SELECT policy_", "SELECT shop_", "SELECT auth_permission")
    asked = [name for name in get(INFO).queries if not name.startswith(of_tests)]
    assert sorted(asked) == sorted(
        ["SELECT accounts_user", *(f"SELECT {TABLES[n]}" for n in DATASETS if n != "scans")]
    )


def test_a_stranger_counts_own_rows_alone(get, user, stranger):
    rows.calls(user, 3)
    rows.calls(stranger, 1)
    counts = {
        who.pk: {item["name"]: item["row_count"] for item in get(INFO, user=who).json["exports"]}
        for who in (user, stranger)
    }
    assert (counts["user-123"]["calls"], counts["user-456"]["calls"]) == (3, 1)
    assert counts["user-456"]["agents"] == 0


def test_staff_count_their_own_rows_too(get, user, stranger, allow):
    rows.calls(stranger, 2)
    allow(user, "export_for_all_tenants", "export_for_other_tenant")
    assert {item["name"]: item["row_count"] for item in get(INFO).json["exports"]}["calls"] == 0


def test_a_trailing_slash_is_allowed(get):
    assert get(f"{INFO}/").status == 200


def test_without_credentials_it_is_401(client):
    assert client.get(INFO).status_code == 401
