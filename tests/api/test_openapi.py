"""The OpenAPI document and its page."""

from io import StringIO

import pytest
from django.core.management import call_command

from tests.api.rows import DATASETS, FILTERS, SINCE

# The document is the same on every database.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

PATHS = {
    **{f"/api/exports/{name}": name for name in DATASETS},
    "/api/scans/{scan_id}/export/csv": "scans",
    "/api/alerts/export/csv": "alerts",
    "/api/hosts/export/csv": "hosts",
}
OPTIONS = {"format", "compression", "columns", "formulas", "dialect", "overlong", "tz", "tenant"}

MEDIA_TYPES = {
    "text/csv",
    "text/tab-separated-values",
    "application/x-ndjson",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.apache.parquet",
    "application/gzip",
    "application/zstd",
}


@pytest.fixture(scope="module")
def documents():
    return []


@pytest.fixture
def paths(request, documents):
    """Paths of the document without a slash at their end, each with its GET. It is asked for once."""
    if not documents:
        get = request.getfixturevalue("get")
        documents.append(get("/api/schema/?format=json", Accept="application/json").json)
    return {path.rstrip("/"): item.get("get") for path, item in documents[0]["paths"].items()}


def test_it_works_without_a_warning(capsys):
    output = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, file=None, stdout=output)
    assert "/api/exports/calls" in output.getvalue()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("path", PATHS)
def test_every_dataset_at_every_path(paths, path):
    operation = paths[path]
    name = PATHS[path]
    parameters = {parameter["name"]: parameter for parameter in operation["parameters"]}
    since = {"since"} if name in SINCE else set()
    assert parameters.pop("Prefer")["in"] == "header"
    assert parameters.keys() == {*FILTERS[name], *OPTIONS, *since}
    for key, parameter in parameters.items():
        assert parameter["in"] == ("path" if f"{{{key}}}" in path else "query")
    assert operation["responses"]["200"]["content"].keys() == MEDIA_TYPES
    assert operation["description"]


def test_the_headers_of_the_answers(paths):
    answers = paths["/api/exports/calls"]["responses"]
    rate = {f"RateLimit-{name}" for name in ("Limit", "Remaining", "Reset", "Policy")}
    assert answers["200"]["headers"].keys() == rate | {
        "X-Export-Id",
        "X-Export-Cursor",
        "Link",
        "Content-Encoding",
    }
    assert answers["202"]["headers"].keys() == rate | {"Location", "Preference-Applied", "Retry-After"}
    assert answers["429"]["headers"].keys() == rate | {"Retry-After"}
    assert answers["503"]["headers"].keys() == {"Retry-After"}
    assert "headers" not in answers["400"]


def test_choices_are_named(paths):
    parameters = {p["name"]: p for p in paths["/api/exports/calls"]["parameters"]}
    assert set(parameters["status"]["schema"]["enum"]) == {"active", "ended"}
    assert set(parameters["compression"]["schema"]["enum"]) == {"gzip", "zstd"}
    assert set(parameters["formulas"]["schema"]["enum"]) == {"escape", "reject", "raw"}
    assert set(parameters["format"]["schema"]["enum"]) == {"csv", "jsonl", "xlsx", "parquet"}
    assert set(parameters["dialect"]["schema"]["enum"]) == {"excel", "excel-semicolon", "tsv"}
    assert set(parameters["overlong"]["schema"]["enum"]) == {"reject", "cut"}


def test_a_required_filter_is_required(paths):
    for path in ("/api/exports/scans", "/api/scans/{scan_id}/export/csv"):
        [scan] = [p for p in paths[path]["parameters"] if p["name"] == "scan_id"]
        assert scan["required"] is True
    [status] = [p for p in paths["/api/exports/hosts"]["parameters"] if p["name"] == "status"]
    assert not status.get("required")


def test_the_other_paths(paths):
    assert {"/api/exports/info", "/api/exports/health", "/api/exports/logs", "/api/exports/logs/{id}"} <= set(
        paths
    )


def test_the_description_of_a_file(paths):
    operation = paths["/api/exports/{dataset}/schema"]
    parameters = {parameter["name"]: parameter for parameter in operation["parameters"]}
    assert parameters.keys() == {"dataset", "since", *OPTIONS}
    assert parameters["dataset"]["in"] == "path"
    assert set(DATASETS) <= set(parameters["dataset"]["schema"]["enum"])
    assert operation["responses"]["200"]["content"].keys() == {"application/csvm+json"}
    assert operation["responses"].keys() == {"200", "400", "401", "403", "404", "503"}
    assert operation["description"]


def test_operation_ids_are_unique(paths):
    ids = [operation["operationId"] for operation in paths.values() if operation]
    assert len(ids) == len(set(ids))


def test_errors_are_described(paths):
    described = set(paths["/api/exports/calls"]["responses"])
    assert {"400", "401", "403", "404", "406", "409", "413", "429", "503"} <= described


@pytest.mark.parametrize("path", ["/api/schema/", "/api/schema"])
def test_the_document_needs_sign_in(client, get, path):
    assert client.get(path).status_code == 401
    assert get(path).status == 200


@pytest.mark.parametrize("path", ["/api/docs/", "/api/docs"])
def test_the_page_needs_sign_in(client, get, user, path):
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/")
    assert get(path).status == 200
