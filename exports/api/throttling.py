"""The rate limit at the REST door."""

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from ..exceptions import RateLimited
from ..policy import rates


class ExportRateThrottle(BaseThrottle):
    """Turns away a caller who has been refused in this window already, before the request is looked at.

    It counts nothing: the engine counts an export once its request has passed validation, whichever
    door it came through, and makes the window's first refusal.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        self._retry_after: float | None = None
        try:
            rates.peek(request.user, getattr(view, "dataset", ""))
        except RateLimited as refusal:
            self._retry_after = refusal.retry_after
            return False
        return True

    def wait(self) -> float | None:
        return self._retry_after
