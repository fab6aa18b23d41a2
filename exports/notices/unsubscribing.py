"""How a recipient gets no more mail of a schedule: by a signed text in its address, without signing in."""

from typing import Any, Final
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db import transaction

from ..exceptions import LinkInvalid
from ..models import ExportSchedule
from ..policy.recipients import own_address, same

_SALT: Final = "exports.notices.unsubscribe"


def unsubscribe_signature(schedule: ExportSchedule, address: str) -> str:
    """What stands for one recipient of one schedule. It does not end: an old mail may be the one at hand."""
    return str(_signer().sign_object([str(schedule.pk), address]))


def subscription(signature: str) -> tuple[UUID, str]:
    """The schedule and the address that it stands for. Raises LinkInvalid."""
    try:
        schedule_id, address = _signer().unsign_object(signature)
        return UUID(schedule_id), address
    except (BadSignature, ValueError, TypeError) as error:
        raise LinkInvalid from error


def unsubscribe(signature: str) -> str:
    """Sends no more mail of the schedule to the address, which is returned. Raises LinkInvalid.

    Also where the schedule is no more: then there is none to be sent.
    """
    schedule_id, address = subscription(signature)
    schedules = ExportSchedule.objects.primary()
    with transaction.atomic(using=schedules.db):
        found = schedules.filter(pk=schedule_id).first() if schedules.lock(schedule_id) else None
        if found is not None and address not in found.unsubscribed:
            schedules.filter(pk=schedule_id).update(unsubscribed=[*found.unsubscribed, address])
    return str(address)


def subscribe_again(schedule: ExportSchedule, user: Any) -> None:
    """Sends the schedule's mail to the user's own address again. Nobody can do that for somebody else."""
    schedules, own = ExportSchedule.objects.primary(), own_address(user)
    with transaction.atomic(using=schedules.db):
        found = schedules.filter(pk=schedule.pk).first() if schedules.lock(schedule.pk) else None
        if found is not None:
            kept = [address for address in found.unsubscribed if not same(address, own)]
            schedules.filter(pk=schedule.pk).update(unsubscribed=kept)


def _signer() -> Signer:
    return Signer(salt=_SALT)
