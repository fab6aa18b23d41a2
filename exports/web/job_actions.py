"""What a user does with a job, each by a form of its page."""

from uuid import UUID

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from ..jobs import control, delivery
from .addresses import job_address, link_address, see_other
from .jobs import JobPage


@method_decorator(csrf_protect, name="dispatch")
class _ActionView(JobPage):
    """Changes something, and leads back to the job; where that cannot be, its page says why."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """Where the login page leads back to, which cannot send a form again."""
        return HttpResponseRedirect(job_address("job", self.job))

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        self.act()
        return see_other(job_address("job", self.job))

    def act(self) -> None:
        """Raises an ExportError where it cannot be done."""
        raise NotImplementedError


class CancelView(_ActionView):
    def act(self) -> None:
        control.cancel(self.job)


class RetryView(_ActionView):
    def act(self) -> None:
        control.retry(self.job, self.caller)


class DeleteView(_ActionView):
    """Leads to the list: there is no page of the job any more."""

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        control.delete(self.job)
        return see_other(reverse("exports-web:jobs"))


class LinkView(_ActionView):
    """The page with a new link. It is kept nowhere: whoever asks again gets another."""

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        link = delivery.new_link(self.job, self.caller)
        path = link_address(self.job, link.signature)
        return self.page(link=path and request.build_absolute_uri(path), link_expires_at=link.expires_at)
