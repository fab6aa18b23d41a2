"""The pages of background jobs: one's own, and each of them with its progress and its file."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...exceptions import ExportError, JobNotFound
from ...jobs import control
from ...models import ExportJob
from ...sinks.files import file_response
from ..acting import acting_for
from ..addresses import job_address
from ..listing import FilteredListView, ListForm
from ..own import OwnPage
from ..polling import JobsView, can_poll, reload_page
from ..signed_in import is_poll
from .context import job_context, progress_context, state_context, state_of
from .progress import progress_of


class JobFilterForm(ListForm):
    """Which jobs to list."""

    status = forms.ChoiceField(label=gettext_lazy("Status"), required=False)

    lookups: ClassVar = {"dataset": "dataset", "status": "status"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("status", ExportJob.Status.choices)


class JobListView(JobsView, FilteredListView):
    """One's own jobs, newest first."""

    template_name = "exports/jobs.html"
    context_object_name = "jobs"
    form_class = JobFilterForm

    def get_rows(self) -> QuerySet[ExportJob]:
        return control.own_jobs(self.caller)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(title=_("Background jobs"), section="jobs", **kwargs)
        jobs = list(context["jobs"])
        user = self.request.user
        context["rows"] = [(job, progress_of(job), acting_for(user, job.tenant)) for job in jobs]
        goes_on = can_poll() and any(job.is_open for job in jobs)
        context["poll_url"] = self.request.get_full_path() if goes_on else None
        return context

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if is_poll(self.request):
            if not context["rows"]:  # the page says so
                return reload_page(204)
            return TemplateResponse(self.request, "exports/job_rows.html", context)
        return super().render_to_response(context, **kwargs)


class JobPage(OwnPage):
    """About one job of the user's own."""

    not_found = JobNotFound

    @cached_property
    def job(self) -> ExportJob:
        return control.own_job(self.kwargs["pk"], self.caller)

    @property
    def address(self) -> str:
        return job_address("job", self.job)

    def refused(self, error: ExportError) -> HttpResponseBase:
        vars(self).pop("job", None)  # what stands in the way may be that it is no more what it was
        return self.page(error=error)

    def page(self, *, error: ExportError | None = None, **context: Any) -> TemplateResponse:
        """The job's page, with the status that says what the error says."""
        job = self.job
        context = {
            **job_context(job),
            "title": _("Job for %(dataset)s") % {"dataset": job.dataset},
            "acting": acting_for(self.caller.user, job.tenant),
            **context,
        }
        return self.told("exports/job.html", context, error=error)


class JobView(JobPage):
    """The page of a job; to the page itself that asks how it goes on, what of it is another by now."""

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        if not is_poll(request):
            return self.page()
        if request.GET.get("seen") == state_of(self.job):
            return TemplateResponse(request, "exports/job_progress.html", progress_context(self.job))
        response = TemplateResponse(request, "exports/job_changed.html", state_context(self.job))
        response["HX-Retarget"] = "#job-state"
        return response


class JobFileView(JobPage):
    """The file, or the job's page that says why there is none."""

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        return file_response(request, self.job, self.caller)
