"""What is done by the clock: a row for each time that a schedule comes, and a job for each such row.

Any number of processes may do this at the same time. Each step is one UPDATE that names what it changes, and
an occurrence has one row and one job.
"""

import datetime as dt
import logging
from collections.abc import Callable
from itertools import takewhile
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.timezone import now

from ..announcing import run_failed
from ..conf import export_settings
from ..exceptions import (
    EarlierRunning,
    InvalidParameters,
    RateLimited,
    RateUnknown,
    TooManyJobs,
)
from ..jobs.work import code_of
from ..models import ExportSchedule, ScheduleRun
from ..recorded import describe
from .making import HINDRANCES, PAUSE, held, job_made, skip_waiting
from .rules import Rule

logger = logging.getLogger(__name__)

Outcome = ScheduleRun.Outcome

MOST: Final = 100
"""Rows that one look takes up; the next look comes a second later."""

LONGEST_PAUSE: Final = dt.timedelta(hours=1)

PASSING: Final = (
    *(RateLimited, RateUnknown, TooManyJobs, EarlierRunning),
    *HINDRANCES,
)
"""What is in the way of a job for now."""


def run_due(stopped: Callable[[], bool] = bool) -> int:
    """Opens the runs for which it is time, and makes their jobs. Returns how many jobs were made.

    It ends sooner once `stopped` says so.
    """
    due = ExportSchedule.objects.primary().filter(status=ExportSchedule.Status.ACTIVE, next_run_at__lte=now())
    for schedule in takewhile(lambda _: not stopped(), due.order_by("next_run_at")[:MOST]):
        _attended(schedule.pk, lambda: open_run(schedule))  # noqa: B023 - called at once
    waiting = ScheduleRun.objects.primary().filter(outcome=Outcome.WAITING, due_at__lte=now())
    runs = waiting.select_related("schedule").order_by("due_at")[:MOST]
    count = 0
    for run in takewhile(lambda _: not stopped(), runs):
        count += _attended(run.schedule_id, lambda: attempt(run))  # noqa: B023 - called at once
    return count


def open_run(schedule: ExportSchedule) -> bool:
    """One row for the last of the occurrences that have come, and the moment of the next one.

    After a time in which nobody looked it stands for all that were missed. False where another process was
    quicker, or the schedule has changed.
    """
    moment, seen = now(), schedule.next_run_at
    if seen is None or seen > moment:
        return False
    schedules = ExportSchedule.objects.primary().filter(
        pk=schedule.pk,
        status=ExportSchedule.Status.ACTIVE,
        next_run_at=seen,
        rule=schedule.rule,
        timezone=schedule.timezone,
    )
    try:
        rule = Rule.parse(schedule.rule, schedule.timezone)
        latest, following = max(rule.latest(moment) or seen, seen), rule.next(moment)
    except InvalidParameters as error:  # such as a zone that is no more
        return _never_again(schedule, seen, schedules, error)
    with transaction.atomic(using=schedules.db):
        if not schedules.update(next_run_at=following):
            return False
        skip_waiting(schedule.pk)
        ScheduleRun.objects.primary().get_or_create(
            schedule=schedule,
            occurrence=latest,
            defaults={"missed_since": seen if seen < latest else None, "due_at": moment},
        )
    return True


def attempt(run: ScheduleRun) -> bool:
    """Makes the job of a run, or writes why there is none. Whether there is one now."""
    if not _claimed(run):
        return False
    refusal = job_made(run)
    if refusal is None:
        return True
    if isinstance(refusal, PASSING):
        _wait(run, refusal)
        return False
    logger.warning("Schedule %s came to nothing: %s", run.schedule_id, describe(refusal))
    with transaction.atomic(using=ScheduleRun.objects.primary().db):
        if ExportSchedule.objects.lock(run.schedule_id) and held(run).update(due_at=now()):
            run_failed(run, describe(refusal), code_of(refusal))
    return False


def _claimed(run: ScheduleRun) -> bool:
    """Whether this process makes the job: others leave the row alone for a while. `run` is as it is then."""
    taken = held(run).update(attempts=F("attempts") + 1, due_at=now() + PAUSE)
    run.attempts += 1
    return bool(taken)


def _wait(run: ScheduleRun, error: Exception) -> None:
    after = dt.timedelta(seconds=error.retry_after) if isinstance(error, RateLimited) else PAUSE
    text = describe(error)
    until = now() + min(max(after, PAUSE), LONGEST_PAUSE)
    held(run).update(due_at=until, error=text, error_code=code_of(error))


def _never_again(
    schedule: ExportSchedule, seen: dt.datetime, as_seen: QuerySet[ExportSchedule], error: InvalidParameters
) -> bool:
    """Writes a run that says why, and stops: a rule that cannot be read has no next time."""
    logger.warning("Schedule %s has a rule that cannot be read: %s", schedule.pk, error)
    with transaction.atomic(using=as_seen.db):
        if not as_seen.update(next_run_at=None, failures=export_settings().schedule_failures):
            return False
        run, _new = ScheduleRun.objects.primary().get_or_create(schedule=schedule, occurrence=seen)
        run_failed(run, str(error), error.code)
    return True


def _attended(schedule_id: object, work: Callable[[], bool]) -> bool:
    """One schedule that cannot be done keeps no other from it."""
    try:
        return work()
    except Exception:
        logger.exception("Schedule %s could not be looked after", schedule_id)
        return False
