"""Requests as Prometheus counts them: how many, answered how, after how long."""

import time
from collections.abc import Callable
from http import HTTPMethod

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin
from prometheus_client import Counter, Histogram

# From the cheapest page to the hour that an export may take.
SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600)

REQUESTS = Counter("http_requests", "Requests answered.", ["method", "status", "route"])
FIRST_BYTE = Histogram(
    "http_first_byte_seconds", "From the request to the head of its answer.", ["route"], buckets=SECONDS
)
DURATION = Histogram(
    "http_request_seconds", "From the request to the end of its answer's body.", ["route"], buckets=SECONDS
)

METHODS = frozenset(HTTPMethod)
OTHER = "other"
NO_ROUTE = "none"


class RequestMetricsMiddleware(MiddlewareMixin):
    """Counts each request when its answer begins, and times it until its body has been sent or broken off."""

    def process_request(self, request: HttpRequest) -> None:
        request._metrics_begun = time.perf_counter()  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        begun: float = request._metrics_begun  # type: ignore[attr-defined]
        route = route_name(request)
        REQUESTS.labels(method_name(request), response.status_code, route).inc()
        FIRST_BYTE.labels(route).observe(time.perf_counter() - begun)
        _when_closed(response, lambda: DURATION.labels(route).observe(time.perf_counter() - begun))
        return response


def method_name(request: HttpRequest) -> str:
    """One of HTTP's methods: a client may send any word, and each would be a time series for ever."""
    return request.method if request.method in METHODS else OTHER


def route_name(request: HttpRequest) -> str:
    """The name of the URL pattern, of which there are as many as the project has; never the path."""
    return request.resolver_match.view_name if request.resolver_match else NO_ROUTE


def _when_closed(response: HttpResponseBase, observe: Callable[[], None]) -> None:
    """Calls `observe` when the server closes the response, after the last byte or the first error.

    The body itself is not wrapped: whoever streams it must see at once when it is dropped.
    """
    close = response.close
    once = [observe]

    def close_and_observe() -> None:
        try:
            close()
        finally:
            if once:
                once.pop()()

    response.close = close_and_observe  # type: ignore[method-assign]
