"""Which format a client gets: `format=` as a parameter, else by Accept."""

import pytest

from exports.models import ExportLog

# No database has a part in it.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept",
    [
        *("*/*", "text/*", "text/csv", "TEXT/CSV", "text/csv; charset=utf-8", "text/csv;q=0.1, image/png"),
        *("image/png;q=1, text/*;q=0.2", "application/json, text/csv;q=0.5", BROWSER),
    ],
)
def test_it_works(get, accept):
    answer = get("/api/exports/calls", Accept=accept)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.record.format == "csv"


def test_no_accept_header_means_csv(client, auth_headers):
    response = client.get("/api/exports/calls", headers=auth_headers)
    assert "Accept" not in auth_headers
    assert response.headers["Content-Type"] == "text/csv"


@pytest.mark.parametrize(
    "accept", ["image/png", "application/json", "text/html", "text/csv;q=0", "image/*, video/mp4;q=0.9"]
)
def test_what_there_is_none_of_is_406(get, accept):
    answer = get("/api/exports/calls", Accept=accept)
    assert (answer.status, answer.errors) == (406, [("not_acceptable", None)])
    assert ExportLog.objects.count() == 0


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("application/x-ndjson", "jsonl"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        ("application/vnd.apache.parquet", "parquet"),
        ("text/csv;q=0.5, application/x-ndjson", "jsonl"),
        ("application/x-ndjson, application/vnd.apache.parquet, */*;q=0.1", "jsonl"),
    ],
)
def test_each_format_by_its_type(get, accept, name):
    answer = get("/api/exports/calls", Accept=accept)
    assert answer.status == 200
    assert answer.headers["Content-Type"] in accept
    assert answer.record.format == name


def test_a_dialect_by_its_own_type(get):
    answer = get("/api/exports/calls", {"dialect": "tsv"}, Accept="text/tab-separated-values")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/tab-separated-values")
    assert get("/api/exports/calls", Accept="text/tab-separated-values").status == 406


def test_the_parameter_goes_before_accept(get):
    answer = get("/api/exports/calls", {"format": "csv"}, Accept="image/png")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/csv"


@pytest.mark.parametrize("value", ["", "xml", "CSV", "json", "api", "csv ", "csv,csv"])
def test_an_unknown_format_is_400(get, value):
    answer = get("/api/exports/calls", {"format": value}, Accept="text/csv")
    assert answer.status == 400
    assert [attr for _code, attr in answer.errors] == ["format"]


def test_a_repeated_format_is_400(get):
    answer = get("/api/exports/calls?format=csv&format=csv")
    assert answer.status == 400
    assert [attr for _code, attr in answer.errors] == ["format"]


@pytest.mark.parametrize("path", ["/api/exports/info", "/api/exports/health", "/api/exports/logs"])
def test_json_answers_do_not_mind_accept_of_a_browser(get, path):
    answer = get(path, Accept=BROWSER)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
