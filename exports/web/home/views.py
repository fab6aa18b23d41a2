"""The first page: the datasets, and what a user comes back for."""

from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from ... import engine
from ...exceptions import InvalidParameters, NotPermitted
from ...policy.permissions import permits
from ...registry import registry
from ...scope import Scope, resolve_scope
from ..acting import acting_for, may_act
from ..polling import PolledView, reload_page
from ..signed_in import NonAtomicView, is_poll
from .parts import datasets_of, jobs_of, jobs_that_go_on, recent_of, templates_of


class IndexView(NonAtomicView, PolledView, TemplateView):
    """Each dataset with its number of rows; above them open jobs, the last exports, and templates.

    With `tenant` in the address it is about that tenant's rows, for who may act for it.
    """

    template_name = "exports/index.html"

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().answer(request, *args, **kwargs)
        except NotPermitted as refusal:  # also a user of whom no tenant is known, and who has no datasets
            raise PermissionDenied(str(refusal.detail)) from refusal

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_poll(request):
            return super().get(request, *args, **kwargs)
        context = jobs_of(self.caller, request.GET.getlist("job"))
        if not context["rows"]:  # they were deleted
            return reload_page(204)
        return TemplateResponse(request, "exports/job_rows.html", context)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        caller, scope = self.caller, self.scope
        acting = acting_for(caller.user, scope.tenant)
        datasets = datasets_of(caller, scope, acting)
        context = {
            "title": _("Exports"),
            "section": "exports",
            "acting": acting,
            "may_act": may_act(caller.user),
            "datasets": datasets,
            "has_rows": any(dataset["row_count"] for dataset in datasets),
            "recent": recent_of(caller, acting),
            "jobs": jobs_that_go_on(caller, acting),
            # A template says itself for whom it is.
            "templates": [] if acting else templates_of(caller),
        }
        return super().get_context_data(**context, **kwargs)

    @cached_property
    def scope(self) -> Scope:
        """Whose rows the page is about. Raises NotPermitted; what is denied is recorded."""
        caller, tenant = self.caller, self.request.GET.get("tenant", "").strip()
        names = [definition.get_name() for definition in registry if permits(definition, caller)]
        if not tenant or not names:
            return resolve_scope(caller.user, tenant or None)
        try:
            return engine.acting_scope(names[0], caller, tenant)
        except InvalidParameters as error:
            raise BadRequest(str(error)) from error
