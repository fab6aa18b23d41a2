"""What the tests of the accounts share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

LOGIN = "/api/auth/login"


@pytest.fixture
def csrf_client() -> Client:
    """A client whose requests are checked for the CSRF token, as a browser's are."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def sign_in():
    """Posts credentials as JSON: `sign_in(client, username=…, password=…)`."""
    return lambda client, **credentials: client.post(LOGIN, credentials, content_type="application/json")


@pytest.fixture
def time_machine_at() -> Iterator[Callable[[timedelta], None]]:
    """time_machine_at(timedelta): so much later than now, until the next call or the test's end.

    Now is when it is called: what happened before took its time.
    """
    with ExitStack() as stack:

        def later(by: timedelta) -> None:
            stack.close()
            stack.enter_context(time_machine.travel(datetime.now(UTC) + by, tick=True))

        yield later
