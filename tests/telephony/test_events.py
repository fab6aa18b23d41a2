"""The events dataset at the REST door."""

import datetime as dt

import pytest

from exports.contrib.telephony.models import LiveKitEvent
from tests.dataset_door import download, is_stamped, refusal

pytestmark = pytest.mark.django_db
PATH = "/api/exports/events"
NOON = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
# https://docs.livekit.io/home/server/webhooks/
NAMES = [
    "room_started",
    "room_finished",
    "participant_joined",
    "participant_left",
    "participant_connection_aborted",
    "track_published",
    "track_unpublished",
    "egress_started",
    "egress_updated",
    "egress_ended",
    "ingress_started",
    "ingress_ended",
]


@pytest.fixture
def events(user, stranger) -> None:
    """One of each kind for each tenant, a day apart, alternately in two rooms."""
    for number, name in enumerate(NAMES):
        for owner in (stranger, user):
            LiveKitEvent.objects.create(
                user=owner,
                event_id=f"{owner.pk} {number}",
                event=name,
                room_name=["lobby", " Lobby"][number % 2],
                timestamp=NOON + dt.timedelta(days=number),
            )


def numbers(got) -> list[int]:
    """Which events came; fails where one is the stranger's."""
    owners, found = zip(*(cell.split() for cell in got.column("eventId")), strict=True)
    assert set(owners) == {"user-123"}
    return [int(number) for number in found]


def test_it_works(client, user):
    event = LiveKitEvent.objects.create(
        user=user,
        event_id="EV_1",
        event="participant_left",
        room_name="room",
        room_sid="RM_1",
        participant_identity="@ann",
        participant_sid=None,
        timestamp=NOON,
        processed=True,
        error_message="",
        created_at=NOON + dt.timedelta(milliseconds=1),
    )
    got = download(client, PATH, user)
    assert is_stamped(got.filename, "events_export")
    assert list(got.rows[0].items()) == [
        ("id", str(event.pk)),
        ("eventId", "EV_1"),
        ("event", "participant_left"),
        ("roomName", "room"),
        ("roomSid", "RM_1"),
        ("participantIdentity", "'@ann"),
        ("participantSid", ""),
        ("timestamp", "2026-01-15T12:00:00+00:00"),
        ("processed", "true"),
        ("errorMessage", ""),
        ("createdAt", "2026-01-15T12:00:00.001000+00:00"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_each_event(name, client, user, events):
    assert numbers(download(client, PATH, user, event=name)) == [NAMES.index(name)]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, list(range(12))),
        ({"start_date": "2026-01-24"}, [9, 10, 11]),
        ({"end_date": "2026-01-16"}, [0, 1]),
        ({"start_date": "2026-01-16", "end_date": "2026-01-16"}, [1]),
        ({"room_name": "lobby"}, [0, 2, 4, 6, 8, 10]),
        ({"room_name": " Lobby"}, [1, 3, 5, 7, 9, 11]),
        ({"room_name": "lobby", "event": "participant_joined"}, [2]),
    ],
)
def test_filters_and_order(params, expected, client, user, events):
    assert numbers(download(client, PATH, user, **params)) == expected


@pytest.mark.parametrize("room_name", ["Lobby", "lob", "lobby ", "%", "elsewhere"])
def test_room_names_are_compared_exactly(room_name, client, user, events):
    assert download(client, PATH, user, room_name=room_name).rows == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("event", "room_exploded"),
        ("room_name", ""),
        ("room_name", "a\x00b"),
        ("start_date", "2026-01"),
        ("end_date", "now"),
        ("processed", "true"),
    ],
)
def test_bad_values(name, value, client, user, events):
    assert refusal(client, PATH, user, **{name: value}) == (400, [name])
