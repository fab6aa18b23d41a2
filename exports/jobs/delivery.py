"""Fetching the file of a job: who may, and by which link."""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import engine
from ..caller import Caller
from ..conf import export_settings
from ..exceptions import (
    DatasetNotFound,
    FileGone,
    InvalidParameters,
    JobNotFound,
    LinkExpired,
    NotPermitted,
    WrongState,
)
from ..models import ExportJob
from ..registry import registry
from . import storage
from .owners import owner_of
from .work import params_of

logger = logging.getLogger(__name__)

_SALT: Final = "exports.jobs.link"


@dataclass(frozen=True)
class Link:
    """A signed text that stands for one file, and when it ends to do so."""

    signature: str
    expires_at: dt.datetime


def require_file(job: ExportJob, caller: Caller) -> None:
    """Raises what is in the way of the caller, who has asked for the job, having its file now.

    WrongState while there is none, FileGone once it is gone, and NotPermitted where they may not export as
    much any more.
    """
    if job.status == ExportJob.Status.EXPIRED or is_over(job):
        raise FileGone
    if job.status != ExportJob.Status.SUCCEEDED:
        raise WrongState(str(job.get_status_display()))
    try:
        scope = engine.may_have(job.dataset, caller, params_of(job))
        seen = {column.header: column for column in registry.get(job.dataset).get_columns_for(caller.user)}
    except (DatasetNotFound, InvalidParameters) as error:
        # The declaration has changed: whether they might see each of its columns can't be told any more.
        text = _("The dataset is not what it was when the file was made. Ask for a new one.")
        raise NotPermitted(text) from error
    if scope.tenant != job.tenant:
        text = _("The rows that you may export are not those that you asked for.")
        engine.refuse(job.dataset, caller, NotPermitted(text))
    for header, masked in job.columns.items():
        if header not in seen or (seen[header].mask and not masked):
            text = _("You may not see all columns of the file any more. Ask for a new one.")
            engine.refuse(job.dataset, caller, NotPermitted(text))


def is_over(job: ExportJob) -> bool:
    """Whether the time of its file is over, though no sweep may have said so yet."""
    return job.expires_at is not None and job.expires_at <= timezone.now()


def opened(job: ExportJob, start: int = 0) -> storage.Readable:
    """The file of a job from that byte on. Raises FileGone, where it was removed, or StorageFailed."""
    try:
        return storage.opened(job, start)
    except FileNotFoundError as error:
        logger.warning("The file of job %s is not in the storage", job.pk)
        raise FileGone from error


def new_link(job: ExportJob, caller: Caller, seconds: int | None = None) -> Link:
    """A link by which the file can be fetched without signing in. Raises what `require_file` does.

    It is valid for `seconds`, at most LINK_SECONDS; it ends with the file at the latest.
    """
    require_file(job, caller)
    limit = export_settings().link_seconds
    return link_for(job, min(seconds or limit, limit))


def link_for(job: ExportJob, seconds: int) -> Link:
    """Such a link, for whoever has asked already what is in its way; valid for so long."""
    end = timezone.now() + dt.timedelta(seconds=seconds)
    if job.expires_at is not None:
        end = min(end, job.expires_at)
    said = f"{job.pk}:{job.token}:{int(end.timestamp())}"
    return Link(signature=_signer().sign(said), expires_at=end.replace(microsecond=0))


def linked_job(job_id: UUID, signature: str, caller: Caller) -> tuple[ExportJob, Caller]:
    """The job that a link is for, and the caller in whose name it is fetched: who asked for the job.

    Raises JobNotFound for what is no link to the file of this job, LinkExpired, and NotPermitted where that
    user may not sign in any more.
    """
    try:
        said_id, token, end = _signer().unsign(signature).split(":")
    except BadSignature as error:
        raise JobNotFound from error
    job = ExportJob.objects.primary().filter(pk=job_id).first()
    if job is None or said_id != str(job_id) or int(token) != job.token:
        raise JobNotFound
    if int(end) <= timezone.now().timestamp():
        raise LinkExpired
    return job, Caller(
        user=owner_of(job), door=caller.door, ip=caller.ip, user_agent=caller.user_agent, client=caller.client
    )


def _signer() -> Signer:
    return Signer(salt=_SALT)
