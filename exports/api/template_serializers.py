"""The JSON of templates."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from ..caller import Caller
from ..models import ExportTemplate
from ..saved.control import problems_of
from .serializers import ErrorItemSerializer
from .template_bodies import content_of, is_own


class TemplateLinksSerializer(serializers.Serializer[ExportTemplate]):
    """Paths; null for what is not possible now."""

    self = serializers.CharField()
    run = serializers.CharField(allow_null=True)


class ExportTemplateSerializer(serializers.Serializer[Any]):
    """A template, as its user or who it is shared with sees it. The context has the `caller`."""

    id = serializers.UUIDField()
    user = serializers.CharField()
    is_own = serializers.BooleanField()
    name = serializers.CharField()
    dataset = serializers.CharField()
    filters = serializers.DictField()
    format = serializers.CharField(allow_null=True)
    compression = serializers.CharField(allow_null=True)
    columns = serializers.ListField(child=serializers.CharField(), allow_null=True)
    formulas = serializers.CharField(allow_null=True)
    dialect = serializers.CharField(allow_null=True)
    overlong = serializers.CharField(allow_null=True)
    tz = serializers.CharField(allow_null=True)
    since = serializers.CharField(allow_null=True)
    tenant = serializers.CharField(allow_null=True)
    shared_with = serializers.ListField(child=serializers.CharField(), allow_null=True)
    problems = ErrorItemSerializer(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    links = TemplateLinksSerializer()

    def to_representation(self, instance: ExportTemplate) -> dict[str, Any]:
        caller: Caller = self.context["caller"]
        own = is_own(instance, caller)
        problems = [
            {"code": problem.code, "detail": str(problem.detail), "attr": problem.attr}
            for problem in problems_of(instance, caller)
        ]
        return super().to_representation(
            {
                "id": instance.pk,
                "user": instance.user,
                "is_own": own,
                **content_of(instance),
                **({} if own else {"shared_with": None}),
                "problems": problems,
                "created_at": instance.created_at,
                "updated_at": instance.updated_at,
                "links": {
                    "self": reverse("exports-api:template-detail", args=[instance.pk]),
                    "run": None if problems else reverse("exports-api:template-run", args=[instance.pk]),
                },
            }
        )
