"""`/api/exports/{dataset}/schema`: the file's columns as CSVW metadata."""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.management import call_command
from django.db import models
from django.urls import clear_url_caches

import exports
from exports.api.csvw import column_name
from exports.columns import Column
from exports.contrib.netscan.models import Scan
from exports.models import ExportLog
from exports.registry import registry
from tests.api import rows
from tests.api.rows import DATASETS, HEADERS
from tests.engine.models import Sample

# No database has a part in it.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

CALLS = "/api/exports/calls"


@pytest.fixture
def schema(get) -> Callable[..., Any]:
    """schema(dataset, params): the metadata, whose answer must be 200."""

    def schema(dataset: str, params: Any = None, /, **options: Any) -> Any:
        answer = get(f"/api/exports/{dataset}/schema", params, **options)
        assert answer.status == 200, answer.body
        assert answer.headers["Content-Type"] == "application/csvm+json"
        return answer.json

    return schema


def titles(metadata: Any) -> list[str]:
    return [column["titles"] for column in metadata["tableSchema"]["columns"]]


def column(metadata: Any, title: str) -> Any:
    [found] = [found for found in metadata["tableSchema"]["columns"] if found["titles"] == title]
    return found


@pytest.mark.parametrize("dataset", DATASETS)
def test_it_works(schema, dataset):
    """Without the scan, too, that an export of `scans` cannot do without."""
    metadata = schema(dataset)
    assert metadata["@context"] == "http://www.w3.org/ns/csvw"
    assert metadata["@type"] == "Table"
    assert metadata["url"] == f"/api/exports/{dataset}"
    assert metadata["dc:title"] == dataset
    assert metadata["dc:description"] == str(registry.get(dataset).description)
    assert titles(metadata) == HEADERS[dataset].split(",")
    assert metadata["dialect"] == {
        "encoding": "utf-8",
        "delimiter": ",",
        "header": True,
        "headerRowCount": 1,
        "lineTerminators": ["\r\n"],
        "quoteChar": '"',
        "doubleQuote": True,
        "commentPrefix": None,
        "skipInitialSpace": False,
        "trim": False,
    }


def test_a_column(schema):
    metadata = schema("calls")
    assert column(metadata, "cost") == {
        "name": "cost",
        "titles": "cost",
        "dc:description": "What the call cost, in the account's currency.",
        "datatype": "decimal",
        "required": False,
        "null": "",
    }
    assert column(metadata, "startedAt")["required"] is True
    assert column(metadata, "livekitRoomName")["required"] is False  # which may be blank
    assert column(metadata, "outcome")["datatype"] == {
        "base": "string",
        "owl:oneOf": ["completed", "no_answer", "busy", "failed", "voicemail"],
    }


def test_the_primary_key_is_named_where_it_is_in_the_file(schema):
    assert schema("calls")["tableSchema"]["primaryKey"] == "id"
    assert schema("calls", {"columns": "status,id:Call no."})["tableSchema"]["primaryKey"] == "Call%20no%2E"
    assert "primaryKey" not in schema("calls", {"columns": "status"})["tableSchema"]
    assert "primaryKey" not in schema("hosts")["tableSchema"]


def test_what_a_key_refers_to_is_no_key(schema, monkeypatch):
    """Nor is an expression of it, or a column over a relation, never empty because a field is not."""
    columns = [
        Column("agent", "agent__id"),
        Column("name", "agent__agent_mode"),
        Column("same", models.F("id")),
    ]
    monkeypatch.setattr(type(registry.get("calls")), "columns", columns)
    found = schema("calls")["tableSchema"]
    assert [column["required"] for column in found["columns"]] == [False, False, True]
    assert found["primaryKey"] == "same"


# --- What a stranger may ------------------------------------------------------------------------------------


def test_without_credentials_it_is_401(client):
    answer = client.get(f"{CALLS}/schema")
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/json")


