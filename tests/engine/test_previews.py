"""The first rows as they will stand in the file, and how many there are."""

import csv
import io

import pytest
from django.contrib.auth.models import Permission
from django.http import QueryDict

from exports import engine
from exports.caller import Caller
from exports.exceptions import FormulaFound, InvalidParameters, NotPermitted
from exports.models import ExportLog


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
    settings.EXPORTS = {"RATE": "1/h"}
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
