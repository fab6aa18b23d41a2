"""No export of a telephony dataset sorts, filtered or not: its rows come from an index in their order."""

import datetime as dt
import itertools

import pytest

from exports.contrib.telephony.models import AgentConfig, CallLog, LiveKitEvent, PhoneNumberMapping
from tests.dataset_door import analyze, wrong_plans

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
PERIOD = {"start_date": "2026-01-02", "end_date": "2026-01-20"}
ROWS = 4000


@pytest.fixture
def loaded(user, stranger) -> AgentConfig:
    """Some thousand rows in each table, two tenants' in turn, in no order of time; gives one's own agent."""
    owners, hours = itertools.cycle([user, stranger]), itertools.cycle(range(0, 720, 7))

    def moment() -> dt.datetime:
        return START + dt.timedelta(hours=next(hours))

    agents = AgentConfig.objects.bulk_create(
        AgentConfig(
            user=next(owners),
            is_active=number // 2 % 10 < 8,
            agent_mode=AgentConfig.Mode.values[number // 2 % 7 == 0],
            created_at=moment(),
        )
        for number in range(ROWS)
    )
    busy = agents[:20]
    CallLog.objects.bulk_create(
        CallLog(
            user=agent.user,
            agent=agent,
            status=CallLog.Status.values[number // 2 % 10 != 0],
            outcome=[*CallLog.Outcome.values, None][number // 2 % 6],
            started_at=moment(),
        )
        for number, agent in zip(range(ROWS), itertools.cycle(busy), strict=False)
    )
    PhoneNumberMapping.objects.bulk_create(
        PhoneNumberMapping(
            user=agent.user, agent_config=agent, is_active=number // 2 % 10 < 8, created_at=moment()
        )
        for number, agent in zip(range(ROWS), itertools.cycle(busy), strict=False)
    )
    LiveKitEvent.objects.bulk_create(
        LiveKitEvent(
            user=next(owners),
            event=LiveKitEvent.Event.values[number // 2 % 12],
            room_name=f"room {number // 2 % 50}",
            timestamp=moment(),
        )
        for number in range(ROWS)
    )
    analyze()
    return agents[0]


def test_no_export_sorts(client, user, loaded):
    agent = {"agent_id": str(loaded.pk)}
    cases = {
        "calls": [
            ({}, "call_started"),
            (PERIOD, "call_started"),
            (agent, "call_agent_started"),
            *(({"status": value}, "call_status_started") for value in CallLog.Status.values),
            *(({"outcome": value}, "call_outcome_started") for value in CallLog.Outcome.values),
        ],
        "agents": [
            ({}, "agent_created"),
            *(({"is_active": value}, "agent_active_created") for value in ("true", "false")),
            *(({"agent_mode": value}, "agent_mode_created") for value in AgentConfig.Mode.values),
        ],
        "phone-numbers": [
            ({}, "phone_created"),
            (agent, "phone_agent_created"),
            *(({"is_active": value}, "phone_active_created") for value in ("true", "false")),
        ],
        "events": [
            ({}, "event_timestamp"),
            (PERIOD, "event_timestamp"),
            ({"event": "room_finished"}, "event_event_timestamp"),
            ({"room_name": "room 7"}, "event_room_timestamp"),
        ],
    }
    assert not wrong_plans(client, user, cases)
