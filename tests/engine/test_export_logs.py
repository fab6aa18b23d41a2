"""The dataset `export-logs`: the audit records as rows, through the engine like any other."""

import datetime as dt
import json

import pytest
from django.contrib.auth.models import Permission
from django.http import QueryDict

from exports import engine
from exports.caller import Caller
from exports.checks import check_definition
from exports.exceptions import InvalidParameters, NotPermitted
from exports.models import ExportLog
from exports.registry import registry
from tests.engine.background import content, made

pytestmark = pytest.mark.django_db(transaction=True)

FIELDS = (
    "id,user,tenant,export_type,door,ip,user_agent,format,columns,filters,options,timestamp,finished_at,"
    "row_count,byte_count,sha256,outcome,error,source"
)
"""The contract's, in its order."""


@pytest.fixture
def reader(user, allow):
    allow(user, "view_exportlog")
    return user


def make_record(owner, number: int = 0, **fields) -> ExportLog:
    """One of a minute in January; a larger number is newer."""
    defaults = {
        "user": owner.pk,
        "tenant": owner.pk,
        "export_type": "orders",
        "door": "api",
        "format": "csv",
        "outcome": "succeeded",
        "timestamp": dt.datetime(2024, 1, 31, 9, 30, number, tzinfo=dt.UTC),
    }
    return ExportLog.objects.create(**defaults | fields)


def export(user, query: str = "") -> list[str]:
    """The lines of the file."""
    stream = engine.start("export-logs", Caller(user=user, door=ExportLog.Door.API), QueryDict(query))
    return b"".join(stream).decode().splitlines()


def test_it_works(reader):
    record = make_record(
        reader,
        ip="192.0.2.7",
        user_agent="=curl/8",
        columns=["id", "number"],
        filters={"status": "paid"},
        options={"formulas": "escape"},
        finished_at=dt.datetime(2024, 1, 31, 9, 31, tzinfo=dt.UTC),
        row_count=3,
        byte_count=60,
        sha256="a" * 64,
        source="orm: values",
    )
    header, first, *_own = export(reader)
    assert header == FIELDS
    assert first == (
        f"{record.pk},user-123,user-123,orders,api,192.0.2.7,'=curl/8,csv,"
        '"[""id"", ""number""]","{""status"": ""paid""}","{""formulas"": ""escape""}",'
        f"2024-01-31T09:30:00+00:00,2024-01-31T09:31:00+00:00,3,60,{'a' * 64},succeeded,,orm: values"
    )


def test_it_declares_nothing_wrong():
    assert check_definition(registry.get("export-logs")) == []
    assert [field.name for field in ExportLog._meta.concrete_fields] == FIELDS.split(",")


def test_it_comes_last():
    names = [definition.get_name() for definition in registry]
    assert names.index("export-logs") > max(names.index("calls"), names.index("hosts"))


def test_it_is_one_of_its_own_rows_and_runs_still(reader):
    *_, own = export(reader, "columns=export_type,outcome,row_count,finished_at")
    assert own == "export-logs,running,0,"
    assert ExportLog.objects.get().outcome == "succeeded"


def test_every_column_says_what_it_holds():
    definition = registry.get("export-logs")
    rows = definition.get_queryset()
    assert [column.header for column in definition.get_columns() if not column.description_in(rows)] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["1", "2", "3", "4"]),
        ("start_date=2024-01-31T09:30:02Z", ["2", "3", "4"]),
        ("end_date=2024-01-31T09:30:02Z", ["1", "2"]),
        ("dataset=orders", ["1", "2"]),
        ("outcome=denied", ["4"]),
        ("door=web", ["3"]),
        ("user=user-456", ["4"]),
        ("file_format=xlsx", ["2"]),
        ("file_format=xlsx&door=web", []),
    ],
)
def test_filters(reader, stranger, query, found):
    make_record(reader, 1, row_count=1)
    make_record(reader, 2, row_count=2, format="xlsx")
    make_record(reader, 3, row_count=3, export_type="samples", door="web")
    make_record(reader, 4, row_count=4, export_type="samples", user=stranger.pk, outcome="denied")
    end = "" if "end_date" in query else "&end_date=2024-02-01"
    assert export(reader, f"columns=row_count&{query}{end}")[1:] == found


@pytest.mark.parametrize(
    "query", ["dataset=nothing", "outcome=well", "door=window", "start_date=soon", "format=2"]
)
def test_what_cannot_be_is_named(reader, query):
    with pytest.raises(InvalidParameters) as raised:
        export(reader, query)
    assert [problem.attr for problem in raised.value.problems] == [query.partition("=")[0]]


def test_since_is_not_offered(reader):
    """A record that ran when it was brought would never be brought again."""
    with pytest.raises(InvalidParameters) as raised:
        export(reader, "since=start")
    assert [(problem.attr, problem.code) for problem in raised.value.problems] == [
        ("since", "does_not_apply")
    ]


def test_a_stranger_is_nowhere_in_it(reader, stranger):
    make_record(stranger, 1)
    make_record(stranger, 2, tenant="*")
    make_record(reader, 3, tenant=stranger.pk)  # rows of theirs, that this user took
    make_record(stranger, 4, tenant=reader.pk)  # rows of this user's, that they took
    lines = export(reader, "columns=user,tenant&end_date=2024-02-01")
    assert lines[1:] == ["user-456,user-123"]


@pytest.mark.parametrize("query", ["", "tenant=user-123"])
def test_without_the_permission_there_is_none(user, query):
    with pytest.raises(NotPermitted):
        export(user, query)
    assert ExportLog.objects.get().outcome == "denied"


@pytest.mark.parametrize(("permission", "tenant"), [("other_tenant", "user-456"), ("all_tenants", "*")])
def test_those_of_others_need_the_permission_to_act_for_them(reader, stranger, allow, permission, tenant):
    make_record(stranger, 1)
    query = f"columns=user&end_date=2024-02-01&tenant={tenant}"
    with pytest.raises(NotPermitted):
        export(reader, query)
    allow(reader, f"export_for_{permission}")
    reader = type(reader).objects.get(pk=reader.pk)
    assert export(reader, query)[1:] == ["user-456"]


def test_who_may_act_for_others_alone_may_not(user, stranger, allow):
    allow(user, "export_for_other_tenant", "export_for_all_tenants")
    for tenant in ("*", "user-456", "user-123"):
        with pytest.raises(NotPermitted):
            export(user, f"tenant={tenant}")


def test_there_is_no_second_permission():
    assert not Permission.objects.filter(codename="export_exportlog").exists()


def test_a_job(reader):
    make_record(reader, 1)
    job = made(reader, "export-logs", "format=jsonl&columns=export_type,options&end_date=2024-02-01")
    assert [json.loads(line) for line in content(job).splitlines()] == [
        {"export_type": "orders", "options": {}}
    ]


@pytest.mark.postgresql
def test_postgresql_writes_the_rows(reader):
    export(reader)
    assert ExportLog.objects.get().source.startswith("copy")
