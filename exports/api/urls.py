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
from .schedules import (
    ScheduleDetailView,
    ScheduleListView,
    SchedulePauseView,
    ScheduleResumeView,
    ScheduleRunsView,
    ScheduleRunView,
)
from .templates import TemplateDetailView, TemplateListView, TemplateRunView
from .views import ExportView, HealthView, InfoView, LogDetailView, LogListView, TableSchemaView
from .webhooks import (
    WebhookDeliveriesView,
    WebhookDeliveryAgainView,
    WebhookDetailView,
    WebhookListView,
    WebhookSecretView,
    WebhookTestView,
)

app_name = "exports-api"

_ID = "[0-9a-fA-F-]{36}"
_JOB = rf"^jobs/(?P<pk>{_ID})"
_TEMPLATE = rf"^templates/(?P<pk>{_ID})"
_SCHEDULE = rf"^schedules/(?P<pk>{_ID})"
_WEBHOOK = rf"^webhooks/(?P<pk>{_ID})"

urlpatterns = [
    re_path(r"^info/?$", InfoView.as_view(), name="info"),
    re_path(r"^health/?$", HealthView.as_view(), name="health"),
    re_path(r"^logs/?$", LogListView.as_view(), name="log-list"),
    re_path(rf"^logs/(?P<pk>{_ID})/?$", LogDetailView.as_view(), name="log-detail"),
    # No dataset has one of these names: a system check reserves them.
    re_path(r"^jobs/?$", JobListView.as_view(), name="job-list"),
    re_path(rf"{_JOB}/?$", JobDetailView.as_view(), name="job-detail"),
    re_path(rf"{_JOB}/cancel/?$", JobCancelView.as_view(), name="job-cancel"),
    re_path(rf"{_JOB}/retry/?$", JobRetryView.as_view(), name="job-retry"),
    re_path(rf"{_JOB}/file/?$", JobFileView.as_view(), name="job-file"),
    re_path(rf"{_JOB}/link/?$", JobLinkView.as_view(), name="job-link"),
    re_path(r"^templates/?$", TemplateListView.as_view(), name="template-list"),
    re_path(rf"{_TEMPLATE}/?$", TemplateDetailView.as_view(), name="template-detail"),
    re_path(rf"{_TEMPLATE}/run/?$", TemplateRunView.as_view(), name="template-run"),
    re_path(r"^schedules/?$", ScheduleListView.as_view(), name="schedule-list"),
    re_path(rf"{_SCHEDULE}/?$", ScheduleDetailView.as_view(), name="schedule-detail"),
    re_path(rf"{_SCHEDULE}/pause/?$", SchedulePauseView.as_view(), name="schedule-pause"),
    re_path(rf"{_SCHEDULE}/resume/?$", ScheduleResumeView.as_view(), name="schedule-resume"),
    re_path(rf"{_SCHEDULE}/run/?$", ScheduleRunView.as_view(), name="schedule-run"),
    re_path(rf"{_SCHEDULE}/runs/?$", ScheduleRunsView.as_view(), name="schedule-runs"),
    re_path(r"^webhooks/?$", WebhookListView.as_view(), name="webhook-list"),
    re_path(rf"{_WEBHOOK}/?$", WebhookDetailView.as_view(), name="webhook-detail"),
    re_path(rf"{_WEBHOOK}/secret/?$", WebhookSecretView.as_view(), name="webhook-secret"),
    re_path(rf"{_WEBHOOK}/test/?$", WebhookTestView.as_view(), name="webhook-test"),
    re_path(rf"{_WEBHOOK}/deliveries/?$", WebhookDeliveriesView.as_view(), name="webhook-deliveries"),
    re_path(
        rf"{_WEBHOOK}/deliveries/(?P<delivery>{_ID})/again/?$",
        WebhookDeliveryAgainView.as_view(),
        name="webhook-delivery-again",
    ),
    re_path(r"^(?P<dataset>[-a-zA-Z0-9_]+)/jobs/?$", JobSubmitView.as_view(), name="job-submit"),
    re_path(r"^(?P<dataset>[-a-zA-Z0-9_]+)/schema/?$", TableSchemaView.as_view(), name="schema"),
    *(
        re_path(rf"^{name}/?$", ExportView.as_view(dataset=name), name=name)
        for name in (definition.get_name() for definition in registry)
    ),
]
