"""The agents dataset at the REST door."""

import datetime as dt

import pytest

from exports.contrib.telephony.models import AgentConfig
from tests.dataset_door import download, is_stamped, refusal

pytestmark = pytest.mark.django_db
PATH = "/api/exports/agents"
NOON = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)


@pytest.fixture
def agents(user, stranger) -> None:
    variants = [(True, "standard"), (False, "standard"), (True, "realtime"), (False, "realtime")]
    for number, (is_active, mode) in enumerate(variants):
        for owner in (stranger, user):
            AgentConfig.objects.create(
                user=owner,
                name=f"{owner.pk} {number}",
                is_active=is_active,
                agent_mode=mode,
                created_at=NOON - dt.timedelta(days=number),
            )


def test_it_works(client, user):
    agent = AgentConfig.objects.create(
        user=user,
        agent_id="=agent",
        name="Ann, the first",
        description=None,
        agent_mode="realtime",
        language="de",
        llm_provider="llm",
        llm_model="model",
        stt_provider="stt",
        stt_model="stt-1",
        tts_provider="tts",
        tts_voice_id="voice",
        realtime_voice="alto",
        greeting_enabled=False,
        greeting_message='Good "day"\nto you',
        is_active=True,
        created_at=NOON,
    )
    got = download(client, PATH, user)
    assert is_stamped(got.filename, "agents_export")
    assert list(got.rows[0].items()) == [
        ("id", str(agent.pk)),
        ("agentId", "'=agent"),
        ("name", "Ann, the first"),
        ("description", ""),
        ("agentMode", "realtime"),
        ("language", "de"),
        ("llmProvider", "llm"),
        ("llmModel", "model"),
        ("sttProvider", "stt"),
        ("sttModel", "stt-1"),
        ("ttsProvider", "tts"),
        ("ttsVoiceId", "voice"),
        ("realtimeVoice", "alto"),
        ("greetingEnabled", "false"),
        ("greetingMessage", 'Good "day"\nto you'),
        ("isActive", "true"),
        ("createdAt", "2026-01-15T12:00:00+00:00"),
    ]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [3, 2, 1, 0]),
        ({"is_active": "true"}, [2, 0]),
        ({"is_active": "false"}, [3, 1]),
        ({"agent_mode": "standard"}, [1, 0]),
        ({"agent_mode": "realtime"}, [3, 2]),
        ({"agent_mode": "realtime", "is_active": "true"}, [2]),
    ],
)
def test_filters_and_order(params, expected, client, user, agents):
    assert download(client, PATH, user, **params).column("name") == [f"user-123 {n}" for n in expected]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("is_active", "yes"),
        ("is_active", "1"),
        ("is_active", ""),
        ("agent_mode", "fast"),
        ("isActive", "true"),
    ],
)
def test_bad_values(name, value, client, user, agents):
    assert refusal(client, PATH, user, **{name: value}) == (400, [name])
