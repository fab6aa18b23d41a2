"""The pages of the datasets: all of them, one with its form and preview, its download, and a job for it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.generic import TemplateView

from .. import engine
from ..caller import Caller
from ..catalogue import row_count
from ..definitions import ModelExport
from ..exceptions import DatasetNotFound, ExportError, InvalidParameters, NotPermitted
from ..forms import normalised
from ..history import last_exports
from ..jobs import storage
from ..jobs.submitting import submit
from ..models import ExportLog
from ..policy.addresses import http_caller
from ..policy.permissions import permits, refusal_of
from ..preview import Preview
from ..registry import registry
from ..sinks.http import headers_only, non_atomic, set_status, streaming_response
from .addresses import job_address, page_address, see_other
from .choices import choice_context
from .signed_in import SignedInView


class IndexView(SignedInView, TemplateView):
    """Each dataset with the number of own rows and the last export of it."""

    template_name = "exports/index.html"

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().answer(request, *args, **kwargs)
        except NotPermitted as refusal:  # a user of whom no tenant is known has no datasets
            raise PermissionDenied(str(refusal.detail)) from refusal

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        caller = http_caller(self.request, ExportLog.Door.WEB)
        last = last_exports(user)
        datasets = [
            {
                "name": definition.get_name(),
                "description": definition.description,
                "row_count": row_count(definition, user),
                "last_export": last.get(definition.get_name()),
            }
            for definition in registry
            if permits(definition, caller)
        ]
        return super().get_context_data(title=_("Exports"), section="exports", datasets=datasets, **kwargs)


class _EngineView(SignedInView):
    """Asks the engine about one dataset; what it refuses is told on the page of the dataset."""

    asks_engine = True

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Exempt from ATOMIC_REQUESTS: rows are read in a transaction of their own."""
        return non_atomic(super().as_view(**initkwargs))

    @cached_property
    def definition(self) -> ModelExport:
        try:
            return registry.get(self.kwargs["dataset"])
        except DatasetNotFound as error:
            raise Http404(error.detail) from error

    @cached_property
    def params(self) -> QueryDict:
        """The parameters of the API, whatever a browser has made of them."""
        return normalised(self.request.GET, self.definition, self.request.user)

    @property
    def caller(self) -> Caller:
        return http_caller(self.request, ExportLog.Door.WEB)

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().answer(request, *args, **kwargs)
        except ExportError as error:
            if refusal := refusal_of(self.definition, self.caller):  # the page would tell of the dataset
                raise PermissionDenied(str(refusal.detail)) from error
            return self.page(error=error)

    def page(self, *, preview: Preview | None = None, error: ExportError | None = None) -> TemplateResponse:
        """The dataset's page, with the status that says what the error says."""
        context = choice_context(self.definition, self.caller, self.params, preview=preview, error=error)
        response = TemplateResponse(self.request, "exports/dataset.html", context)
        if error is not None:
            set_status(response, error)
        return response


class DatasetView(_EngineView):
    """The form of a dataset, and the first rows of what is chosen; the parameters are the API's."""

    def get(self, request: HttpRequest, dataset: str) -> HttpResponseBase:
        if self.params != request.GET:
            return HttpResponseRedirect(page_address("dataset", dataset, self.params))
        try:
            return self.page(preview=engine.preview(dataset, self.caller, self.params))
        except InvalidParameters as error:
            if self.params or any(problem.code != "required" for problem in error.errors):
                raise
            return self.page()  # nothing is wrong yet: there was no chance to give the filter


class DownloadView(_EngineView):
    """The file, or the dataset's page that says why there is none."""

    def get(self, request: HttpRequest, dataset: str) -> HttpResponseBase:
        if _nobody_asked(request):
            return HttpResponseRedirect(page_address("dataset", dataset, self.params))
        return streaming_response(request, engine.start(dataset, self.caller, self.params))

    def head(self, request: HttpRequest, dataset: str) -> HttpResponseBase:
        return headers_only(request, engine.head(dataset, self.caller, self.params))


@method_decorator(csrf_protect, name="dispatch")
class JobSubmitView(_EngineView):
    """A background job for the file, or the dataset's page that says why there is none."""

    http_method_names = ["get", "post", "options"]

    @cached_property
    def params(self) -> QueryDict:
        given = self.request.POST.copy()
        given.pop("csrfmiddlewaretoken", None)
        return normalised(given, self.definition, self.request.user)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not storage.is_configured():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, dataset: str) -> HttpResponseBase:
        """Where the login page leads back to, which cannot send a form again."""
        return HttpResponseRedirect(page_address("dataset", self.definition.get_name(), QueryDict()))

    def post(self, request: HttpRequest, dataset: str) -> HttpResponseBase:
        job, _new = submit(dataset, self.caller, self.params)
        return see_other(job_address("job", job))


def _nobody_asked(request: HttpRequest) -> bool:
    """Whether a browser says (Fetch Metadata) that another site's page led here, or that it only guesses.

    Its user has not chosen this file: it would be counted against them, and recorded in their name.
    """
    guessed = "prefetch" in request.headers.get("Sec-Purpose", "")
    return guessed or request.headers.get("Sec-Fetch-Site") == "cross-site"
