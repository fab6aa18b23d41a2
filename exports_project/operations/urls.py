"""Addresses for load balancers, orchestrators and Prometheus. No trailing slash is needed.

MonitoringMiddleware reads these too: it answers them before anything else sees the request.
"""

from django.urls import re_path

from exports_project.operations import probes, scrape

urlpatterns = [
    re_path(r"^healthz/?$", probes.HealthView.as_view(), name="healthz"),
    re_path(r"^readyz/?$", probes.ReadyView.as_view(), name="readyz"),
    re_path(r"^metrics/?$", scrape.MetricsView.as_view(), name="metrics"),
]
