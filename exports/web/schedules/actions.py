"""What a user does with a schedule, each by a form of its page."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from ...notices.unsubscribing import subscribe_again
from ...schedules import control
from ..addresses import see_other
from ..own import OwnAction
from .views import SchedulePage


class SchedulePauseView(OwnAction, SchedulePage):
    def act(self) -> None:
        control.pause(self.schedule)


class ScheduleResumeView(OwnAction, SchedulePage):
    def act(self) -> None:
        control.resume(self.schedule)


class ScheduleRunView(OwnAction, SchedulePage):
    """A run beside those by the clock; it stands on top of the runs of the page."""

    def act(self) -> None:
        control.run_now(self.schedule, self.caller)


class ScheduleSubscribeView(OwnAction, SchedulePage):
    """Its mail comes to the user's own address again, which had unsubscribed."""

    def act(self) -> None:
        subscribe_again(self.schedule, self.caller.user)


class ScheduleDeleteView(OwnAction, SchedulePage):
    """Leads to the list: there is no page of the schedule any more."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        control.delete(self.schedule)
        return see_other(reverse("exports-web:schedules"))
