"""Probes for load balancers and orchestrators, open to everybody: they tell yes, or no and which part."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from exports_project.operations.readiness import failed_parts


@method_decorator(never_cache, name="dispatch")
class HealthView(View):
    """Whether this process answers. Touches nothing: a database that is down is no reason to restart it."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"status": "alive"})


@method_decorator(never_cache, name="dispatch")
class ReadyView(View):
    """Whether to send requests here: 503, with the names of the parts that failed, where not."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        failed = failed_parts()
        if failed:
            return JsonResponse({"status": "not ready", "failed": failed}, status=503)
        return JsonResponse({"status": "ready"})
