"""`tenant=`: staff act for a tenant, or for all, with the named permission, and the record names both."""

import pytest

from exports.models import ExportLog
from exports.registry import registry
from tests.api import rows
from tests.api.rows import DATASETS

OTHER, ALL = "export_for_other_tenant", "export_for_all_tenants"


@pytest.fixture(autouse=True)
def _may_export(user, allow):
    """The permission of each dataset; what is tested here is whose rows."""
    allow(user, *{registry.get(dataset).get_permission() for dataset in DATASETS})


@pytest.mark.parametrize("dataset", DATASETS)
def test_it_works(get, mine_and_theirs, allow, dataset):
    mine, theirs = mine_and_theirs
    allow(mine.user, OTHER)
    answer = get(theirs.path(dataset), {"tenant": "user-456"} if dataset != "scans" else None)
    if dataset == "scans":
        answer = get(f"{theirs.path(dataset)}&tenant=user-456")
    assert len(answer.lines) == len(theirs.rows[dataset])
    assert mine.mark not in answer.body.decode()
    assert (answer.record.user, answer.record.tenant) == ("user-123", "user-456")


@pytest.mark.parametrize("dataset", [name for name in DATASETS if name != "scans"])
def test_everybodys(get, mine_and_theirs, allow, dataset):
    mine, theirs = mine_and_theirs
    allow(mine.user, ALL)
    answer = get(f"/api/exports/{dataset}", {"tenant": "*"})
    assert len(answer.lines) == len(mine.rows[dataset]) + len(theirs.rows[dataset])
    assert (answer.record.user, answer.record.tenant) == ("user-123", "*")


def test_all_tenants_scans(get, mine_and_theirs, allow):
    mine, theirs = mine_and_theirs
    allow(mine.user, ALL)
    assert len(get(f"{theirs.path('scans')}&tenant=*").lines) == len(theirs.rows["scans"])


@pytest.mark.parametrize(("permission", "tenant"), [(OTHER, "*"), (ALL, "user-456")])
def test_one_permission_is_not_the_other(get, user, stranger, allow, permission, tenant):
    allow(user, permission)
    assert get("/api/exports/calls", {"tenant": tenant}).status == 403
    assert ExportLog.objects.get().outcome == "denied"


def test_being_staff_is_no_permission(get, user, stranger):
    user.is_staff = True
    user.save()
    assert get("/api/exports/calls", {"tenant": "user-456"}).status == 403
    assert get("/api/exports/calls", {"tenant": "*"}).status == 403


def test_without_the_parameter_staff_get_their_own(get, mine_and_theirs, allow):
    mine = mine_and_theirs[0]
    allow(mine.user, OTHER, ALL)
    answer = get("/api/exports/calls")
    assert len(answer.lines) == len(mine.rows["calls"])
    assert answer.record.tenant == "user-123"


def test_anothers_scan_needs_the_parameter(get, mine_and_theirs, allow):
    mine, theirs = mine_and_theirs
    allow(mine.user, OTHER)
    assert get(theirs.path("scans")).status == 404
    assert get(f"{mine.path('scans')}&tenant=user-456").status == 404


def test_a_tenant_that_does_not_exist_has_no_rows(get, user, allow):
    rows.call(user)
    allow(user, OTHER)
    answer = get("/api/exports/calls", {"tenant": "nobody"})
    assert (answer.status, answer.lines) == (200, [])
    assert answer.record.tenant == "nobody"


def test_the_tenants_agent_is_a_filter_for_them(get, mine_and_theirs, allow):
    mine, theirs = mine_and_theirs
    allow(mine.user, OTHER)
    params = {"tenant": "user-456", "agent_id": theirs.agent.pk}
    assert len(get("/api/exports/calls", params).lines) == 12
    assert get("/api/exports/calls", params | {"agent_id": mine.agent.pk}).lines == []


def test_the_rate_is_the_callers(get, mine_and_theirs, stranger, allow, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    allow(mine_and_theirs[0].user, OTHER)
    assert get("/api/exports/calls", {"tenant": "user-456"}).status == 200
    assert get("/api/exports/calls").status == 429
    assert get("/api/exports/calls", user=stranger).status == 200
