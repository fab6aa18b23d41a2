"""A middleware as bad as they come."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

HEADER = "X-Drop"


class DroppingMiddleware(MiddlewareMixin):
    """Answers with something else, and forgets the response: nobody starts or closes its stream."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return HttpResponse(status=204) if HEADER in request.headers else response
