"""The JSON of the REST door."""

from typing import ClassVar

from rest_framework import serializers

from ..models import ExportLog


class ExportLogSerializer(serializers.ModelSerializer[ExportLog]):
    """An audit record under the names of its fields."""

    class Meta:
        model = ExportLog
        fields: ClassVar = [field.name for field in ExportLog._meta.concrete_fields]
        read_only_fields = fields


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
