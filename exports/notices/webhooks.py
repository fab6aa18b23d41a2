"""Telling webhooks of the ends of jobs, and again while they do not answer."""

import datetime as dt
import logging
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import now

from ..exceptions import ExportError
from ..jobs.owners import owner_by_key
from ..models import Outgoing, Webhook, WebhookDelivery
from ..recorded import describe
from . import outbox, posting
from .signing import signature_headers

logger = logging.getLogger(__name__)

PAUSES: Final = tuple(
    dt.timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""How long each attempt waits for the next: what the specification proposes, three days in all."""

GONE: Final = 410
"""By this a receiver says that it wants no more (Standard Webhooks, "Deliverability and reliability")."""


REST: Final = dt.timedelta(seconds=30)
"""How long other messages wait for a webhook that has just taken long, or not answered at all."""

SLOW_SECONDS: Final = 2
"""An attempt that takes longer has held up a thread: receivers answer within milliseconds."""

LOGGED: Final = 50
"""Attempts that are told of, the last ones: a message may be sent again by hand as often as one likes."""


def deliver_due(stopped: Callable[[], bool] = bool) -> int:
    """Sends the messages that are due, until `stopped` says to end. Returns how many were received.

    One at a time of each user's, by all processes together: whose receivers are slow hold up nobody else.
    """
    at_work = WebhookDelivery.objects.primary().filter(
        webhook__user=OuterRef("webhook__user"), status=Outgoing.Status.SENDING, due_at__gt=now()
    )
    return sum(map(_deliver, outbox.taken(WebhookDelivery, stopped, busy=Q(Exists(at_work)))))


def _deliver(delivery: WebhookDelivery) -> bool:
    webhook = Webhook.objects.primary().filter(pk=delivery.webhook_id).first()
    if webhook is None or not webhook.is_active:
        outbox.given_up(delivery, "The webhook was switched off.", dropped=True)
        return False
    begun = time.monotonic()
    try:
        return _attempt(delivery, webhook, begun)
    finally:
        if time.monotonic() - begun > SLOW_SECONDS:
            _let_others_wait(delivery)


def _attempt(delivery: WebhookDelivery, webhook: Webhook, begun: float) -> bool:
    try:
        owner_by_key(webhook.user)
        answer = _post(webhook, delivery)
    except ExportError as error:  # no address to send to, or nobody to send for: no attempt will help
        _give_up(delivery, describe(error), _logged(delivery, begun, error=describe(error)))
        return False
    except Exception as error:
        if not isinstance(error, OSError | HTTPException | ValueError):
            logger.exception("Webhook delivery %s has met what nobody expected", delivery.pk)
        text = type(error).__name__
        _try_later(delivery, text, _logged(delivery, begun, error=text))
        _let_others_wait(delivery)
        return False
    log = _logged(delivery, begun, status=answer.status)
    if answer.is_success:
        outbox.sent(delivery, log=log)
        return True
    text = f"HTTP {answer.status}"
    if answer.status == GONE:
        Webhook.objects.primary().filter(pk=webhook.pk).update(is_active=False, error=text)
        _give_up(delivery, text, log)
    else:
        _try_later(delivery, text, log)
    return False


def _post(webhook: Webhook, delivery: WebhookDelivery) -> posting.Answer:
    body = delivery.payload.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "django-exports",
        **signature_headers(webhook, f"msg_{delivery.pk.hex}", body),
    }
    return posting.post(webhook.url, body, headers)


def _try_later(delivery: WebhookDelivery, text: str, log: list[Any]) -> None:
    if delivery.attempts > len(PAUSES):
        _give_up(delivery, text, log)
        return
    logger.info("Webhook delivery %s has failed, attempt %s: %s", delivery.pk, delivery.attempts, text)
    outbox.later(delivery, text, PAUSES[delivery.attempts - 1], log=log)


def _let_others_wait(delivery: WebhookDelivery) -> None:
    waiting = WebhookDelivery.objects.primary().filter(
        webhook=delivery.webhook_id, status=Outgoing.Status.WAITING, due_at__lt=now() + REST
    )
    waiting.exclude(pk=delivery.pk).update(due_at=now() + REST)


def _give_up(delivery: WebhookDelivery, text: str, log: list[Any]) -> None:
    logger.warning("Webhook delivery %s is given up: %s", delivery.pk, text)
    outbox.given_up(delivery, text, log=log)


def _logged(
    delivery: WebhookDelivery, begun: float, *, status: int | None = None, error: str = ""
) -> list[dict[str, Any]]:
    seconds = round(time.monotonic() - begun, 3)
    entry = {"at": now().isoformat(), "seconds": seconds, "status": status, "error": error}
    return [*delivery.log, entry][-LOGGED:]
