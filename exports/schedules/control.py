"""What a user may do with schedules: make, change, pause, run and delete them."""

import datetime as dt
import logging
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.timezone import now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ..caller import Caller
from ..conf import export_settings
from ..exceptions import InvalidParameters, ParameterProblem, ScheduleNotFound
from ..history import may_see_all
from ..jobs.owners import owner_by_key
from ..jobs.storage import file_storage
from ..models import ExportSchedule, ScheduleRun
from ..policy.permissions import datasets_of_credential
from .making import PAUSE, job_made, skip_waiting
from .plans import Plan, planned
from .rules import Rule

logger = logging.getLogger(__name__)

Status = ExportSchedule.Status

UPCOMING: Final = 5
"""Of the next runs, so many are told."""


def own_schedules(caller: Caller) -> QuerySet[ExportSchedule]:
    """The caller's schedules, newest first; with a credential, those of datasets that it allows."""
    schedules = ExportSchedule.objects.primary().of(caller.user).select_related("template")
    names = datasets_of_credential(caller)
    return schedules if names is None else schedules.filter(template__dataset__in=names)


def reachable_schedules(user: Any) -> QuerySet[ExportSchedule]:
    """For the admin: a user's own; with the permissions for all records, everybody's."""
    schedules = ExportSchedule.objects.primary().select_related("template")
    return schedules if may_see_all(user) else schedules.of(user)


def own_schedule(schedule_id: UUID, caller: Caller) -> ExportSchedule:
    """One of the caller's schedules. Raises ScheduleNotFound, of somebody else's too."""
    schedule = own_schedules(caller).filter(pk=schedule_id).first()
    if schedule is None:
        raise ScheduleNotFound
    return schedule


def create(plan: Plan, caller: Caller) -> ExportSchedule:
    """A new schedule, which runs from now on. Raises JobsUnavailable, InvalidParameters and NotPermitted."""
    file_storage()
    limit = export_settings().max_schedules_per_user
    if limit is not None and ExportSchedule.objects.primary().of(caller.user).count() >= limit:
        text = format_lazy(_("You have {limit} schedules, the limit. Delete one first."), limit=limit)
        raise InvalidParameters([ParameterProblem("template", "too_many", text)])
    return _save(ExportSchedule(user=str(caller.user.pk), language=get_language() or ""), plan, caller)


def change(schedule: ExportSchedule, plan: Plan, caller: Caller, owner: Any = None) -> ExportSchedule:
    """Makes another of it. Raises as `create` does.

    `owner` is the user whose it is, where the caller is staff: whom the caller may have mailed, they allow.
    """
    return _save(schedule, plan, caller, owner)


def pause(schedule: ExportSchedule) -> None:
    """It comes no more, until it is resumed; what waits for a job has none. One that has a job goes on."""
    own = ExportSchedule.objects.primary().filter(pk=schedule.pk)
    with transaction.atomic(using=own.db):
        if own.update(status=Status.PAUSED, next_run_at=None):
            skip_waiting(schedule.pk)


def resume(schedule: ExportSchedule) -> None:
    """It comes again from now on; of what it has missed it makes nothing."""
    if schedule.status == Status.ACTIVE:
        return
    next_run = Rule.parse(schedule.rule, schedule.timezone).next(now())
    ExportSchedule.objects.primary().filter(pk=schedule.pk).exclude(status=Status.ACTIVE).update(
        status=Status.ACTIVE, next_run_at=next_run, failures=0, error="", error_code=""
    )


def run_now(schedule: ExportSchedule, caller: Caller) -> ScheduleRun:
    """A run beside those by the clock, with its job. Raises what `submit` does, and TemplateGone.

    EarlierRunning where it would go on from a run that has not ended. Whoever asks, staff too, the rows are
    the user's whose schedule it is: NotPermitted where they may not sign in any more.
    """
    if str(caller.user.pk) != schedule.user:
        caller = caller.acting_for(owner_by_key(schedule.user))
    moment = now()
    # Never that of a run by the clock, which comes at a whole minute.
    occurrence = moment.replace(microsecond=moment.microsecond or 1)
    run = ScheduleRun(
        schedule=schedule, occurrence=occurrence, by_hand=True, due_at=moment + PAUSE, attempts=1
    )
    run.save(using=ScheduleRun.objects.primary().db)
    refusal = job_made(run, caller)
    if refusal is not None:
        run.delete()
        raise refusal
    run.refresh_from_db()
    return run


def delete(schedule: ExportSchedule) -> None:
    """Removes it, and what is told of its runs. Their jobs and files stay."""
    using = ExportSchedule.objects.primary().db
    with transaction.atomic(using=using):
        ExportSchedule.objects.lock(schedule.pk)
        schedule.delete(using=using)


def upcoming(schedule: ExportSchedule, count: int = UPCOMING) -> list[dt.datetime]:
    """Its next runs, in its own zone; none where it is paused or has stopped."""
    if schedule.status != Status.ACTIVE or schedule.next_run_at is None:
        return []
    rule = Rule(schedule.rule, schedule.timezone)
    return rule.upcoming(schedule.next_run_at - dt.timedelta(microseconds=1), count)


def _save(schedule: ExportSchedule, plan: Plan, caller: Caller, owner: Any = None) -> ExportSchedule:
    changes = planned(schedule, plan, caller, owner)
    # What runs have written meanwhile, such as the cursor, stays as it is.
    fields = None if schedule._state.adding else [*changes.fields, "updated_at"]
    try:
        schedule.save(using=ExportSchedule.objects.primary().db, update_fields=fields)
    except ExportSchedule.NotUpdated as error:  # deleted a moment ago
        raise ScheduleNotFound from error
    if changes.allowed:
        by, addresses = caller.user.pk, ", ".join(changes.allowed)
        logger.info("User %s allows mail of schedule %s to: %s", by, schedule.pk, addresses)
    return schedule
