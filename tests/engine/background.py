"""Background jobs of the engine's own datasets: asked for, run, and met in the middle."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.files.storage import storages
from django.db import connections
from django.db.models.functions import Now
from django.http import QueryDict
from django.tasks import default_task_backend

from exports.caller import Caller
from exports.jobs import submitting, work
from exports.models import ExportJob, ExportLog

SECOND = dt.timedelta(seconds=1)


def caller_of(user: Any, **given: Any) -> Caller:
    return Caller(user=user, door=ExportLog.Door.API, **given)


def ask(user: Any, dataset: str = "orders", query: str = "") -> tuple[ExportJob, bool]:
    """The job, and whether it is new."""
    return submitting.submit(dataset, caller_of(user), QueryDict(query))


def submit(user: Any, dataset: str = "orders", query: str = "") -> ExportJob:
    """A job that was not there before."""
    job, new = ask(user, dataset, query)
    assert new
    return job


def run() -> Any:
    """What a task does."""
    return work.run_next()


def run_at_once() -> Any:
    """The same, and no job waits after a failure."""
    ExportJob.objects.filter(status="queued").update(due_at=Now() - SECOND)
    return work.run_next()


def made(user: Any, dataset: str = "orders", query: str = "") -> ExportJob:
    """A job that has succeeded."""
    job = submit(user, dataset, query)
    run()
    assert state(job) == "succeeded", job.error
    return job


def state(job: ExportJob) -> str:
    """What has become of it; `job` is as it is now."""
    job.refresh_from_db()
    return job.status


def stored() -> list[str]:
    """The names of all files in the storage."""
    try:
        return sorted(storages["exports"].listdir("")[1])
    except FileNotFoundError:
        return []


def content(job: ExportJob) -> bytes:
    with storages["exports"].open(job.stored_as) as file:
        return file.read()


def enqueued() -> list[str]:
    """The ids that tasks were enqueued with, in order."""
    return [result.args[0] for result in default_task_backend.results]  # type: ignore[attr-defined]


def elsewhere[T](work: Callable[[], T]) -> T:
    """Done by another thread, on a connection of its own: as another process would."""

    def do() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as others:
        return others.submit(do).result()


def lapse(job: ExportJob) -> None:
    """Its worker has been silent for too long."""
    assert ExportJob.objects.filter(pk=job.pk, status="running").update(leased_until=Now() - SECOND)


def outcomes() -> list[str]:
    """Of all records, in order."""
    return list(ExportLog.objects.order_by("timestamp").values_list("outcome", flat=True))
