"""URLs of the REST door, to be included under `api/exports/`. A trailing slash is allowed, never needed."""

from django.urls import re_path

from ..registry import registry
from .job_files import JobFileView
from .jobs import (
    JobCancelView,
    JobDetailView,
    JobLinkView,
    JobListView,
    JobRetryView,
    JobSubmitView,
)
from .views import ExportView, HealthView, InfoView, LogDetailView, LogListView, TableSchemaView

app_name = "exports-api"

_JOB = r"^jobs/(?P<pk>[0-9a-fA-F-]{36})"

urlpatterns = [
    re_path(r"^info/?$", InfoView.as_view(), name="info"),
    re_path(r"^health/?$", HealthView.as_view(), name="health"),
    re_path(r"^logs/?$", LogListView.as_view(), name="log-list"),
    re_path(r"^logs/(?P<pk>[0-9a-fA-F-]{36})/?$", LogDetailView.as_view(), name="log-detail"),
    # No dataset is called `jobs` or `schema`: a system check reserves the names.
    re_path(r"^jobs/?$", JobListView.as_view(), name="job-list"),
    re_path(rf"{_JOB}/?$", JobDetailView.as_view(), name="job-detail"),
    re_path(rf"{_JOB}/cancel/?$", JobCancelView.as_view(), name="job-cancel"),
    re_path(rf"{_JOB}/retry/?$", JobRetryView.as_view(), name="job-retry"),
    re_path(rf"{_JOB}/file/?$", JobFileView.as_view(), name="job-file"),
    re_path(rf"{_JOB}/link/?$", JobLinkView.as_view(), name="job-link"),
    re_path(r"^(?P<dataset>[-a-zA-Z0-9_]+)/jobs/?$", JobSubmitView.as_view(), name="job-submit"),
    re_path(r"^(?P<dataset>[-a-zA-Z0-9_]+)/schema/?$", TableSchemaView.as_view(), name="schema"),
    *(
        re_path(rf"^{name}/?$", ExportView.as_view(dataset=name), name=name)
        for name in (definition.get_name() for definition in registry)
    ),
]
