"""A tenant sees its own rows and nothing else, under every filter of every dataset, in the queries named."""

import datetime as dt
import uuid

import pytest

from exports.contrib.netscan.models import Alert, Host, Port
from exports.contrib.telephony.models import AgentConfig, CallLog, LiveKitEvent
from tests.api import rows
from tests.api.rows import DATASETS, FILTERS, HEADERS, NOON, TABLES

HOUR = dt.timedelta(hours=1)
PINGABLE = {"up": True, "TRUE": True, "Down": False, "false": False, "UNKNOWN": None, "null": None}
TRUTH = {"true": True, "false": False}


def agents_id(tenant: rows.Tenant) -> object:
    return tenant.agent.pk


def each(dataset: str, name: str, field: str, values) -> list[tuple]:
    """A case for each value; a mapping says what stands in the field, else it is the value itself."""
    meant = values if isinstance(values, dict) else {value: value for value in values}
    return [
        (dataset, name, value, lambda row, value=value: getattr(row, field) == meant[value])
        for value in meant
    ]


# Dataset, parameter, value (a function of the tenant where it is an id), and which rows it means.
CASES = [
    *each("calls", "status", "status", CallLog.Status.values),
    *each("calls", "outcome", "outcome", CallLog.Outcome.values),
    ("calls", "agent_id", agents_id, lambda row: row.agent_id is not None),
    ("calls", "start_date", "2024-01-15T14:00:00Z", lambda row: row.started_at >= NOON + 2 * HOUR),
    ("calls", "end_date", "2024-01-15", lambda row: row.started_at.day == 15),
    *each("agents", "is_active", "is_active", TRUTH),
    *each("agents", "agent_mode", "agent_mode", AgentConfig.Mode.values),
    *each("phone-numbers", "is_active", "is_active", TRUTH),
    ("phone-numbers", "agent_id", agents_id, lambda row: row.agent_config_id is not None),
    *each("events", "event", "event", LiveKitEvent.Event.values),
    *each("events", "room_name", "room_name", ["room", "hall"]),
    ("events", "start_date", "2024-01-16", lambda row: row.timestamp.day >= 16),
    ("events", "end_date", "2024-01-15T14:00:00", lambda row: row.timestamp <= NOON + 2 * HOUR),
    ("scans", "scan_id", lambda tenant: tenant.scan.pk, lambda row: True),
    *each("alerts", "type", "alert_type", Alert.Type.values),
    *each("alerts", "acknowledged", "acknowledged", TRUTH),
    ("hosts", "network_id", lambda tenant: tenant.network.pk, lambda row: row.network.name == "mine first"),
    *each("hosts", "status", "is_pingable", PINGABLE),
]


def queries(dataset: str) -> list[str]:
    """All that an export asks: the user of the header, the record, the rows in one statement, the record."""
    # Only `scans` asks for one thing more: whether the scan is the tenant's (404 otherwise).
    scan = ["SELECT netscan_scan"] if dataset == "scans" else []
    return [
        "SELECT accounts_user",
        *scan,
        "INSERT exports_exportlog",
        f"SELECT {TABLES[dataset]}",
        "UPDATE exports_exportlog",
    ]


