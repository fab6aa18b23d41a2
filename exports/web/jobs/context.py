"""What the page of a job shows."""

from types import SimpleNamespace
from typing import Any

from ...jobs.control import RETRIABLE, dataset_exists
from ...jobs.work import params_of
from ...models import ExportJob, ExportLog, ExportMail, ExportTemplate, ScheduleRun
from ..addresses import job_address, link_address, page_address
from ..pairs import pairs
from ..polling import can_poll
from .progress import progress_of

_ACTIONS = ("file", "cancel", "retry", "delete", "link")


def state_of(job: ExportJob) -> str:
    """What the page shows, but for how far the job has got: another text where there is more to change."""
    return f"{job.status}.{job.token}.{int(job.cancelling)}"


def progress_context(job: ExportJob) -> dict[str, Any]:
    """For the template `exports/job_progress.html`, which is all that changes while a job runs."""
    return {
        "job": job,
        "progress": progress_of(job),
        "page_url": job_address("job", job),
        "poll_url": f"{job_address('job', job)}?seen={state_of(job)}" if can_poll() else None,
    }


def state_context(job: ExportJob) -> dict[str, Any]:
    """For the template `exports/job_state.html`: what has become of the job, and what can be done with it."""
    return progress_context(job) | {
        "retriable": job.status in RETRIABLE and dataset_exists(job),
        "record": _record_of(job),
        "can_link": link_address(job, "") is not None,
        **{f"{name}_url": job_address(f"job-{name}", job) for name in _ACTIONS},
    }


def job_context(job: ExportJob) -> dict[str, Any]:
    """For the template `exports/job.html`."""
    params = params_of(job)
    return state_context(job) | {
        "section": "jobs",
        "template": _template_of(job),
        "run": ScheduleRun.objects.primary().filter(job=job).first(),
        "mails": list(ExportMail.objects.primary().filter(job=job).order_by("recipient")),
        "parameters": list(pairs(job.parameters)),
        "choice_url": page_address("dataset", job.dataset, params) if dataset_exists(job) else None,
    }


def _template_of(job: ExportJob) -> ExportTemplate | None:
    """The template that it was made of, where its user may still see it."""
    usable = ExportTemplate.objects.primary().usable_by(SimpleNamespace(pk=job.user))
    return usable.filter(pk=job.template_id).first() if job.template_id else None


def _record_of(job: ExportJob) -> ExportLog | None:
    """The audit record of its last attempt, if there is one and it is still there."""
    return ExportLog.objects.filter(pk=job.export_id, user=job.user).first() if job.export_id else None
