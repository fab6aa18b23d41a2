"""Templates and schedules of the engine's own datasets, and how they come."""

import datetime as dt
from typing import Any

import time_machine
from django.http import QueryDict

from exports import scheduler
from exports.caller import Caller
from exports.jobs.owners import find_owner
from exports.models import ExportJob, ExportSchedule, ExportTemplate, ScheduleRun
from exports.saved import control as saved
from exports.schedules import control
from tests.engine.background import caller_of, run_at_once

MORNING = dt.datetime(2026, 3, 10, 6, 0, tzinfo=dt.UTC)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


def make_template(
    user: Any, dataset: str = "orders", query: str = "", shared_with: Any = (), name: str = "All"
) -> ExportTemplate:
    choice = saved.Choice(name=name, dataset=dataset, parameters=QueryDict(query), shared_with=shared_with)
    return saved.create(choice, caller(user))


def change_template(template: ExportTemplate, user: Any, query: str = "", **other: Any) -> None:
    values = {"name": template.name, "dataset": template.dataset} | other
    saved.change(template, saved.Choice(parameters=QueryDict(query), **values), caller(user))


def make_schedule(
    template: ExportTemplate, rule: str = "0 6 * * *", timezone: str = "UTC", user: Any = None, **given: Any
) -> ExportSchedule:
    """A schedule of the template's user, or another one's."""
    plan = control.Plan(template=template, rule=rule, timezone=timezone, **given)
    return control.create(plan, caller(user or owner(template)))


def owner(row: Any) -> Any:
    """The user whose it is, as they are now."""
    return find_owner(row.user)


def caller(user: Any) -> Caller:
    """The user, with the rights that they have now."""
    return caller_of(find_owner(user.pk))


def at(moment: dt.datetime) -> int:
    """What the scheduler does then: how much was done."""
    with time_machine.travel(moment, tick=False):
        return scheduler.run_once()


def at_work(moment: dt.datetime) -> None:
    """The same, and workers make all files that are due."""
    with time_machine.travel(moment, tick=False):
        scheduler.run_once()
        make_files(moment)
        scheduler.run_once()


def make_files(moment: dt.datetime) -> None:
    """What workers do then, until no job waits."""
    with time_machine.travel(moment, tick=False):
        for _ in range(200):
            if not ExportJob.objects.filter(status="queued").exists():
                return
            run_at_once()
    raise AssertionError("A job is queued again and again.")


def only_run(schedule: ExportSchedule) -> ScheduleRun:
    return schedule.runs.get()


def outcomes(schedule: ExportSchedule) -> list[str]:
    """Of its runs, in order."""
    return list(schedule.runs.order_by("occurrence").values_list("outcome", flat=True))


def now_of(row: Any) -> Any:
    """The row as it is now."""
    row.refresh_from_db()
    return row
