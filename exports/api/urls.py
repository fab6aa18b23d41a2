"""URLs of the REST door, to be included under `api/exports/`. A trailing slash is allowed, never needed."""

from django.urls import re_path

from ..registry import registry
from .views import ExportView, HealthView, InfoView, LogDetailView, LogListView, TableSchemaView

app_name = "exports-api"

urlpatterns = [
    re_path(r"^info/?$", InfoView.as_view(), name="info"),
    re_path(r"^health/?$", HealthView.as_view(), name="health"),
    re_path(r"^logs/?$", LogListView.as_view(), name="log-list"),
    re_path(r"^logs/(?P<pk>[0-9a-fA-F-]{36})/?$", LogDetailView.as_view(), name="log-detail"),
    # No dataset is called `schema`: a system check reserves the name.
    re_path(r"^(?P<dataset>[-a-zA-Z0-9_]+)/schema/?$", TableSchemaView.as_view(), name="schema"),
    *(
        re_path(rf"^{name}/?$", ExportView.as_view(dataset=name), name=name)
        for name in (definition.get_name() for definition in registry)
    ),
]
