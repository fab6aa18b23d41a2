"""Deleting a row takes nobody else's rows with it, nor does it name them."""

from typing import Any

import pytest
from django.db.models import PROTECT

from exports.contrib.netscan.models import Alert, Host, Network
from exports.contrib.telephony.models import AgentConfig
from tests.admin.door import changelist
from tests.api import rows

NETWORKS = "/admin/netscan/network/"
HIDDEN = "Rows that you may not see"


def delete_selected(client: Any, path: str, *ids: Any, **fields: str) -> Any:
    return client.post(path, {"action": "delete_selected", "_selected_action": ids} | fields)


@pytest.fixture
def shared(staff, stranger) -> Network:
    """A network of mine with a host of theirs, and one of mine."""
    network = rows.network(staff)
    rows.host(staff, network, hostname="mine", ip="192.0.2.7")
    rows.host(stranger, network, hostname="theirs", ip="203.0.113.9")
    return network


def test_it_works(client, staff):
    network = rows.network(staff)
    rows.host(staff, network, ip="192.0.2.7")
    assert "192.0.2.7" in client.get(f"{NETWORKS}{network.pk}/delete/").text
    assert client.post(f"{NETWORKS}{network.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Network.objects.exists()
    assert not Host.objects.exists()


def test_one_row(client, shared):
    path = f"{NETWORKS}{shared.pk}/delete/"
    for page in (client.get(path), client.post(path, {"post": "yes"})):
        assert page.status_code == 200
        assert HIDDEN in page.text
        assert "203.0.113.9" not in page.text
        assert 'name="post"' not in page.text
    assert Host.objects.count() == 2


def test_selected_rows(client, staff, shared):
    other = rows.network(staff, name="Other")
    for fields in ({}, {"post": "yes"}):
        page = delete_selected(client, NETWORKS, shared.pk, other.pk, **fields)
        assert HIDDEN in page.text
        assert "203.0.113.9" not in page.text
    assert Network.objects.count() == 2
    assert Host.objects.count() == 2


def test_a_row_of_theirs_that_protects(client, staff, stranger, monkeypatch):
    reference = rows.PhoneNumberMapping._meta.get_field("agent_config").remote_field
    monkeypatch.setattr(reference, "on_delete", PROTECT)
    agent = rows.agent(staff)
    rows.phone_number(stranger, agent_config=agent, phone_number="+49307654321")
    monkeypatch.setattr(
        rows.PhoneNumberMapping._meta.get_field("agent_config").remote_field, "on_delete", PROTECT
    )
    page = client.get(f"{changelist('agents')}{agent.pk}/delete/")
    assert HIDDEN in page.text
    assert "+49307654321" not in page.text


def test_a_reference_of_theirs_that_is_emptied_is_no_hindrance(client, staff, stranger):
    network = rows.network(staff)
    alert = rows.alert(stranger, network=network)
    page = client.get(f"{NETWORKS}{network.pk}/delete/")
    assert HIDDEN not in page.text
    client.post(f"{NETWORKS}{network.pk}/delete/", {"post": "yes"})
    assert Alert.objects.get(pk=alert.pk).network is None
    agent = rows.agent(staff)
    rows.call(stranger, agent=agent)
    delete_selected(client, changelist("agents"), agent.pk, post="yes")
    assert not AgentConfig.objects.exists()


def test_who_may_export_all_tenants_deletes_all(client, everybodys, shared):
    assert "203.0.113.9" in client.get(f"{NETWORKS}{shared.pk}/delete/").text
    delete_selected(client, NETWORKS, shared.pk, post="yes")
    assert not Host.objects.exists()


def test_many_rows(client, staff, shared, monkeypatch):
    """More than one query may ask for at once."""
    monkeypatch.setattr("exports.admin.own_choices._BLOCK", 2)
    Host.objects.filter(hostname="theirs").delete()
    for number in range(5):
        rows.host(staff, shared, ip=f"192.0.2.{number + 10}")
    assert HIDDEN not in client.get(f"{NETWORKS}{shared.pk}/delete/").text
