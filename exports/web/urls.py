"""URLs of the pages, to be included under `exports/`. CommonMiddleware adds a slash that is missing."""

from django.urls import path

from .history import HistoryView, RecordView
from .views import DatasetView, DownloadView, IndexView

app_name = "exports-web"

urlpatterns = [
    path("", IndexView.as_view(), name="index"),
    # No dataset is called `history`: a system check reserves the name.
    path("history/", HistoryView.as_view(), name="history"),
    path("history/<uuid:pk>/", RecordView.as_view(), name="record"),
    path("<slug:dataset>/", DatasetView.as_view(), name="dataset"),
    path("<slug:dataset>/download", DownloadView.as_view(), name="download"),
]
