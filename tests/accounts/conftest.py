"""What the tests of the accounts share."""

import pytest
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
