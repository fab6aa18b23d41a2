"""Background jobs for tests of the pages, in whatever state."""

import hashlib
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from exports.jobs.storage import name_of
from exports.jobs.submitting import fingerprint
from exports.models import ExportJob, ExportLog

JOBS = "/exports/jobs/"
NOBODYS = "00000000-0000-4000-8000-000000000000"
"""The id of no job."""

FILE = b"id\r\n1\r\n"


def make_job(user: Any, number: int = 0, **fields: Any) -> ExportJob:
    """A job of the calls that waits; a larger number is newer."""
    parameters = fields.setdefault("parameters", {"outcome": ["busy"]})
    defaults = {
        "user": user.pk,
        "tenant": user.pk,
        "dataset": "calls",
        "format": "csv",
        "door": ExportLog.Door.WEB,
        "created_at": timezone.now() + timedelta(seconds=number - 100),
    }
    job = ExportJob(**defaults | fields)
    # Two that are open may not be the same; those of tests are, but for their numbers.
    job.fingerprint = fingerprint(user, job.dataset, {**parameters, "number": [str(job.pk)]})
    job.save()
    return job


def running_job(user: Any, **fields: Any) -> ExportJob:
    """One that a worker has, since ten seconds ago: it has done 250 of 1,000 rows."""
    now = timezone.now()
    defaults = {
        "status": "running",
        "token": 1,
        "attempts": 1,
        "started_at": now - timedelta(seconds=10),
        "leased_until": now + timedelta(hours=1),
        "row_count": 250,
        "rows_expected": 1000,
        "byte_count": 20_000,
    }
    return make_job(user, **defaults | fields)


def finished_job(user: Any, content: bytes = FILE, **fields: Any) -> ExportJob:
    """One whose file is there."""
    now = timezone.now()
    defaults = {
        "status": "succeeded",
        "token": 1,
        "attempts": 1,
        "started_at": now,
        "finished_at": now,
        "expires_at": now + timedelta(days=7),
        "row_count": 1,
        "byte_count": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "filename": "calls_export.csv",
        "media_type": "text/csv; charset=utf-8",
    }
    job = make_job(user, **defaults | fields)
    if not job.stored_as:
        job.stored_as = storages["exports"].save(name_of(job.pk, job.token), ContentFile(content))
        job.save()
    return job


def failed_job(user: Any, **fields: Any) -> ExportJob:
    """One that has ended without a file."""
    defaults = {
        "status": "failed",
        "token": 1,
        "attempts": 1,
        "finished_at": timezone.now(),
        "error": "The disk is on fire.",
        "error_code": "export_failed",
    }
    return make_job(user, **defaults | fields)
