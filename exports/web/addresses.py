"""Addresses of the pages, with a choice in them, and the way to them."""

from urllib.parse import urlencode

from django.http import HttpResponseRedirect, QueryDict
from django.urls import NoReverseMatch, reverse

from ..models import ExportJob


def page_address(name: str, dataset: str, params: QueryDict) -> str:
    """The address of this page (`dataset`, `download`, `job-submit`) of a dataset, with these parameters."""
    return _with_params(reverse(f"exports-web:{name}", args=[dataset]), params)


def api_address(dataset: str, params: QueryDict) -> str | None:
    """The same choice at the REST door; None in a project that has no such door."""
    try:
        return _with_params(reverse(f"exports-api:{dataset}"), params)
    except NoReverseMatch:
        return None


def job_address(name: str, job: ExportJob) -> str:
    """The address of a job's page (`job`), or of what is done with it (`job-cancel` and the like)."""
    return reverse(f"exports-web:{name}", args=[job.pk])


def link_address(job: ExportJob, signature: str) -> str | None:
    """Where the REST door gives the file to whoever has this signature; None in a project without it."""
    try:
        path = reverse("exports-api:job-file", args=[job.pk])
    except NoReverseMatch:
        return None
    return f"{path}?{urlencode({'link': signature})}"


def see_other(path: str) -> HttpResponseRedirect:
    """Leads on after a POST: whatever the browser is told to do, it asks by GET (RFC 9110, 15.4.4)."""
    response = HttpResponseRedirect(path)
    response.status_code = 303
    return response


def _with_params(path: str, params: QueryDict) -> str:
    # Left as they are, because people read these addresses; a query may hold all of them (RFC 3986).
    query = params.urlencode(safe=",:*/@")
    return f"{path}?{query}" if query else path
