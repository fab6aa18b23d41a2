"""What `manage.py clean_exports` removes of schedules, mails and webhooks: what is old, or nobody's."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from django.utils import timezone

from .jobs.owners import find_owner
from .models import (
    ExportMail,
    ExportSchedule,
    ExportTemplate,
    Outgoing,
    ScheduleRun,
    TemplateCursor,
    Webhook,
    WebhookDelivery,
)

RUNS_KEPT: Final = dt.timedelta(days=90)
"""For how long what became of a run is told."""

_OF_USERS: Final = (ExportSchedule, ExportTemplate, TemplateCursor, Webhook)
"""Shares are no such: were one of an id that nobody has removed, it would tell that nobody has it."""

_ENDED: Final = (Outgoing.Status.SENT, Outgoing.Status.FAILED, Outgoing.Status.DROPPED)


def remove_old_runs(kept: dt.timedelta = RUNS_KEPT) -> int:
    """Removes runs that have ended so long ago. Returns how many. An occurrence comes once all the same."""
    runs = ScheduleRun.objects.primary()
    return _deleted(runs.filter(finished_at__lt=timezone.now() - kept))


def remove_old_messages(kept: dt.timedelta) -> int:
    """Removes mails and webhook messages that are that old and are tried no more. Returns how many."""
    before = timezone.now() - kept
    ended = {"status__in": _ENDED, "created_at__lt": before}
    return sum(_deleted(model.objects.primary().filter(**ended)) for model in (ExportMail, WebhookDelivery))


def remove_what_is_nobodys() -> int:
    """Removes templates, cursors of theirs, schedules and webhooks whose user is no more. Returns how many.

    Schedules of others that used such a template fail from then on, and say why.
    """
    return sum(_deleted(rows) for model in _OF_USERS for rows in _of_nobody(model))


def _of_nobody(model: type[Any]) -> Iterator[Any]:
    using = ExportTemplate.objects.primary().db
    rows = model._default_manager.using(using)
    for user in rows.order_by().values_list("user", flat=True).distinct():
        if find_owner(user) is None:
            yield rows.filter(user=user)


def _deleted(rows: Any) -> int:
    """How many of them there were, without what went with them."""
    count: int = rows.delete()[1].get(rows.model._meta.label, 0)
    return count
