"""The JSON of schedules and of their runs."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ..models import ExportSchedule, ScheduleRun
from ..schedules.control import upcoming
from .serializers import JobErrorSerializer

Status = ExportSchedule.Status


class ScheduleRunSerializer(serializers.ModelSerializer[ScheduleRun]):
    """One time that a schedule came, and what came of it."""

    error = serializers.SerializerMethodField()

    class Meta:
        model = ScheduleRun
        fields: ClassVar = [
            *("occurrence", "missed_since", "by_hand", "outcome", "attempts", "job", "row_count"),
            *("error", "finished_at"),
        ]
        read_only_fields = fields

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, run: ScheduleRun) -> dict[str, str] | None:
        return error_of(run)


class ScheduleLinksSerializer(serializers.Serializer[ExportSchedule]):
    """What can be done with a schedule as it is: paths, and null for what can't."""

    self = serializers.CharField()
    template = serializers.CharField(allow_null=True)
    runs = serializers.CharField()
    run = serializers.CharField()
    pause = serializers.CharField(allow_null=True)
    resume = serializers.CharField(allow_null=True)

    def to_representation(self, instance: ExportSchedule) -> dict[str, Any]:
        active = instance.status == Status.ACTIVE
        possible = {
            "detail": True,
            "runs": True,
            "run": True,
            "pause": instance.status != Status.PAUSED,
            "resume": not active,
        }
        paths = {
            name: reverse(f"exports-api:schedule-{name}", args=[instance.pk]) if can else None
            for name, can in possible.items()
        }
        template = instance.template_id
        return {
            "self": paths.pop("detail"),
            "template": reverse("exports-api:template-detail", args=[template]) if template else None,
            **paths,
        }


class ExportScheduleSerializer(serializers.ModelSerializer[ExportSchedule]):
    """A schedule, when it comes next, and what came of it last."""

    next_runs = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    last_run = serializers.SerializerMethodField()
    links = ScheduleLinksSerializer(source="*")

    class Meta:
        model = ExportSchedule
        fields: ClassVar = [
            *("id", "template", "rule", "timezone", "recipients", "incremental", "status", "next_runs"),
            *("failures", "error", "cursor", "unsubscribed", "last_run"),
            *("created_at", "updated_at", "links"),
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.DateTimeField()))
    def get_next_runs(self, schedule: ExportSchedule) -> list[str]:
        """As the clocks of its zone show them."""
        return [moment.isoformat() for moment in upcoming(schedule)]

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, schedule: ExportSchedule) -> dict[str, str] | None:
        return error_of(schedule)

    @extend_schema_field(ScheduleRunSerializer(allow_null=True))
    def get_last_run(self, schedule: ExportSchedule) -> Mapping[str, Any] | None:
        found = getattr(schedule, "newest_runs", None)  # of a list, asked for at once
        if found is None:
            found = ScheduleRun.objects.primary().filter(schedule=schedule)[:1]
        return next((ScheduleRunSerializer(run).data for run in found), None)


def error_of(told: ExportSchedule | ScheduleRun) -> dict[str, str] | None:
    """Why it came to nothing, where it did."""
    return {"code": told.error_code, "detail": told.error} if told.error_code else None
