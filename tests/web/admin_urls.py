"""A stranger's project that has the pages and an admin site, which alone can sign people out."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("data/", include("exports.web.urls")), path("staff/", admin.site.urls)]
