"""Every address of the project. Paths of the API need no trailing slash."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from exports.api.views import ExportView
from exports_project import documentation, errors

# Browsers ask for it on every page. Lazy: the names of static files are known once they are collected.
FAVICON = lazy(static, str)("drf_spectacular_sidecar/swagger-ui-dist/favicon-32x32.png")

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/exports/", include("exports.api.urls")),
    # The short paths of the network datasets.
    re_path(
        r"^api/scans/(?P<scan_id>[0-9]+)/export/csv/?$",
        ExportView.as_view(dataset="scans"),
        name="scan-export",
    ),
    re_path(r"^api/alerts/export/csv/?$", ExportView.as_view(dataset="alerts"), name="alert-export"),
    re_path(r"^api/hosts/export/csv/?$", ExportView.as_view(dataset="hosts"), name="host-export"),
    path("api/auth/", include("accounts.api.urls")),
    path("", include("accounts.web.urls")),
    path("exports/", include("exports.web.urls")),
    path("api/schema/", documentation.SchemaView.as_view(), name="schema"),
    path("api/schema", documentation.SchemaView.as_view()),
    path("api/docs/", documentation.DocumentationView.as_view(), name="api-docs"),
    path("api/docs", documentation.DocumentationView.as_view()),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=FAVICON)),
    path("", include("exports_project.operations.urls")),
    # The last one: what nobody above it knows.
    re_path(r"^api(/|$)", errors.UnknownPathView.as_view(), name="api-unknown"),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
