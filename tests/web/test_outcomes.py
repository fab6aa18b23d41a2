"""`/exports/history/<id>/outcome`: what a page asks to know whether it has received the whole file."""

import hashlib

import pytest

from exports.models import ExportLog
from tests.api import rows

pytestmark = pytest.mark.django_db


def path_of(record: ExportLog) -> str:
    return f"/exports/history/{record.pk}/outcome"


def test_it_works(visit, export, user):
    rows.calls(user, 2)
    file = export("calls")
    answer = visit(path_of(ExportLog.objects.get()))
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.json() == {
        "outcome": "succeeded",
        "row_count": 2,
        "byte_count": len(file),
        "sha256": hashlib.sha256(file).hexdigest(),
        "error": "",
    }


def test_one_that_has_failed(visit, user):
    record = ExportLog.objects.create(
        user=user.pk, tenant=user.pk, export_type="calls", door="web", outcome="failed", error="It broke."
    )
    found = visit(path_of(record)).json()
    assert (found["outcome"], found["error"]) == ("failed", "It broke.")


def test_a_stranger_is_told_what_is_said_of_none(visit, export, stranger, user):
    export("calls")
    record = ExportLog.objects.get()
    answers = [visit(path_of(record), visitor=stranger)]
    record.delete()
    answers.append(visit(path_of(record), visitor=stranger))
    assert [answer.status_code for answer in answers] == [404, 404]


def test_who_may_see_all_records_may_see_this(visit, export, user, stranger, allow):
    allow(user, "view_exportlog", "export_for_all_tenants")
    export("calls", visitor=stranger)
    assert visit(path_of(ExportLog.objects.get())).json()["outcome"] == "succeeded"


def test_a_visitor_who_is_not_signed_in(client, export, user):
    export("calls")
    client.logout()
    assert client.get(path_of(ExportLog.objects.get())).status_code == 302
