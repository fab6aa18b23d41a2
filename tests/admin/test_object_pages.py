"""Each object's page leads to what was exported from its table, and the mixin is in nobody's way."""

from typing import Any

import pytest

from tests.admin.door import TABLES, changelist
from tests.api import rows
from tests.api.rows import DATASETS
from tests.engine.models import Customer, Line, Order, Sample

# A page is the same on every database.
pytestmark = pytest.mark.sqlite

TOOL = "Exports of this table"
RECORDS = "/admin/exports/exportlog/?export_type__in="


@pytest.fixture
def reader(staff, allow) -> Any:
    allow(staff, "exports.view_exportlog")
    return staff


@pytest.mark.parametrize("dataset", DATASETS)
def test_it_works(client, reader, dataset):
    tenant = rows.filled(reader, "mine")
    page = client.get(f"{changelist(dataset)}{tenant.rows[dataset][0].pk}/change/")
    assert f'<a href="{RECORDS}{dataset}">{TOOL}</a>' in page.text
    assert "History" in page.text
    assert client.get(f"{RECORDS}{dataset}").status_code == 200


@pytest.mark.parametrize("table", ["netscan/network", "netscan/scan"])
def test_a_table_that_nothing_exports(client, reader, table):
    tenant = rows.Tenant(reader, "mine")
    row = {"netscan/network": tenant.network, "netscan/scan": tenant.scan}[table]
    assert TOOL not in client.get(f"{changelist(table)}{row.pk}/change/").text


def test_who_may_not_see_the_records_is_not_led_there(client, staff):
    agent = rows.agent(staff)
    assert TOOL not in client.get(f"{changelist('agents')}{agent.pk}/change/").text


def test_neither_a_new_object_nor_a_popup_has_it(client, reader):
    agent = rows.agent(reader)
    assert TOOL not in client.get(f"{changelist('agents')}add/").text
    assert TOOL not in client.get(f"{changelist('agents')}{agent.pk}/change/?_popup=1").text


def test_a_refused_change_has_it(client, reader):
    agent = rows.agent(reader)
    page = client.post(f"{changelist('agents')}{agent.pk}/change/", {"user": "nobody"})
    assert page.context["errors"]
    assert TOOL in page.text


# --- ModelAdmins with something of their own ----------------------------------------------------------------


@pytest.fixture
def strangers(reader, settings) -> Order:
    settings.ROOT_URLCONF = "tests.admin.urls"
    templates = {**settings.TEMPLATES[0]}
    templates["DIRS"] = [settings.BASE_DIR / "tests" / "admin" / "templates", *templates["DIRS"]]
    settings.TEMPLATES = [templates]
    customer = Customer.objects.create(email="c@example.com")
    return Order.objects.create(tenant=reader, customer=customer, number=1, status="new")


def test_its_own_template_stays(client, strangers):
    page = client.get(f"/strangers/engine/order/{strangers.pk}/change/")
    assert page.status_code == 200
    assert "Own form" in page.text
    assert "Own tool" in page.text
    records = "/strangers/exports/exportlog/?export_type__in=orders%2Ccomputed-orders"
    assert f'<a href="{records}">{TOOL}</a>' in page.text
    assert client.get(records).status_code == 200


def test_its_own_addresses_actions_and_list_stay(client, strangers):
    assert client.get("/strangers/engine/order/own/").content == b"own page"
    page = client.get("/strangers/engine/order/")
    assert page.context["title"] == "Own title"
    offered = [name for name, _ in page.context["action_form"].fields["action"].choices]
    assert {"pack", "export_orders", "export_computed-orders"} <= set(offered)
    posted = {"action": "pack", "index": "0", "_selected_action": [strangers.pk]}
    assert client.post("/strangers/engine/order/", posted).content == b"packed 1"


def test_the_page_of_another_site_leads_back_to_it(client, strangers):
    posted = {"action": "export_orders", "index": "0", "_selected_action": [strangers.pk]}
    page = client.post("/strangers/engine/order/?q=", posted)
    assert 'action="/strangers/engine/order/export/orders/?q="' in page.text
    assert 'href="/strangers/engine/order/?q="' in page.text


def test_where_actions_are_switched_off_nothing_is_exported(client, strangers, reader):
    Sample.objects.create(owner=reader, text="a")
    assert client.get("/strangers/engine/sample/").context["action_form"] is None
    answer = client.post("/strangers/engine/sample/export/samples/", {"select_across": "1"})
    assert answer.status_code == 403


def test_a_model_that_nothing_exports_is_as_it_was(client, strangers):
    line = Line.objects.create(order=strangers, article="tea", price=1)
    assert client.get("/strangers/engine/line/").status_code == 200
    assert TOOL not in client.get(f"/strangers/engine/line/{line.pk}/change/").text


def test_every_dataset_of_the_project_has_its_action(client, reader):
    for dataset in TABLES:
        form = client.get(changelist(dataset)).context["action_form"]
        assert f"export_{dataset}" in dict(form.fields["action"].choices)
