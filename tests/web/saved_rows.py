"""Templates, schedules and webhooks for tests of the pages."""

import datetime as dt
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from exports.caller import Caller
from exports.models import (
    ExportLog,
    ExportSchedule,
    ExportTemplate,
    ScheduleRun,
    Webhook,
    WebhookDelivery,
)
from exports.saved import control as saved
from exports.schedules import control as schedules

TEMPLATES = "/exports/templates/"
SCHEDULES = "/exports/schedules/"
WEBHOOKS = "/exports/webhooks/"
ADDRESS = "user@example.com"


def caller_of(user: Any) -> Caller:
    return Caller(user=user, door=ExportLog.Door.WEB)


def make_template(
    user: Any,
    name: str = "Busy",
    parameters: str = "outcome=busy",
    *,
    dataset: str = "calls",
    shared: Any = (),
) -> ExportTemplate:
    """A template that is kept as it would be by a page; shared with those users."""
    choice = saved.Choice(
        name=name,
        dataset=dataset,
        parameters=QueryDict(parameters),
        shared_with=[str(other.pk) for other in shared],
    )
    return saved.create(choice, caller_of(user))


def make_schedule(user: Any, template: ExportTemplate | None = None, **fields: Any) -> ExportSchedule:
    """A schedule, every day at six in Berlin unless `fields` say otherwise."""
    defaults = {"rule": "0 6 * * *", "timezone": "Europe/Berlin"}
    plan = schedules.Plan(template=template or make_template(user), **defaults | fields)
    return schedules.create(plan, caller_of(user))


def make_run(schedule: ExportSchedule, days: int = 1, **fields: Any) -> ScheduleRun:
    """A run of so many days ago."""
    occurrence = timezone.now().replace(microsecond=0) - dt.timedelta(days=days)
    defaults = {"occurrence": occurrence, "outcome": "succeeded", "row_count": 5}
    return ScheduleRun.objects.create(schedule=schedule, **defaults | fields)


def stopped_schedule(user: Any, template: ExportTemplate | None = None) -> ExportSchedule:
    """One that has stopped by itself, after five failures."""
    schedule = make_schedule(user, template)
    error = {"error": "You do not have the permission for this export.", "error_code": "permission_denied"}
    for days in range(1, 6):
        make_run(schedule, days, outcome="failed", row_count=None, **error)
    ExportSchedule.objects.filter(pk=schedule.pk).update(
        status="stopped", failures=5, next_run_at=None, **error
    )
    schedule.refresh_from_db()
    return schedule


def make_webhook(user: Any, url: str = "https://example.com/hook", **fields: Any) -> Webhook:
    return Webhook.objects.create(user=str(user.pk), url=url, **fields)


def make_delivery(webhook: Webhook, **fields: Any) -> WebhookDelivery:
    """A message that was refused once, and is sent again later."""
    now = timezone.now()
    log = [{"at": now.isoformat(), "seconds": 0.1, "status": 503, "error": ""}]
    defaults = {
        "event": "export.succeeded",
        "payload": "{}",
        "attempts": 1,
        "due_at": now + dt.timedelta(minutes=5),
        "log": log,
        "error": "HTTP 503",
    }
    return WebhookDelivery.objects.create(webhook=webhook, **defaults | fields)
