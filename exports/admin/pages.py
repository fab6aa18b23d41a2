"""The page between the action and the file: how many rows, which columns, in which order."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from .. import engine
from ..definitions import ModelExport
from ..exceptions import ExportError, InvalidParameters, ParameterProblem
from ..filtering import filter_form
from ..forms import ExportForm, normalised
from ..models import ExportLog
from ..policy.addresses import http_caller
from ..preview import Preview
from ..scope import ALL_TENANTS
from ..sinks.http import set_status, status_code, streaming_response
from . import selections
from .own_rows import scope_of
from .selections import Choice

SHOW = "_preview"
"""The name of the button that shows the choice and exports nothing."""

_OWN_NAMES = (
    "csrfmiddlewaretoken",
    ACTION_CHECKBOX_NAME,
    "select_across",
    selections.IDS,
    selections.ORDER,
    SHOW,
)


class ExportPage:
    """The answers of one ModelAdmin to one request for one dataset."""

    def __init__(self, model_admin: Any, request: HttpRequest, definition: ModelExport) -> None:
        self.model_admin = model_admin
        self.request = request
        self.definition = definition
        self.caller = http_caller(request, ExportLog.Door.ADMIN)

    def opened(self, rows: QuerySet[Any]) -> HttpResponseBase:
        """The page as the action opens it."""
        try:
            choice = selections.opened(self.request, rows)
        except IncorrectLookupParameters:
            return self._unusable()
        params = QueryDict(mutable=True)
        scope = scope_of(self.request)
        if scope and scope.all_tenants:
            params["tenant"] = ALL_TENANTS
        try:
            return self._previewed(choice, params)
        except InvalidParameters:  # a filter that the dataset asks for: there was no chance to give it yet
            return self._page(choice=choice, form=self._form(params))
        except ExportError as error:
            return self._failed(choice, params, error)

    def answer(self) -> HttpResponseBase:
        """The file of what was chosen on the page, or the page with a preview of it."""
        try:
            choice = selections.posted(self.request, self.model_admin)
        except IncorrectLookupParameters:
            return self._unusable()
        params = self._params()
        try:
            if SHOW in self.request.POST:
                return self._previewed(choice, params)
            name = self.definition.get_name()
            stream = engine.start(name, self.caller, params, choice.selection())
            return streaming_response(self.request, stream)
        except ExportError as error:
            return self._failed(choice, params, error)

    def refused(self, error: ExportError) -> HttpResponseBase:
        """A page with nothing to choose on it."""
        return self._page(status=status_code(error), text=str(error.detail))

    def _unusable(self) -> HttpResponseBase:
        text = _("The list has a filter that is not valid. Open the list and choose again.")
        return self._page(status=400, text=text)

    def _params(self) -> QueryDict:
        params = self.request.POST.copy()
        for name in _OWN_NAMES:
            params.pop(name, None)
        return normalised(params, self.definition, self.request.user)

    def _previewed(self, choice: Choice, params: QueryDict) -> HttpResponseBase:
        preview = engine.preview(self.definition.get_name(), self.caller, params, choice.selection())
        return self._page(choice=choice, form=self._form(params), preview=preview)

    def _failed(self, choice: Choice, params: QueryDict, error: ExportError) -> HttpResponseBase:
        form = self._form(params, error.problems)
        text = _("Please correct the errors below.") if error.problems else str(error.detail)
        response = self._page(choice=choice, form=form, text=text)
        set_status(response, error)
        return response

    def _form(self, params: QueryDict, problems: Sequence[ParameterProblem] = ()) -> ExportForm:
        known = filter_form(self.definition).fields.items()
        # The others would narrow what the list has narrowed already.
        required = [name for name, field in known if field.required]
        user, scope = self.request.user, scope_of(self.request)
        form = ExportForm(self.definition, user, params, problems=problems, filters=required)
        if not (scope and scope.all_tenants) and "tenant" not in params:
            form.fields.pop("tenant", None)  # the list may hold own rows alone, whoever is named here
        return form

    def _page(
        self,
        *,
        choice: Choice | None = None,
        form: ExportForm | None = None,
        preview: Preview | None = None,
        status: int = 200,
        text: str = "",
    ) -> TemplateResponse:
        model_admin, opts = self.model_admin, self.model_admin.opts
        self.request.current_app = model_admin.admin_site.name
        context = {
            **model_admin.admin_site.each_context(self.request),
            "title": _("Export %(name)s") % {"name": opts.verbose_name_plural},
            "subtitle": None,
            "opts": opts,
            "definition": self.definition,
            "changelist_url": changelist_url(model_admin, self.request),
            "export_url": export_url(model_admin, self.request, self.definition),
            "choice": choice,
            "show_name": SHOW,
            "ids_name": selections.IDS,
            "form": form,
            "preview": preview,
            "text": text,
        }
        response = TemplateResponse(self.request, "exports/admin/export.html", context, status=status)
        add_never_cache_headers(response)
        return response


def changelist_url(model_admin: Any, request: HttpRequest) -> str:
    """The list that this request came from."""
    return _address(model_admin, request, "changelist")


def export_url(model_admin: Any, request: HttpRequest, definition: ModelExport) -> str:
    """Where the page posts its choice to: the list's parameters go with it."""
    return _address(model_admin, request, "export", definition.get_name())


def _address(model_admin: Any, request: HttpRequest, view: str, *args: str) -> str:
    opts = model_admin.opts
    name = f"admin:{opts.app_label}_{opts.model_name}_{view}"
    address = reverse(name, args=args, current_app=model_admin.admin_site.name)
    query = selections.list_address(request)
    return f"{address}?{query}" if query else address
