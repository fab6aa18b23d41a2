"""What the telephony tables keep, and what goes with what."""

import uuid

import pytest

from exports.contrib.telephony.models import AgentConfig, CallLog, LiveKitEvent, PhoneNumberMapping

pytestmark = pytest.mark.django_db
MODELS = (AgentConfig, CallLog, LiveKitEvent, PhoneNumberMapping)


@pytest.fixture
def agent(user) -> AgentConfig:
    agent = AgentConfig.objects.create(user=user, agent_id="agent-1", name="Ann")
    CallLog.objects.create(user=user, agent=agent, phone_number="+4930123456")
    PhoneNumberMapping.objects.create(user=user, agent_config=agent, phone_number="+4930123456")
    LiveKitEvent.objects.create(user=user, event="room_started", room_name="lobby")
    return agent


@pytest.mark.parametrize("model", MODELS)
def test_ids_are_uuids(model, agent):
    assert isinstance(model.objects.get().pk, uuid.UUID)


@pytest.mark.parametrize("model", MODELS)
def test_a_tenants_rows_go_with_the_tenant(model, agent, user, stranger):
    kept = model.objects.create(user=stranger)
    user.delete()
    assert list(model.objects.all()) == [kept]


def test_calls_and_numbers_stay_without_their_agent(agent):
    agent.delete()
    assert CallLog.objects.get().agent is None
    assert PhoneNumberMapping.objects.get().agent_config is None


@pytest.mark.parametrize(
    ("model", "name"), [(CallLog, "outcome"), (CallLog, "recording_url"), (AgentConfig, "description")]
)
def test_null_is_not_the_empty_string(model, name, user):
    for value in (None, ""):
        row = model.objects.create(user=user, **{name: value})
        assert getattr(model.objects.get(pk=row.pk), name) == value


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (AgentConfig, "Ann"),
        (CallLog, "inbound +4930123456"),
        (LiveKitEvent, "room_started lobby"),
        (PhoneNumberMapping, "+4930123456"),
    ],
)
def test_names_for_people(model, text, agent):
    assert str(model.objects.get()) == text
