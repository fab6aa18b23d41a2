"""Templates at the REST door: kept, looked at, changed, run and removed."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from ..exceptions import TemplateNotFound
from ..models import ExportTemplate
from ..saved import control
from .base import ObjectView
from .callers import caller_of
from .job_answers import accepted
from .pagination import LogPagination
from .submissions import recipients_of
from .template_bodies import READ_ONLY, choice_of, content_of, is_own
from .template_schema import CHANGE, CREATE, DELETE, DETAIL, LIST, REPLACE, RUN
from .template_serializers import ExportTemplateSerializer


class TemplateEngineView(ObjectView):
    """What the views of templates share."""

    def own_template(self) -> ExportTemplate:
        """The template that the path names. Raises TemplateNotFound, of one that is only shared too."""
        return control.own_template(self.object_id(TemplateNotFound), caller_of(self.request))

    def usable_template(self) -> ExportTemplate:
        """That, or one that is shared with the caller. Raises TemplateNotFound."""
        return control.usable_template(self.object_id(TemplateNotFound), caller_of(self.request))

    def answer(self, template: ExportTemplate, status_code: int = status.HTTP_200_OK) -> Response:
        """The template as JSON."""
        shown = ExportTemplateSerializer(template, context={"caller": caller_of(self.request)})
        return Response(shown.data, status=status_code)


class TemplateListView(TemplateEngineView, ListAPIView[ExportTemplate]):
    """The caller's templates and those shared with them, by name."""

    serializer_class = ExportTemplateSerializer
    pagination_class = LogPagination

    @LIST
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @CREATE
    def post(self, request: Request) -> Response:
        template = control.create(choice_of(request), caller_of(request))
        answer = self.answer(template, status.HTTP_201_CREATED)
        answer["Location"] = reverse("exports-api:template-detail", args=[template.pk])
        return answer

    def get_queryset(self) -> QuerySet[ExportTemplate]:
        templates = control.usable_templates(caller_of(self.request)).prefetch_related("shares")
        dataset = self.request.query_params.get("dataset")
        if dataset is None:
            return templates
        return templates.filter(dataset=dataset) if dataset.isprintable() else templates.none()

    def get_serializer_context(self) -> dict[str, Any]:
        return {"caller": caller_of(self.request)}


class TemplateDetailView(TemplateEngineView):
    """One of these templates."""

    @DETAIL
    def get(self, request: Request, pk: str) -> Response:
        return self.answer(self.usable_template())

    @REPLACE
    def put(self, request: Request, pk: str) -> Response:
        template = self.own_template()
        return self._changed(template, choice_of(request, unread=READ_ONLY))

    @CHANGE
    def patch(self, request: Request, pk: str) -> Response:
        template = self.own_template()
        return self._changed(template, choice_of(request, content_of(template), READ_ONLY))

    @DELETE
    def delete(self, request: Request, pk: str) -> Response:
        template, caller = self.usable_template(), caller_of(request)
        if is_own(template, caller):
            control.delete(template)
        else:
            control.leave(template, caller)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _changed(self, template: ExportTemplate, choice: control.Choice) -> Response:
        control.change(template, choice, caller_of(self.request))
        return self.answer(template)


class TemplateRunView(TemplateEngineView):
    """Makes a job of a template."""

    @RUN
    def post(self, request: Request, pk: str) -> Response:
        template = self.usable_template()
        return accepted(request, control.run(template, caller_of(request), recipients_of(request)))
