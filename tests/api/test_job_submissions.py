"""The body of a request for a job: what a query string can say, and nothing of it lost."""

import pytest

from exports.models import ExportJob

# What a body means does not depend on the database.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def parameters(jobs):
    """The parameters of the job that is made of a body."""

    def parameters(dataset, body) -> dict[str, list[str]]:
        answer = jobs.submit(dataset, body)
        assert answer.status == 202, answer.body
        return answer.json["parameters"]

    return parameters


def test_it_works(parameters):
    body = {
        "filters": {"start_date": "2024-01-01", "status": "ended"},
        "columns": ["id", "cost:Price"],
        "format": "csv",
        "compression": "gzip",
        "dialect": "tsv",
        "formulas": "escape",
        "tz": "Europe/Berlin",
    }
    assert parameters("calls", body) == {
        "start_date": ["2024-01-01"],
        "status": ["ended"],
        "columns": ["id,cost:Price"],
        "format": ["csv"],
        "compression": ["gzip"],
        "dialect": ["tsv"],
        "formulas": ["escape"],
        "tz": ["Europe/Berlin"],
    }


@pytest.mark.parametrize(
    ("dataset", "body", "expected"),
    [
        ("calls", {}, {}),
        ("calls", {"filters": {}}, {}),
        ("calls", {"columns": "id,status"}, {"columns": ["id,status"]}),
        ("agents", {"filters": {"is_active": True}}, {"is_active": ["true"]}),
        ("agents", {"filters": {"is_active": False}}, {"is_active": ["false"]}),
        ("agents", {"filters": {"is_active": ["true"]}}, {"is_active": ["true"]}),
        ("hosts", {"filters": {"network_id": 12}}, {"network_id": ["12"]}),
        ("calls", {"since": "start"}, {"since": ["start"]}),
    ],
)
def test_values(parameters, dataset, body, expected):
    assert parameters(dataset, body) == expected


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        # Unknown, or in the wrong place.
        ({"status": "ended"}, [("unknown_parameter", "status")]),
        ({"filters": {"statuss": "ended"}}, [("unknown_parameter", "statuss")]),
        ({"filters": {"format": "csv"}}, [("unknown_parameter", "format")]),
        ({"filter": {"status": "ended"}}, [("unknown_parameter", "filter")]),
        ({"": 1}, [("unknown_parameter", "")]),
        # No value.
        ({"filters": {"status": None}}, [("null", "status")]),
        ({"format": None}, [("null", "format")]),
        ({"columns": None}, [("null", "columns")]),
        ({"filters": {"status": []}}, [("blank", "status")]),
        ({"filters": {"status": ""}}, [("blank", "status")]),
        ({"columns": []}, [("blank", "columns")]),
        ({"columns": ""}, [("blank", "columns")]),
        ({"filters": {"status": ["ended", None]}}, [("null", "status")]),
        # No text.
        ({"filters": {"status": {"is": "ended"}}}, [("invalid", "status")]),
        ({"filters": {"status": [["ended"]]}}, [("invalid", "status")]),
        ({"format": ["csv"]}, [("invalid", "format")]),
        ({"format": {"name": "csv"}}, [("invalid", "format")]),
        ({"columns": {"id": 1}}, [("invalid", "columns")]),
        ({"columns": ["id", 1]}, [("invalid", "columns")]),
        ({"columns": ["id", None]}, [("invalid", "columns")]),
        ({"columns": ["id,status"]}, [("invalid", "columns")]),
        ({"filters": None}, [("invalid", "filters")]),
        ({"filters": ["status"]}, [("invalid", "filters")]),
        ({"filters": "status=ended"}, [("invalid", "filters")]),
        # Not what there is.
        ({"format": True}, [("invalid_choice", "format")]),
        ({"filters": {"status": ["ended", "active"]}}, [("repeated", "status")]),
        ({"filters": {"start_date": 1.5}}, [("invalid", "start_date")]),
        ({"columns": 5}, [("unknown_column", "columns")]),
        ({"columns": ["id", "nothing"]}, [("unknown_column", "columns")]),
        # Several at once.
        ({"x": 1, "format": None}, [("unknown_parameter", "x"), ("null", "format")]),
    ],
)
def test_what_is_wrong_is_named(jobs, body, errors):
    answer = jobs.submit(body=body)
    assert (answer.status, answer.errors) == (400, errors)
    assert not ExportJob.objects.exists()


