"""How many queries a page needs: as many for a hundred rows as for three."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.contrib.telephony.models import CallLog
from tests.admin.door import TABLES, act, changelist, columns, lines, post
from tests.api import rows
from tests.api.conftest import named


def queries(door: Any, *args: Any, **fields: Any) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        response = door(*args, **fields)
        response.getvalue() if response.streaming else response.content
    assert response.status_code == 200
    return named(captured)


def add(tenant: rows.Tenant, count: int) -> None:
    """More rows of every table."""
    for number in range(count):
        rows.call(tenant.user, agent=tenant.agent)
        agent = rows.agent(tenant.user)
        rows.phone_number(tenant.user, agent_config=agent)
        rows.event(tenant.user)
        network = rows.network(tenant.user, name=f"{tenant.mark} {number} of {count}")
        scan = rows.scan(tenant.user, network=network)
        host = rows.host(tenant.user, network, latest_scan=scan)
        rows.port(tenant.user, scan, host=host)
        rows.alert(tenant.user, network=network, host=host)


@pytest.fixture
def tenant(staff) -> rows.Tenant:
    return rows.filled(staff, "mine")


def test_the_page(client, staff):
    rows.calls(staff, 21)  # one more than the page shows: the others are counted
    few = queries(act, client, "calls", "status__exact=active")
    assert len(few) <= 10
    rows.calls(staff, 120)
    assert queries(act, client, "calls", "status__exact=active") == few


def test_all_of_the_list_is_asked_for_without_a_single_id(client, staff):
    calls = rows.calls(staff, 3)
    with CaptureQueriesContext(connection) as captured:
        assert len(lines(post(client, "calls", "q=room", **columns("livekitRoomName")))) == 3
    sql = " ".join(query["sql"] for query in captured)
    for call in calls:
        assert str(call.pk) not in sql
        assert call.pk.hex not in sql


@pytest.mark.parametrize("table", [*TABLES.values(), "netscan/network", "netscan/scan"])
def test_a_changelist(client, tenant, table):
    few = queries(client.get, changelist(table))
    add(tenant, 30)
    assert queries(client.get, changelist(table)) == few
    assert len(few) <= 9


def test_the_audit_records(client, everybodys):
    rows.call(everybodys)
    lines(post(client, "calls"))
    few = queries(client.get, "/admin/exports/exportlog/")
    for _ in range(20):
        lines(post(client, "calls"))
    assert queries(client.get, "/admin/exports/exportlog/") == few


def test_no_list_is_counted_twice(client, everybodys, stranger):
    """A search counts what it finds, and not the whole table beside it."""
    rows.tenants(everybodys, stranger)
    for table in (*TABLES.values(), "netscan/network", "netscan/scan", "exports/exportlog"):
        page = client.get(f"/admin/{table}/?q=mine")
        assert page.status_code == 200
        assert page.context["cl"].full_result_count is None
    assert CallLog.objects.count()
