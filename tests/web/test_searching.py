"""The names of agents, networks and scans, found while somebody types; and what the fields show of them."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission
from django.http import QueryDict

from exports.contrib.netscan.models import Network, Scan
from exports.contrib.telephony.models import AgentConfig
from exports.models import ExportLog
from tests.web.html import parse


def make_agent(user, name: str) -> AgentConfig:
    return AgentConfig.objects.create(user=user, agent_id=f"agent_{name}", name=name)


@pytest.fixture
def matches(visit):
    """matches(path, **params): value and text of each match."""

    def matches(path: str, **params):
        response = visit(path, params)
        assert response.status_code == 200, response.status_code
        page = parse(response.content.decode())
        return [(item["data-value"], item.text) for item in page.all("li", role="option")]

    return matches


def test_it_works(matches, user):
    agent = make_agent(user, "Sales bot")
    make_agent(user, "Support bot")
    found = matches("/exports/calls/search/agent_id", q="sal")
    assert found == [(str(agent.pk), "Sales bot agent_Sales bot")]


def test_names_are_no_markup(matches, user):
    agent = make_agent(user, "<b>bot")
    assert matches("/exports/phone-numbers/search/agent_id", q="<b") == [
        (str(agent.pk), "<b>bot agent_<b>bot")
    ]


def test_networks_and_scans(matches, user, stranger):
    network = Network.objects.create(user=user, name="Office", cidr="192.0.2.0/24")
    others = Network.objects.create(user=stranger, name="Office of others")
    moment = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    scan = Scan.objects.create(user=user, network=network, started_at=moment)
    Scan.objects.create(user=user, network=others, started_at=moment)  # its network's name is not the user's
    assert matches("/exports/hosts/search/network_id", q="192") == [(str(network.pk), "Office 192.0.2.0/24")]
    [(value, text)] = matches("/exports/scans/search/scan_id", q="office")
    assert (value, text.startswith("Office 192.0.2.0/24 Jan. 31, 2026")) == (str(scan.pk), True)


def test_a_stranger_finds_nothing(visit, matches, user, stranger):
    make_agent(stranger, "Sales bot")
    assert matches("/exports/calls/search/agent_id", q="sales") == []
    assert matches("/exports/calls/search/agent_id", q="") == []
    for tenant in (stranger.pk, "*"):
        response = visit("/exports/calls/search/agent_id", {"q": "sales", "tenant": tenant})
        assert response.status_code == 403
        assert b"Sales bot" not in response.content
        record = ExportLog.objects.first()
        assert (record.outcome, record.export_type, record.tenant) == ("denied", "calls", tenant)


def test_staff_find_the_tenant_s_they_act_for(visit, user, stranger, caplog):
    caplog.set_level("INFO", "exports")
    agent = make_agent(stranger, "Sales bot")
    make_agent(user, "Sales of my own")
    names = ["export_for_other_tenant", "export_calllog"]
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))
    response = visit("/exports/calls/search/agent_id", {"q": "sales", "tenant": stranger.pk})
    assert f'data-value="{agent.pk}"' in response.content.decode()
    assert b"of my own" not in response.content
    assert f"looked for agent_id of tenant '{stranger.pk}'" in caplog.text


@pytest.mark.parametrize("path", ["calls/search/status", "calls/search/nothing", "nothing/search/agent_id"])
def test_what_is_not_found_by_a_name_is_not_there(visit, path):
    assert visit(f"/exports/{path}").status_code == 404


def test_a_visitor_signs_in_first(client):
    assert client.get("/exports/calls/search/agent_id").status_code == 302


def test_the_field_shows_the_name_of_what_is_chosen(read, user, stranger):
    own, others = make_agent(user, "Sales bot"), make_agent(stranger, "Of others")
    for value, name in ((own.pk, "Sales bot"), (others.pk, ""), ("nobody", ""), ("", "")):
        params = QueryDict(mutable=True)
        if value:
            params["agent_id"] = str(value)
        page = read("/exports/calls/", params, status=400 if value == "nobody" else 200)
        field = page.one("input", name="agent_id")
        assert (field["value"] if value else "", field["data-found"]) == (str(value), name)
        assert field["data-search"] == "/exports/calls/search/agent_id"
        assert "Of others" not in page.text


def test_it_takes_three_queries_at_most(queries, user):
    for number in range(30):
        make_agent(user, f"Sales {number}")
    assert queries("/exports/calls/search/agent_id", {"q": "sales"}) == ["SELECT telephony_agentconfig"]
