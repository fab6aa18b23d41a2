"""What the pages have in common that ask the engine about one dataset."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.decorators.csrf import csrf_protect

from ...definitions import ModelExport
from ...exceptions import DatasetNotFound, ExportError, ServerStopping
from ...forms import normalised
from ...jobs import storage
from ...policy.permissions import refusal_of
from ...preview import Preview
from ...registry import registry
from ...sinks.http import set_status
from ..addresses import page_address
from ..signed_in import NonAtomicView, is_poll
from .choices import choice_context
from .names import Named, named
from .snippets import snippets_for


class EngineView(NonAtomicView):
    """Asks the engine about one dataset; what it refuses is told on the page of the dataset."""

    asks_engine = True

    @cached_property
    def definition(self) -> ModelExport:
        try:
            return registry.get(self.kwargs["dataset"])
        except DatasetNotFound as error:
            raise Http404(error.detail) from error

    @property
    def params(self) -> QueryDict:
        """The parameters of the API, whatever a browser has made of them."""
        return self._named.params

    @cached_property
    def _named(self) -> Named:
        return named(self.definition, self.caller, normalised(self.given, self.definition, self.request.user))

    @property
    def given(self) -> QueryDict:
        """The choice as a browser sends it."""
        return self.request.GET

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().answer(request, *args, **kwargs)
        except ExportError as error:
            if refusal := refusal_of(self.definition, self.caller):  # the page would tell of the dataset
                if is_poll(request):
                    return leave_for(self.address)
                raise PermissionDenied(str(refusal.detail)) from error
            return self.refused(error)

    def refused(self, error: ExportError) -> HttpResponseBase:
        """The answer that tells of the error somebody who may know of the dataset."""
        return self.page(error=self._named.told(error))

    @property
    def address(self) -> str:
        """The dataset's page with the choice."""
        return page_address("dataset", self.definition.get_name(), self.params)

    def page(self, *, preview: Preview | None = None, error: ExportError | None = None) -> TemplateResponse:
        """The dataset's page, with the status that says what the error says.

        A page that asks again by itself gets the part that a choice changes, which says what is wrong, too.
        """
        context = choice_context(self.definition, self.caller, self.params, preview=preview, error=error)
        if preview is not None:
            context["snippets"] = snippets_for(self.request, self.definition.get_name(), self.params)
        if is_poll(self.request):
            response = TemplateResponse(self.request, "exports/live.html", context | {"is_fragment": True})
            response["HX-Replace-Url"] = self.address
            if isinstance(error, ServerStopping):  # nothing is wrong with the choice: the page asks once more
                set_status(response, error)
            return response
        response = TemplateResponse(self.request, "exports/dataset.html", context)
        if error is not None:
            set_status(response, error)
        return response


@method_decorator(csrf_protect, name="dispatch")
class PostedChoiceView(EngineView):
    """Does something with the choice that the form of a dataset sends, where there are jobs."""

    http_method_names = ["get", "post", "options"]
    own_prefix = ""
    """How the names of its own fields begin, which are no parameters of the choice; empty: it has none."""

    @property
    def given(self) -> QueryDict:
        given = self.request.POST.copy()
        for name in list(given):
            if name == "csrfmiddlewaretoken" or (self.own_prefix and name.startswith(self.own_prefix)):
                del given[name]
        return given

    def handle_no_permission(self) -> Any:
        """The login page leads back to the dataset with what was chosen: its form can be sent again."""
        if self.request.method != "POST" or self.request.user.is_authenticated:
            return super().handle_no_permission()
        given = self.given
        for name in [name for name, values in given.lists() if not any(values)]:
            del given[name]
        path = page_address("dataset", self.kwargs["dataset"], given)
        return redirect_to_login(path, self.get_login_url(), self.get_redirect_field_name())

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not storage.is_configured():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, dataset: str) -> HttpResponseBase:
        """Where the login page leads back to, which cannot send a form again."""
        return HttpResponseRedirect(page_address("dataset", self.definition.get_name(), QueryDict()))


def leave_for(path: str) -> HttpResponse:
    """Tells htmx to leave its page for that one, which says why there is nothing to show."""
    return HttpResponse(status=204, headers={"HX-Redirect": path})
