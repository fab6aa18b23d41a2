"""The pages of one dataset: its form and preview, its download, and a job for it."""

from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase

from ... import engine
from ...exceptions import InvalidParameters
from ...jobs.submitting import Purpose, submit
from ...policy.recipients import own_address
from ...sinks.http import headers_only, streaming_response
from ..addresses import job_address, page_address, see_other
from ..signed_in import is_poll
from .choices import MAIL
from .engine_views import EngineView, PostedChoiceView, leave_for
from .presets import with_preset


class DatasetView(EngineView):
    """The form of a dataset, and the first rows of what is chosen; the parameters are the API's."""

    @property
    def given(self) -> QueryDict:
        return with_preset(self.request.GET, self.definition)

    def get(self, request: HttpRequest, dataset: str) -> HttpResponseBase:
        if self.params != request.GET and not is_poll(request):
            return HttpResponseRedirect(self.address)
        if is_poll(request) and _is_for_another(request, self.params):
            return leave_for(self.address)
        try:
            return self.page(preview=engine.preview(dataset, self.caller, self.params))
        except InvalidParameters as error:
            if self.params.keys() - {"tenant"} or any(problem.code != "required" for problem in error.errors):
                raise
            engine.may_have(dataset, self.caller, self.params, of_rows=False)
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


def _is_for_another(request: HttpRequest, params: QueryDict) -> bool:
    """Whether a page that asks by itself, and whose address htmx sends, was made for another tenant.

    Its banner would not tell of these rows. The answer to a form that was posted has an address that tells of
    no choice.
    """
    address, _, query = request.headers.get("HX-Current-URL", "").partition("#")[0].partition("?")
    if not address.endswith(request.path):
        return False
    return QueryDict(query).get("tenant", "") != params.get("tenant", "")
