"""What no worker does: jobs of killed workers, jobs that no task stands for, and files whose time is over."""

import datetime as dt
import logging
from typing import Final

from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from ..exceptions import ExportError, ProcessLost
from ..models import ExportJob
from ..recorded import describe
from . import claims, storage
from .claims import Claim
from .owners import find_owner
from .work import backoff

logger = logging.getLogger(__name__)

Status = ExportJob.Status

STALE: Final = dt.timedelta(seconds=60)
"""How long a job may be due before it is taken for one whose task was lost; each time twice as long."""

LONGEST_STALE: Final = dt.timedelta(minutes=10)
"""At most so long."""

MOST: Final = 100
"""Jobs that one sweep enqueues: those behind them have waited for less, and the next sweep comes soon."""

KEPT: Final = dt.timedelta(days=30)
"""For how long a job without a file is told of after its end."""


def sweep_jobs() -> None:
    """Takes jobs back from workers that are silent, enqueues what was forgotten, and expires files."""
    if not storage.is_configured():
        return
    take_back()
    enqueue_stale()
    expire()


def take_back() -> int:
    """Jobs whose lease has ended are tried again, or have failed; what their worker has left is removed.

    Returns how many.
    """
    count = 0
    for job in claims.lapsed():
        again = backoff(job.attempts)
        lost = ProcessLost()
        claim = Claim(job.pk, job.token, lapsed=True)
        status = claims.let_go(claim, error=describe(lost), code=lost.code, again=again)
        if status is not None:
            count += 1
            logger.warning("Job %s of %s was lost with its worker", job.pk, job.dataset)
            storage.remove_attempt(job)
        if status == Status.QUEUED:
            _enqueue(job, again)
    return count


def enqueue_stale() -> int:
    """Enqueues jobs that are due for so long that their tasks may be lost. Returns how many."""
    now = timezone.now()
    # The longer one waits, the rarer: of a long queue that moves, few tasks are superfluous.
    stale = claims.due().filter(
        Q(enqueued_at__lte=now - (F("enqueued_at") - F("due_at"))) | Q(enqueued_at__lt=now - LONGEST_STALE),
        enqueued_at__lt=now - STALE,
        due_at__lt=now - STALE,
    )
    count = 0
    for job in stale.order_by("enqueued_at")[:MOST]:
        if not _enqueue(job):
            break  # the queue takes none: the next sweep will ask again
        claims.due().filter(pk=job.pk).update(enqueued_at=Now())
        count += 1
    return count


def expire() -> int:
    """Removes files whose time is over; nobody is given one from that moment on. Returns how many.

    Where the storage does not answer, the next sweep goes on: each file may take the storage's time limit.
    """
    over = ExportJob.objects.primary().filter(status=Status.SUCCEEDED, expires_at__lt=Now())
    count = 0
    for job in over:
        if not _remove(job.stored_as):
            break
        ended = ExportJob.objects.primary().filter(pk=job.pk, status=Status.SUCCEEDED, token=job.token)
        count += ended.update(status=Status.EXPIRED)
    return count


def remove_orphans() -> int:
    """Removes files in the storage that no job's row stands for. Returns how many. Raises StorageFailed.

    There are some where a storage did not answer when a file was to be removed.
    """
    # In this order: what is stored from now on is not looked at, and what is at work is kept a moment later.
    names = storage.stored_names()
    at_work = set(ExportJob.objects.primary().filter(status=Status.RUNNING).values_list("pk", "token"))
    kept = set(
        ExportJob.objects.primary().filter(status=Status.SUCCEEDED).values_list("stored_as", flat=True)
    )
    orphans = [name for name in names if name not in kept and storage.attempt_of(name) not in at_work]
    return sum(_remove(name) for name in orphans)


def remove_jobs_of_nobody() -> int:
    """Removes jobs, with their files, whose user is no more. Returns how many."""
    count = 0
    names = ExportJob.objects.primary().order_by().values_list("user", flat=True).distinct()
    for name in names:
        if find_owner(name) is None:
            for job in ExportJob.objects.primary().filter(user=name):
                count += _forget(job)
    return count


def remove_old_jobs(kept: dt.timedelta = KEPT) -> int:
    """Removes what is told of jobs that have ended so long ago and have no file. Returns how many."""
    old = ExportJob.objects.primary().filter(
        status__in=[Status.FAILED, Status.CANCELLED, Status.EXPIRED], finished_at__lt=timezone.now() - kept
    )
    return old.delete()[1].get(ExportJob._meta.label, 0)  # their mails go too


def _forget(job: ExportJob) -> bool:
    if job.is_open:  # its worker finds out by itself
        ExportJob.objects.primary().filter(pk=job.pk, status=Status.RUNNING).update(cancelling=True)
        return bool(ExportJob.objects.primary().filter(pk=job.pk, status=Status.QUEUED).delete()[0])
    return _remove(job.stored_as) and bool(ExportJob.objects.primary().filter(pk=job.pk).delete()[0])


def _remove(name: str) -> bool:
    try:
        storage.remove(name)
    except ExportError:
        logger.warning("The file %s could not be removed", name, exc_info=True)
        return False
    return True


def _enqueue(job: ExportJob, after: dt.timedelta | None = None) -> bool:
    from .tasks import enqueue_now

    return enqueue_now(job.pk, after)
