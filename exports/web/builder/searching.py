"""What is found while somebody types a name, where a filter takes a key."""

import logging
from typing import NoReturn

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from ... import engine
from ...exceptions import ExportError
from ...preview import Preview
from ...scope import own_scope
from .engine_views import EngineView
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
        matches, more = search.find(scope, request.GET.get("q", ""))
        return TemplateResponse(request, "exports/matches.html", {"matches": matches, "more": more})

    def page(self, *, preview: Preview | None = None, error: ExportError | None = None) -> NoReturn:
        """Raises PermissionDenied: a list of names has no room for more than that it is refused."""
        raise PermissionDenied(str(error.detail) if error else "") from error
