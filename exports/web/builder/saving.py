"""Saving the choice of a dataset's page as a template: the form, and what it asks."""

from typing import Any, Final

from django import forms
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from ... import engine
from ...caller import Caller
from ...definitions import ModelExport
from ...exceptions import ExportError, InvalidParameters
from ...filtering import filter_form
from ...models import ExportTemplate
from ...saved import control
from ...saved.control import Choice
from ...saved.relative import LAST_RUN
from ..acting import acting_by
from ..addresses import page_address, see_other
from ..relative_dates import Range, offered, period_of, periods_in, ranges
from ..told import ToldForm, mistakes
from .engine_views import PostedChoiceView

PREFIX: Final = "template"
_AS_CHOSEN: Final = pgettext_lazy("dates", "as chosen")


class SaveForm(ToldForm):
    """A name, and what of the choice is to be another each time. `params` are the API's."""

    attrs = {"since": "since_last_run"}

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)
    replaces = forms.ChoiceField(
        label=gettext_lazy("Save as"),
        help_text=gettext_lazy("A template in whose place it is saved keeps its name where none is given."),
        required=False,
    )
    since_last_run = forms.BooleanField(
        label=gettext_lazy("Only rows that were created since the last run"), required=False
    )

    def __init__(
        self, definition: ModelExport, caller: Caller, params: QueryDict, data: QueryDict | None = None
    ) -> None:
        super().__init__(data, prefix=PREFIX)
        self._params, self._dataset = params, definition.get_name()
        own = control.own_templates(caller).filter(dataset=self._dataset)
        usable = list(control.usable_templates(caller).filter(dataset=self._dataset))
        self.templates: dict[str, ExportTemplate] = {str(template.pk): template for template in own}
        self._offer_templates()
        labels = {name: str(field.label or name) for name, field in filter_form(definition).fields.items()}
        self.ranges = {f"dates_{at}": found for at, found in enumerate(ranges(self._dataset))}
        for name, found in self.ranges.items():
            shown = [labels.get(filter, filter) for filter in found.names]
            self.fields[name] = self._dates(found, shown, periods_in(found, usable))
        if definition.created_field:
            self.fields["since_last_run"].initial = "since" in params
        else:
            del self.fields["since_last_run"]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if not cleaned.get("name") and not cleaned.get("replaces") and "name" not in self.errors:
            self.add_error("name", forms.ValidationError(_("This may not be empty."), code="blank"))
        return cleaned

    def field_of(self, attr: str) -> str | None:
        found = [name for name, dates in self.ranges.items() if attr in dates.names]
        return found[0] if found else super().field_of(attr)

    @property
    def date_fields(self) -> list[forms.BoundField]:
        """The lists of relative dates."""
        return [self[name] for name in self.ranges]

    @property
    def replaced(self) -> ExportTemplate | None:
        """The template in whose place this is to be saved."""
        return self.templates.get(self.cleaned_data["replaces"])

    def choice(self) -> Choice:
        """What is to be kept. The form is valid."""
        params, old = self._params.copy(), self.replaced
        for name, found in self.ranges.items():
            if value := self.cleaned_data[name]:
                for filter in found.names:
                    params[filter] = value
        if self.cleaned_data.get("since_last_run"):
            params["since"] = LAST_RUN
        elif "since_last_run" in self.fields:  # it was ticked where the choice had a cursor
            params.pop("since", None)
        return Choice(
            name=self.cleaned_data["name"] or (old.name if old else ""),
            dataset=self._dataset,
            parameters=params,
            shared_with=[share.user for share in old.shares.all()] if old else (),
        )

    def _offer_templates(self) -> None:
        text = gettext_lazy("in place of “{name}”")
        places = [(key, format_lazy(text, name=found.name)) for key, found in self.templates.items()]
        self.fields["replaces"].choices = [("", gettext_lazy("a new template")), *places]  # type: ignore[attr-defined]
        if not places:
            self.fields["replaces"].widget = forms.HiddenInput()

    def _dates(self, found: Range, labels: list[str], known: list[str]) -> forms.ChoiceField:
        return forms.ChoiceField(
            label=format_lazy(gettext_lazy("Days ({filters})"), filters=", ".join(labels)),
            help_text=gettext_lazy("Told from the day on which the template is run."),
            choices=[("", _AS_CHOSEN), *offered(known)],
            initial=period_of(found, self._params, now(), known),
            required=False,
        )


class TemplateSaveView(PostedChoiceView):
    """Asks for a name, and keeps the choice. A choice that is wrong by itself is told beside its fields."""

    own_prefix = f"{PREFIX}-"

    def post(self, request: HttpRequest, dataset: str) -> HttpResponseBase:
        if f"{PREFIX}-name" not in request.POST:  # from the page of the dataset
            self._require_right()
            return self._ask(SaveForm(self.definition, self.caller, self.params))
        form = SaveForm(self.definition, self.caller, self.params, request.POST)
        template = self._saved(form) if form.is_valid() else None
        if template is None:
            return self._ask(form, status=400)
        return see_other(self._next(template))

    @property
    def _goes_on(self) -> bool:
        """Whether the template is wanted for a schedule, whose form comes next."""
        return self.request.GET.get("then") == "schedule"

    @property
    def _then(self) -> QueryDict:
        return QueryDict("then=schedule" if self._goes_on else "")

    def _next(self, template: ExportTemplate) -> str:
        if self._goes_on:
            return reverse("exports-web:schedule-new") + f"?template={template.pk}"
        return reverse("exports-web:template", args=[template.pk])

    def _saved(self, form: SaveForm) -> ExportTemplate | None:
        """The template; None where the form says what is wrong."""
        choice = form.choice()
        try:
            if form.replaced is not None:
                return control.change(form.replaced, choice, self.caller)
            return control.create(choice, self.caller)
        except ExportError as error:
            form.take(error)
            return None

    def _require_right(self) -> None:
        """A filter that is required may still be given, by relative dates."""
        try:
            engine.check(self.definition.get_name(), self.caller, self.params)
        except InvalidParameters as error:
            if any(problem.code != "required" for problem in error.errors):
                raise

    def _ask(self, form: SaveForm, status: int = 200) -> TemplateResponse:
        name = self.definition.get_name()
        context = {
            "title": _("Save this choice of %(dataset)s") % {"dataset": name},
            "section": "templates",
            "acting": acting_by(self.caller.user, self.params),
            "form": form,
            "failed": bool(form.errors),
            "mistakes": list(mistakes(form)),
            "given": [(key, value) for key, values in self.params.lists() for value in values],
            "save_url": page_address("template-save", name, self._then),
            "goes_on": self._goes_on,
            "choice_url": page_address("dataset", name, self.params),
        }
        return TemplateResponse(self.request, "exports/template_save.html", context, status=status)
