"""Credentials never reach the audit record, wherever in a request they stand."""

import json

import pytest

from exports.models import ExportLog
from tests.api import rows

# No database has a part in it.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

CALLS = "/api/exports/calls"
SECRETS = {
    "Authorization": "Bearer tok-3f9c1",
    "Cookie": "theme=dark; remember=cookie-77ab",
    "X-Api-Key": "key-d41d8",
    "Referer": "https://example.com/?token=referer-0cc1",
}
HIDDEN = ("tok-3f9c1", "cookie-77ab", "key-d41d8", "referer-0cc1", "Bearer", "sessionid")


def the_record() -> str:
    """Everything that the one record says, as text."""
    return json.dumps(ExportLog.objects.values().get(), default=str)


@pytest.mark.parametrize(
    "names", [["api_key", "password"], ["token"], ["access_token"], ["Authorization"], ["X-User-Id"], ["key"]]
)
def test_as_a_parameter_they_are_400_and_stand_nowhere(get, user, names):
    rows.call(user)
    answer = get(CALLS, dict.fromkeys(names, "secret-5e6f"))
    assert answer.status == 400
    assert answer.errors == [("unknown_parameter", name) for name in names]
    assert b"secret-5e6f" not in answer.body
    assert ExportLog.objects.count() == 0


def test_a_denied_request_keeps_its_filters_and_no_credentials(get, stranger):
    answer = get(CALLS, {"tenant": "user-456", "status": "ended"}, **in_keywords())
    assert answer.status == 403
    assert ExportLog.objects.get().filters == {"status": "ended"}
    assert not [word for word in HIDDEN if word in the_record()]


def test_beside_what_would_be_denied_they_are_400_all_the_same(get, stranger):
    """A refusal for want of a permission would be recorded; this one stands nowhere."""
    answer = get(CALLS, {"tenant": "user-456", "api_key": "secret-5e6f", "password": "secret-7a8b"})
    assert (answer.status, b"secret" in answer.body) == (400, False)
    assert ExportLog.objects.count() == 0


def test_an_export_keeps_none_either(get, user):
    answer = get(CALLS, {"status": "ended"}, **in_keywords())
    assert answer.status == 200
    assert ExportLog.objects.get().filters == {"status": "ended"}
    assert not [word for word in HIDDEN if word in the_record()]


@pytest.mark.parametrize("params", [{}, {"tenant": "user-456", "status": "ended"}])
def test_a_session_leaves_no_key(client, user, params):
    client.force_login(user)
    client.cookies["remember"] = "cookie-77ab"
    # Of a scheme that is not in use here: as from a proxy that asks for a password of its own.
    response = client.get(CALLS, params, headers={"Authorization": "Digest tok-3f9c1"})
    assert response.status_code == (403 if params else 200)
    response.getvalue()
    assert client.session.session_key
    hidden = [client.session.session_key, client.cookies["sessionid"].value, user.password, *HIDDEN]
    assert not [word for word in hidden if word in the_record()]


def in_keywords() -> dict[str, str]:
    """The headers above, as `get` takes them."""
    return {name.replace("-", "_"): value for name, value in SECRETS.items()}
