"""The rate: exports that pass validation, per user and dataset."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine

from exports.models import ExportLog
from tests.api import rows
from tests.api.rows import DATASETS

pytestmark = pytest.mark.django_db

CALLS = "/api/exports/calls"


@pytest.fixture(autouse=True)
def _two_an_hour(settings) -> Iterator[None]:
    """None of these hours ends meanwhile."""
    settings.EXPORTS = settings.EXPORTS | {"RATE": "2/h"}
    with time_machine.travel(dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC), tick=False):
        yield


def test_it_works(get):
    assert [get(CALLS).status for _ in range(4)] == [200, 200, 429, 429]
    answer = get(CALLS)
    assert answer.errors == [("throttled", None)]
    assert 1 <= int(answer.headers["Retry-After"]) <= 3600
    assert "X-Export-Id" not in answer.headers
    # Turned away by the cache: the user of the header and nothing more.
    assert answer.queries == ["SELECT accounts_user"]


def test_each_dataset_and_each_user_has_a_rate_of_its_own(get, mine_and_theirs, stranger):
    mine, theirs = mine_and_theirs
    for dataset in DATASETS:
        assert [get(mine.path(dataset)).status for _ in range(3)] == [200, 200, 429], dataset
    assert [get(theirs.path("calls"), user=stranger).status for _ in range(3)] == [200, 200, 429]


def test_the_short_path_counts_as_the_dataset(get, user):
    assert [get(p).status for p in ("/api/exports/hosts", "/api/hosts/export/csv", "/api/exports/hosts")] == [
        200,
        200,
        429,
    ]


def test_what_is_refused_does_not_count(get, user, stranger, settings):
    rows.calls(user, 3)
    for query in ("nonsense=1", "columns=x", "format=xml", "tenant=user-456", "formulas=raw", "status="):
        assert get(f"{CALLS}?{query}").status in (400, 403)
    assert get(CALLS, Accept="image/png").status == 406
    assert get(CALLS, method="post").status == 405
    with_limit = settings.EXPORTS | {"MAX_ROWS": 2}
    settings.EXPORTS = with_limit
    assert [get(CALLS).status for _ in range(3)] == [413] * 3
    settings.EXPORTS = with_limit | {"MAX_ROWS": None}
    assert [get(CALLS).status for _ in range(3)] == [200, 200, 429]


def test_404_does_not_count(get, user):
    scan = rows.scan(user)
    assert [get("/api/exports/scans?scan_id=999999").status for _ in range(3)] == [404] * 3
    assert [get(rows.path("scans", scan.pk)).status for _ in range(3)] == [200, 200, 429]


def test_head_info_health_and_logs_do_not_count(get):
    for _ in range(3):
        assert get(CALLS, method="head").status == 200
        for path in ("/api/exports/info", "/api/exports/health", "/api/exports/logs"):
            assert get(path).status == 200
    assert [get(CALLS).status for _ in range(3)] == [200, 200, 429]
    assert get("/api/exports/info").status == 200
    assert get("/api/exports/logs").status == 200


def test_the_window_ends(get):
    with time_machine.travel(dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC), tick=False) as clock:
        assert [get(CALLS).status for _ in range(2)] == [200, 200]
        wait = int(get(CALLS).headers["Retry-After"])
        clock.shift(wait - 1)
        assert get(CALLS).status == 429
        clock.shift(2)
        assert [get(CALLS).status for _ in range(3)] == [200, 200, 429]
        # One refusal on record for each window.
        assert ExportLog.objects.filter(outcome="denied").count() == 2


def test_no_window_gives_a_wait_below_a_second(get):
    """Whatever second of the window it is: zero would mean at once."""
    with time_machine.travel(dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC), tick=False) as clock:
        for _ in range(3):
            answer = get(CALLS)
        clock.shift(int(answer.headers["Retry-After"]) - 1)
        for _ in range(3):
            assert int(get(CALLS).headers.get("Retry-After", 1)) >= 1
            clock.shift(1)


def test_none_is_no_limit(get, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": None}
    assert {get(CALLS).status for _ in range(5)} == {200}


def test_ten_an_hour_by_default(get, settings):
    settings.EXPORTS = {}
    assert [get(CALLS).status for _ in range(11)] == [200] * 10 + [429]
