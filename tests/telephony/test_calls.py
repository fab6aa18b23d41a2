"""The calls dataset at the REST door."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from exports.contrib.telephony.models import AgentConfig, CallLog
from tests.dataset_door import download, is_stamped, refusal

pytestmark = pytest.mark.django_db
PATH = "/api/exports/calls"
ROOM = "livekitRoomName"
NOON = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)


@pytest.fixture
def agents(user, stranger) -> dict[str, AgentConfig]:
    return {
        "mine": AgentConfig.objects.create(user=user, agent_id="mine"),
        "theirs": AgentConfig.objects.create(user=stranger, agent_id="theirs"),
    }


@pytest.fixture
def calls(user, stranger, agents) -> None:
    """Ten calls an hour apart, one of each tenant at the same moment."""
    variants = [
        {"status": "ended", "outcome": "completed"},
        {"status": "ended", "outcome": "no_answer"},
        {"status": "ended", "outcome": "busy"},
        {"status": "ended", "outcome": "failed"},
        {"status": "active", "outcome": "voicemail"},
    ]
    for number, fields in enumerate(variants):
        moment = NOON + dt.timedelta(hours=number)
        for owner, agent in ((stranger, agents["theirs"]), (user, agents["mine"] if number < 2 else None)):
            CallLog.objects.create(
                user=owner, agent=agent, started_at=moment, livekit_room_name=f"{owner.pk} {number}", **fields
            )


def test_it_works(client, user):
    call = CallLog.objects.create(
        user=user,
        livekit_room_name="room",
        livekit_room_sid="RM_1",
        direction="outbound",
        phone_number="+4930123456",
        sip_call_id="",
        duration=61,
        started_at=NOON,
        ended_at=NOON + dt.timedelta(seconds=61, microseconds=5),
        status="ended",
        outcome="completed",
        recording_url=None,
        cost=Decimal("0.1200"),
        metadata={"b": 1, "aa": ["=1"]},
        created_at=NOON,
    )
    got = download(client, PATH, user)
    assert is_stamped(got.filename, "calls_export")
    assert list(got.rows[0].items()) == [
        ("id", str(call.pk)),
        ("livekitRoomName", "room"),
        ("livekitRoomSid", "RM_1"),
        ("direction", "outbound"),
        ("phoneNumber", "+4930123456"),
        ("sipCallId", ""),
        ("duration", "61"),
        ("startedAt", "2026-01-15T12:00:00+00:00"),
        ("endedAt", "2026-01-15T12:01:01.000005+00:00"),
        ("status", "ended"),
        ("outcome", "completed"),
        ("recordingUrl", ""),
        ("cost", "0.1200"),
        ("metadata", '{"b": 1, "aa": ["=1"]}'),
        ("createdAt", "2026-01-15T12:00:00+00:00"),
    ]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"start_date": "2026-01-15T14:00:00Z"}, [2, 3, 4]),
        ({"start_date": "2026-01-15T15:00:00 01:00"}, [2, 3, 4]),
        ({"end_date": "2026-01-15T14:00:00"}, [0, 1, 2]),
        ({"end_date": "2026-01-15"}, [0, 1, 2, 3, 4]),
        ({"end_date": "2026-01-14"}, []),
        ({"start_date": "2026-01-15T13:00:00Z", "end_date": "2026-01-15T13:00:00Z"}, [1]),
        ({"status": "active"}, [4]),
        ({"status": "ended"}, [0, 1, 2, 3]),
        ({"outcome": "completed"}, [0]),
        ({"outcome": "no_answer"}, [1]),
        ({"outcome": "busy"}, [2]),
        ({"outcome": "failed"}, [3]),
        ({"outcome": "voicemail"}, [4]),
        ({"outcome": "completed", "status": "active"}, []),
    ],
)
def test_filters_and_order(params, expected, client, user, calls):
    assert download(client, PATH, user, **params).column(ROOM) == [f"user-123 {n}" for n in expected]


def test_agent_id(client, user, calls, agents):
    got = download(client, PATH, user, agent_id=str(agents["mine"].pk))
    assert got.column(ROOM) == ["user-123 0", "user-123 1"]


def test_a_strangers_agent_is_as_good_as_none(client, user, calls, agents):
    CallLog.objects.filter(user=user).update(agent=agents["theirs"])  # even where a row names it
    for agent_id in (agents["theirs"].pk, uuid.uuid4()):
        assert download(client, PATH, user, agent_id=str(agent_id)).rows == []


def test_an_agent_shared_by_mistake_shows_only_ones_own_calls(client, user, calls, agents):
    CallLog.objects.update(agent=agents["mine"])
    got = download(client, PATH, user, agent_id=str(agents["mine"].pk))
    assert got.column(ROOM) == [f"user-123 {n}" for n in range(5)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start_date", "yesterday"),
        ("start_date", "2026-13-01"),
        ("end_date", "2026-01-01T25:00"),
        ("status", "Active"),
        ("status", ""),
        ("outcome", "null"),
        ("agent_id", "mine"),
        ("agentId", "x"),
        ("user", "user-456"),
        ("user_id", "user-456"),
        ("agent__user", "user-456"),
    ],
)
def test_bad_values(name, value, client, user, calls):
    assert refusal(client, PATH, user, **{name: value}) == (400, [name])


def test_a_period_that_ends_before_it_starts(client, user):
    status, names = refusal(client, PATH, user, start_date="2026-02-01", end_date="2026-01-31")
    assert (status, names) == (400, ["start_date"])


def test_calls_of_one_moment_come_in_the_order_of_their_ids(client, user):
    for _ in range(20):
        CallLog.objects.create(user=user, started_at=NOON)
    ids = download(client, PATH, user).column("id")
    assert ids == sorted(ids)
