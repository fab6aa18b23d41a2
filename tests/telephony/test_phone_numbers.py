"""The phone-numbers dataset at the REST door."""

import datetime as dt
import uuid

import pytest

from exports.contrib.telephony.models import AgentConfig, PhoneNumberMapping
from tests.dataset_door import download, is_stamped, refusal

pytestmark = pytest.mark.django_db
PATH = "/api/exports/phone-numbers"
NOON = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)


@pytest.fixture
def agents(user, stranger) -> dict[str, AgentConfig]:
    return {
        "mine": AgentConfig.objects.create(user=user, agent_id="mine"),
        "theirs": AgentConfig.objects.create(user=stranger, agent_id="theirs"),
    }


@pytest.fixture
def numbers(user, stranger, agents) -> None:
    for number in range(4):
        for owner, agent in ((stranger, agents["theirs"]), (user, agents["mine"] if number else None)):
            PhoneNumberMapping.objects.create(
                user=owner,
                phone_number=f"+{owner.pk[-3:]}{number}",
                agent_config=agent,
                is_active=number % 2 == 0,
                created_at=NOON - dt.timedelta(days=number),
            )


def test_it_works(client, user, agents):
    number = PhoneNumberMapping.objects.create(
        user=user,
        phone_number="+4930123456",
        agent_config=agents["mine"],
        sip_trunk_id="ST_1",
        sip_config_id=None,
        is_active=False,
        created_at=NOON,
    )
    got = download(client, PATH, user)
    assert is_stamped(got.filename, "phone_numbers_export")
    assert list(got.rows[0].items()) == [
        ("id", str(number.pk)),
        ("phoneNumber", "+4930123456"),
        ("agentConfigId", str(agents["mine"].pk)),
        ("sipTrunkId", "ST_1"),
        ("sipConfigId", ""),
        ("isActive", "false"),
        ("createdAt", "2026-01-15T12:00:00+00:00"),
    ]


@pytest.mark.parametrize(
    ("params", "expected"),
    [({}, [3, 2, 1, 0]), ({"is_active": "true"}, [2, 0]), ({"is_active": "false"}, [3, 1])],
)
def test_filters_and_order(params, expected, client, user, numbers):
    assert download(client, PATH, user, **params).column("phoneNumber") == [f"+123{n}" for n in expected]


def test_agent_id(client, user, numbers, agents):
    got = download(client, PATH, user, agent_id=str(agents["mine"].pk))
    assert got.column("phoneNumber") == ["+1233", "+1232", "+1231"]


def test_a_strangers_agent_is_as_good_as_none(client, user, numbers, agents):
    PhoneNumberMapping.objects.filter(user=user).update(agent_config=agents["theirs"])
    for agent_id in (agents["theirs"].pk, uuid.uuid4()):
        assert download(client, PATH, user, agent_id=str(agent_id)).rows == []


def test_a_strangers_agent_is_not_named(client, user, numbers, agents):
    PhoneNumberMapping.objects.filter(user=user).update(agent_config=agents["theirs"])
    assert download(client, PATH, user).column("agentConfigId") == [""] * 4


@pytest.mark.parametrize(
    ("name", "value"),
    [("is_active", "None"), ("agent_id", "12"), ("agent_config_id", "12345678-1234-4234-8234-123456789012")],
)
def test_bad_values(name, value, client, user, numbers):
    assert refusal(client, PATH, user, **{name: value}) == (400, [name])
