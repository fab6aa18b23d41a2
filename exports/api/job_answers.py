"""A job as an answer of the REST door."""

from contextlib import suppress
from urllib.parse import urlencode

from django.urls import reverse
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from ..exceptions import ExportError
from ..jobs.delivery import Link
from ..models import ExportJob
from ..policy import rates
from ..registry import registry
from ..sinks.http import RETRY_AFTER, rate_headers
from .callers import caller_of
from .serializers import ExportJobSerializer, NewLinkSerializer


def job_answer(job: ExportJob, status_code: int = status.HTTP_200_OK) -> Response:
    """The job as JSON; until it has ended, with the time after which to ask again."""
    headers = {"Retry-After": str(RETRY_AFTER)} if job.is_open else {}
    return Response(ExportJobSerializer(job).data, status=status_code, headers=headers)


def accepted(request: Request, job: ExportJob) -> Response:
    """202 for who has asked for this job, with its address and how far the rate is used up."""
    answer = job_answer(job, status.HTTP_202_ACCEPTED)
    answer["Location"] = reverse("exports-api:job-detail", args=[job.pk])
    with suppress(ExportError):  # of the next request, which may be refused
        usage = rates.peek(registry.get(job.dataset), caller_of(request))
        for name, value in rate_headers(usage).items():
            answer[name] = value
    return answer


def new_link_answer(request: Request, job: ExportJob, link: Link) -> Response:
    """201 with the address by which everybody can fetch the file until the link ends."""
    path = reverse("exports-api:job-file", args=[job.pk])
    url = request.build_absolute_uri(f"{path}?{urlencode({'link': link.signature})}")
    data = NewLinkSerializer({"url": url, "expires_at": link.expires_at}).data
    return Response(data, status=status.HTTP_201_CREATED)