@pytest.mark.parametrize("model", [Port, Alert, Host])
def test_the_tenants_rows_lie_in_turns(mine_and_theirs, model):
    """What the tests of this file stand on: no range of ids is one tenant's alone."""
    owners = list(model.objects.order_by("pk").values_list("user_id", flat=True))
    assert len(owners) >= 6
    assert owners == ["user-123", "user-456"] * (len(owners) // 2)


@pytest.mark.parametrize("dataset", DATASETS)
def test_it_works(get, mine_and_theirs, dataset):
    for tenant, other in (mine_and_theirs, mine_and_theirs[::-1]):
        answer = get(tenant.path(dataset), user=tenant.user)
        assert answer.header == HEADERS[dataset]
        assert len(answer.lines) == len(tenant.rows[dataset])
        assert all(any(tenant.mark in cell for cell in line) for line in answer.lines)
        assert other.mark not in answer.body.decode()
        assert answer.queries == queries(dataset)


def test_every_filter_of_the_contract_is_tried():
    assert {name: FILTERS[name] for name in DATASETS} == {
        name: sorted({case[1] for case in CASES if case[0] == name}, key=FILTERS[name].index)
        for name in DATASETS
    }


@pytest.mark.parametrize("dataset", DATASETS)
def test_each_filter_gives_own_rows_alone(get, mine_and_theirs, dataset):
    mine, theirs = mine_and_theirs
    for name, value, wanted in [case[1:] for case in CASES if case[0] == dataset]:
        params = {name: value(mine) if callable(value) else value}
        expected = [row for row in mine.rows[dataset] if wanted(row)]
        answer = get(f"/api/exports/{dataset}", params)
        assert expected, params
        assert len(answer.lines) == len(expected), params
        assert theirs.mark not in answer.body.decode(), params
        assert answer.queries == queries(dataset), params


@pytest.mark.parametrize("dataset", ["calls", "phone-numbers"])
def test_anothers_agent_is_as_good_as_none(get, user, mine_and_theirs, dataset):
    """Even where a row of one's own names it."""
    theirs = mine_and_theirs[1]
    rows.call(user, agent=theirs.agent)
    rows.phone_number(user, agent_config=theirs.agent)
    foreign = get(f"/api/exports/{dataset}", {"agent_id": theirs.agent.pk})
    missing = get(f"/api/exports/{dataset}", {"agent_id": uuid.uuid4()})
    assert foreign.status == missing.status == 200
    assert foreign.body == missing.body == f"{HEADERS[dataset]}\r\n".encode()


def test_anothers_network_is_as_good_as_none(get, user, mine_and_theirs):
    theirs = mine_and_theirs[1]
    rows.host(user, theirs.network, ip="192.0.2.77")
    foreign = get("/api/exports/hosts", {"network_id": theirs.network.pk})
    missing = get("/api/exports/hosts", {"network_id": 999_999})
    assert foreign.status == missing.status == 200
    assert foreign.body == missing.body == f"{HEADERS['hosts']}\r\n".encode()


@pytest.mark.parametrize("form", ["/api/exports/scans?scan_id={}", "/api/scans/{}/export/csv"])
def test_anothers_scan_is_404(get, mine_and_theirs, form):
    theirs = mine_and_theirs[1]
    foreign, missing = get(form.format(theirs.scan.pk)), get(form.format(999_999))
    assert (foreign.status, missing.status) == (404, 404)
    assert foreign.body == missing.body
    assert foreign.errors == missing.errors


def test_no_relation_leads_to_another_tenant(get, user, stranger, mine_and_theirs):
    """Rows of one's own that, wrongly, name another's: the other's values do not come out."""
    mine, theirs = mine_and_theirs
    rows.phone_number(user, agent_config=theirs.agent)
    rows.alert(user, network=theirs.network)
    assert str(theirs.agent.pk) not in get("/api/exports/phone-numbers").body.decode()
    assert theirs.mark not in get("/api/exports/alerts").body.decode()
    own_host = mine.rows["hosts"][0]
    rows.port(stranger, mine.scan, host=own_host, service="theirs", port=8080)
    assert get("/api/exports/hosts").cells[0]["Open Ports Count"] == "0"
    assert "theirs" not in get(mine.path("scans")).body.decode()


@pytest.mark.parametrize("dataset", [name for name in DATASETS if name != "scans"])
def test_a_user_without_rows_gets_the_header_row(get, user, stranger, dataset):
    theirs = rows.filled(stranger, "theirs")
    assert get(theirs.path(dataset)).body == f"{HEADERS[dataset]}\r\n".encode()
