"""The JSON of the REST door."""

from typing import Any, ClassVar

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ..jobs.control import RETRIABLE
from ..jobs.delivery import is_over
from ..jobs.reading import pace_of
from ..models import ExportJob, ExportLog, ScheduleRun


class ExportLogSerializer(serializers.ModelSerializer[ExportLog]):
    """An audit record under the names of its fields."""

    class Meta:
        model = ExportLog
        fields: ClassVar = [field.name for field in ExportLog._meta.concrete_fields]
        read_only_fields = fields


class JobErrorSerializer(serializers.Serializer[object]):
    """Why the last attempt at a job has failed."""

    code = serializers.CharField()
    detail = serializers.CharField()


class JobLinksSerializer(serializers.Serializer[ExportJob]):
    """What can be done with a job as it is: paths, and null for what can't."""

    self = serializers.CharField()
    file = serializers.CharField(allow_null=True)
    cancel = serializers.CharField(allow_null=True)
    retry = serializers.CharField(allow_null=True)
    link = serializers.CharField(allow_null=True)
    log = serializers.CharField(allow_null=True)

    def to_representation(self, instance: ExportJob) -> dict[str, Any]:
        has_file = instance.status == ExportJob.Status.SUCCEEDED and not is_over(instance)
        possible = {
            "detail": True,
            "file": has_file,
            "cancel": instance.is_open,
            "retry": instance.status in RETRIABLE,
            "link": has_file,
        }
        paths = {
            name: reverse(f"exports-api:job-{name}", args=[instance.pk]) if can else None
            for name, can in possible.items()
        }
        log = reverse("exports-api:log-detail", args=[instance.export_id]) if instance.export_id else None
        return {"self": paths.pop("detail"), **paths, "log": log}


class ExportJobSerializer(serializers.ModelSerializer[ExportJob]):
    """A job, and how far it has got."""

    schedule = serializers.SerializerMethodField()
    rows_done = serializers.IntegerField(source="row_count")
    rows_per_second = serializers.SerializerMethodField()
    seconds_left = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    links = JobLinksSerializer(source="*")

    class Meta:
        model = ExportJob
        fields: ClassVar = [
            *("id", "dataset", "status", "cancelling", "parameters", "format"),
            *("recipients", "template", "schedule"),
            *("rows_done", "rows_expected", "rows_per_second", "seconds_left", "attempts"),
            *("byte_count", "sha256", "filename", "cursor", "export_id", "error"),
            *("created_at", "started_at", "finished_at", "expires_at", "links"),
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_schedule(self, job: ExportJob) -> str | None:
        """Of which schedule it is a run."""
        runs = getattr(job, "found_runs", None)  # of a list, asked for at once
        found = ScheduleRun.objects.primary().filter(job=job) if runs is None else runs
        return next((str(run.schedule_id) for run in found), None)

    def get_rows_per_second(self, job: ExportJob) -> float | None:
        rate = pace_of(job).rows_per_second
        return None if rate is None else round(rate, 1)

    def get_seconds_left(self, job: ExportJob) -> int | None:
        return pace_of(job).seconds_left

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, job: ExportJob) -> dict[str, str] | None:
        return {"code": job.error_code, "detail": job.error} if job.error_code else None


class NewLinkSerializer(serializers.Serializer[object]):
    """A link to a file, and when it ends."""

    url = serializers.CharField()
    expires_at = serializers.DateTimeField()


class ErrorItemSerializer(serializers.Serializer[object]):
    """One thing that is wrong; `attr` is the parameter that it is wrong with, or null."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class ErrorSerializer(serializers.Serializer[object]):
    """The one shape of every error."""

    type = serializers.CharField()
    errors = ErrorItemSerializer(many=True)  # type: ignore[assignment]


class DatasetSerializer(serializers.Serializer[object]):
    """One dataset. `row_count` is the number of the caller's own rows, null where a filter is required."""

    name = serializers.SlugField()
    endpoint = serializers.CharField()
    description = serializers.CharField()
    filters = serializers.ListField(child=serializers.CharField())
    columns = serializers.ListField(child=serializers.CharField())
    formats = serializers.ListField(child=serializers.CharField())
    row_count = serializers.IntegerField(allow_null=True)


class InfoSerializer(serializers.Serializer[object]):
    """What `/api/exports/info` answers."""

    exports = DatasetSerializer(many=True)
    user_id = serializers.CharField()
    timestamp = serializers.DateTimeField()


class HealthSerializer(serializers.Serializer[object]):
    """What `/api/exports/health` answers."""

    status = serializers.CharField()
    database = serializers.CharField()
    timestamp = serializers.DateTimeField()
