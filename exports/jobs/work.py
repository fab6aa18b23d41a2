"""One attempt at one job: what a worker does from taking it up to saying what has become of it."""

import datetime as dt
import logging
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final
from uuid import UUID

from django.db import close_old_connections
from django.db.models.functions import Now
from django.http import QueryDict

from .. import engine
from ..audit import write_unwritten
from ..caller import Caller
from ..conf import export_settings
from ..exceptions import (
    ClaimLost,
    ExportError,
    JobCancelled,
    RateUnknown,
    ServerStopping,
    StorageFailed,
)
from ..models import ExportJob, ExportLog
from ..recorded import describe
from ..stream import ExportStream, FileFacts, Progress
from . import claims, storage
from .claims import Claim
from .heartbeat import Heartbeat
from .owners import owner_of
from .quotas import require_space
from .settling import DATABASE_DOWN, settle

logger = logging.getLogger(__name__)

TRANSIENT: Final = (
    *DATABASE_DOWN,
    *(StorageFailed, RateUnknown, ServerStopping, ClaimLost),
    *(ConnectionError, TimeoutError),
)
"""What may have passed by the next attempt. All else would fail again."""

FILENAME_LENGTH: Final = 255
"""Characters. Most file systems take no more bytes; the end of a longer name has its extension."""

LONGEST_BACKOFF: Final = 1800
"""Seconds. Celery on Redis gives a task out twice that waits longer than an hour (visibility_timeout)."""


def run_next() -> tuple[UUID, dt.timedelta] | None:
    """Makes the file of the job whose turn it is, if one is due.

    Returns its id and for how long it waits, where it has failed and is to be tried again.
    """
    write_unwritten()
    job = claims.claim()
    again = Attempt(job).run() if job else None
    return (job.pk, again) if job and again else None


class Attempt:
    """One attempt; to the engine it is where the file goes (delivering.Delivery)."""

    def __init__(self, job: ExportJob) -> None:
        self.tenant = job.tenant
        self.max_seconds = export_settings().job_max_seconds
        self._job = job
        self._claim = Claim(job.pk, job.token)
        self._heartbeat = Heartbeat(self._claim)
        self._part: storage.Part | None = None
        self._record_id: UUID | None = None
        self._stored = ""

    def run(self) -> dt.timedelta | None:
        """Makes the file, or writes why there is none. Returns after which time it is to be tried again."""
        job = self._job
        logger.info("Job %s of %s begins, attempt %s", job.pk, job.dataset, job.attempts)
        try:
            with self._heartbeat:
                self._make()
        except Exception as error:
            return self._ended(error)
        logger.info("Job %s of %s has succeeded", job.pk, job.dataset)
        return None

    def _make(self) -> None:
        job = self._job
        with (
            storage.new_part(job) as self._part,
            closing(engine.deliver(job.dataset, caller_of(job), params_of(job), self)) as stream,
        ):
            self._write(stream)

    def _write(self, stream: ExportStream) -> None:
        part = self._part
        for chunk in stream:
            try:
                self._heartbeat.check()
                if part is not None:
                    part.write(chunk)
            except ExportError as error:
                stream.end(error)
                raise

    def begins(self, record: ExportLog, progress: Progress) -> None:
        """The job's row names the record of this attempt."""
        self._record_id = record.pk
        self._heartbeat.watch(record.pk, progress)
        self._claim.held().update(export_id=record.pk)

    def keep(self, facts: FileFacts) -> None:
        """Stores the file, which no row names yet. Raises StorageFull or StorageFailed."""
        assert self._part is not None  # noqa: S101 - the engine delivers what has been written
        self._heartbeat.check()
        require_space(self._job.user, self._part.size)
        self._stored = self._part.name  # from here on there may be something to remove
        self._stored = self._part.publish()

    def settle(self, facts: FileFacts, result: Mapping[str, Any]) -> None:
        """The job has succeeded, and its record says so. Raises ClaimLost or JobCancelled otherwise."""
        assert self._record_id is not None  # noqa: S101 - the engine has said so before
        settle(
            self._claim,
            self._record_id,
            result,
            expires_at=_expiry(),
            rows_expected=result["row_count"],  # whatever was counted before
            row_count=result["row_count"],
            byte_count=result["byte_count"],
            sha256=result["sha256"],
            filename=facts.filename[-FILENAME_LENGTH:],
            media_type=facts.media_type,
            cursor=facts.cursor,
            columns={column.header: bool(column.mask) for column in facts.parameters.columns},
            stored_as=self._stored,
        )

    def _ended(self, error: Exception) -> dt.timedelta | None:
        """Writes why there is no file, and then removes what no row names."""
        _tell(self._job, error)
        close_old_connections()  # one that has broken takes nothing more
        again = backoff(self._job.attempts) if isinstance(error, TRANSIENT) else None
        status = claims.let_go(self._claim, error=describe(error), code=code_of(error), again=again)
        if self._stored and not self._claim.has_succeeded():
            storage.remove_attempt(self._job, self._stored)
        return again if status == ExportJob.Status.QUEUED else None


def _tell(job: ExportJob, error: Exception) -> None:
    level = logging.WARNING if isinstance(error, ExportError) else logging.ERROR
    logger.log(
        logging.INFO if isinstance(error, JobCancelled) else level,
        "Job %s of %s has failed, attempt %s: %s",
        *(job.pk, job.dataset, job.attempts, describe(error)),
        exc_info=None if isinstance(error, ExportError) else error,
    )


def backoff(attempts: int) -> dt.timedelta | None:
    """How long a job waits that has been tried so often; None where it is tried no more."""
    settings = export_settings()
    if attempts >= settings.job_attempts:
        return None
    seconds = settings.job_backoff_seconds
    return dt.timedelta(seconds=min(seconds * 2 ** (attempts - 1), max(seconds, LONGEST_BACKOFF)))


def code_of(error: Exception) -> str:
    """A short code for programs; that of what nobody expected says only that it failed."""
    return error.code if isinstance(error, ExportError) else ExportError.code


def params_of(job: ExportJob) -> QueryDict:
    """The parameters that the job was asked for with."""
    params = QueryDict(mutable=True)
    for name, values in job.parameters.items():
        params.setlist(name, values)
    return params


def caller_of(job: ExportJob) -> Caller:
    """Who asked for the job, as they are now. Raises NotPermitted where they may not sign in any more."""
    return Caller(user=owner_of(job), door=ExportLog.Door.JOB, ip=job.ip, user_agent=job.user_agent)


def _expiry() -> Any:
    seconds = export_settings().file_seconds
    return None if seconds is None else Now() + dt.timedelta(seconds=seconds)
