"""The OpenAPI document and its pages: for signed-in users, unless the setting PUBLIC_SCHEMA opens them."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseRedirect
from django.utils import translation
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import exceptions, permissions
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

type Endpoint = tuple[str, *tuple[Any, ...]]
"""drf-spectacular's: path, its regular expression, method, view."""


class SchemaReaders(permissions.BasePermission):
    """Signed-in users; everybody where PUBLIC_SCHEMA is on."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return settings.PUBLIC_SCHEMA or request.user.is_authenticated


class SchemaView(SpectacularAPIView):
    """The OpenAPI document: JSON, or YAML by `Accept: application/vnd.oai.openapi`."""

    permission_classes = (SchemaReaders,)
    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer, OpenApiYamlRenderer2]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        """In English, as most of it is written; the rest are texts of fields, which have translations."""
        with translation.override("en"):
            response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        return response

    def handle_exception(self, exc: Exception) -> Response:
        return as_json(self, super().handle_exception(exc))


class DocumentationView(SpectacularSwaggerSplitView):
    """Swagger's page of the document, from files of this host, without inline script or style.

    Swagger sets its few style attributes through the DOM, which the project's Content-Security-Policy allows;
    so the page needs no exception from it. A browser that is not signed in is sent to the login page.
    """

    permission_classes = (SchemaReaders,)
    template_name = "api_docs.html"
    url_name = "schema"

    def handle_exception(self, exc: Exception) -> Response | HttpResponseRedirect:  # type: ignore[override]
        if isinstance(exc, exceptions.NotAuthenticated):
            return redirect_to_login(self.request.get_full_path())
        return as_json(self, super().handle_exception(exc))


def without_trailing_slashes(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Paths as the document names them: a slash at the end is allowed, and never needed."""
    return [(path.rstrip("/"), *rest) for path, *rest in endpoints]


def as_json(view: APIView, response: Response) -> Response:
    """An error in the API's shape from a view whose own renderers are for something else."""
    view.request.accepted_renderer = JSONRenderer()
    view.request.accepted_media_type = JSONRenderer.media_type
    return response
