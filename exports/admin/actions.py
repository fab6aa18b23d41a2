"""`ExportActionMixin`: the export action of a ModelAdmin, and the link to what was exported before."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template import Template
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from .. import engine
from ..definitions import ModelExport
from ..exceptions import NotPermitted
from ..models import ExportLog
from ..policy.addresses import http_caller
from ..policy.permissions import permits, refusal_of
from ..registry import registry
from ..sinks.http import non_atomic
from .pages import ExportPage, changelist_url
from .selections import unpaged

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:  # a mixin: the ModelAdmin stands behind it
    _Base = object


class ExportActionMixin(_Base):
    """Gives a ModelAdmin an action for each export of its model; stands before ModelAdmin among the bases.

    The action leads to a page of its own address, because a file is streamed outside of the request's
    transaction, and a changelist is not.
    """

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> Any:
        """Those of the ModelAdmin, and an export of each dataset that the user may export."""
        # Django 5.2 has no other place for actions than the list, and so no such argument.
        location = {} if action_location is None else {"action_location": action_location}
        actions: Any = super().get_actions(request, **location)
        if self.actions is None or IS_POPUP_VAR in request.GET:  # where Django offers none either
            return actions
        for definition in self._definitions():
            if _may_export(request, definition):
                action: Any = self.get_action(_action(self, definition), **location)
                actions |= {_action_name(definition): action} if action else {}
        return actions

    def get_urls(self) -> list[URLPattern]:
        view = non_atomic(self.admin_site.admin_view(self.export_view, cacheable=True))
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/<slug:dataset>/", view, name=name), *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return unpaged(request, super().get_changelist(request, **kwargs))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list; a POST of an export that is not offered to the user is refused."""
        chosen = request.POST.getlist("action")
        for definition in self._definitions():
            if _action_name(definition) in chosen and not self._offers(request, definition):
                return self._refused(request, definition)
        return super().changelist_view(request, extra_context)

    def export_view(self, request: HttpRequest, dataset: str) -> HttpResponseBase:
        """The file, or the page again with a preview or with what is wrong."""
        definition = self._definition(dataset)
        if request.method != "POST":  # as after signing in again
            return HttpResponseRedirect(changelist_url(self, request))
        if not self._offers(request, definition):
            return self._refused(request, definition)
        return ExportPage(self, request, definition).answer()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """The ModelAdmin's own page of an object, whichever template it has, with one more object tool."""
        response: Any = super().render_change_form(request, context, *args, **kwargs)
        address = self._records_url(request)
        if address and isinstance(response, TemplateResponse):
            page: Any = response.resolve_template(response.template_name)
            if isinstance(getattr(page, "template", None), Template):  # Jinja's has no such blocks
                extra = {"exports_change_form": page, "exports_url": address}
                response.context_data = {**(response.context_data or {}), **extra}
                response.template_name = "exports/admin/change_form.html"
        return response

    def _definitions(self) -> list[ModelExport]:
        """The exports of this table; a proxy of its model is the same table."""
        table = self.opts.concrete_model
        return [definition for definition in registry if definition.model._meta.concrete_model is table]

    def _definition(self, dataset: str) -> ModelExport:
        for definition in self._definitions():
            if definition.get_name() == dataset:
                return definition
        raise Http404(_("There is no export of this name."))

    def _offers(self, request: HttpRequest, definition: ModelExport) -> bool:
        """Whether the user may export, and sees a list that has the action."""
        may = _may_export(request, definition) and self.has_view_or_change_permission(request)
        return may and _action_name(definition) in self.get_actions(request)

    def _refused(self, request: HttpRequest, definition: ModelExport) -> HttpResponseBase:
        """403, once the engine has left a record of it.

        It is an answer and no exception: that would roll back the record where requests are transactions.
        """
        caller = http_caller(request, ExportLog.Door.ADMIN)
        try:
            engine.refuse(definition.get_name(), caller, refusal_of(definition, caller) or NotPermitted())
        except NotPermitted as refusal:
            return ExportPage(self, request, definition).refused(refusal)

    def _records_url(self, request: HttpRequest) -> str:
        """The list of the audit records of this table; empty for who may not see it."""
        names = [definition.get_name() for definition in self._definitions()]
        records: Any = self.admin_site._registry.get(ExportLog)
        if not names or records is None or not records.has_view_permission(request):
            return ""
        address = reverse("admin:exports_exportlog_changelist", current_app=self.admin_site.name)
        return f"{address}?{urlencode({'export_type__in': ','.join(names)})}"


def _may_export(request: HttpRequest, definition: ModelExport) -> bool:
    return permits(definition, http_caller(request, ExportLog.Door.ADMIN))


def _action_name(definition: ModelExport) -> str:
    return f"export_{definition.get_name()}"


def _action(model_admin: Any, definition: ModelExport) -> Callable[..., HttpResponseBase]:
    """The action as Django takes it: a function with a name and a description."""

    def export(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
        return ExportPage(model_admin, request, definition).opened(queryset)

    names = {"name": model_admin.opts.verbose_name_plural, "dataset": definition.get_name()}
    description = _("Export selected %(name)s (%(dataset)s)") % names
    export.__name__ = _action_name(definition)
    # Django formats descriptions with names of the model's, by %.
    export.short_description = description.replace("%", "%%")  # type: ignore[attr-defined]
    return export
