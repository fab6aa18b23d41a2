"""The engine's errors as HTTP answers, in the one error shape `{"type", "errors": [...]}`."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, InternalError, OperationalError
from django.utils.translation import gettext_lazy as _
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import ExceptionHandlerContext
from rest_framework import exceptions, status
from rest_framework.response import Response

from ..exceptions import ExportError, InvalidParameters, RateLimited, TooManyJobs
from ..sinks.http import RETRY_AFTER, rate_headers, status_code


class RequestTooLarge(exceptions.APIException):
    """The request's body is over DATA_UPLOAD_MAX_MEMORY_SIZE; it was not read."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The request's body is too large.")
    default_code = "request_too_large"


class ServiceUnavailable(exceptions.APIException):
    """The database, or the counter of exports, does not answer."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("The database does not answer; try again.")
    default_code = "service_unavailable"
    wait = RETRY_AFTER  # DRF sends it as Retry-After


class ExportExceptionHandler(ExceptionHandler):
    """drf-standardized-errors, taught the engine's exceptions."""

    def format_exception(self, exc: exceptions.APIException) -> Any:
        data = super().format_exception(exc)
        if isinstance(self.exc, ExportError) and self.exc.attr:
            data["errors"][0]["attr"] = self.exc.attr
        return data

    def get_headers(self, exc: exceptions.APIException) -> dict[str, str]:
        headers: dict[str, str] = super().get_headers(exc)
        return headers | (rate_headers(self.exc.usage) if isinstance(self.exc, RateLimited) else {})

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, ExportError):
            return as_api_exception(exc)
        if isinstance(exc, RequestDataTooBig):
            return RequestTooLarge()
        if isinstance(exc, SuspiciousOperation):
            return exceptions.ParseError(_("The request is malformed or has too many parameters."))
        if isinstance(exc, OperationalError | InterfaceError | InternalError):
            return ServiceUnavailable()
        converted: Exception = super().convert_known_exceptions(exc)
        return converted

    def convert_unhandled_exceptions(self, exc: Exception) -> exceptions.APIException:
        """A bare 500, which REST framework says in the language of the request."""
        return exc if isinstance(exc, exceptions.APIException) else exceptions.APIException()


def as_api_exception(error: ExportError) -> exceptions.APIException:
    """The answer that says the same; a bare 500 where there is none."""
    if isinstance(error, InvalidParameters):
        return exceptions.ValidationError(_by_parameter(error))
    if isinstance(error, RateLimited):
        return exceptions.Throttled(wait=error.retry_after)
    found = status_code(error)
    if found == status.HTTP_503_SERVICE_UNAVAILABLE:
        return ServiceUnavailable(str(error.detail), code=error.code)
    if found == status.HTTP_500_INTERNAL_SERVER_ERROR:
        return exceptions.APIException()
    answer = exceptions.APIException(str(error.detail), code=error.code)
    answer.status_code = found
    if isinstance(error, TooManyJobs):
        answer.wait = RETRY_AFTER  # type: ignore[attr-defined]  # as of Throttled
    return answer


def _by_parameter(error: InvalidParameters) -> dict[str, list[exceptions.ErrorDetail]]:
    details: dict[str, list[exceptions.ErrorDetail]] = {}
    for problem in error.errors:
        details.setdefault(problem.attr, []).append(exceptions.ErrorDetail(str(problem.detail), problem.code))
    return details


def exception_handler(exc: Exception, context: ExceptionHandlerContext) -> Response | None:
    """For DRF's EXCEPTION_HANDLER and for the engine's own views."""
    return ExportExceptionHandler(exc, context).run()
