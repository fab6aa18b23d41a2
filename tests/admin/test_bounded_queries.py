"""The export of everything on a list takes as many queries for 3,000 rows as for 100."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.contrib.telephony.models import CallLog
from tests.admin.door import post
from tests.api import rows
from tests.api.conftest import named

LIST = "status__exact=active&q=room"
QUERIES = [
    "SELECT django_session",
    "SELECT accounts_user",
    "SELECT auth_permission",  # the user's own
    "SELECT auth_permission",  # and the groups'
    "SELECT telephony_calllog",  # whether the database takes the list's address
    "INSERT exports_exportlog",
    "SELECT telephony_calllog",  # all rows of the file
    "UPDATE exports_exportlog",
]
FEW, MANY = 100, 3_000  # in blocks of 1,000 rows: one, and three


def measured(client, **fields: str) -> tuple[int, list[str]]:
    """How many rows the file has, and the queries of the whole answer."""
    with CaptureQueriesContext(connection) as queries:
        answer = post(client, "calls", LIST, **fields)
        lines = answer.getvalue().count(b"\r\n")
    assert answer.status_code == 200
    return lines - 1, named(queries)


def copy(call: CallLog, count: int) -> None:
    """Adds as many calls like this one, at once."""
    CallLog.objects.bulk_create(CallLog(**values(call)) for _ in range(count))


def values(call: CallLog) -> dict[str, object]:
    return {
        field.attname: getattr(call, field.attname) for field in call._meta.fields if not field.primary_key
    }


@pytest.mark.parametrize("order", ["dataset", "list"])
def test_more_rows_are_no_more_queries(client, everybodys, stranger, order):
    call = rows.call(everybodys, livekit_room_name="room")
    copy(call, FEW - 1)
    rows.calls(stranger, 2, status=CallLog.Status.ENDED)  # which the filter leaves out
    fields = {"tenant": "*", "_order": order}
    measured(client, **fields)  # fills the caches that last
    few = measured(client, **fields)
    copy(call, MANY - FEW)
    many = measured(client, **fields)
    assert (few[0], many[0]) == (FEW, MANY)
    assert many[1] == few[1] == QUERIES