def test_a_stranger_learns_nothing_of_a_scan(get, user, stranger):
    scan = rows.scan(user)
    answers = [
        get("/api/exports/scans/schema", {"scan_id": number}, user=who).json["tableSchema"]
        for number, who in [(scan.pk, user), (scan.pk, stranger), (999_999, stranger)]
    ]
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("dataset", DATASETS)
def test_no_row_is_read_and_nothing_is_recorded(get, user, dataset, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    scan = rows.scan(user)
    for _ in range(3):
        answer = get(rows.path(f"{dataset}/schema", scan.pk), {"tenant": user.pk, "format": "jsonl"})
        assert (answer.status, answer.queries) == (200, ["SELECT accounts_user"])
        assert "X-Export-Id" not in answer.headers
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert ExportLog.objects.count() == 0
    assert get(rows.path(dataset, scan.pk)).status == 200


def test_once_the_rate_is_used_up_it_still_answers(get, schema, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    assert [get(CALLS).status, get(CALLS).status] == [200, 429]
    assert schema("calls")


def test_head(get):
    answer = get(f"{CALLS}/schema", method="head")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Type"] == "application/csvm+json"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_to_be_read_alone(get, method):
    assert get(f"{CALLS}/schema", method=method).status == 405


def test_a_trailing_slash_is_allowed(get):
    assert get(f"{CALLS}/schema/").status == 200


@pytest.mark.parametrize("dataset", ["nothing", "info", "health", "logs", "schema"])
def test_there_is_no_such_dataset(get, dataset):
    answer = get(f"/api/exports/{dataset}/schema")
    assert (answer.status, answer.errors) == (404, [("not_found", None)])


@pytest.mark.parametrize("accept", ["application/json", "text/html", "text/csv", "image/png"])
def test_there_is_one_type_whatever_is_accepted(get, schema, accept):
    assert schema("calls", Accept=accept)
    assert get(f"{CALLS}/schema", {"columns": "x"}, Accept=accept).errors == [("unknown_column", "columns")]


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"colums": "id"}, ("unknown_parameter", "colums")),
        ({"columns": "id,nothing"}, ("unknown_column", "columns")),
        ({"columns": "id,id"}, ("repeated_column", "columns")),
        ({"dialect": "excel-comma"}, ("invalid_choice", "dialect")),
        ({"dialect": "tsv", "format": "jsonl"}, ("does_not_apply", "dialect")),
        ({"format": "doc"}, ("invalid_choice", "format")),
        ({"tz": "Europe/Bonn"}, ("invalid", "tz")),
        ({"since": "yesterday"}, ("invalid", "since")),
        ({"status": "over"}, ("invalid_choice", "status")),
        ({"start_date": "2024-02-01", "end_date": "2024-01-01"}, None),
        ({"agent_id": ""}, ("blank", "agent_id")),
    ],
)
def test_it_refuses_the_parameters_that_a_download_refuses(get, params, error):
    answer, download = get(f"{CALLS}/schema", params), get(CALLS, params)
    assert (answer.status, answer.errors) == (download.status, download.errors)
    assert answer.status == 400
    assert error is None or answer.errors == [error]


def test_a_required_filter_may_be_left_out_and_not_be_wrong(get):
    for value in ("", "x"):
        answer = get("/api/exports/scans/schema", {"scan_id": value})
        assert [attr for _code, attr in answer.errors] == ["scan_id"]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("calls", {"tenant": "user-456"}),
        ("calls", {"tenant": "*"}),
        ("calls", {"formulas": "raw"}),
        ("contacts", {"columns": "name,salary"}),
        ("secrets", {}),
        ("sensitive", {}),
    ],
)
def test_it_refuses_whom_a_download_refuses(get, user, path, params):
    answer, download = get(f"/api/exports/{path}/schema", params), get(f"/api/exports/{path}", params)
    assert (answer.status, answer.errors) == (403, download.errors)
    assert download.status == 403
    assert ExportLog.objects.count() == 1  # the download's


def test_with_the_permission_for_a_dataset_it_is_told_of(schema, user, allow):
    allow(user, "policy.take_out_secrets")
    assert titles(schema("secrets")) == ["name"]


def test_only_from_where_one_may_export(get, settings):
    settings.EXPORTS = settings.EXPORTS | {"ALLOWED_NETWORKS": ["192.0.2.0/24"]}
    assert get(f"{CALLS}/schema").status == 403


def test_a_user_whose_plan_is_unknown(get, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"PLANS": {"small": {"MAX_ROWS": 1}}}
    user.plan = "large"
    user.save()
    assert [code for code, _attr in get(f"{CALLS}/schema").errors] == ["plan_unknown"]


# --- Columns ------------------------------------------------------------------------------------------------


def test_what_is_hidden_is_not_there(schema, user, allow):
    assert "salary" not in json.dumps(schema("contacts"))
    allow(user, "policy.see_salaries")
    assert column(schema("contacts"), "salary")["datatype"] == "integer"


