"""A mistyped filter never widens an export: whatever is not known or not valid is 400 and named."""

import uuid

import pytest

from exports.models import ExportLog
from tests.api import rows
from tests.api.rows import DATASETS, FILTERS

INVALID = {
    "start_date": ["x", "2024-13-01", "2024-02-30", "01/02/2024", "today", "1700000000", "2024-01-01T25:00"],
    "end_date": ["x", "2024-13-01", "2024-01-01T10:00:00+99:00", "2024-01-01T10:00:00 x", "٢٠٢٤-01-01"],
    "status": ["x", "ACTIVE", "ended,active", "None", "ended "],
    "agent_id": ["x", "1", "None", "6f3a", "6f3a8c1e-0000-0000-0000-00000000000g"],
    "outcome": ["x", "Completed", "null", "None"],
    "is_active": ["x", "1", "0", "yes", "on", "None", "null", "truee"],
    "agent_mode": ["x", "Standard", "null"],
    "event": ["x", "Room_Finished", "room-finished"],
    "scan_id": ["x", "1.5", "1e3", "0x10", "1,2", "None", "--1"],
    "type": ["x", "NEW_PORT", "null"],
    "acknowledged": ["x", "1", "Acknowledged", "null"],
    "network_id": ["x", "1.5", "null", "1,2"],
    "room_name": [],
}
HOST_STATUS = ["x", "upp", "1", "none", "up,down"]
OPTIONS = ["columns", "compression", "formulas", "format", "tenant"]
EACH = [(dataset, name) for dataset in DATASETS for name in FILTERS[dataset]]


@pytest.fixture
def mine(user):
    return rows.Tenant(user, "mine")


@pytest.fixture
def refused(get, mine):
    """Asks, sees that it is 400 naming `name` and that nothing was exported or recorded."""

    def refused(dataset: str, query: list[tuple[str, str]], name: str) -> list[str]:
        scan = mine.scan.pk
        if dataset == "scans" and name != "scan_id":
            query = [("scan_id", str(scan)), *query]
        answer = get(f"/api/exports/{dataset}?{'&'.join(f'{key}={value}' for key, value in query)}")
        assert answer.status == 400, query
        assert {attr for _code, attr in answer.errors} == {name}, query
        assert ExportLog.objects.count() == 0
        return [code for code, _attr in answer.errors]

    return refused


@pytest.mark.parametrize("dataset", DATASETS)
def test_unknown(refused, dataset):
    """Near misses: another dataset's filter, django-filter's lookups, another spelling, whitespace."""
    known = set(FILTERS[dataset])
    others = {
        "statuss",
        "Status",
        "status__in",
        "started_at__gte",
        "page",
        "limit",
        "user",
        "user_id",
        "id",
        "_",
    }
    others |= (
        {f"{name}_" for name in known} | {f"{name}%20" for name in known} | {f"{name}[]" for name in known}
    )
    others |= {name for names in FILTERS.values() for name in names} - known
    for name in others:
        assert refused(dataset, [(name, "1")], name.replace("%20", " ")) == ["unknown_parameter"]


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_parameter_of_no_name_is_unknown(refused, dataset):
    assert refused(dataset, [("", "1")], "") == ["unknown_parameter"]


@pytest.mark.parametrize(("dataset", "name"), EACH)
@pytest.mark.parametrize("value", ["", "%20", "+", "%09"])
def test_blank(refused, dataset, name, value):
    if name == "room_name" and value:
        return  # a room may be called that
    refused(dataset, [(name, value)], name)


@pytest.mark.parametrize(("dataset", "name"), EACH)
def test_invalid(refused, dataset, name):
    for value in HOST_STATUS if (dataset, name) == ("hosts", "status") else INVALID[name]:
        refused(dataset, [(name, value.replace("+", "%2B"))], name)


@pytest.mark.parametrize(("dataset", "name"), EACH)
def test_repeated(refused, mine, dataset, name):
    """Also with two values that are right, and with the same one twice: no one of them is picked."""
    right = {
        **dict.fromkeys(("start_date", "end_date"), "2024-01-15"),
        **dict.fromkeys(("is_active", "acknowledged"), "true"),
        "agent_id": str(mine.agent.pk),
        "scan_id": str(mine.scan.pk),
        "network_id": str(mine.network.pk),
        "outcome": "completed",
        "agent_mode": "standard",
        "event": "room_finished",
        "type": "new_port",
        "room_name": "room",
        "status": "up" if dataset == "hosts" else "ended",
    }[name]
    assert refused(dataset, [(name, right), (name, right)], name) == ["repeated"]
    refused(dataset, [(name, right), (name, "")], name)


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("dataset", ["calls", "hosts"])
def test_options_may_not_be_blank_or_repeated(refused, dataset, name):
    right = {
        "columns": "id" if dataset == "calls" else "IP",
        "compression": "gzip",
        "formulas": "escape",
        "format": "csv",
        "tenant": "user-123",
    }[name]
    refused(dataset, [(name, "")], name)
    refused(dataset, [(name, right), (name, right)], name)


@pytest.mark.parametrize("value", ["x", "ESCAPE", "Raw", "raw,escape"])
def test_formulas_is_one_of_three(refused, value):
    assert refused("calls", [("formulas", value)], "formulas") == ["invalid_choice"]


