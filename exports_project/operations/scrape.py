"""`/metrics` for Prometheus: for who has the token or asks from a trusted network, and nobody else."""

import ipaddress
from collections.abc import Sequence
from secrets import compare_digest

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from exports_project.operations.registry import scraped
from exports_project.proxies import parse_address


@method_decorator(never_cache, name="dispatch")
class MetricsView(View):
    """All metrics of all processes of this server as Prometheus reads them.

    404 where neither a token nor a network is set: a service that publishes no metrics has no such page.
    Else 401 where a token would have helped, 403 where only the network would.
    """

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        token: str = settings.METRICS_TOKEN
        networks: list[str] = settings.METRICS_NETWORKS
        if not token and not networks:
            return HttpResponse(status=404)
        if not (has_token(request, token) or is_from(request, networks)):
            return unauthorized() if token else HttpResponse(status=403)
        return HttpResponse(generate_latest(scraped()), content_type=CONTENT_TYPE_LATEST)


def has_token(request: HttpRequest, token: str) -> bool:
    """Whether the request brings this token as `Authorization: Bearer …`. An empty one opens nothing."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    # In constant time, and as bytes: of text with other characters than ASCII it would raise.
    right = compare_digest(given.strip().encode(), token.encode())
    return bool(token) and scheme.lower() == "bearer" and right


def is_from(request: HttpRequest, networks: Sequence[str]) -> bool:
    """Whether the client's address, as TrustedProxyMiddleware left it, is in one of the networks."""
    address = parse_address(request.META.get("REMOTE_ADDR", ""))
    return address is not None and any(address in ipaddress.ip_network(network) for network in networks)


def unauthorized() -> HttpResponse:
    return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
