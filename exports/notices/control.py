"""What a user may do with webhooks: make, change, try and delete them."""

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Greatest
from django.utils.text import format_lazy
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from ..announcing import EVENTS
from ..caller import Caller
from ..conf import export_settings
from ..exceptions import InvalidParameters, NotPermitted, ParameterProblem, WebhookNotFound
from ..history import may_see_all
from ..models import Outgoing, Webhook, WebhookDelivery, deleting
from ..policy.permissions import datasets_of_credential
from .posting import require_url
from .signing import MOST, is_over

EVENT_NAMES: Final = tuple(EVENTS.values())
TEST_EVENT: Final = "export.test"
OPEN: Final = (Outgoing.Status.WAITING, Outgoing.Status.SENDING)


def own_webhooks(caller: Caller) -> QuerySet[Webhook]:
    """The caller's webhooks, newest first. Raises NotPermitted for a credential that is not for all datasets.

    A webhook is told of all its user's jobs.
    """
    if datasets_of_credential(caller) is not None:
        raise NotPermitted(_("This credential does not allow all datasets, of which a webhook is told."))
    return Webhook.objects.primary().of(caller.user)


def reachable_webhooks(user: Any) -> QuerySet[Webhook]:
    """For the admin: a user's own; with the permissions for all records, everybody's."""
    webhooks = Webhook.objects.primary()
    return webhooks if may_see_all(user) else webhooks.of(user)


def own_webhook(webhook_id: UUID, caller: Caller) -> Webhook:
    """One of the caller's. Raises WebhookNotFound, of somebody else's too; NotPermitted as `own_webhooks`."""
    webhook = own_webhooks(caller).filter(pk=webhook_id).first()
    if webhook is None:
        raise WebhookNotFound
    return webhook


def create(caller: Caller, url: str, events: Sequence[str] = (), key: UUID | None = None) -> Webhook:
    """A new webhook, of that primary key if one is given. Raises InvalidParameters and NotPermitted."""
    limit = export_settings().max_webhooks_per_user
    if limit is not None and own_webhooks(caller).count() >= limit:
        text = format_lazy(_("You have {limit} webhooks, the limit. Delete one first."), limit=limit)
        raise InvalidParameters([ParameterProblem("url", "too_many", text)])
    webhook = Webhook(user=str(caller.user.pk), url=require_url(url), events=_events(events))
    if key is not None:
        webhook.pk = key
    webhook.save(using=Webhook.objects.primary().db, force_insert=True)
    return webhook


def change(webhook: Webhook, url: str, events: Sequence[str], *, is_active: bool) -> Webhook:
    """Another address, other events, or on and off. Raises InvalidParameters."""
    webhook.url, webhook.events, webhook.is_active = require_url(url), _events(events), is_active
    if is_active:
        webhook.error = ""
    fields = ["url", "events", "is_active", "error"]
    try:
        webhook.save(using=Webhook.objects.primary().db, update_fields=fields)
    except Webhook.NotUpdated as error:  # deleted a moment ago
        raise WebhookNotFound from error
    return webhook


def rotate(webhook: Webhook, seen: int | None = None) -> bool:
    """A new secret. For a day messages are signed with those before it, too.

    False, and none, where its secret is not that of the generation `seen` any more.
    """
    own = Webhook.objects.primary().filter(pk=webhook.pk)
    if seen is not None:
        own = own.filter(generation=seen)
    oldest = (
        F("generation") if is_over(webhook) else Greatest("oldest_generation", F("generation") + 2 - MOST)
    )
    rotated = own.update(generation=F("generation") + 1, oldest_generation=oldest, rotated_at=now())
    webhook.refresh_from_db(using=own.db)
    return bool(rotated)


def test(webhook: Webhook) -> WebhookDelivery:
    """A message that says nothing, to see whether it is received. While one waits, it is that one."""
    tests = WebhookDelivery.objects.primary().filter(webhook=webhook, event=TEST_EVENT)
    waiting: WebhookDelivery | None = tests.filter(status__in=OPEN).first()
    if waiting is not None:
        return waiting
    payload = json.dumps({"type": TEST_EVENT, "timestamp": now().isoformat(), "data": {}})
    delivery = WebhookDelivery(webhook=webhook, event=TEST_EVENT, payload=payload)
    delivery.save(using=Webhook.objects.primary().db)
    return delivery


def send_again(delivery: WebhookDelivery) -> bool:
    """Tries a message once more that was given up, or received: at once, and with its old id."""
    ended = [Outgoing.Status.FAILED, Outgoing.Status.SENT, Outgoing.Status.DROPPED]
    found = WebhookDelivery.objects.primary().filter(pk=delivery.pk, status__in=ended)
    return bool(found.update(status=Outgoing.Status.WAITING, due_at=now(), attempts=0, error=""))


def delete(webhook: Webhook) -> None:
    """Removes it, and what is told of its messages."""
    deleting.delete(webhook, Webhook.objects.primary().db)


def _events(names: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(names))
    if unknown := [name for name in found if name not in EVENT_NAMES]:
        text = _("There is no event {name}. There are: {names}.")
        detail = format_lazy(text, name=unknown[0][:100], names=", ".join(EVENT_NAMES))
        raise InvalidParameters([ParameterProblem("events", "invalid_choice", detail)])
    return found
