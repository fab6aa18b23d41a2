"""The first rows as they will stand in the file, and how many there are."""

import csv
import io
import json
import time

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.http import QueryDict

from exports import engine
from exports.caller import Caller
from exports.clients import Client
from exports.exceptions import FormulaFound, InvalidParameters, NotPermitted, PreviewTooSlow, ReaderLeft
from exports.models import ExportLog
from exports.sources.brief import BriefReading
from tests.engine.models import Order
from tests.engine.slow import counts, endless


@pytest.fixture
def preview(user):
    def call(dataset: str = "orders", query: str = "", **settings):
        return engine.preview(dataset, Caller(user=user, door=ExportLog.Door.WEB), QueryDict(query))

    return call


@pytest.mark.parametrize("dataset", ["orders", "computed-orders"])
def test_it_is_the_beginning_of_the_file(dataset, preview, download, user, make_order):
    for number in range(30):
        make_order(user, number, status="=1" if number == 3 else "new")
    found = preview(dataset)
    file = list(csv.reader(io.StringIO(download(dataset).decode(), newline="")))
    assert [found.headers, *map(list, found.rows)] == file[:21]
    assert found.row_count == 30


def test_a_stranger_s_rows_are_neither_shown_nor_counted(preview, stranger, make_order):
    make_order(stranger, 1)
    found = preview()
    assert (found.rows, found.row_count) == ([], 0)


def test_filters_and_columns(preview, user, make_order):
    make_order(user, 1, status="paid")
    make_order(user, 2)
    found = preview(query="status=paid&columns=status,number")
    assert (found.headers, found.rows, found.row_count) == (["status", "number"], [["paid", "1"]], 1)


def test_it_leaves_no_record_and_uses_no_rate(preview, download, settings, user, make_order):
    settings.EXPORTS = {"RATE": "1/d"}
    for _ in range(3):
        preview()
    assert not ExportLog.objects.exists()
    download("orders")


def test_more_rows_than_the_limit_are_told_and_not_refused(preview, settings, user, make_order):
    for number in range(3):
        make_order(user, number)
    assert not preview().limit_exceeded
    settings.EXPORTS = {"MAX_ROWS": 3}
    assert not preview().limit_exceeded
    settings.EXPORTS = {"MAX_ROWS": 2}
    found = preview()
    assert found.limit_exceeded
    assert (len(found.rows), found.row_count) == (3, 3)


def test_what_is_wrong_is_raised(preview, user, make_order):
    make_order(user, 1, status="=1+1")
    with pytest.raises(FormulaFound):
        preview(query="formulas=reject")
    with pytest.raises(InvalidParameters):
        preview(query="statuss=paid")


def test_another_tenant_s_rows_are_refused_and_the_refusal_is_recorded(preview, user, stranger):
    with pytest.raises(NotPermitted):
        preview(query=f"tenant={stranger.pk}")
    record = ExportLog.objects.get()
    assert (record.outcome, record.door, record.user, record.tenant) == (
        *("denied", "web"),
        user.pk,
        stranger.pk,
    )


def test_staff_who_look_at_another_tenant_s_rows_are_in_the_log(preview, user, stranger, caplog):
    caplog.set_level("INFO", "exports")
    preview()
    preview(query=f"tenant={user.pk}")
    assert not caplog.records
    names = ["export_for_other_tenant", "export_order"]
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))
    preview(query=f"tenant={stranger.pk}")
    assert [record.getMessage() for record in caplog.records] == [
        "User user-123 saw rows of tenant 'user-456' in orders"
    ]


@pytest.mark.parametrize("query", ["format=csv", "format=csv&dialect=tsv", "format=jsonl"])
def test_headers_are_those_of_the_file(preview, download, user, make_order, query):
    make_order(user, 1)
    query += "&columns=number:=x,status"
    file = download("orders", **QueryDict(query).dict()).decode()
    headers = (
        list(json.loads(file)) if "jsonl" in query else file.split("\r\n")[0].replace("\t", ",").split(",")
    )
    assert preview(query=query).headers == headers == ["=x" if "jsonl" in query else "'=x", "status"]


def test_the_rest_of_few_rows_is_not_counted(preview, user, make_order):
    """What takes long to be found is looked for once."""
    for number in range(19):
        make_order(user, number)
    with endless(counts) as counted:
        assert preview().row_count == 19
    assert counted == []


def of_orders(sql: str) -> bool:
    return ' FROM "engine_order"' in sql


@pytest.mark.parametrize(
    "transactional", [False, pytest.param(True, marks=pytest.mark.django_db(transaction=True))]
)
def test_rows_that_take_long_to_be_counted_are_shown_without_their_number(
    preview, in_two_seconds, settings, user, make_order, transactional
):
    settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": 20}
    for number in range(21):
        make_order(user, number)
    begun = time.monotonic()
    with endless(counts) as counted:
        found = preview()
    assert time.monotonic() - begun < 8  # the statement itself takes longer
    assert (len(counted), connection.in_atomic_block) == (1, not transactional)
    assert (len(found.rows), found.row_count, found.more, found.uncounted_after) == (20, 20, True, 2)
    assert (found.size, found.limit_exceeded, found.warnings) == (None, False, [])
    # The connection is of use still, for whoever has it.
    make_order(user, 21)
    assert Order.objects.count() == 22
    assert (preview().row_count, preview().uncounted_after) == (22, None)


@pytest.mark.parametrize(
    "transactional", [False, pytest.param(True, marks=pytest.mark.django_db(transaction=True))]
)
def test_first_rows_that_take_too_long_are_given_up(preview, in_two_seconds, user, make_order, transactional):
    make_order(user, 1)
    with endless(of_orders) as asked, pytest.raises(PreviewTooSlow, match="within 2 seconds") as told:
        preview()
    assert (len(asked), connection.in_atomic_block) == (1, not transactional)
    assert told.value.code == "preview_too_slow"
    make_order(user, 2)
    assert preview().row_count == 2
    assert not ExportLog.objects.exists()


def test_a_background_job_is_offered_where_there_are_any(preview, in_two_seconds, settings, user, make_order):
    make_order(user, 1)
    for storage, words in (("exports", "in the background"), (None, "without a preview")):
        settings.EXPORTS = settings.EXPORTS | {"STORAGE": storage}
        with endless(of_orders), pytest.raises(PreviewTooSlow, match=words):
            preview()


def test_whoever_leaves_the_page_lets_nobody_read_on(user, make_order, monkeypatch):
    class Gone(Client):
        def gone(self) -> bool:
            return True

    monkeypatch.setattr("exports.running.LOOK_SECONDS", 0.05)
    make_order(user, 1)
    caller = Caller(user=user, door=ExportLog.Door.WEB, client=Gone())
    begun = time.monotonic()
    with endless(of_orders), pytest.raises(ReaderLeft):
        engine.preview("orders", caller, QueryDict())
    assert time.monotonic() - begun < 4
    assert Order.objects.count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_database_ends_it_too_where_nobody_looks(settings):
    settings.EXPORTS = settings.EXPORTS | {"PREVIEW_SECONDS": 2}
    with BriefReading("default") as brief, connection.cursor() as cursor:
        brief.read(lambda: cursor.execute("SELECT current_setting('statement_timeout')"))
        assert cursor.fetchone() == ("7s",)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        assert cursor.fetchone() != ("7s",)