@pytest.mark.parametrize("value", ["x", "GZIP", "zip", "gz", "br", "gzip,zstd", "gzip ", "none", "identity"])
def test_compression_is_one_of_two(refused, value):
    assert refused("calls", [("compression", value)], "compression") == ["invalid_choice"]


def test_a_scan_is_required(get, user):
    answer = get("/api/exports/scans")
    assert (answer.status, answer.errors) == (400, [("required", "scan_id")])


def test_the_path_and_a_parameter_may_not_both_name_the_scan(get, user):
    scan = rows.scan(user)
    answer = get(f"/api/scans/{scan.pk}/export/csv", {"scan_id": scan.pk})
    assert (answer.status, answer.errors) == (400, [("repeated", "scan_id")])


@pytest.mark.parametrize("path", ["/api/alerts/export/csv", "/api/hosts/export/csv"])
def test_the_short_paths_refuse_alike(get, path):
    answer = get(path, {"nonsense": "1"})
    assert (answer.status, answer.errors) == (400, [("unknown_parameter", "nonsense")])


@pytest.mark.parametrize(("dataset", "name"), [*EACH, *(("calls", name) for name in OPTIONS)])
@pytest.mark.parametrize("value", ["%00", "x%00y", "true%00"])
def test_nul(refused, dataset, name, value):
    refused(dataset, [(name, value)], name)


def test_nul_in_a_name(get, user):
    answer = get("/api/exports/calls?sta%00tus=ended")
    assert answer.status == 400
    assert answer.errors


@pytest.mark.parametrize("value", ["%ff", "%ed%a0%80", "%c3%28", "a%fe"])
@pytest.mark.parametrize("name", ["status", "agent_id", "start_date", "columns", "tenant", "%ff"])
def test_percent_escapes_that_are_no_utf_8(get, user, name, value):
    answer = get(f"/api/exports/calls?{name}={value}")
    assert 400 <= answer.status < 500
    assert answer.errors


@pytest.mark.parametrize(
    "value", ["%ff", "%ed%a0%80", "\U0001f600", "x" * 5000, "'; DROP TABLE x; --", "%25"]
)
def test_a_room_of_any_name_matches_none(get, user, value):
    rows.event(user)
    answer = get(f"/api/exports/events?room_name={value}")
    assert answer.status == 200
    assert answer.lines == []


@pytest.mark.parametrize(
    "digits", ["9" * 10, "9" * 19, "9" * 20, "9" * 400, "9" * 5000, "-1", "-" + "9" * 30]
)
def test_a_number_too_large_for_a_column_is_nobodys(get, user, digits):
    rows.host(user, rows.network(user))
    scan, hosts = (
        get("/api/exports/scans", {"scan_id": digits}),
        get("/api/exports/hosts", {"network_id": digits}),
    )
    assert scan.status in (400, 404)
    assert scan.errors
    assert hosts.status in (200, 400)
    assert hosts.status == 400 or hosts.lines == []


@pytest.mark.parametrize("digits", ["9" * 10, "9" * 19, "9" * 20, "9" * 400, "9" * 5000])
def test_a_scan_number_too_large_in_the_path_is_404(get, digits):
    assert get(f"/api/scans/{digits}/export/csv").status in (400, 404)


def test_uuids_with_hyphens_and_without(get, mine_and_theirs):
    mine = mine_and_theirs[0]
    answer = get("/api/exports/calls", {"agent_id": mine.agent.pk})
    assert len(answer.lines) == 12
    assert get("/api/exports/calls", {"agent_id": str(mine.agent.pk).upper()}).body == answer.body
    assert get("/api/exports/calls", {"agent_id": mine.agent.pk.hex}).body == answer.body
    assert get("/api/exports/calls", {"agent_id": uuid.UUID(int=0)}).lines == []


@pytest.mark.parametrize("form", ["{{{}}}", "urn:uuid:{}", "{}-", "-{}", "{}0"])
@pytest.mark.parametrize("dataset", ["calls", "phone-numbers"])
def test_uuids_in_no_other_of_pythons_spellings(get, mine_and_theirs, dataset, form):
    answer = get(f"/api/exports/{dataset}", {"agent_id": form.format(mine_and_theirs[0].agent.pk)})
    assert (answer.status, answer.errors) == (400, [("invalid", "agent_id")])


@pytest.mark.parametrize("form", ["{}.0", "+{}", "{}_0", "{}e0", "0x{}", "1 {}"])
@pytest.mark.parametrize(("dataset", "name"), [("scans", "scan_id"), ("hosts", "network_id")])
def test_whole_numbers_in_no_other_of_pythons_spellings(get, mine_and_theirs, dataset, name, form):
    answer = get(f"/api/exports/{dataset}", {name: form.format(mine_and_theirs[0].scan.pk)})
    assert (answer.status, answer.errors) == (400, [("invalid", name)])


@pytest.mark.parametrize("value", ["true", "True", "TRUE"])
def test_truth_in_any_case(get, mine_and_theirs, value):
    assert len(get("/api/exports/agents", {"is_active": value}).lines) == 3


def test_filters_add_up(get, mine_and_theirs):
    mine = mine_and_theirs[0]
    params = {"status": "ended", "outcome": "busy", "agent_id": mine.agent.pk, "start_date": "2024-01-15"}
    wanted = [r for r in mine.rows["calls"] if r.status == "ended" and r.outcome == "busy" and r.agent_id]
    assert [line[0] for line in get("/api/exports/calls", params).lines] == [str(row.pk) for row in wanted]
