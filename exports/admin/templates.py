"""Saved templates in the admin: made, changed and deleted, each checked for whose it is."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.html import format_html_join
from django.utils.text import format_lazy
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from ..caller import Caller
from ..exceptions import ExportError, ParameterProblem
from ..lines import LinesField
from ..models import ExportLog, ExportTemplate
from ..policy.addresses import http_caller
from ..registry import registry
from ..saved import control
from ..saved.acting import require_rights_over
from ..saved.resolving import parameters_for
from .controlled import SEVERAL_LINES, ControlledAdmin, ControlledForm, owners_caller
from .jobs import JobDatasetFilter
from .records import pretty


class TemplateForm(ControlledForm):
    """A template, its parameters one a line."""

    name = forms.CharField(label=_("Name"))
    dataset = forms.ChoiceField(label=_("Dataset"))
    lines = LinesField(
        label=_("Parameters"),
        help_text=_(
            "One name=value a line, as in the API, such as: start_date=last month. Dates may be relative: "
            "today, yesterday, this or last week, month or year, last 7 days; since=last run goes on where "
            "the last run ended."
        ),
        required=False,
        strip=False,
        widget=SEVERAL_LINES,
    )
    shared_with = LinesField(
        label=_("Shared with"), help_text=_("Ids of users, one a line."), required=False, widget=SEVERAL_LINES
    )
    rest = "lines"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.instance
        names = {definition.get_name() for definition in registry} | ({kept.dataset} - {""})
        self.fields["dataset"].choices = [(name, name) for name in sorted(names)]  # type: ignore[attr-defined]
        self.initial["lines"] = [
            f"{name}={value}" for name, values in kept.parameters.items() for value in values
        ]
        if not kept._state.adding:
            self.initial["shared_with"] = [share.user for share in kept.shares.all()]

    def clean_lines(self) -> QueryDict:
        parameters = QueryDict(mutable=True)
        for line in self.cleaned_data["lines"]:
            name, equals, value = line.partition("=")
            if not equals:
                text = format_lazy(_("This is no name=value: {line}"), line=line[:100])
                raise forms.ValidationError(text, code="invalid")
            parameters.appendlist(name.strip(), value)
        return parameters

    def saved(self, caller: Caller) -> ExportTemplate:
        given = self.cleaned_data
        choice = control.Choice(
            name=given["name"],
            dataset=given["dataset"],
            parameters=given["lines"],
            shared_with=[user.strip() for user in given["shared_with"]],
        )
        if self.instance._state.adding:
            return control.create(choice, caller)
        if caller.user.pk != self.request.user.pk:
            self._require_rights_over(choice, caller.user)
        return control.change(self.instance, choice, caller)

    def _require_rights_over(self, choice: control.Choice, owner: Any) -> None:
        """A schedule may send what it makes to others: nobody chooses rows for it that they may not have."""
        described = ExportTemplate(dataset=choice.dataset, parameters=dict(choice.parameters.lists()))
        staff = http_caller(self.request, ExportLog.Door.ADMIN)
        require_rights_over(choice.dataset, parameters_for(described, now()), staff, owner)


@admin.register(ExportTemplate)
class ExportTemplateAdmin(ControlledAdmin):
    """One's own templates, or everybody's for who may export all tenants. New ones are one's own."""

    form = TemplateForm
    list_display = ("name", "dataset", "user", "created_at", "updated_at")
    list_filter = (JobDatasetFilter,)
    search_fields = ("name", "user", "dataset", "=id")
    search_help_text = _("Name, user or dataset, or part of it; or a whole id.")
    ordering = ("name", "id")
    form_fields: ClassVar = ("name", "dataset", "lines", "shared_with")
    kept_fields: ClassVar = ("shown_name", "shown_dataset", "shown_parameters", "shown_shares")
    told_fields: ClassVar = ("problems", "id", "user", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportTemplate]:
        return control.reachable_templates(request.user).order_by(*self.ordering)

    def delete_one(self, row: ExportTemplate) -> None:
        control.delete(row)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The template, with what is in the way of its user's running it."""
        template: Any = super().get_object(request, object_id, from_field)
        if template is not None:
            template.found_problems = _problems(template, request)
        return template

    @admin.display(description=_("name"))
    def shown_name(self, template: ExportTemplate) -> str:
        return template.name

    @admin.display(description=_("dataset"))
    def shown_dataset(self, template: ExportTemplate) -> str:
        return template.dataset

    @admin.display(description=_("parameters"))
    def shown_parameters(self, template: ExportTemplate) -> str:
        return pretty(template.parameters)

    @admin.display(description=_("shared with"))
    def shown_shares(self, template: ExportTemplate) -> str:
        return ", ".join(share.user for share in template.shares.all()) or "-"

    @admin.display(description=_("what is wrong"))
    def problems(self, template: Any) -> str:
        found = [(f"{problem.attr}: {problem.detail}",) for problem in template.found_problems]
        return format_html_join("", "<p>{}</p>", found) or "-"


def _problems(template: ExportTemplate, request: HttpRequest) -> tuple[ParameterProblem, ...]:
    try:
        return control.problems_of(template, owners_caller(request, template.user))
    except ExportError as error:  # its user is gone
        return (ParameterProblem("user", error.code, error.detail),)