def test_what_a_mask_leaves_is_text(schema, user, allow):
    found = column(schema("contacts"), "id")
    assert (found["datatype"], found["required"]) == ("string", False)
    assert "primaryKey" not in schema("contacts")["tableSchema"]
    allow(user, "export_unmasked")
    found = column(schema("contacts"), "id")
    assert (found["datatype"], found["required"]) == ("integer", True)  # Django calls the key `blank`
    assert schema("contacts")["tableSchema"]["primaryKey"] == "id"


def test_columns_are_chosen_ordered_and_renamed(get, schema):
    params = {"columns": "cost:Price €,status,agentName:=cmd"}
    metadata = schema("calls", params)
    assert titles(metadata) == ["Price €", "status", "'=cmd"]
    assert [found["name"] for found in metadata["tableSchema"]["columns"]] == [
        "Price%20%E2%82%AC",
        "status",
        "%3Dcmd",
    ]
    assert titles(metadata) == next(csv.reader([get(CALLS, params).header]))
    assert column(metadata, "Price €")["dc:description"] == "What the call cost, in the account's currency."


def test_what_else_there_is_to_choose_stands_in_the_notes(schema):
    assert schema("calls", {"columns": "id,durationHms"})["notes"][-1] == {
        "@type": "Column",
        "csvw:name": "agentName",
        "csvw:title": "agentName",
        "dc:description": "The name of the agent who took or made the call.",
    }
    assert [note["csvw:title"] for note in schema("calls")["notes"]] == ["agentName", "durationHms"]
    assert "notes" not in schema("agents")
    assert "salary" not in json.dumps(schema("contacts", {"columns": "name"})["notes"])


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("id", "id"),
        ("First Seen", "First%20Seen"),
        ("_id", "%5Fid"),
        ("a_b", "a_b"),
        ("a-b.c~d", "a%2Db%2Ec%7Ed"),
        ("100%", "100%25"),
        ("Größe", "Gr%C3%B6%C3%9Fe"),
        ("a/b{c}", "a%2Fb%7Bc%7D"),
    ],
)
def test_names_are_variables_of_uri_templates(header, name):
    assert column_name(header) == name
    assert unquote(name) == header
    assert re.fullmatch(r"(?!_)(?:[A-Za-z0-9_]|%[0-9A-F]{2})+", name)


def test_descriptions_are_in_the_readers_language(schema):
    metadata = schema("calls", {"tz": "Europe/Berlin"}, Accept_Language="de")
    assert column(metadata, "duration")["dc:description"] == "Ganze Sekunden."
    assert column(metadata, "startedAt")["datatype"]["dc:description"] == "In der Zeitzone Europe/Berlin."
    assert titles(metadata) == HEADERS["calls"].split(",")


# --- The file -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dialect", "delimiter"), [("excel", ","), ("excel-semicolon", ";"), ("tsv", "\t")])
def test_the_dialect(get, schema, user, dialect, delimiter):
    rows.call(user, recording_url='a;b\t"c",\nd')
    params = {"columns": "recordingUrl,id", "dialect": dialect}
    found = schema("calls", params)
    assert found["dialect"]["delimiter"] == delimiter
    [header, line] = cells(get(CALLS, params).body, found["dialect"])
    assert header == titles(found)
    assert line[0] == 'a;b\t"c",\nd'


def test_the_url_is_that_of_the_csv(get, schema, user):
    rows.call(user, status="ended")
    params = {"columns": "status:State", "dialect": "tsv", "tz": "Asia/Tokyo", "status": "ended"}
    url = schema("calls", params | {"since": "start", "compression": "gzip"})["url"]
    assert url == f"{CALLS}?columns=status:State&dialect=tsv&tz=Asia/Tokyo&status=ended&since=start"
    answer = get(url)
    assert (answer.headers["Content-Type"], answer.body) == (
        "text/tab-separated-values",
        b"State\r\nended\r\n",
    )
    assert schema("calls", {"format": "parquet"})["url"] == CALLS


def cells(body: bytes, dialect: Any) -> list[list[str]]:
    """The file, read as the metadata says."""
    assert body.endswith(b"\r\n")
    text = io.StringIO(body.decode("utf-8-sig"), newline="")
    found = csv.reader(
        text,
        delimiter=dialect["delimiter"],
        quotechar=dialect["quoteChar"],
        doublequote=dialect["doubleQuote"],
        skipinitialspace=dialect["skipInitialSpace"],
        strict=True,
    )
    return list(found)


