"""Class-based views of the REST door."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from .. import engine
from ..catalogue import row_count
from ..definitions import ModelExport
from ..encoders import installed_formats
from ..filtering import known_parameters
from ..jobs.submitting import submit
from ..lost import close_lost_records
from ..models import ExportLog
from ..policy.permissions import permits
from ..registry import registry
from ..sinks.http import headers_only, non_atomic, streaming_response
from ..sinks.links import SCHEMA_TYPE
from .base import EngineView
from .callers import caller_of
from .csvw import metadata
from .job_answers import accepted
from .negotiation import ErrorsOnlyNegotiation, negotiated
from .operations import refusals
from .pagination import LogPagination
from .schema import DatasetSchema, TableDocumentation
from .serializers import ExportLogSerializer, HealthSerializer, InfoSerializer
from .submissions import prefers_async
from .throttling import ExportRateThrottle


class ExportView(EngineView):
    """Streams one dataset, which the URLconf names; arguments in the path are filters by another spelling."""

    dataset: str = ""
    schema = DatasetSchema()
    permission_classes = (IsAuthenticated,)  # type: ignore[assignment]  # the engine asks, and records
    content_negotiation_class = ErrorsOnlyNegotiation
    throttle_classes = (ExportRateThrottle,)
    http_method_names = ["get", "head", "options"]

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Exempt from ATOMIC_REQUESTS: that transaction would end before the body streams."""
        return non_atomic(super().as_view(**initkwargs))

    def get_throttles(self) -> list[BaseThrottle]:
        """A job is counted by the engine, which gives the same request the one that is open, uncounted."""
        throttles: list[BaseThrottle] = super().get_throttles()
        return [] if self._wants_job() else throttles

    def _wants_job(self) -> bool:
        return self.request.method == "GET" and prefers_async(self.request)

    def get(self, request: Request, **url_filters: object) -> HttpResponseBase:
        params = negotiated(request, url_filters)
        if self._wants_job():
            job, _new = submit(self.dataset, caller_of(request), params)
            answer = accepted(request, job)
            answer["Preference-Applied"] = "respond-async"
            return answer
        stream = engine.start(self.dataset, caller_of(request), params)
        return streaming_response(request._request, stream)

    def head(self, request: Request, **url_filters: object) -> HttpResponseBase:
        facts = engine.head(self.dataset, caller_of(request), negotiated(request, url_filters))
        return headers_only(request._request, facts)


class TableSchemaView(EngineView):
    """What a download with the same parameters is, as CSVW metadata; whatever Accept says."""

    schema = TableDocumentation()
    content_negotiation_class = ErrorsOnlyNegotiation

    def get(self, request: Request, dataset: str) -> Response:
        query = engine.describe(dataset, caller_of(request), request.query_params)
        offered = query.definition.get_columns_for(request.user)
        described = metadata(query, _address_of_csv(request, query.definition), offered)
        return Response(described, content_type=SCHEMA_TYPE)


def _address_of_csv(request: Request, definition: ModelExport) -> str:
    """The path of the download with these parameters, but for what would make it another file than CSV."""
    params = request.query_params.copy()
    for name in ("format", "compression"):
        params.pop(name, None)
    path, query = reverse(f"exports-api:{definition.get_name()}"), params.urlencode(safe=",:/")
    return f"{path}?{query}" if query else path


class InfoView(EngineView):
    """What the caller may export: each dataset with its filters, columns and number of own rows."""

    @extend_schema(
        responses={200: InfoSerializer} | refusals(401, 403, 406, 503),
        summary="The datasets, their filters and columns",
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        info = {
            "exports": [
                _described(definition, request.user) for definition in registry if permits(definition, caller)
            ],
            "user_id": str(request.user.pk),
            "timestamp": timezone.now(),
        }
        return Response(InfoSerializer(info).data)


class HealthView(EngineView):
    """Whether the service and its database answer; open to everybody."""

    authentication_classes = ()
    permission_classes = (AllowAny,)  # type: ignore[assignment]

    @extend_schema(
        responses={200: HealthSerializer} | refusals(406, 503),
        auth=[],
        summary="Whether the service answers",
    )
    def get(self, request: Request) -> Response:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return Response({"status": "healthy", "database": connection.vendor, "timestamp": timezone.now()})


class _OwnLogs(EngineView):
    def get_queryset(self) -> QuerySet[ExportLog]:
        close_lost_records()
        records = ExportLog.objects.filter(user=str(self.request.user.pk))
        caller = caller_of(self.request)
        if caller.credential is None:
            return records
        names = records.order_by().values_list("export_type", flat=True).distinct()
        return records.filter(export_type__in=[name for name in names if caller.credential_allows(name)])


@extend_schema(
    summary="The caller's own audit records, newest first",
    responses={200: ExportLogSerializer(many=True)} | refusals(401, 403, 404, 406, 503),
)
class LogListView(_OwnLogs, ListAPIView[ExportLog]):
    """The caller's own audit records, newest first."""

    serializer_class = ExportLogSerializer
    pagination_class = LogPagination


@extend_schema(
    summary="One of the caller's own audit records",
    responses={200: ExportLogSerializer} | refusals(401, 403, 404, 406, 503),
)
class LogDetailView(_OwnLogs, RetrieveAPIView[ExportLog]):
    """One record: by its size and SHA-256 a client knows whether what it received is whole."""

    serializer_class = ExportLogSerializer


def _described(definition: ModelExport, user: Any) -> dict[str, Any]:
    name = definition.get_name()
    return {
        "name": name,
        "endpoint": reverse(f"exports-api:{name}"),
        "description": definition.description,
        "filters": known_parameters(definition),
        "columns": [column.header for column in definition.get_columns_for(user) if column.default],
        "formats": installed_formats(),
        "row_count": row_count(definition, user),
    }
