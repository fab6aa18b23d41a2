"""What a user does with a job, each by a form of its page."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from ...jobs import control, delivery
from ..addresses import link_address, see_other
from ..own import OwnAction
from .views import JobPage


class CancelView(OwnAction, JobPage):
    def act(self) -> None:
        control.cancel(self.job)


class RetryView(OwnAction, JobPage):
    def act(self) -> None:
        control.retry(self.job, self.caller)


class DeleteView(OwnAction, JobPage):
    """Leads to the list: there is no page of the job any more."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        control.delete(self.job)
        return see_other(reverse("exports-web:jobs"))


class LinkView(OwnAction, JobPage):
    """The page with a new link. It is kept nowhere: whoever asks again gets another."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        link = delivery.new_link(self.job, self.caller)
        path = link_address(self.job, link.signature)
        return self.page(link=path and request.build_absolute_uri(path), link_expires_at=link.expires_at)
