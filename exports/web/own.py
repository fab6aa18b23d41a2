"""Pages about what a user has: a job, a template, a schedule, a webhook."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from django.views.generic.list import MultipleObjectMixin

from ..exceptions import ExportError
from ..sinks.http import set_status
from .addresses import see_other
from .listing import ROWS_A_PAGE
from .polling import JobsView
from .signed_in import NonAtomicView
from .told import ToldForm, mistakes


@method_decorator(csrf_protect, name="dispatch")
class OwnPage(NonAtomicView, JobsView):
    """What is somebody else's does not exist. What cannot be done is told on the page, with its status."""

    not_found: ClassVar[type[ExportError]]
    """What is raised where there is nothing to show."""

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return self._answer(request, *args, **kwargs)
        except self.not_found as error:
            raise Http404(error.detail) from error

    def _answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().answer(request, *args, **kwargs)
        except self.not_found:
            raise
        except ExportError as error:
            return self.refused(error)

    @property
    def address(self) -> str:
        """The address of the page, to which what is done there leads back."""
        raise NotImplementedError

    def refused(self, error: ExportError) -> HttpResponseBase:
        """The page that tells of what could not be done."""
        raise NotImplementedError

    def filled[Result](self, form: ToldForm, work: Callable[[], Result]) -> Result | None:
        """What `work` makes of a form; None where the form, or the engine, finds something wrong in it."""
        if not form.is_valid():
            return None
        try:
            return work()
        except self.not_found:
            raise
        except ExportError as error:
            form.take(error)
            return None

    def told(
        self,
        template_name: str,
        context: dict[str, Any],
        *,
        error: ExportError | None = None,
        forms: Iterable[ToldForm] = (),
    ) -> TemplateResponse:
        """A page; with the status of an error, or 400 where something is wrong with one of its forms."""
        wrong = [form for form in forms if form.errors]
        context = {"error": error, "failed": error is not None or bool(wrong)} | context
        if wrong:
            context |= {"form": wrong[0], "mistakes": list(mistakes(wrong[0]))}
        response = TemplateResponse(self.request, template_name, context)
        if error is not None:
            set_status(response, error)
        elif wrong:
            response.status_code = 400
        return response


class OwnList(MultipleObjectMixin, OwnPage):  # type: ignore[type-arg]  # takes no argument at run time
    """A list in pages; the address says which, and 404 is what there is none of."""

    def paged(self, rows: QuerySet[Any]) -> dict[str, Any]:
        """The rows of the page, as `page_obj`, with what `exports/pages.html` needs."""
        paginator, page, _rows, is_paginated = self.paginate_queryset(rows, ROWS_A_PAGE)
        return {"paginator": paginator, "page_obj": page, "is_paginated": is_paginated}


class OwnAction(OwnPage):
    """Changes something, and leads back to the page; where that cannot be, the page says why."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Where the login page leads back to, which cannot send a form again."""
        return HttpResponseRedirect(self.address)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.act()
        return see_other(self.address)

    def act(self) -> None:
        """Raises an ExportError where it cannot be done."""
        raise NotImplementedError
