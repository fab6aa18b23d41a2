"""Django's test client, which closes what a test leaves open."""

from typing import Any
from unittest.mock import patch

from django.core.signals import request_finished
from django.http.response import HttpResponseBase
from django.test import Client


def close(response: HttpResponseBase) -> None:
    """Ends a response before its end, as a server does when the client has gone."""
    # The signal would close the connection that the test's transaction is in.
    with patch.object(request_finished, "send"):
        response.close()


class ClosingClient(Client):
    """A client that closes, at the test's end, the responses that the test has not read to their end.

    A server always does. Left to the garbage collector, a stream would end, and write its record, in the
    middle of some later test.
    """

    def __init__(self, **defaults: Any) -> None:
        super().__init__(**defaults)
        self.responses: list[HttpResponseBase] = []

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        self.responses.append(response)
        return response
