"""What a user may do with jobs: see, cancel, retry and delete their own."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from ..announcing import job_ended
from ..caller import Caller
from ..exceptions import DatasetNotFound, JobNotFound, WrongState
from ..history import may_see_all
from ..models import ExportJob
from ..policy.permissions import datasets_of_credential
from ..registry import registry
from . import storage
from .submitting import resubmit

Status = ExportJob.Status

RETRIABLE = frozenset({Status.FAILED, Status.CANCELLED, Status.EXPIRED})
"""What a job may be asked for once more in: it has ended, and there is no file."""


def own_jobs(caller: Caller) -> QuerySet[ExportJob]:
    """The jobs that the caller has asked for, newest first; with a credential, those that it allows."""
    jobs = ExportJob.objects.primary().of(caller.user)
    names = datasets_of_credential(caller)
    return jobs if names is None else jobs.filter(dataset__in=names)


def reachable_jobs(user: Any) -> QuerySet[ExportJob]:
    """For the admin: a user's own; with the permissions for all records, everybody's."""
    jobs = ExportJob.objects.primary()
    return jobs if may_see_all(user) else jobs.of(user)


def own_job(job_id: UUID, caller: Caller) -> ExportJob:
    """One of the caller's jobs. Raises JobNotFound, of somebody else's too."""
    job = own_jobs(caller).filter(pk=job_id).first()
    if job is None:
        raise JobNotFound
    return job


def cancel(job: ExportJob) -> None:
    """Ends a job that waits; one that runs ends at its worker's next look. Raises WrongState of one that has.

    Cancelling a job that is being cancelled does nothing more.
    """
    jobs = ExportJob.objects.primary().filter(pk=job.pk)
    for _ in range(3):  # it may begin, or come back to the queue, between two statements
        if _cancel_queued(job):
            return
        if jobs.filter(status=Status.RUNNING).update(cancelling=True):
            return
    raise WrongState(_state(job))


def _cancel_queued(job: ExportJob) -> bool:
    jobs = ExportJob.objects.primary().filter(pk=job.pk)
    with transaction.atomic(using=jobs.db):
        ended = jobs.filter(status=Status.QUEUED).update(status=Status.CANCELLED, finished_at=Now())
        if ended:
            job_ended(job.pk)
        return bool(ended)


def retry(job: ExportJob, caller: Caller) -> None:
    """Queues a job again that has ended without a file, or whose file has expired.

    It counts as a new request. Raises WrongState, SameExportOpen and what `submit` raises.
    """
    if job.status not in RETRIABLE or not resubmit(job, caller):
        raise WrongState(_state(job))


def delete(job: ExportJob) -> None:
    """Removes a job that has ended, and its file. Raises WrongState of one that has not; StorageFailed."""
    if job.is_open:
        raise WrongState(_state(job))
    storage.remove(job.stored_as)
    ended = ExportJob.objects.primary().filter(pk=job.pk, token=job.token, status=job.status)
    if not ended.delete()[0]:
        raise WrongState(_state(job))


def _state(job: ExportJob) -> str:
    """Its status in words, as it is now. Raises JobNotFound of one that was deleted meanwhile."""
    found = ExportJob.objects.primary().filter(pk=job.pk).first()
    if found is None:
        raise JobNotFound
    return str(found.get_status_display())


def dataset_exists(job: ExportJob) -> bool:
    """Whether its dataset is still there."""
    try:
        registry.get(job.dataset)
    except DatasetNotFound:
        return False
    return True
