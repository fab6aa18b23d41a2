"""Requests of monitoring go their own way: no host check, no redirect to HTTPS, no session, no language."""

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.deprecation import MiddlewareMixin

URLS = "exports_project.operations.urls"


def monitoring_match(path: str) -> ResolverMatch | None:
    """The probe or scrape that this path asks for."""
    try:
        return resolve(path, URLS)
    except Resolver404:
        return None


class MonitoringMiddleware(MiddlewareMixin):
    """Answers probes and scrapes before the middleware below it.

    A load balancer asks by plain HTTP and with the address of a machine as Host. Answered here, neither has
    to be allowed for everything else.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        match = monitoring_match(request.path_info)
        if match is None:
            return None
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        response["Content-Length"] = str(len(response.content))  # CommonMiddleware's work
        return response
