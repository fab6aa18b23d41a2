"""The body of a template: what a download takes and more, and nothing of it lost."""

import pytest

from exports.models import ExportTemplate

# What a body means does not depend on the database.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

TEMPLATES = "/api/exports/templates"


def test_it_works(keep):
    keep.template(
        filters={"start_date": "last 7 days", "status": "ended"},
        columns="id,cost:Price",
        format=None,
        compression="gzip",
        since=None,
    )
    assert ExportTemplate.objects.get().parameters == {
        "start_date": ["last 7 days"],
        "status": ["ended"],
        "columns": ["id,cost:Price"],
        "compression": ["gzip"],
    }


@pytest.mark.parametrize(
    ("dataset", "said", "expected"),
    [
        ("calls", {"filters": {}}, {}),
        ("calls", {"columns": ["id", "status"]}, {"columns": ["id,status"]}),
        ("agents", {"filters": {"is_active": True}}, {"is_active": ["true"]}),
        ("hosts", {"filters": {"network_id": 12}}, {"network_id": ["12"]}),
        ("calls", {"since": "last_run"}, {"since": ["last_run"]}),
        ("calls", {"since": "start"}, {"since": ["start"]}),
        ("scans", {"filters": {"scan_id": 999}}, {"scan_id": ["999"]}),
    ],
)
def test_values(keep, dataset, said, expected):
    keep.template(dataset=dataset, **said)
    assert ExportTemplate.objects.get().parameters == expected


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        # No text, or none that a name can be.
        ({"name": None}, [("null", "name")]),
        ({"name": 1}, [("invalid", "name")]),
        ({"name": ["x"]}, [("invalid", "name")]),
        ({"name": ""}, [("blank", "name")]),
        ({"name": " \t "}, [("blank", "name")]),
        ({"name": "x" * 101}, [("max_length", "name")]),
        ({"name": "x\0"}, [("invalid_characters", "name")]),
        ({"name": "x\u202e"}, [("invalid_characters", "name")]),
        # What is exported.
        ({"dataset": "nothing"}, [("not_found", "dataset")]),
        ({"dataset": "templates"}, [("not_found", "dataset")]),
        ({"dataset": None}, [("null", "dataset")]),
        ({"dataset": ""}, [("not_found", "dataset")]),
        ({"filters": None}, [("invalid", "filters")]),
        ({"filters": {"statuss": "ended"}}, [("unknown_parameter", "statuss")]),
        ({"filters": {"status": "last month"}}, [("invalid_choice", "status")]),
        ({"filters": {"start_date": "next month"}}, [("invalid", "start_date")]),
        ({"filters": {"start_date": "last 0 days"}}, [("invalid", "start_date")]),
        ({"filters": {"format": "csv"}}, [("unknown_parameter", "format")]),
        ({"filters": {"status": None}}, [("null", "status")]),
        ({"columns": ["gone"]}, [("unknown_column", "columns")]),
        ({"columns": []}, [("blank", "columns")]),
        ({"format": "pdf"}, [("invalid_choice", "format")]),
        ({"format": ["csv"]}, [("invalid", "format")]),
        ({"since": "last week"}, [("invalid", "since")]),
        # With whom it is shared.
        ({"shared_with": "user-456"}, [("invalid", "shared_with")]),
        ({"shared_with": None}, [("null", "shared_with")]),
        ({"shared_with": [1]}, [("invalid", "shared_with")]),
        ({"shared_with": [""]}, [("invalid", "shared_with")]),
        ({"shared_with": ["x" * 256]}, [("invalid", "shared_with")]),
        ({"shared_with": [str(number) for number in range(101)]}, [("max_length", "shared_with")]),
        # What is told of a template, nobody says of a new one.
        ({"user": "user-456"}, [("unknown_parameter", "user")]),
        ({"id": "00000000-0000-0000-0000-000000000000"}, [("unknown_parameter", "id")]),
        ({"parameters": {}}, [("unknown_parameter", "parameters")]),
        # Several at once.
        ({"name": None, "x": 1, "format": 1.5}, [("null", "name"), ("unknown_parameter", "x")]),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_named(jobs, said, errors):
    answer = jobs.ask(TEMPLATES, {"name": "n", "dataset": "calls"} | said)
    assert (answer.status, answer.errors) == (400, errors)
    assert not ExportTemplate.objects.exists()


@pytest.mark.parametrize("missing", ["name", "dataset"])
def test_what_has_to_be_there(jobs, keep, missing):
    body = {"name": "n", "dataset": "calls"}
    path = keep.template()["links"]["self"]
    del body[missing]
    for answer in (jobs.ask(TEMPLATES, body), jobs.ask(path, body, method="put")):
        assert (answer.status, answer.errors) == (400, [("required", missing)])


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"name": "a", "name": "b"}'])
@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_what_is_no_object_is_400(jobs, keep, method, text):
    template = keep.template()
    path = TEMPLATES if method == "post" else template["links"]["self"]
    answer = jobs.ask(path, text, method=method)
    repeated = text.startswith('{"name')
    expected = ("repeated", "name") if repeated else ("parse_error", None)
    assert (answer.status, answer.errors) == (400, [expected])
    assert ExportTemplate.objects.get().name == template["name"]


def test_a_wrong_change_changes_nothing(jobs, get, keep):
    template = keep.template(filters={"status": "ended"})
    for body in ({"name": "x", "format": "pdf"}, {"dataset": "agents"}, {"user": "x", "colour": 1}):
        assert jobs.ask(template["links"]["self"], body, method="patch").status == 400
    assert get(template["links"]["self"]).json == template


def test_parameters_in_the_query_would_be_lost(jobs):
    answer = jobs.ask(f"{TEMPLATES}?format=csv", {"name": "n", "dataset": "calls"})
    assert (answer.status, answer.errors) == (400, [("unknown_parameter", "format")])


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_another_kind_of_body_is_415(get, kind):
    answer = get(TEMPLATES, method="post", data=b"name=x", content_type=kind)
    assert (answer.status, answer.errors) == (415, [("unsupported_media_type", None)])


def test_another_tenant_is_refused(jobs, stranger):
    answer = jobs.ask(TEMPLATES, {"name": "n", "dataset": "calls", "tenant": stranger.pk})
    assert (answer.status, answer.errors) == (403, [("permission_denied", "tenant")])


def test_parameters_that_are_too_long_together(jobs):
    body = {"name": "n", "dataset": "calls", "filters": {"status": "x" * 70_000}}
    answer = jobs.ask(TEMPLATES, body)
    assert (answer.status, answer.errors) == (400, [("max_length", "status")])
