"""The project's addresses, and an admin site of a stranger's beside the project's own."""

from django.urls import path

from exports_project.urls import urlpatterns as project
from tests.admin.site import site

urlpatterns = [path("strangers/", site.urls), *project]
