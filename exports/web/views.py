"""The pages of the datasets: all of them, one with its form and preview, its download, and a job for it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from .. import engine
from ..catalogue import row_count
from ..exceptions import InvalidParameters, NotPermitted
from ..history import last_exports
from ..jobs.submitting import Purpose, submit
from ..models import ExportLog
from ..policy.addresses import http_caller
from ..policy.permissions import permits
from ..policy.recipients import own_address
from ..registry import registry
from ..sinks.http import headers_only, streaming_response
from .addresses import job_address, page_address, see_other
from .choices import MAIL
from .engine_views import EngineView, PostedChoiceView
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


class DatasetView(EngineView):
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


class DownloadView(EngineView):
    """The file, or the dataset's page that says why there is none."""

    def get(self, request: HttpRequest, dataset: str) -> HttpResponseBase:
        if _nobody_asked(request):
            return HttpResponseRedirect(page_address("dataset", dataset, self.params))
        return streaming_response(request, engine.start(dataset, self.caller, self.params))

    def head(self, request: HttpRequest, dataset: str) -> HttpResponseBase:
        return headers_only(request, engine.head(dataset, self.caller, self.params))


class JobSubmitView(PostedChoiceView):
    """A background job for the file, or the dataset's page that says why there is none."""

    def post(self, request: HttpRequest, dataset: str) -> HttpResponseBase:
        wants_mail = request.GET.urlencode() == MAIL
        recipients = [own_address(request.user)] if wants_mail else []
        job, _new = submit(dataset, self.caller, self.params, Purpose(recipients=recipients))
        return see_other(job_address("job", job))


def _nobody_asked(request: HttpRequest) -> bool:
    """Whether a browser says (Fetch Metadata) that another site's page led here, or that it only guesses.

    Its user has not chosen this file: it would be counted against them, and recorded in their name.
    """
    guessed = "prefetch" in request.headers.get("Sec-Purpose", "")
    return guessed or request.headers.get("Sec-Fetch-Site") == "cross-site"
