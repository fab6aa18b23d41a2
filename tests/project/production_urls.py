"""The project's addresses, and one whose view fails."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import path

from exports_project.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def fails(request: HttpRequest):
    """Secrets are at hand, as in any view, when it goes wrong."""
    values = [settings.SECRET_KEY, settings.DATABASES, settings.REDIS_URL, settings.METRICS_TOKEN]
    raise RuntimeError(f"No such luck, with {len(values)} values.")


urlpatterns = [path("fails", fails), path("api/fails", fails), *urlpatterns]