_OFFSET = r"(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)"
_DAY, _CLOCK = r"\d{4}-\d\d-\d\d", r"\d\d:\d\d:\d\d(?:\.\d+)?"
LEXICAL = {
    "string": r"[\s\S]+",
    "boolean": r"true|false|1|0",
    "integer": r"[+-]?\d+",
    "decimal": r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)",
    "double": r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[Ee][+-]?\d+)?|-?INF|NaN",
    "dateTimeStamp": rf"{_DAY}T{_CLOCK}{_OFFSET}",
    "date": _DAY,
    "time": _CLOCK,
    "hexBinary": r"(?:[0-9a-fA-F]{2})*",
    "json": r"[\s\S]+",
}
"""How XML Schema spells the values of each type, and CSVW with it."""

PARSED = {
    "boolean": lambda text: text == "true",
    "integer": int,
    "decimal": Decimal,
    "double": float,
    "dateTimeStamp": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "hexBinary": bytes.fromhex,
    "json": json.loads,
}


def value(column: Any, cell: str) -> Any:
    """The value of a cell by the declaration of its column; the assertions fail where it is none."""
    if cell == column["null"]:
        assert not column["required"], column
        return None
    datatype = column["datatype"]
    base = datatype if isinstance(datatype, str) else datatype["base"]
    assert re.fullmatch(LEXICAL[base], cell, re.ASCII), (column, cell)
    if not isinstance(datatype, str) and "format" in datatype:
        assert re.search(datatype["format"], cell), (column, cell)
    return PARSED.get(base, str)(cell)


@pytest.mark.parametrize("params", [{}, {"dialect": "tsv", "tz": "America/St_Johns"}])
def test_the_types_are_those_of_the_cells(get, schema, user, params):
    """Of seeded rows, which have every cell that once went wrong somewhere."""
    counts = {"calls": 600, "agents": 300, "phone_numbers": 300, "events": 300, "hosts": 30}
    call_command("seed_demo", user=user.pk, **counts, verbosity=0)
    scan = Scan.objects.filter(user=user).first()
    for dataset in DATASETS:
        asked = params | ({"scan_id": scan.pk} if dataset == "scans" else {})
        every = [column.header for column in registry.get(dataset).get_columns()]
        metadata = schema(dataset, asked | {"columns": ",".join(every)})
        header, *lines = cells(
            get(dataset_path := f"/api/exports/{dataset}", asked | {"columns": ",".join(every)}).body,
            metadata["dialect"],
        )
        assert header == titles(metadata) == every
        assert lines, dataset_path
        for line in lines:
            for found, cell in zip(metadata["tableSchema"]["columns"], line, strict=True):
                value(found, cell)


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_titles_are_the_header(get, schema, user, dataset):
    asked = {"scan_id": rows.scan(user).pk} if dataset == "scans" else {}
    for params in ({}, {"dialect": "tsv"}, {"columns": ",".join(reversed(HEADERS[dataset].split(",")))}):
        metadata = schema(dataset, asked | params)
        assert cells(get(f"/api/exports/{dataset}", asked | params).body, metadata["dialect"]) == [
            titles(metadata)
        ]


SAMPLE = {
    "text": "é",
    "document": {"a": [1, None]},
    "truth": False,
    "whole": -(2**63),
    "exact": Decimal("-12.3450"),
    "float": 1e300,
    "moment": dt.datetime(2024, 7, 1, 9, 30, 0, 5, tzinfo=dt.UTC),
    "day": dt.date(2024, 2, 29),
    "clock": dt.time(23, 59, 59, 1),
    "span": dt.timedelta(days=-1, microseconds=1),
    "key": "6f3a8c1e-0000-4000-8000-00000000000a",
    "address": "2001:db8::1",
}
BASES = {
    "document": "json",
    "truth": "boolean",
    "whole": "integer",
    "exact": "decimal",
    "float": "double",
    "moment": {"base": "dateTimeStamp", "dc:description": "In the time zone UTC."},
    "day": "date",
    "clock": "time",
    "span": {"base": "decimal", "dc:description": "Seconds."},
}


def test_every_type_there_is(get, schema, user):
    Sample.objects.create(owner=user, **SAMPLE)
    metadata = schema("samples")
    for name in SAMPLE.keys() - {"key"}:
        assert column(metadata, name)["datatype"] == BASES.get(name, "string")
        assert column(metadata, name)["required"] is False  # each may be null, none blank
    header, line = cells(get("/api/exports/samples").body, metadata["dialect"])
    found = {name: value(column(metadata, name), cell) for name, cell in zip(header, line, strict=True)}
    assert found == SAMPLE | {"span": Decimal("-86399.999999")}


