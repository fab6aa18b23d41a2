"""URLs of the pages, to be included under `exports/`. CommonMiddleware adds a slash that is missing."""

from django.urls import path

from .history import HistoryView, RecordView
from .job_actions import CancelView, DeleteView, LinkView, RetryView
from .jobs import JobFileView, JobListView, JobView
from .views import DatasetView, DownloadView, IndexView, JobSubmitView

app_name = "exports-web"

urlpatterns = [
    path("", IndexView.as_view(), name="index"),
    # No dataset is called `history` or `jobs`: a system check reserves the names.
    path("history/", HistoryView.as_view(), name="history"),
    path("history/<uuid:pk>/", RecordView.as_view(), name="record"),
    path("jobs/", JobListView.as_view(), name="jobs"),
    path("jobs/<uuid:pk>/", JobView.as_view(), name="job"),
    path("jobs/<uuid:pk>/file", JobFileView.as_view(), name="job-file"),
    path("jobs/<uuid:pk>/cancel", CancelView.as_view(), name="job-cancel"),
    path("jobs/<uuid:pk>/retry", RetryView.as_view(), name="job-retry"),
    path("jobs/<uuid:pk>/delete", DeleteView.as_view(), name="job-delete"),
    path("jobs/<uuid:pk>/link", LinkView.as_view(), name="job-link"),
    path("<slug:dataset>/", DatasetView.as_view(), name="dataset"),
    path("<slug:dataset>/download", DownloadView.as_view(), name="download"),
    path("<slug:dataset>/jobs", JobSubmitView.as_view(), name="job-submit"),
]
