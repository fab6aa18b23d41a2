"""Making the job of a run: in the name of the schedule's user, with the rights that they have then."""

import datetime as dt
import logging
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.timezone import now
from django.utils.translation import override

from ..caller import Caller
from ..exceptions import ClaimLost, EarlierRunning, ExportError, RunSkipped, TemplateChanged, TemplateGone
from ..incremental import START
from ..jobs.owners import owner_by_key
from ..jobs.settling import DATABASE_DOWN
from ..jobs.submitting import Purpose, submit
from ..models import ExportJob, ExportLog, ExportSchedule, ExportTemplate, ScheduleRun
from ..policy.recipients import same
from ..recorded import describe
from ..saved.resolving import goes_on, parameters_for

logger = logging.getLogger(__name__)

Outcome = ScheduleRun.Outcome

PAUSE: Final = dt.timedelta(seconds=30)
"""How long a run waits that could have no job yet; also, until when another process leaves it alone."""


HINDRANCES: Final = (ClaimLost, IntegrityError, *DATABASE_DOWN, OSError)
"""What may have passed in a moment. Other errors of a database would come again."""


def held(run: ScheduleRun) -> QuerySet[ScheduleRun]:
    """The row, as long as it waits and nobody else has taken it up."""
    runs = ScheduleRun.objects.primary()
    return runs.filter(pk=run.pk, outcome=Outcome.WAITING, attempts=run.attempts)


def job_made(run: ScheduleRun, caller: Caller | None = None) -> Exception | None:
    """Makes the job of a run that this process has claimed; returns what is in the way of it.

    Without a `caller` it is made in the name of the schedule's user, as they are now.
    """
    try:
        with transaction.atomic(using=ScheduleRun.objects.primary().db):
            if not ExportSchedule.objects.lock(run.schedule_id) or not held(run).update(due_at=now() + PAUSE):
                raise ClaimLost
            try:
                _submit(run, caller)
            except ClaimLost:
                raise
            except ExportError as error:  # what was recorded of it stays
                return error
    except HINDRANCES as error:
        logger.warning("Schedule %s has to wait", run.schedule_id, exc_info=True)
        return error
    except Exception as error:  # of a declaration's own code: it would fail again
        logger.exception("Schedule %s has failed", run.schedule_id)
        return error
    return None


def parameters_of(schedule: ExportSchedule, template: ExportTemplate, moment: dt.datetime) -> QueryDict:
    """The parameters of a run at `moment`."""
    params = parameters_for(template, moment, zone=ZoneInfo(schedule.timezone), cursor=schedule.cursor)
    if schedule.incremental and not goes_on(template.parameters):
        params["since"] = schedule.cursor or START
    return params


def template_of(schedule: ExportSchedule) -> ExportTemplate:
    """The template, as it is now. Raises TemplateGone where its user may not run it any more."""
    usable = ExportTemplate.objects.primary().usable_by(_Key(schedule.user))
    found = usable.filter(pk=schedule.template_id).first() if schedule.template_id else None
    if found is None:
        raise TemplateGone
    return found


class _Key:
    """Stands for a user of whom the primary key alone is known."""

    def __init__(self, pk: str) -> None:
        self.pk = pk


def _submit(run: ScheduleRun, caller: Caller | None) -> None:
    schedule = ExportSchedule.objects.primary().get(pk=run.schedule_id)
    template = template_of(schedule)
    if template.user != schedule.user and template.fingerprint != schedule.fingerprint:
        raise TemplateChanged
    if is_incremental(schedule, template) and _earlier_is_open(run):
        raise EarlierRunning
    caller = caller or Caller(user=owner_by_key(schedule.user), door=ExportLog.Door.JOB)
    params = parameters_of(schedule, template, run.occurrence)
    gone = schedule.unsubscribed
    wanted = [address for address in schedule.recipients if not any(same(address, other) for other in gone)]
    purpose = Purpose(
        recipients=wanted, approved=schedule.approved, template=template, occasion=f"run {run.pk}"
    )
    with override(schedule.language or None):
        job, _new = submit(template.dataset, caller, params, purpose)
    if not held(run).update(outcome=Outcome.RUNNING, job=job, error="", error_code=""):
        raise ClaimLost  # another process was quicker, while this one slept: its job is the one


def skip_waiting(schedule_id: Any) -> None:
    """No job is made of runs by the clock that have none yet. For one by hand somebody waits."""
    waiting = ScheduleRun.objects.primary().filter(
        schedule=schedule_id, outcome=Outcome.WAITING, by_hand=False
    )
    waiting.filter(error="").update(error=describe(RunSkipped()), error_code=RunSkipped.code)
    waiting.update(outcome=Outcome.SKIPPED, finished_at=now())


def is_incremental(schedule: ExportSchedule, template: ExportTemplate) -> bool:
    """Whether each run goes on where the last one ended."""
    return schedule.incremental or goes_on(template.parameters)


def _earlier_is_open(run: ScheduleRun) -> bool:
    """Also one that had failed and was asked for again: it may bring the cursor forward."""
    runs = ScheduleRun.objects.primary().filter(schedule=run.schedule_id, job__status__in=ExportJob.OPEN)
    return runs.exists()
