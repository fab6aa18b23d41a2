"""Invented agents, phone numbers and calls."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from exports.contrib.telephony.models import AgentConfig, CallLog, PhoneNumberMapping

from . import nasty
from .draws import EPOCH, SPAN, Batch, Draws, Room

# Enough to choose from; a tenant with more agents need not have them all in memory.
AGENTS_AT_MOST: Final = 1_000
SHORT: Final = 255

LANGUAGES: Final = ("en", "de", "ar", "he", "hi", "ja", "ko", "th", "pt-BR")
MODELS: Final = (("northwind", "talk-4"), ("lumen", "lumen-large"), ("aster", "aster-mini"))
STT: Final = (("quill", "quill-2"), ("scribe", "best"), ("murmur", "large"))
OUTCOMES: Final = tuple(CallLog.Outcome.values)
OUTCOME_WEIGHTS: Final = (62, 80, 87, 92, 100)


def agents(batch: Batch) -> Iterator[AgentConfig]:
    """AgentConfig rows, two days apart on average; one in four is realtime, one in five not active."""
    draws = batch.draws()
    for number in batch.numbers():
        agent = _agent(batch, draws, number)
        turn = batch.nasty(number)
        if turn is not None:
            agent.agent_id = nasty.text(turn, SHORT)
            agent.name = nasty.text(turn + nasty.APART, SHORT)
            agent.description = nasty.text(turn + 2 * nasty.APART)
            agent.tts_voice_id = nasty.text(turn + 3 * nasty.APART, SHORT)
            agent.greeting_message = nasty.text(-1 - turn)
        yield agent


def _agent(batch: Batch, draws: Draws, number: int) -> AgentConfig:
    realtime = draws.random() < 0.25
    llm_provider, llm_model = draws.choice(MODELS)
    stt_provider, stt_model = draws.choice(STT)
    return AgentConfig(
        id=draws.uuid(),
        user_id=batch.user_id,
        agent_id=f"agent_{draws.hexadecimal(8)}",
        name=f"{draws.choice(('Reception', 'Support', 'Sales', 'Night desk', 'Survey'))} {number + 1}",
        description=draws.missing("Answers calls, takes messages, and hands over to people."),
        agent_mode=AgentConfig.Mode.REALTIME if realtime else AgentConfig.Mode.STANDARD,
        language=draws.choice(LANGUAGES),
        llm_provider=llm_provider,
        llm_model=llm_model,
        stt_provider=None if realtime else stt_provider,
        stt_model=None if realtime else stt_model,
        tts_provider=None if realtime else "chorus",
        tts_voice_id=None if realtime else draws.hexadecimal(20),
        realtime_voice=draws.choice(("amber", "birch", "")) if realtime else None,
        greeting_enabled=draws.random() < 0.8,
        greeting_message=draws.missing('Hello, "how" can I help you today?', null=0.1),
        is_active=number == 0 or draws.random() < 0.8,
        created_at=EPOCH + timedelta(days=number % 365) + draws.seconds(86_400),
    )


def agent_keys(user_id: str) -> Sequence[UUID]:
    """Agents of that user, in the same order on every database."""
    found = AgentConfig.objects.filter(user_id=user_id).order_by("pk")
    return list(found.values_list("pk", flat=True)[:AGENTS_AT_MOST])


def phone_numbers(batch: Batch, agents: Sequence[UUID]) -> Iterator[PhoneNumberMapping]:
    """PhoneNumberMapping rows, most of them with one of these agents."""
    draws = batch.draws()
    for number in batch.numbers():
        mapping = PhoneNumberMapping(
            id=draws.uuid(),
            user_id=batch.user_id,
            phone_number=draws.e164(),
            agent_config_id=draws.choice(agents) if agents and draws.random() < 0.9 else None,
            sip_trunk_id=draws.missing(f"ST_{draws.hexadecimal(12)}"),
            sip_config_id=draws.missing(f"SC_{draws.hexadecimal(12)}", null=0.3),
            is_active=number == 0 or draws.random() < 0.85,
            created_at=EPOCH + timedelta(days=number % 365) + draws.seconds(86_400),
        )
        turn = batch.nasty(number)
        if turn is not None:
            mapping.phone_number = nasty.text(turn, SHORT)
            mapping.sip_trunk_id = nasty.text(turn + nasty.APART, SHORT)
            mapping.sip_config_id = nasty.text(turn + 2 * nasty.APART, SHORT)
        yield mapping


def calls(batch: Batch, agents: Sequence[UUID]) -> Iterator[CallLog]:
    """CallLog rows over two years from 2024, nearly in order of time; one in a hundred is still active."""
    draws = batch.draws()
    step = SPAN / max(batch.count, 1)
    for number in batch.numbers():
        call = _call(batch, draws, number)
        call.agent_id = draws.choice(agents) if agents and draws.random() < 0.95 else None
        call.started_at += step * (number - batch.first)
        if draws.random() < 0.99:
            _end(call, draws)
        call.created_at = (call.ended_at or call.started_at) + draws.seconds(2)
        turn = batch.nasty(number)
        if turn is not None:
            _spoil(call, turn)
        yield call


def _call(batch: Batch, draws: Draws, number: int) -> CallLog:
    room = Room.of(batch, number)
    inbound = draws.random() < 0.7
    return CallLog(
        id=draws.uuid(),
        user_id=batch.user_id,
        livekit_room_name=room.name,
        livekit_room_sid=room.sid,
        direction=CallLog.Direction.INBOUND if inbound else CallLog.Direction.OUTBOUND,
        phone_number=draws.missing(draws.e164(), null=0.02, empty=0.02),
        sip_call_id=draws.missing(f"SCL_{draws.hexadecimal(12)}"),
        started_at=EPOCH + draws.seconds(3_600),
        status=CallLog.Status.ACTIVE,
        metadata={
            "campaign": draws.randrange(1, 40),
            "tags": ["vip"] if draws.random() < 0.1 else [],
            "score": 0.5,
        },
    )


def _end(call: CallLog, draws: Draws) -> None:
    outcome = draws.weighted(OUTCOMES, OUTCOME_WEIGHTS)
    talked = outcome in (CallLog.Outcome.COMPLETED, CallLog.Outcome.VOICEMAIL)
    seconds = min(int(draws.lognormvariate(4.6, 0.9)) + 1, 7_200) if talked else 0
    call.status = CallLog.Status.ENDED
    call.outcome = outcome
    call.duration = seconds
    call.ended_at = call.started_at + timedelta(seconds=seconds or draws.randrange(5, 45))
    # A started minute costs 1.35 cents.
    call.cost = Decimal(-(-seconds // 60)) * Decimal("0.0135") if talked else None
    if talked and draws.random() < 0.8:
        call.recording_url = f"https://recordings.example.com/{call.livekit_room_sid}.ogg"


def _spoil(call: CallLog, turn: int) -> None:
    call.livekit_room_name = nasty.text(turn, SHORT)
    call.livekit_room_sid = nasty.text(turn + nasty.APART, SHORT)
    call.phone_number = nasty.text(turn + 2 * nasty.APART, SHORT)
    call.sip_call_id = nasty.text(turn + 3 * nasty.APART, SHORT)
    call.recording_url = nasty.text(turn)
    call.metadata = None if turn % 20 == 19 else nasty.document(turn)
