"""What is measured of schedules, mails and webhooks at each scrape, of all users and servers."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.db.models import Count, Min
from django.utils.timezone import now
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from exports.jobs.storage import is_configured
from exports.models import ExportMail, ExportSchedule, Outgoing, ScheduleRun, WebhookDelivery
from exports.notices.outbox import counts

MESSAGES = {"mail": ExportMail, "webhook": WebhookDelivery}


class Schedules(Collector):
    """Nothing where there are no jobs, or while the database does not answer."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        if not is_configured():
            return
        try:
            families = [*_schedules(), *_messages(), _oldest()]
        except (DatabaseError, InterfaceError):
            return
        yield from families


def _schedules() -> Iterator[GaugeMetricFamily]:
    found = ExportSchedule.objects.primary().order_by().values_list("status").annotate(Count("pk"))
    counted = dict(found)
    family = GaugeMetricFamily("export_schedules", "Schedules, by their status.", labels=["status"])
    for status in ExportSchedule.Status.values:
        family.add_metric([status], counted.get(status, 0))
    yield family


def _messages() -> Iterator[GaugeMetricFamily]:
    waiting = GaugeMetricFamily(
        "export_messages_waiting", "Mails and webhook messages that are still to be sent.", labels=["kind"]
    )
    unsure = GaugeMetricFamily(
        "export_messages_unsure",
        "How often one was sent again whose sender had ended before it said whether it was sent.",
        labels=["kind"],
    )
    for kind, model in MESSAGES.items():
        found = counts(model)
        waiting.add_metric([kind], found["waiting"])
        unsure.add_metric([kind], found["unsure"])
    yield waiting
    yield unsure


def _oldest() -> GaugeMetricFamily:
    """By Python's clock, as the scheduler tells what is due."""
    moment = now()
    open_messages = {"status__in": [Outgoing.Status.WAITING, Outgoing.Status.SENDING]}
    due = [
        _first(ExportSchedule, "next_run_at", moment, status=ExportSchedule.Status.ACTIVE),
        _first(ScheduleRun, "due_at", moment, outcome=ScheduleRun.Outcome.WAITING),
        *(_first(model, "due_at", moment, **open_messages) for model in MESSAGES.values()),
    ]
    text = "For how long something that is due has waited for a scheduler, at most; 0 where nothing does."
    age = max(((moment - found).total_seconds() for found in due if found), default=0.0)
    return GaugeMetricFamily("export_scheduler_oldest_seconds", text, value=age)


def _first(model: type[Any], field: str, moment: dt.datetime, **values: Any) -> dt.datetime | None:
    rows = model.objects.primary().filter(**values, **{f"{field}__lte": moment})
    found: dt.datetime | None = rows.aggregate(first=Min(field))["first"]
    return found
