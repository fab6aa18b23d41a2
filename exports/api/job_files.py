"""The file of a job at the REST door, for who has asked for it, and for who has a link."""

from contextlib import suppress
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from ..caller import Caller
from ..jobs import delivery
from ..models import ExportJob
from ..sinks.files import file_response
from .callers import caller_of
from .job_schema import FILE
from .jobs import JobEngineView
from .negotiation import ErrorsOnlyNegotiation

LINK = "link"

_SAYS = {
    status.HTTP_412_PRECONDITION_FAILED: ("precondition_failed", _("The file is not the one that you have.")),
    status.HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE: (
        "range_not_satisfiable",
        _("The file ends before the range that you ask for."),
    ),
}


class JobFileView(JobEngineView):
    """The file. A link in the query counts in place of a credential."""

    content_negotiation_class = ErrorsOnlyNegotiation

    @FILE
    def get(self, request: Request, pk: str) -> HttpResponseBase:
        job, caller = self._wanted(request)
        answer = file_response(request._request, job, caller)
        return _explained(answer) if answer.status_code in _SAYS else answer

    def _wanted(self, request: Request) -> tuple[ExportJob, Caller]:
        """Raises JobNotFound, LinkExpired, or NotPermitted for a link of who may not sign in any more."""
        link = request.query_params.get(LINK)
        if link is None:
            return self.own_job(), caller_of(request)
        return delivery.linked_job(self.job_id(), link, caller_of(request))

    def perform_authentication(self, request: Request) -> None:
        """Who has a link may have a credential that is no good."""
        with suppress(*((exceptions.APIException,) if LINK in request.query_params else ())):
            super().perform_authentication(request)

    def get_permissions(self) -> Any:
        """The engine asks in the name of who has asked for the job."""
        return [] if LINK in self.request.query_params else super().get_permissions()

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """The address of a link is a secret: no page that is opened from there is told of it."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if LINK in request.query_params:
            response["Referrer-Policy"] = "no-referrer"
        return response


def _explained(answer: HttpResponseBase) -> Response:
    """What is answered without a body, in the one shape of errors."""
    code, detail = _SAYS[answer.status_code]
    error = {"code": code, "detail": str(detail), "attr": None}
    explained = Response({"type": "client_error", "errors": [error]}, status=answer.status_code)
    for name in ("Content-Range", "Accept-Ranges"):
        if name in answer.headers:
            explained[name] = answer.headers[name]
    return explained
