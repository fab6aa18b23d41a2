"""`/api/exports/export-logs`: the audit records as a file, and not there for who may not see records."""

import pytest

from exports.models import ExportLog
from exports.registry import registry
from tests.api.test_logs import FIELDS
from tests.dataset_door import analyze, wrong_plans
from tests.engine.test_export_logs import make_record

pytestmark = pytest.mark.django_db

PATH = "/api/exports/export-logs"


@pytest.fixture
def reader(user, allow):
    allow(user, "view_exportlog")
    return user


def told(get, **options) -> set[str]:
    """Every place where the API names datasets."""
    info = {entry["name"] for entry in get("/api/exports/info", **options).json["exports"]}
    document = get("/api/schema/?format=json", Accept="application/json", **options).json["paths"]
    paths = {path.removeprefix("/api/exports/") for path in document}
    [listed] = [
        set(parameter["schema"]["enum"])
        for parameter in document["/api/exports/{dataset}/schema"]["get"]["parameters"]
        if parameter["name"] == "dataset"
    ]
    assert ("export-logs" in info) == ("export-logs" in paths) == ("export-logs" in listed)
    return info


def test_it_works(get, reader):
    make_record(reader)
    answer = get(PATH)
    assert set(answer.header.split(",")) == FIELDS
    assert answer.cells[0]["export_type"] == "orders"
    assert answer.response.headers["Content-Disposition"].startswith('attachment; filename="export_logs_')
    assert answer.record.export_type == "export-logs"
    schema = get(f"{PATH}/schema").json
    assert [column["name"] for column in schema["tableSchema"]["columns"]] == answer.header.split(",")


def test_it_is_told_to_who_may_see_records(get, reader):
    assert "export-logs" in told(get)
    [entry] = [found for found in get("/api/exports/info").json["exports"] if found["name"] == "export-logs"]
    assert entry["endpoint"] == PATH
    assert entry["row_count"] == ExportLog.objects.count() == 0


def test_others_are_not_told_of_it(get, user):
    assert "export-logs" not in told(get)


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("path", [PATH, f"{PATH}/schema"])
def test_a_stranger_gets_none(get, user, path, method):
    make_record(user)
    answer = get(path, method=method)
    assert answer.status == 403
    assert b"orders" not in answer.body


def test_a_stranger_gets_no_job_and_no_template(jobs, user):
    assert jobs.submit("export-logs").status == 403
    body = {"name": "records", "dataset": "export-logs"}
    answer = jobs.ask("/api/exports/templates", body)
    assert answer.status == 403, answer.body


def test_the_numbers_of_queries_is_the_same(get, reader):
    for number in range(3):
        make_record(reader, number)
    few = get(PATH).queries
    for number in range(20):
        make_record(reader, number)
    assert get(PATH).queries == few
    assert few.count("SELECT exports_exportlog") == 1


def test_rows_come_in_the_order_of_an_index(client, user, allow):
    allow(user, "view_exportlog", "export_for_all_tenants")
    for number in range(60):
        make_record(user, number, tenant=f"user-{number % 3}", user=f"user-{number % 5}")
    make_record(user)
    analyze()
    cases = [
        ({}, "exportlog_tenant_time"),
        ({"start_date": "2024-01-01"}, "exportlog_tenant_time"),
        ({"tenant": "*", "start_date": "2024-01-31", "end_date": "2024-01-31"}, "exportlog_time"),
    ]
    assert registry.get("export-logs").ordering == ("timestamp", "id")
    assert wrong_plans(client, user, {"export-logs": cases}) == ""
