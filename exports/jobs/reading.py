"""How far a job has got, for people and programs."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from ..models import ExportJob


@dataclass(frozen=True)
class Pace:
    """Of a job that runs: rows a second, the part that is done (0 to 1), and the seconds that are left.

    None of what cannot be told yet.
    """

    rows_per_second: float | None = None
    done: float | None = None
    seconds_left: int | None = None


def pace_of(job: ExportJob) -> Pace:
    """As it is by what its worker has written last."""
    if job.status != ExportJob.Status.RUNNING or job.started_at is None:
        return Pace()
    seconds = (timezone.now() - job.started_at).total_seconds()
    rate = job.row_count / seconds if seconds > 0 and job.row_count else None
    if not job.rows_expected:
        return Pace(rows_per_second=rate)
    done = min(1.0, job.row_count / job.rows_expected)  # rows may have come meanwhile
    left = max(0, job.rows_expected - job.row_count)
    return Pace(rows_per_second=rate, done=done, seconds_left=round(left / rate) if rate else None)


@dataclass(frozen=True)
class Queue:
    """How many jobs wait and run; and for how many seconds one has been waiting for a worker, at most."""

    queued: int
    running: int
    oldest_seconds: float


def queue() -> Queue:
    """As it is now, of all users."""
    jobs = ExportJob.objects.primary().order_by()
    waiting = jobs.filter(status=ExportJob.Status.QUEUED)
    oldest: dt.datetime | None = waiting.order_by("due_at").values_list("due_at", flat=True).first()
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return Queue(
        queued=waiting.count(),
        running=jobs.filter(status=ExportJob.Status.RUNNING).count(),
        oldest_seconds=max(0.0, age),
    )
