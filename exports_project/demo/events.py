"""Invented LiveKit events: one chain a room, from room_started to room_finished."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Final

from exports.contrib.telephony.models import LiveKitEvent

from . import nasty
from .draws import EPOCH, SPAN, Batch, Draws, Room

SHORT: Final = 255
NAMES: Final = LiveKitEvent.Event
# (event, who): None is the room itself.
Step = tuple[LiveKitEvent.Event, str | None]
OPENING: Final[tuple[Step, ...]] = (
    (NAMES.ROOM_STARTED, None),
    (NAMES.PARTICIPANT_JOINED, "agent"),
    (NAMES.PARTICIPANT_JOINED, "caller"),
    (NAMES.TRACK_PUBLISHED, "caller"),
)
RECORDED: Final[tuple[Step, ...]] = ((NAMES.EGRESS_STARTED, None), (NAMES.EGRESS_ENDED, None))
CLOSING: Final[tuple[Step, ...]] = (
    (NAMES.PARTICIPANT_LEFT, "caller"),
    (NAMES.PARTICIPANT_LEFT, "agent"),
    (NAMES.ROOM_FINISHED, None),
)
CHAIN_AVERAGE: Final = 8


def events(batch: Batch) -> Iterator[LiveKitEvent]:
    """LiveKitEvent rows, chain after chain; the last chain may still be under way."""
    draws = batch.draws()
    rows = islice(_chains(batch, draws), batch.count)
    for number, event in zip(batch.numbers(), rows, strict=True):
        turn = batch.nasty(number)
        if turn is not None:
            event.event_id = nasty.text(turn, SHORT)
            event.room_name = nasty.text(turn + nasty.APART, SHORT)
            event.participant_identity = nasty.text(turn + 2 * nasty.APART, SHORT)
            event.participant_sid = nasty.text(turn + 3 * nasty.APART, SHORT)
            event.error_message = nasty.text(turn)
        yield event


def _chains(batch: Batch, draws: Draws) -> Iterator[LiveKitEvent]:
    step = SPAN * CHAIN_AVERAGE / max(batch.count, CHAIN_AVERAGE)
    for number in count():
        # A room of an earlier run is never opened again: each had one event at least.
        room = Room.of(batch, batch.first + number)
        moment = EPOCH + step * number + draws.seconds(3_600)
        for name, who in (*OPENING, *(RECORDED if draws.random() < 0.6 else ()), *CLOSING):
            yield _event(batch, draws, room, name, who, moment)
            moment += draws.seconds(20)


def _event(
    batch: Batch, draws: Draws, room: Room, name: LiveKitEvent.Event, who: str | None, moment: datetime
) -> LiveKitEvent:
    failed = draws.random() < 0.03
    return LiveKitEvent(
        id=draws.uuid(),
        user_id=batch.user_id,
        event_id=f"EV_{draws.hexadecimal(12)}",
        event=name,
        room_name=room.name,
        room_sid=room.sid,
        participant_identity=f"{who}-{room.sid[3:7]}" if who else None,
        participant_sid=f"PA_{who[0]}{room.sid[3:]}" if who else None,
        timestamp=moment,
        processed=not failed,
        error_message="Timed out, will be tried again." if failed else draws.choice((None, "")),
        created_at=moment + timedelta(milliseconds=draws.randrange(5, 900)),
    )
