"""Whatever stands in an address: a page that says what is wrong, never a server error, never more rows."""

import pytest

from exports.models import ExportLog
from tests.api import rows
from tests.web.html import parse

pytestmark = pytest.mark.django_db

QUERIES = [
    "room_name=%00",
    "%00=1",
    "%00",
    "columns=%00",
    "columns=id,id",
    "columns=" + "x" * 4000,
    "columns=%ED%A0%80",
    "tenant=%00",
    "tenant=" + "9" * 300,
    "tenant=*&tenant=user-456",
    "format=csv&format=csv",
    "format=%3Cscript%3E",
    "formulas=RAW",
    "compression=%00",
    "compression=%3Cscript%3E",
    "start_date=%ED%A0%80",
    "start_date=99999-01-01",
    "start_date[]=2024-01-01",
    "event=room_finished&event=room_started",
    "event=%3Cb%3E",
    "=",
    "&&&",
    "a=" * 500,
]


@pytest.mark.parametrize("permitted", [False, True])
@pytest.mark.parametrize("query", QUERIES)
def test_it_works(visit, user, stranger, allow, query, permitted):
    rows.event(stranger, room_name="theirs")
    if permitted:
        allow(user, "export_for_other_tenant", "export_for_all_tenants", "export_raw_formulas")
    for path in ("/exports/events/", "/exports/events/download", "/exports/history/"):
        response = visit(f"{path}?{query}")
        if response.status_code == 302:
            response = visit(response.headers["Location"])
        if response.headers["Content-Type"].startswith("text/html"):
            assert response.status_code in (200, 400, 403)
            page = parse(response.content.decode())
            assert page.all("b") == []
            assert all(script["src"].startswith("/static/") for script in page.all("script"))
            assert path != "/exports/events/download" or page.all("div", role="alert")
        else:
            assert response.getvalue().count(b"\r\n") == 1  # nothing was asked for in the end
        assert b"theirs" not in (b"" if response.streaming else response.content)
    assert not ExportLog.objects.filter(row_count__gt=0).exists()
