"""`columns=header:name` gives a column another header; `default=False` columns come when asked for."""

import pytest

from exports.contrib.telephony.models import AgentConfig
from tests.api import rows
from tests.api.rows import HEADERS

pytestmark = pytest.mark.django_db


def test_it_works(get, user):
    call = rows.call(user, duration=7)
    answer = get("/api/exports/calls", {"columns": "duration:Seconds,id"})
    assert answer.body == f"Seconds,id\r\n7,{call.pk}\r\n".encode()
    assert answer.record.columns == ["duration", "id"]
    assert answer.record.options["renamed"] == {"duration": "Seconds"}


def test_a_name_may_hold_colons_and_spaces_and_be_anothers(get, user):
    rows.call(user, duration=7, outcome="busy")
    answer = get("/api/exports/calls", {"columns": "duration: a:b ,outcome:duration"})
    assert answer.body == b"a:b,duration\r\n7,busy\r\n"


def test_a_new_name_obeys_the_formula_rule(get, user):
    rows.call(user, duration=7)
    answer = get("/api/exports/calls", {"columns": "duration:=1+1"})
    assert answer.body == b"'=1+1\r\n7\r\n"


def test_control_characters_never_reach_the_header(get):
    assert get("/api/exports/calls", {"columns": "duration:\x07a\x1bb"}).body == b"ab\r\n"


@pytest.mark.parametrize("value", ["duration:", "duration: ", "duration:\x07", f"duration:{'x' * 256}"])
def test_no_name_is_400(get, value):
    answer = get("/api/exports/calls", {"columns": value})
    assert (answer.status, answer.errors) == (400, [("invalid_name", "columns")])


@pytest.mark.parametrize(
    "value", ["duration:id,id", "id,duration:id", "id:a,duration:a", "id:a,id:b", "id:a,id"]
)
def test_two_columns_of_one_name_and_one_column_under_two_are_400(get, value):
    answer = get("/api/exports/calls", {"columns": value})
    assert (answer.status, answer.errors) == (400, [("repeated_column", "columns")])


@pytest.mark.parametrize("value", ["nonsense:id", ":id", "user:id"])
def test_a_name_for_no_column_is_400(get, value):
    answer = get("/api/exports/calls", {"columns": value})
    assert (answer.status, answer.errors) == (400, [("unknown_column", "columns")])


class TestOffered:
    """Columns that a dataset offers and does not send unless asked to."""

    def test_they_are_not_among_the_default_ones(self, get, user):
        rows.call(user)
        answer = get("/api/exports/calls")
        assert answer.header == HEADERS["calls"]

    def test_the_agents_name(self, get, user, stranger):
        mine = AgentConfig.objects.create(user=user, agent_id="a", name="Ada")
        theirs = AgentConfig.objects.create(user=stranger, agent_id="b", name="secret")
        for agent in (mine, theirs, None):
            rows.call(user, agent=agent, livekit_room_name=agent.name if agent else "none")
        answer = get("/api/exports/calls", {"columns": "livekitRoomName,agentName:Agent"})
        assert sorted(answer.lines) == [["Ada", "Ada"], ["none", ""], ["secret", ""]]

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (None, ""),
            (0, "0:00:00"),
            (59, "0:00:59"),
            (60, "0:01:00"),
            (3_599, "0:59:59"),
            (3_909, "1:05:09"),
            (36_000, "10:00:00"),
            (360_000, "100:00:00"),
        ],
    )
    def test_the_duration_as_a_clock_shows_it(self, get, user, seconds, text):
        rows.call(user, duration=seconds)
        answer = get("/api/exports/calls", {"columns": "id,durationHms"})
        assert [line[1] for line in answer.lines] == [text]

    def test_the_network_of_a_host(self, get, mine_and_theirs):
        answer = get("/api/exports/hosts", {"columns": "Network,IP"})
        hosts = mine_and_theirs[0].rows["hosts"]
        assert answer.lines == [[host.network.name, host.ip] for host in hosts]

    def test_they_cost_no_query_a_row(self, get, user):
        rows.calls(user, 5)
        agents = get("/api/exports/calls", {"columns": "agentName,durationHms"})
        assert agents.queries == get("/api/exports/calls", {"columns": "id"}).queries

    def test_info_lists_the_default_ones(self, get):
        [calls] = [found for found in get("/api/exports/info").json["exports"] if found["name"] == "calls"]
        assert calls["columns"] == HEADERS["calls"].split(",")
