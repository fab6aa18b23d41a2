"""Which worker has a job: taking one up, keeping it, and letting it go.

Everything is one UPDATE that names the token it was claimed with, so that whoever comes too late changes
nothing. Moments are the database's: the clocks of the workers need not agree.
"""

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now

from ..announcing import job_ended
from ..conf import export_settings
from ..exceptions import ClaimLost, JobCancelled
from ..models import ExportJob, ExportLog
from ..stream import Progress

Status = ExportJob.Status

_TRIES: Final = 20
"""How often another worker may be quicker before this one leaves its turn to the next task."""


RIVALS: Final = 3
"""How often somebody may delete a row, such as a template, just when the end of a job refers to it."""


@dataclass(frozen=True)
class Claim:
    """The right of one worker to one job; or, once it has lapsed, of who takes the job from that worker."""

    job_id: UUID
    token: int
    lapsed: bool = False

    def held(self) -> QuerySet[ExportJob]:
        """The job's row, if it is this claim's still. A lapsed one is not once its worker has spoken."""
        held = ExportJob.objects.primary().filter(pk=self.job_id, token=self.token, status=Status.RUNNING)
        return held.filter(leased_until__lt=Now()) if self.lapsed else held

    def settle(self, **values: Any) -> bool:
        """Writes what has become of the job. False, and nothing is written, where it is another's by now."""
        return bool(self.held().update(**values, leased_until=None))

    def succeed(self, **values: Any) -> None:
        """The job has its file. Raises ClaimLost where it is another's by now, or JobCancelled.

        Whoever was told that a job is being cancelled does not see it succeed.
        """
        wanted = self.held().filter(cancelling=False)
        if not wanted.update(**values, status=Status.SUCCEEDED, finished_at=Now(), leased_until=None):
            raise JobCancelled if self.held().exists() else ClaimLost

    def has_succeeded(self) -> bool:
        """Whether the job's file is the one that was made by this claim."""
        found = ExportJob.objects.primary().filter(pk=self.job_id, token=self.token)
        return found.filter(status__in=[Status.SUCCEEDED, Status.EXPIRED]).exists()


@dataclass(frozen=True)
class Renewal:
    """Whether the job is this worker's still, and whether somebody wants it to be cancelled."""

    held: bool
    cancelling: bool = False


def claim() -> ExportJob | None:
    """Takes up the job whose turn it is, until its lease ends; None where none is due."""
    for _ in range(_TRIES):
        job = _next()
        if job is None:
            return None
        taken = (
            ExportJob.objects.primary()
            .filter(pk=job.pk, token=job.token, status=Status.QUEUED)
            .update(
                status=Status.RUNNING,
                token=F("token") + 1,
                attempts=F("attempts") + 1,
                leased_until=_lease(),
                started_at=Now(),
                finished_at=None,
                rows_expected=None,
                row_count=0,
                byte_count=0,
                error="",
                error_code="",
            )
        )
        if taken:
            return ExportJob.objects.primary().filter(pk=job.pk, token=job.token + 1).first()
    return None


def renew(claim: Claim, progress: Progress | None) -> Renewal:
    """Prolongs the lease, and writes how far the job has got."""
    values: dict[str, Any] = {"leased_until": _lease()}
    if progress is not None:
        values |= {
            "row_count": progress.rows,
            "byte_count": progress.bytes,
            "rows_expected": progress.expected,
        }
    if not claim.held().update(**values):
        return Renewal(held=False)
    return Renewal(held=True, cancelling=claim.held().filter(cancelling=True).exists())


def lapsed() -> QuerySet[ExportJob]:
    """Jobs whose worker has been silent for longer than its lease."""
    return ExportJob.objects.primary().filter(status=Status.RUNNING, leased_until__lt=Now())


def due() -> QuerySet[ExportJob]:
    """Jobs that wait for nothing but a worker."""
    return ExportJob.objects.primary().filter(status=Status.QUEUED, due_at__lte=Now())


def _next() -> ExportJob | None:
    """The oldest job of the user whose turn it is.

    That is who has the fewest running; of equals, whose last job began longest ago, by the audit record: a
    hundred jobs of one user let another's pass, and deleting jobs changes no turn. One statement: between two
    another worker may have taken up that user's first job, whose second would then pass the others' first.
    """
    running = (
        ExportJob.objects.filter(user=OuterRef("user"), status=Status.RUNNING)
        .order_by()
        .values("user")
        .annotate(count=Count("*"))
        .values("count")
    )
    last = (
        ExportLog.objects.filter(user=OuterRef("user"), door=ExportLog.Door.JOB)
        .order_by("-timestamp")
        .values("timestamp")[:1]
    )
    return (
        due()
        .annotate(running=Coalesce(Subquery(running), 0), last=Subquery(last))
        .order_by("running", F("last").asc(nulls_first=True), "user", "created_at", "pk")
        .first()
    )


def _lease() -> Any:
    return Now() + dt.timedelta(seconds=export_settings().job_lease_seconds)


def let_go(claim: Claim, *, error: str, code: str, again: dt.timedelta | None) -> Status | None:
    """Writes how an attempt has failed. With `again`, the job waits so long and is tried once more.

    One that is being cancelled is cancelled by that: nobody wants it. Returns what it is now, or None where
    it is another's by now.
    """
    for _ in range(RIVALS):
        with suppress(IntegrityError):
            return _let_go(claim, error, code, again)
    return _let_go(claim, error, code, again)


def _let_go(claim: Claim, error: str, code: str, again: dt.timedelta | None) -> Status | None:
    status: Status = Status.FAILED
    moments: dict[str, Any] = {"finished_at": Now()}
    if again is not None:
        status, moments = Status.QUEUED, {"due_at": Now() + again, "enqueued_at": Now()}
    with transaction.atomic(using=ExportJob.objects.primary().db):
        wanted = claim.held().filter(cancelling=False)
        if not wanted.update(status=status, leased_until=None, error=error, error_code=code, **moments):
            if not claim.settle(status=Status.CANCELLED, cancelling=False, finished_at=Now()):
                return None
            status = Status.CANCELLED
        if status != Status.QUEUED:
            job_ended(claim.job_id)
        return status