def test_computed_columns_have_the_type_that_they_declare(schema, monkeypatch):
    columns = [
        exports.Column("text", source=lambda sample: "x"),
        exports.Column("bytes", source=lambda sample: b"x", output_field=models.BinaryField()),
        exports.Column(
            "size", source=lambda sample: 1, output_field=models.IntegerField(), description="How big."
        ),
    ]
    monkeypatch.setattr(type(registry.get("computed-samples")), "columns", columns)
    found = schema("computed-samples")["tableSchema"]["columns"]
    assert [column["datatype"] for column in found] == ["string", "hexBinary", "integer"]
    assert [column.get("dc:description") for column in found] == [None, None, "How big."]


# --- The link -----------------------------------------------------------------------------------------------


def followed(header: str) -> str:
    """The address of a Link header of that one kind."""
    [address] = re.findall(r'\A<(/[^<>"\s]*)>; rel="describedby"; type="application/csvm\+json"\Z', header)
    return address


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("dataset", DATASETS)
def test_a_download_links_to_it(get, user, dataset, method):
    answer = get(rows.path(dataset, rows.scan(user).pk), method=method)
    address = followed(answer.headers["Link"])
    assert address == f"/api/exports/{dataset}/schema"
    assert titles(get(address).json) == HEADERS[dataset].split(",")


@pytest.mark.parametrize("format", ["csv", "jsonl", "xlsx", "parquet"])
def test_whatever_the_format(get, format):
    answer = get(CALLS, {"format": format, "compression": "gzip", "columns": "id"})
    assert followed(answer.headers["Link"]) == f"{CALLS}/schema?columns=id"


def test_it_leads_to_the_same_columns_and_tells_no_filter(get, user):
    """Nor whose rows they are."""
    rows.call(user, status="ended")
    params = {
        "status": "ended",
        "columns": 'status:Größe "<x>; y,startedAt,id',
        "dialect": "excel-semicolon",
        "tz": "Europe/Berlin",
        "tenant": user.pk,
        "start_date": "2024-01-01",
    }
    answer = get(CALLS, params)
    address = followed(answer.headers["Link"])
    path, _, query = address.partition("?")
    assert path == f"{CALLS}/schema"
    assert [part.partition("=")[0] for part in query.split("&")] == ["columns", "dialect", "tz"]
    metadata = get(address).json
    header, line = cells(answer.body, metadata["dialect"])
    assert header == titles(metadata) == ['Größe "<x>; y', "startedAt", "id"]
    assert value(metadata["tableSchema"]["columns"][1], line[1]).utcoffset() == dt.timedelta(hours=1)


def test_short_paths_link_to_it_too(get, user):
    answer = get(f"/api/scans/{rows.scan(user).pk}/export/csv", {"columns": "Port"})
    assert followed(answer.headers["Link"]) == "/api/exports/scans/schema?columns=Port"


def test_the_pages_downloads_link_to_it(client, user):
    client.force_login(user)
    for method in (client.get, client.head):
        answer = method("/exports/calls/download?columns=&columns=id&columns=status&outcome=busy")
        assert followed(answer.headers["Link"]) == f"{CALLS}/schema?columns=id,status"


def test_where_there_is_no_api_there_is_no_link(client, user, settings):
    settings.ROOT_URLCONF = "tests.web.urls"
    clear_url_caches()
    try:
        client.force_login(user)
        for method in (client.get, client.head):
            answer = method("/data/calls/download")
            assert answer.status_code == 200
            assert "Link" not in answer.headers
    finally:
        clear_url_caches()


def test_no_link_is_longer_than_a_proxy_takes(get):
    answer = get(CALLS, {"columns": f"id:{'x' * 255},status:{'é' * 255}"})
    assert len(answer.headers["Link"]) < 2_048
    answer = get(CALLS, {"columns": f"id:{'é' * 255},status:{'ö' * 255}"})
    assert answer.status == 200
    assert "Link" not in answer.headers


@pytest.mark.parametrize("params", [{"statuss": "ended"}, {"tenant": "user-456"}])
def test_a_refusal_has_none(get, params):
    assert "Link" not in get(CALLS, params).headers
