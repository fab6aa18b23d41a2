"""The rate limit at the REST door."""

from contextlib import suppress

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from ..exceptions import PlanUnknown
from ..policy import rates
from ..registry import registry
from .callers import caller_of


class ExportRateThrottle(BaseThrottle):
    """Turns away a caller who has been refused in this window already, before the request is looked at.

    It counts nothing: the engine counts an export once its request has passed validation, whichever
    door it came through, and makes the window's first refusal.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Raises RateLimited itself, which says more than a wait."""
        with suppress(PlanUnknown):  # for the engine to refuse, which leaves a record
            rates.peek(registry.get(getattr(view, "dataset", "")), caller_of(request))
        return True
