"""MAX_ROWS: refused before the first byte, never cut, and without counting the table."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.models import ExportLog
from exports.registry import registry
from exports.sources.orm import OrmSource
from tests.api import rows
from tests.api.rows import DATASETS

CALLS = "/api/exports/calls"


@pytest.fixture
def limit(settings):
    def limit(number: int | None) -> None:
        settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": number}

    return limit


def test_it_works(get, user, stranger, limit):
    rows.calls(stranger, 5)
    rows.calls(user, 3)
    limit(3)
    exactly = get(CALLS)
    assert (exactly.status, len(exactly.lines)) == (200, 3)
    # One query more than without a limit: whether there is a row past it.
    assert exactly.queries == [
        "SELECT accounts_user",
        "SELECT telephony_calllog",
        "INSERT exports_exportlog",
        "SELECT telephony_calllog",
        "UPDATE exports_exportlog",
    ]
    limit(2)
    refused = get(CALLS)
    assert (refused.status, refused.errors) == (413, [("row_limit_exceeded", None)])
    assert "2 rows" in refused.json["errors"][0]["detail"]
    assert refused.queries == ["SELECT accounts_user", "SELECT telephony_calllog", "INSERT exports_exportlog"]


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_dataset(get, mine_and_theirs, limit, dataset):
    mine = mine_and_theirs[0]
    number = len(mine.rows[dataset])
    limit(number)
    assert len(get(mine.path(dataset)).lines) == number
    limit(number - 1)
    assert get(mine.path(dataset)).status == 413


def test_no_limit_by_default(get, user, settings):
    rows.calls(user, 3)
    settings.EXPORTS = {}
    assert len(get(CALLS).lines) == 3


def test_filters_narrow_it(get, user, limit):
    rows.calls(user, 3)
    limit(2)
    assert get(CALLS, {"start_date": "2024-01-15T12:00:01Z"}).status == 200
    assert get(CALLS, {"start_date": "2024-01-15T12:00:00Z"}).status == 413


@pytest.mark.parametrize(("own", "status"), [(2, 413), (3, 200), (0, 413)])
def test_a_datasets_own_limit_goes_before_the_setting(get, user, limit, monkeypatch, own, status):
    rows.calls(user, 3)
    limit(1 if status == 200 else 100)
    monkeypatch.setattr(type(registry.get("calls")), "max_rows", own)
    assert get(CALLS).status == status


def test_nothing_is_counted(get, user, limit):
    rows.calls(user, 3)
    for number in (2, 3, None):
        limit(number)
        with CaptureQueriesContext(connection) as queries:
            get(CALLS)
        assert not [query["sql"] for query in queries if "COUNT(" in query["sql"].upper()]


def test_head_is_refused_too(get, user, limit):
    rows.calls(user, 3)
    limit(2)
    assert get(CALLS, method="head").status == 413
    assert ExportLog.objects.count() == 0


def test_rows_added_meanwhile_break_the_stream_instead_of_being_cut(
    client, user, auth_headers, limit, one_row_a_block, monkeypatch
):
    """Three rows where the check saw two: as if one had been added between the check and the snapshot."""
    rows.calls(user, 2)
    limit(2)
    whole = OrmSource.blocks

    def blocks(self, export_id=None):
        yield from whole(self, export_id)
        yield [("late",) * 15]

    monkeypatch.setattr(OrmSource, "blocks", blocks)
    response = client.get(CALLS, headers=auth_headers)
    assert response.status_code == 200
    with pytest.raises(Exception, match="more than 2 rows"):
        response.getvalue()
    record = ExportLog.objects.get()
    assert record.outcome == "failed"
    assert "2 rows" in record.error
