"""The runs of one request: the one before an export, and the one after it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from ...models import ExportJob, ExportLog
from .asked import Request

NEIGHBOURS: Final = 1000
"""How many exports are looked at on either side, and how many runs of a template are known.

PostgreSQL and Python take 40 ms for so many. Where a user has 200,000 others it takes 0.1 s to find no more.
"""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The nearest run, if one was found."""

    record: ExportLog | None
    looked_at: int | None
    """Among how many exports it was looked for, where there are more; None: among all."""


class Runs:
    """Those of a record's request among `records` that succeeded, of the same user, tenant and format.

    `job` is the one that made the record: a run of the same template is one of the same request, whatever
    the template said then. Others ask for the same.
    """

    def __init__(self, record: ExportLog, records: QuerySet[ExportLog], job: ExportJob | None) -> None:
        self._record, self._request = record, Request(record)
        self._of_template = _of_template(job)
        self._records = records.filter(
            user=record.user,
            tenant=record.tenant,
            export_type=record.export_type,
            format=record.format,
            outcome=ExportLog.Outcome.SUCCEEDED,
        )

    def before(self) -> Found:
        """The newest of those that are older."""
        moment, key = self._record.timestamp, self._record.pk
        earlier = Q(timestamp__lt=moment) | Q(id__lt=key)
        found = self._records.filter(earlier, timestamp__lte=moment)  # by which an index begins there
        return self._nearest(found.order_by("-timestamp", "-id"))

    def after(self) -> Found:
        """The oldest of those that are newer."""
        moment, key = self._record.timestamp, self._record.pk
        later = Q(timestamp__gt=moment) | Q(id__gt=key)
        return self._nearest(self._records.filter(later, timestamp__gte=moment).order_by("timestamp", "id"))

    def _nearest(self, records: QuerySet[ExportLog]) -> Found:
        # Compared here: not each database compares JSON whatever the order of its keys.
        found = list(records[: NEIGHBOURS + 1])
        run = next((other for other in found[:NEIGHBOURS] if self._is_run(other)), None)
        return Found(record=run, looked_at=NEIGHBOURS if len(found) > NEIGHBOURS else None)

    def _is_run(self, other: ExportLog) -> bool:
        return other.pk in self._of_template or self._request.is_of(other)


def job_of(record: ExportLog) -> ExportJob | None:
    """The job that made the export; None where there was none, or it is gone, or has made another since."""
    if record.door != ExportLog.Door.JOB:
        return None
    return ExportJob.objects.primary().filter(user=record.user, export_id=record.pk).first()


def _of_template(job: ExportJob | None) -> Collection[UUID | None]:
    """The exports that the same user made by the template of this job, the newest ones."""
    if job is None or job.template_id is None:
        return ()
    jobs = ExportJob.objects.primary().filter(
        user=job.user, template=job.template_id, export_id__isnull=False
    )
    return frozenset(jobs.order_by("-created_at", "-id").values_list("export_id", flat=True)[:NEIGHBOURS])
