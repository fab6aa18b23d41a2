"""What else is written when a job has ended, in the same transaction: its run, its cursor, and who is told.

What is to be sent are rows; others send them, and the end of a job waits for none of it.
"""

import json
import logging
from typing import Any, Final
from uuid import UUID

from django.db import connections
from django.db.models import F
from django.utils.timezone import now

from .conf import export_settings
from .incremental import START
from .models import (
    ExportJob,
    ExportMail,
    ExportSchedule,
    ExportTemplate,
    ScheduleRun,
    TemplateCursor,
    Webhook,
    WebhookDelivery,
)
from .site import absolute_url

logger = logging.getLogger(__name__)

EVENTS: Final = {
    ExportJob.Status.SUCCEEDED: "export.succeeded",
    ExportJob.Status.FAILED: "export.failed",
    ExportJob.Status.CANCELLED: "export.cancelled",
}
"""What webhooks are told of, by what has become of the job."""

Outcome = ScheduleRun.Outcome

_OUTCOMES: Final = {
    ExportJob.Status.SUCCEEDED: Outcome.SUCCEEDED,
    ExportJob.Status.FAILED: Outcome.FAILED,
    ExportJob.Status.CANCELLED: Outcome.CANCELLED,
}


def job_ended(job_id: UUID) -> None:
    """To be called in the transaction that writes how a job has ended, once for each time that it does."""
    job = ExportJob.objects.primary().filter(pk=job_id).first()
    if job is None:
        return
    run = _run_of(job)
    if run is not None:
        _run_ended(run, job)
    elif (
        job.template_id is not None
        and _goes_on(job)
        and _locked(ExportTemplate.objects.primary().filter(pk=job.template_id))
    ):
        TemplateCursor.advance(job.template_id, job.user, _since(job), job.cursor)
    _tell_recipients(job, run.schedule if run else None)
    _tell_webhooks(job, run)


def _run_of(job: ExportJob) -> ScheduleRun | None:
    """The run that the job is for, with its schedule locked; None where that was deleted meanwhile."""
    runs = ScheduleRun.objects.primary().filter(job=job).select_related("schedule")
    run = runs.first()
    return runs.first() if run is not None and ExportSchedule.objects.lock(run.schedule_id) else None


def _locked(rows: Any) -> list[Any]:
    """Those of the rows that are there. Nobody deletes them until the transaction ends: others refer to them.

    SQLite has no such locks, and needs none: there, who writes is alone.
    """
    no_key = connections[rows.db].features.has_select_for_no_key_update
    return list(rows.select_for_update(no_key=no_key))


def run_failed(run: ScheduleRun, error: str, code: str) -> None:
    """A run has come to no file. Its schedule stops once that has happened too often in a row.

    To be called in a transaction that has locked the schedule.
    """
    # One that had ended, and whose job somebody has asked for again, was counted then.
    counted = run.outcome in (Outcome.WAITING, Outcome.RUNNING)
    run.outcome, run.error, run.error_code, run.finished_at = Outcome.FAILED, error, code, now()
    run.save(update_fields=["outcome", "error", "error_code", "finished_at"])
    if run.by_hand or not counted:  # whoever asked sees it
        return
    schedules = ExportSchedule.objects.primary().filter(pk=run.schedule_id)
    schedules.update(failures=F("failures") + 1, error=error, error_code=code)
    stopping = schedules.filter(
        status=ExportSchedule.Status.ACTIVE, failures__gte=export_settings().schedule_failures
    )
    if stopping.update(status=ExportSchedule.Status.STOPPED, next_run_at=None):
        _tell_of_stop(run)


