"""What is found while somebody types a name, where a filter takes a key."""

import logging
from functools import partial
from typing import Any, NoReturn

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from ... import engine
from ...exceptions import ExportError, TimeLimitExceeded
from ...scope import Scope, own_scope
from ...searching import Search
from ...sources.brief import BriefReading
from .engine_views import EngineView
from .names import not_in_time
from .search_fields import tenant_in

logger = logging.getLogger(__name__)


class SearchView(EngineView):
    """The tenant's rows that a filter's values stand for, by a part of their names: `q`."""

    def get(self, request: HttpRequest, dataset: str, filter: str) -> HttpResponseBase:
        search = self.definition.searches.get(filter)
        if search is None:
            raise Http404
        asked = tenant_in(request.GET)
        scope = engine.may_have(self.definition.get_name(), self.caller, asked, of_rows=False)
        if scope != own_scope(request.user):
            logger.info("User %s looked for %s of tenant %r", request.user.pk, filter, scope.tenant)
        return TemplateResponse(request, "exports/matches.html", self._found(search, scope))

    def _found(self, search: Search, scope: Scope) -> dict[str, Any]:
        """What is shown: the rows of that name, or that they were not found in time."""
        with BriefReading(search.get_queryset().db, self.caller.client) as brief:
            try:
                matches, more = brief.read(partial(search.find, scope, self.request.GET.get("q", "")))
            except TimeLimitExceeded:
                return {"given_up": not_in_time(brief.seconds)}
        return {"matches": matches, "more": more}

    def refused(self, error: ExportError) -> NoReturn:
        """Raises PermissionDenied: a list of names has no room for more than that it is refused."""
        raise PermissionDenied(str(error.detail)) from error
