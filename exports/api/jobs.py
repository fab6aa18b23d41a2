"""Background jobs at the REST door: asked for, looked at, cancelled, tried again and removed."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from ..exceptions import InvalidParameters, JobNotFound, ParameterProblem
from ..jobs import control, delivery
from ..jobs.submitting import Purpose, submit
from ..models import ExportJob, ScheduleRun
from .base import ObjectView
from .callers import caller_of
from .job_answers import accepted, job_answer, new_link_answer
from .job_schema import (
    CANCEL,
    DELETE,
    DETAIL,
    LINK,
    LIST,
    RETRY,
    SUBMIT,
)
from .pagination import LogPagination
from .serializers import ExportJobSerializer
from .submissions import seconds_of, submission_of


class JobEngineView(ObjectView):
    """What the views of jobs share."""

    def own_job(self) -> ExportJob:
        """The job that the path names, as it is now. Raises JobNotFound."""
        return control.own_job(self.job_id(), caller_of(self.request))

    def job_id(self) -> UUID:
        return self.object_id(JobNotFound)


class JobSubmitView(JobEngineView):
    """Asks for a job; the same request is given the one that is open."""

    @SUBMIT
    def post(self, request: Request, dataset: str) -> Response:
        said = submission_of(request)
        purpose = Purpose(recipients=said.recipients)
        job, _new = submit(dataset, caller_of(request), said.params, purpose)
        return accepted(request, job)


class JobListView(JobEngineView, ListAPIView[ExportJob]):
    """The caller's own jobs, newest first."""

    serializer_class = ExportJobSerializer
    pagination_class = LogPagination

    @LIST
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[ExportJob]:
        runs = Prefetch("runs", ScheduleRun.objects.primary(), to_attr="found_runs")
        jobs = control.own_jobs(caller_of(self.request)).prefetch_related(runs)
        chosen = self.request.query_params.get("status")
        return jobs if chosen is None else jobs.filter(status=_status(chosen))


class JobDetailView(JobEngineView):
    """One of the caller's own jobs."""

    @DETAIL
    def get(self, request: Request, pk: str) -> Response:
        return job_answer(self.own_job())

    @DELETE
    def delete(self, request: Request, pk: str) -> Response:
        control.delete(self.own_job())
        return Response(status=status.HTTP_204_NO_CONTENT)


class JobCancelView(JobEngineView):
    """Ends a job."""

    @CANCEL
    def post(self, request: Request, pk: str) -> Response:
        control.cancel(self.own_job())
        return job_answer(self.own_job())


class JobRetryView(JobEngineView):
    """Queues a job once more that has no file."""

    @RETRY
    def post(self, request: Request, pk: str) -> Response:
        control.retry(self.own_job(), caller_of(request))
        return accepted(request, self.own_job())


class JobLinkView(JobEngineView):
    """Makes a link to the file, for who has no credentials."""

    @LINK
    def post(self, request: Request, pk: str) -> Response:
        job = self.own_job()
        return new_link_answer(request, job, delivery.new_link(job, caller_of(request), seconds_of(request)))


def _status(text: str) -> str:
    if text not in ExportJob.Status.values:
        choices = ", ".join(ExportJob.Status.values)
        detail = format_lazy(_("Choose one of: {choices}."), choices=choices)
        raise InvalidParameters([ParameterProblem("status", "invalid_choice", detail)])
    return text