def _run_ended(run: ScheduleRun, job: ExportJob) -> None:
    if job.status == ExportJob.Status.FAILED:
        run_failed(run, job.error, job.error_code)
        return
    run.outcome, run.finished_at = _OUTCOMES[ExportJob.Status(job.status)], now()
    run.row_count, run.error, run.error_code = job.row_count, "", ""
    run.save(update_fields=["outcome", "finished_at", "row_count", "error", "error_code"])
    if job.status == ExportJob.Status.SUCCEEDED:
        schedules = ExportSchedule.objects.primary().filter(pk=run.schedule_id)
        # Of one that has stopped it stays to be read why, until it is resumed.
        schedules.exclude(status=ExportSchedule.Status.STOPPED).update(failures=0, error="", error_code="")
        if _goes_on(job):
            # Never back: a run that failed before may have been asked for again. Over no gap, where the
            # cursor was set back meanwhile. And not for rows of another template.
            own = schedules.filter(template=job.template_id, cursor__gte=_since(job))
            own.filter(cursor__lt=job.cursor).update(cursor=job.cursor)


def _goes_on(job: ExportJob) -> bool:
    """Whether the next run takes up where this job's file ends; not of a template of other rows by now."""
    return (
        job.status == ExportJob.Status.SUCCEEDED
        and bool(job.cursor)
        and "since" in job.parameters
        and job.template is not None
        and job.template.dataset == job.dataset
    )


def _since(job: ExportJob) -> str:
    """The cursor that a job has gone on from; empty for one that began with the first row."""
    since = str(job.parameters["since"][0])
    return "" if since == START else since


def _tell_recipients(job: ExportJob, schedule: ExportSchedule | None) -> None:
    """One mail each. Who has cancelled the job knows that it has no file."""
    if job.status == ExportJob.Status.CANCELLED:
        return
    _add_mails(
        ExportMail(
            kind=ExportMail.Kind.JOB,
            user=job.user,
            recipient=recipient,
            language=job.language,
            job=job,
            schedule=schedule,
            event=f"{job.pk}:{job.token}",
        )
        for recipient in job.recipients
    )


def _tell_of_stop(run: ScheduleRun) -> None:
    logger.warning("Schedule %s of user %s has stopped", run.schedule_id, run.schedule.user)
    _add_mails(
        [
            ExportMail(
                kind=ExportMail.Kind.STOPPED,
                user=run.schedule.user,
                language=run.schedule.language,
                schedule=run.schedule,
                event=f"stopped:{run.pk}",
            )
        ]
    )


def _add_mails(mails: Any) -> None:
    ExportMail.objects.primary().bulk_create(mails, ignore_conflicts=True)


def _tell_webhooks(job: ExportJob, run: ScheduleRun | None) -> None:
    event = EVENTS[ExportJob.Status(job.status)]
    found = _locked(Webhook.objects.primary().filter(user=job.user, is_active=True).order_by("pk"))
    wanted = [webhook for webhook in found if not webhook.events or event in webhook.events]
    if not wanted:
        return
    payload = json.dumps({"type": event, "timestamp": now().isoformat(), "data": _data(job, run)})
    WebhookDelivery.objects.primary().bulk_create(
        WebhookDelivery(webhook=webhook, event=event, job_id=job.pk, payload=payload) for webhook in wanted
    )


def _data(job: ExportJob, run: ScheduleRun | None) -> dict[str, Any]:
    """No rows, and no link that opens the file: with its credentials the receiver fetches it."""
    has_file = job.status == ExportJob.Status.SUCCEEDED
    return {
        "id": str(job.pk),
        "user": job.user,
        "dataset": job.dataset,
        "status": job.status,
        "format": job.format,
        "row_count": job.row_count if has_file else None,
        "byte_count": job.byte_count if has_file else None,
        "sha256": job.sha256 or None,
        "filename": job.filename or None,
        "expires_at": job.expires_at.isoformat() if job.expires_at else None,
        "error": {"code": job.error_code, "detail": job.error} if job.error_code else None,
        "template": str(job.template_id) if job.template_id else None,
        "schedule": str(run.schedule_id) if run else None,
        "url": absolute_url("exports-api:job-detail", job.pk),
        "file_url": absolute_url("exports-api:job-file", job.pk) if has_file else None,
    }
