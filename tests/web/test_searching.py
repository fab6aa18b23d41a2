"""The names of agents, networks and scans, found while somebody types; and what the fields show of them."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission
from django.http import QueryDict

from exports.contrib.netscan.models import Network, Scan
from exports.contrib.telephony.models import AgentConfig
from exports.models import ExportJob, ExportLog, ExportTemplate
from tests.api import rows
from tests.engine.slow import endless
from tests.web.forms import table
from tests.web.html import parse

CALLS = "/exports/calls/"


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


def of_agents(sql: str) -> bool:
    return ' FROM "telephony_agentconfig"' in sql


def test_a_search_that_takes_too_long_says_so(visit, in_two_seconds, user):
    make_agent(user, "Sales bot")
    with endless(of_agents):
        page = parse(visit("/exports/calls/search/agent_id", {"q": "sales"}).content.decode())
    assert [item.words for item in page.all("li")] == [
        "Names could not be looked up within 2 seconds. An id can be typed."
    ]
    assert AgentConfig.objects.count() == 1


class TestName:
    """One that is given where the filter takes a key: by whoever has no script."""

    def mistake(self, read, name: str, status: int = 400) -> str:
        page = read(CALLS, {"agent_id": name}, status=status)
        field = page.one("input", name="agent_id")
        assert (field["value"], field["aria-invalid"]) == (name, "true")
        assert page.all("table") == []
        return page.one("span", class_="exports-mistake").text

    def test_it_works(self, visit, read, user):
        agent = make_agent(user, "Night desk 28")
        make_agent(user, "Night desk 2")
        rows.call(user, livekit_room_name="its", agent=agent)
        rows.call(user, livekit_room_name="none")
        for name in ("Night desk 28", "night DESK 28", " Night desk 28", "agent_Night desk 28"):
            response = visit(CALLS, {"agent_id": name, "columns": "livekitRoomName"})
            there = f"{CALLS}?agent_id={agent.pk}&columns=livekitRoomName"
            assert (response.status_code, response.headers["Location"]) == (302, there)
        page = read(there)
        assert table(page)[1:] == [["its"]]
        assert page.one("input", name="agent_id")["data-found"] == "Night desk 28"

    def test_a_page_that_asks_by_itself(self, poll, user):
        agent = make_agent(user, "Night desk 28")
        response = poll(f"{CALLS}?agent_id=Night+desk+28")
        assert response.headers["HX-Replace-Url"] == f"{CALLS}?agent_id={agent.pk}"
        assert "There is a problem" not in response.text
        assert f"agent_id={agent.pk}" in response.text  # the address for programs

    def test_its_file(self, export, user):
        agent = make_agent(user, "Night desk 28")
        rows.call(user, livekit_room_name="its", agent=agent)
        rows.call(user, livekit_room_name="none")
        file = export("calls", agent_id="Night desk 28", columns="livekitRoomName")
        assert file == b"livekitRoomName\r\nits\r\n"
        assert ExportLog.objects.get().filters == {"agent_id": str(agent.pk)}

    def test_its_job_and_its_template(self, client, user):
        agent = make_agent(user, "Night desk 28")
        client.force_login(user)
        choice = {"agent_id": "Night desk 28"}
        assert client.post(f"{CALLS}jobs", choice).status_code == 303
        assert ExportJob.objects.get().parameters == {"agent_id": [str(agent.pk)]}
        page = parse(client.post(f"{CALLS}templates", choice).text)
        assert page.one("input", name="agent_id")["value"] == str(agent.pk)
        assert client.post(f"{CALLS}templates", choice | {"template-name": "Nights"}).status_code == 303
        assert ExportTemplate.objects.get().parameters == {"agent_id": [str(agent.pk)]}

    def test_none_is_called_so(self, read, visit, client, user):
        make_agent(user, "Night desk 28")
        words = "Nothing is called “Night”. Give the whole name, or the id."
        assert self.mistake(read, "Night") == words
        for path in ("download", "jobs", "templates"):
            method = "get" if path == "download" else "post"
            client.force_login(user)
            response = getattr(client, method)(f"{CALLS}{path}", {"agent_id": "Night"})
            assert response.status_code == 400
            assert words in response.text
            assert "UUID" not in response.text
        assert not ExportLog.objects.exists()

    def test_several_are_called_so(self, read, user):
        for agent in ("one", "two"):
            AgentConfig.objects.create(user=user, agent_id=agent, name="Night desk")
        words = "Several are called “Night desk”. Choose one from the list, or give its id."
        assert self.mistake(read, "Night desk") == words

    def test_other_mistakes_are_told_too(self, read, user):
        page = read(CALLS, {"agent_id": "Night", "start_date": "x"}, status=400)
        told = [item.text for item in page.all("span", class_="exports-mistake")]
        assert told[0].startswith("Enter a date")
        assert told[1].startswith("Nothing is called")

    def test_a_stranger_s_are_called_nothing(self, read, visit, user, stranger):
        agent = make_agent(stranger, "Night desk")
        assert "Nothing is called" in self.mistake(read, "Night desk")
        asked = {"agent_id": "Night desk", "tenant": stranger.pk}
        refused = visit(CALLS, asked)
        assert (refused.status_code, str(agent.pk) in refused.content.decode()) == (400, False)
        assert "Nothing is called" not in refused.content.decode()
        names = ["export_for_other_tenant", "export_calllog"]
        user.user_permissions.add(*Permission.objects.filter(codename__in=names))
        assert f"agent_id={agent.pk}" in visit(CALLS, asked).headers["Location"]

    def test_what_can_be_no_name_is_told_by_the_engine(self, read, user):
        assert self.mistake(read, "x" * 201) == "Enter a valid UUID."
        page = read(f"{CALLS}?agent_id=%00", status=400)
        assert "Not all of this is text." in page.words

    def test_a_number_is_the_key_of_a_network(self, visit, read, user):
        network = Network.objects.create(user=user, name="42", cidr="192.0.2.0/24")
        assert (
            read("/exports/hosts/", {"network_id": "42"}).one("input", name="network_id")["data-found"] == ""
        )
        location = visit("/exports/hosts/", {"network_id": "192.0.2.0/24"}).headers["Location"]
        assert location == f"/exports/hosts/?network_id={network.pk}"

    def test_one_that_takes_too_long(self, read, in_two_seconds, user):
        make_agent(user, "Night desk")
        with endless(of_agents):
            assert self.mistake(read, "Night desk") == (
                "Names could not be looked up within 2 seconds. An id can be typed."
            )

    def test_a_key_is_looked_up_by_nobody(self, queries, user):
        agent = make_agent(user, "Night desk")
        asked = queries(CALLS, {"agent_id": str(agent.pk)})
        assert asked.count("SELECT telephony_agentconfig") == 1  # what it is called

    def test_the_api_takes_keys_alone(self, client, auth_headers, user):
        make_agent(user, "Night desk")
        response = client.get("/api/exports/calls?agent_id=Night+desk", headers=auth_headers)
        assert response.status_code == 400
        assert response.json()["errors"][0]["detail"] == "Enter a valid UUID."
