"""URLs of the pages, to be included under `exports/`. CommonMiddleware adds a slash that is missing."""

from django.urls import path

from .builder.saving import TemplateSaveView
from .builder.searching import SearchView
from .builder.views import DatasetView, DownloadView, JobSubmitView
from .history.outcomes import RecordOutcomeView
from .history.views import HistoryView, RecordView
from .home.views import IndexView
from .jobs.actions import CancelView, DeleteView, LinkView, RetryView
from .jobs.views import JobFileView, JobListView, JobView
from .saved.views import (
    TemplateDeleteView,
    TemplateLeaveView,
    TemplateListView,
    TemplateRunView,
    TemplateView,
)
from .schedules.actions import (
    ScheduleDeleteView,
    SchedulePauseView,
    ScheduleResumeView,
    ScheduleRunView,
    ScheduleSubscribeView,
)
from .schedules.views import ScheduleEditView, ScheduleListView, ScheduleNewView, ScheduleView
from .unsubscribing import UnsubscribeView
from .usage.views import UsageView
from .webhooks.actions import (
    WebhookDeleteView,
    WebhookDeliveryAgainView,
    WebhookSecretView,
    WebhookTestView,
)
from .webhooks.views import WebhookListView, WebhookView

app_name = "exports-web"

urlpatterns = [
    path("", IndexView.as_view(), name="index"),
    # No dataset is called `history` or `jobs`: a system check reserves the names.
    path("history/", HistoryView.as_view(), name="history"),
    path("usage/", UsageView.as_view(), name="usage"),
    path("history/<uuid:pk>/", RecordView.as_view(), name="record"),
    path("history/<uuid:pk>/outcome", RecordOutcomeView.as_view(), name="record-outcome"),
    path("jobs/", JobListView.as_view(), name="jobs"),
    path("jobs/<uuid:pk>/", JobView.as_view(), name="job"),
    path("jobs/<uuid:pk>/file", JobFileView.as_view(), name="job-file"),
    path("jobs/<uuid:pk>/cancel", CancelView.as_view(), name="job-cancel"),
    path("jobs/<uuid:pk>/retry", RetryView.as_view(), name="job-retry"),
    path("jobs/<uuid:pk>/delete", DeleteView.as_view(), name="job-delete"),
    path("jobs/<uuid:pk>/link", LinkView.as_view(), name="job-link"),
    path("templates/", TemplateListView.as_view(), name="templates"),
    path("templates/<uuid:pk>/", TemplateView.as_view(), name="template"),
    path("templates/<uuid:pk>/run", TemplateRunView.as_view(), name="template-run"),
    path("templates/<uuid:pk>/delete", TemplateDeleteView.as_view(), name="template-delete"),
    path("templates/<uuid:pk>/leave", TemplateLeaveView.as_view(), name="template-leave"),
    path("schedules/", ScheduleListView.as_view(), name="schedules"),
    path("schedules/new", ScheduleNewView.as_view(), name="schedule-new"),
    path("schedules/<uuid:pk>/", ScheduleView.as_view(), name="schedule"),
    path("schedules/<uuid:pk>/edit", ScheduleEditView.as_view(), name="schedule-edit"),
    path("schedules/<uuid:pk>/pause", SchedulePauseView.as_view(), name="schedule-pause"),
    path("schedules/<uuid:pk>/resume", ScheduleResumeView.as_view(), name="schedule-resume"),
    path("schedules/<uuid:pk>/run", ScheduleRunView.as_view(), name="schedule-run"),
    path("schedules/<uuid:pk>/delete", ScheduleDeleteView.as_view(), name="schedule-delete"),
    path("schedules/<uuid:pk>/subscribe", ScheduleSubscribeView.as_view(), name="schedule-subscribe"),
    path("webhooks/", WebhookListView.as_view(), name="webhooks"),
    path("webhooks/<uuid:pk>/", WebhookView.as_view(), name="webhook"),
    path("webhooks/<uuid:pk>/secret", WebhookSecretView.as_view(), name="webhook-secret"),
    path("webhooks/<uuid:pk>/test", WebhookTestView.as_view(), name="webhook-test"),
    path("webhooks/<uuid:pk>/delete", WebhookDeleteView.as_view(), name="webhook-delete"),
    path(
        "webhooks/<uuid:pk>/deliveries/<uuid:delivery>/again",
        WebhookDeliveryAgainView.as_view(),
        name="webhook-delivery-again",
    ),
    path("unsubscribe/<str:signature>", UnsubscribeView.as_view(), name="unsubscribe"),
    path("<slug:dataset>/", DatasetView.as_view(), name="dataset"),
    path("<slug:dataset>/search/<str:filter>", SearchView.as_view(), name="search"),
    path("<slug:dataset>/download", DownloadView.as_view(), name="download"),
    path("<slug:dataset>/jobs", JobSubmitView.as_view(), name="job-submit"),
    path("<slug:dataset>/templates", TemplateSaveView.as_view(), name="template-save"),
]
