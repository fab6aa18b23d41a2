"""A stranger's project that has the pages alone: no admin site, no `home`, no `logout`, no API."""

from django.urls import include, path

urlpatterns = [path("data/", include("exports.web.urls"))]