@pytest.mark.parametrize(
    ("text", "attr"),
    [
        ('{"filters": {"status": "ended", "status": "active"}}', "status"),
        ('{"filters": {"status": "ended"}, "filters": {}}', "filters"),
        ('{"format": "csv", "format": "csv"}', "format"),
    ],
)
def test_a_name_that_comes_twice_is_400(jobs, text, attr):
    answer = jobs.submit(body=text)
    assert (answer.status, answer.errors) == (400, [("repeated", attr)])


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "null", "1", '"calls"', "true", "{", "{'status': 1}", '{"filters": {"a": NaN}}'),
        *("[" * 100_000, b'{"format": "\xff"}', '{"since": Infinity}'),
    ],
    ids=lambda text: str(text)[:12] or "empty",
)
def test_what_is_no_json_object_is_400(jobs, text):
    answer = jobs.submit(body=text)
    assert (answer.status, answer.errors) == (400, [("parse_error", None)])
    assert not ExportJob.objects.exists()


def test_a_number_of_any_length_is_told_of(jobs):
    """As it is spelled: Python would not read it."""
    answer = jobs.submit("hosts", '{"filters": {"network_id": %s}}' % ("9" * 5000))
    assert (answer.status, answer.errors) == (400, [("invalid", "network_id")])


@pytest.mark.parametrize("text", ['{"\\ud800": 1}', '{"filters": {"\\ud800": 1}}', '{"tz": "\\ud800"}'])
def test_half_a_character_is_400(jobs, text):
    answer = jobs.submit(body=text)
    assert answer.status == 400
    assert answer.json["errors"][0]["code"] in ("unknown_parameter", "invalid_characters")


def test_parameters_in_the_query_would_be_lost(jobs):
    answer = jobs.ask("/api/exports/calls/jobs?status=ended", {})
    assert (answer.status, answer.errors) == (400, [("unknown_parameter", "status")])
    assert not ExportJob.objects.exists()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_another_kind_of_body_is_415(get, kind):
    answer = get("/api/exports/calls/jobs", method="post", data=b"status=ended", content_type=kind)
    assert (answer.status, answer.errors) == (415, [("unsupported_media_type", None)])


def test_a_body_that_is_too_large_is_413(jobs, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = jobs.submit(body={"filters": {"status": "x" * 2000}})
    assert (answer.status, answer.errors) == (413, [("request_too_large", None)])


def test_a_required_filter(jobs):
    answer = jobs.submit("scans")
    assert (answer.status, answer.errors) == (400, [("required", "scan_id")])
    missing = jobs.submit("scans", {"filters": {"scan_id": 999}})
    assert (missing.status, missing.errors) == (404, [("not_found", "scan_id")])


def test_another_tenant_is_refused(jobs, stranger):
    answer = jobs.submit(body={"tenant": stranger.pk})
    assert (answer.status, answer.errors) == (403, [("permission_denied", "tenant")])


def test_a_body_of_more_names_than_a_query_may_have(jobs, settings):
    """Each would be answered with an error of its own."""
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 20
    answer = jobs.submit(body={"filters": {f"name{number}": 1 for number in range(21)}})
    assert (answer.status, answer.errors) == (400, [("parse_error", None)])
    answer = jobs.submit(body={"filters": {f"name{number}": 1 for number in range(20)}})
    assert (answer.status, len(answer.errors)) == (400, 20)
