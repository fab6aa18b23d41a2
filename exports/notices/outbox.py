"""Taking up what is to be sent, and saying what has become of it. Any number of processes may do this.

Between sending and saying so, a sender may be killed: what it had in hand is then sent again, and counted.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, Final

from django.db.models import Case, Count, F, Q, Sum, Value, When
from django.utils.timezone import now

from ..models import Outgoing

Status = Outgoing.Status

LEASE: Final = dt.timedelta(minutes=5)
"""For how long a message is its sender's; above any time limit of one."""

NOBODY: Final = Q(pk__in=[])


def taken(model: type[Any], stopped: Callable[[], bool] = bool, busy: Q = NOBODY) -> Iterator[Any]:
    """Those that are due, one after the other, each for this process alone; none more once `stopped` says so.

    Of those that are `busy` none is taken: others come first.
    """
    while not stopped():
        due = model.objects.primary().filter(status__in=[Status.WAITING, Status.SENDING], due_at__lte=now())
        message = due.exclude(busy).order_by("due_at").first()
        if message is None:
            return
        if _take(message):
            yield message


def _take(message: Any) -> bool:
    """Whether this process has it; `message` is as it is then."""
    was_sent = message.status == Status.SENDING
    changed = _held(message).update(
        status=Status.SENDING,
        attempts=F("attempts") + 1,
        unsure=F("unsure") + int(was_sent),
        due_at=now() + LEASE,
    )
    if changed:
        message.status, message.attempts = Status.SENDING, message.attempts + 1
        message.unsure += was_sent
    return bool(changed)


def sent(message: Any, **values: Any) -> None:
    """The other side has it."""
    _held(message).update(status=Status.SENT, sent_at=now(), error="", **values)


def given_up(message: Any, error: str, *, dropped: bool = False, **values: Any) -> None:
    """It is tried no more; `dropped` where nobody is to have it any more."""
    status = Status.DROPPED if dropped else Status.FAILED
    _held(message).update(status=status, error=error, **values)


def later(message: Any, error: str, after: dt.timedelta, **values: Any) -> None:
    """It is tried again, so long from now."""
    _held(message).update(status=Status.WAITING, error=error, due_at=now() + after, **values)


def _held(message: Any) -> Any:
    """The row, as long as it is as it was read."""
    return (
        type(message)
        .objects.primary()
        .filter(pk=message.pk, status=message.status, attempts=message.attempts)
    )


def counts(model: type[Any]) -> dict[str, int]:
    """How many wait, and how often one was sent again of which nobody knew whether it had been sent."""
    found = model.objects.primary().aggregate(
        waiting=Count(Case(When(status__in=[Status.WAITING, Status.SENDING], then=Value(1)))),
        unsure=Sum("unsure"),
    )
    return {"waiting": found["waiting"], "unsure": found["unsure"] or 0}
