"""The pages of templates: one's own and those shared, and each of them."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Case, When
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy, pgettext

from ...exceptions import ExportError, TemplateNotFound
from ...lines import LinesField
from ...models import ExportTemplate
from ...saved import control
from ...saved.control import Choice
from ...schedules.control import own_schedules
from ..acting import acting_in
from ..addresses import page_address, see_other
from ..own import OwnAction, OwnList, OwnPage
from ..told import ToldForm
from .sayings import definition_of, said


class TemplateForm(ToldForm):
    """What a template is called, and who else may run it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    shared_with = LinesField(
        label=gettext_lazy("Shared with"),
        help_text=gettext_lazy("Ids of users, one a line. Each of them runs it on their own rows."),
        required=False,
    )


class TemplateListView(OwnList):
    """The user's own templates, and then those that others share with them, by name."""

    not_found = TemplateNotFound

    def get(self, request: HttpRequest) -> HttpResponseBase:
        user = str(self.caller.user.pk)
        own_first = Case(When(user=user, then=0), default=1)
        usable = control.usable_templates(self.caller).order_by(own_first, "name", "id")
        context = self.paged(usable.prefetch_related("shares"))
        templates, count = list(context["page_obj"]), context["paginator"].count
        own = control.own_templates(self.caller).count() if count else 0
        context |= {
            "title": pgettext("kept choices", "Templates"),
            "section": "templates",
            # Of those of others their pages say what is wrong.
            "own": [
                (template, control.problems_of(template, self.caller), acting_in(self.caller.user, template))
                for template in templates
                if template.user == user
            ],
            "own_count": own,
            "shared": [
                (template, acting_in(self.caller.user, template))
                for template in templates
                if template.user != user
            ],
            "shared_count": count - own,
        }
        return self.told("exports/templates.html", context)


class TemplatePage(OwnPage):
    """About one template that the user may run; one that is only shared is not changed."""

    not_found = TemplateNotFound

    @cached_property
    def template(self) -> ExportTemplate:
        return control.usable_template(self.kwargs["pk"], self.caller)

    @property
    def address(self) -> str:
        return reverse("exports-web:template", args=[self.template.pk])

    def refused(self, error: ExportError) -> HttpResponseBase:
        vars(self).pop("template", None)
        return self.page(error=error)

    def page(self, *, error: ExportError | None = None, form: TemplateForm | None = None) -> TemplateResponse:
        """The template's page, with the status that says what the error says."""
        template, caller = self.template, self.caller
        problems = control.problems_of(template, caller)
        reachable = definition_of(template, caller) is not None
        if template.user == str(caller.user.pk):
            form = form or _form_of(template)
        context = {
            "title": template.name,
            "section": "templates",
            "template": template,
            "acting": acting_in(caller.user, template),
            "problems": problems,
            "said": list(said(template, caller)),
            "choice_url": self._choice_address() if reachable else None,
            "schedules": own_schedules(caller).filter(template=template).count(),
            "template_form": form,
        }
        return self.told("exports/template.html", context, error=error, forms=[form] if form else [])

    def _choice_address(self) -> str:
        """The choice in the page of its dataset, with the dates of now."""
        return page_address(
            "dataset", self.template.dataset, control.parameters_now(self.template, self.caller)
        )


class TemplateView(TemplatePage):
    """The page of a template; its name and whom it is shared with are changed here."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        return self.page()

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        template = control.own_template(pk, self.caller)
        form = TemplateForm(request.POST)
        changed = self.filled(
            form, lambda: control.change(template, _changed(template, form.cleaned_data), self.caller)
        )
        return self.page(form=form) if changed is None else see_other(self.address)


class TemplateRunView(OwnAction, TemplatePage):
    """A job with the rows of whoever asks; leads to it."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        job = control.run(self.template, self.caller)
        return see_other(reverse("exports-web:job", args=[job.pk]))


class TemplateDeleteView(OwnAction, TemplatePage):
    """Leads to the list: there is no page of the template any more."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        control.delete(control.own_template(self.kwargs["pk"], self.caller))
        return see_other(reverse("exports-web:templates"))


class TemplateLeaveView(OwnAction, TemplatePage):
    """Ends its being shared with the user, who finds the list: the template is out of their reach."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if self.template.user == str(self.caller.user.pk):  # it is not shared with them
            raise TemplateNotFound
        control.leave(self.template, self.caller)
        return see_other(reverse("exports-web:templates"))


def _form_of(template: ExportTemplate) -> TemplateForm:
    shares = [share.user for share in template.shares.all()]
    return TemplateForm(initial={"name": template.name, "shared_with": shares})


def _changed(template: ExportTemplate, given: dict[str, Any]) -> Choice:
    """Its choice under another name, or shared with others."""
    params = QueryDict(mutable=True)
    for name, values in template.parameters.items():
        params.setlist(name, values)
    return Choice(dataset=template.dataset, parameters=params, **given)
