"""Sessions and the development header as credentials of the API."""

import logging

import pytest
from django.test import Client

SCHEMA = "/api/schema/"  # a path that any signed-in user may read
LOGOUT = "/api/auth/logout"

pytestmark = pytest.mark.django_db


CHALLENGES = 'X-User-Id realm="development", Api-Key realm="api", Bearer realm="api", Session realm="api"'


@pytest.fixture
def whoami(client: Client):
    """The answer to `client`, and the user whom it was given to (None: nobody)."""

    def ask(**headers: str):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = client.get(SCHEMA, headers=names)
        return answer.status_code, getattr(answer.renderer_context["request"].user, "pk", None)

    return ask


def test_it_works(whoami, client, user):
    client.force_login(user)
    assert whoami() == (200, "user-123")


def test_nobody_is_401_and_told_how(client):
    answer = client.get(SCHEMA)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == CHALLENGES
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "type": "client_error",
        "errors": [
            {
                "code": "not_authenticated",
                "detail": "Authentication credentials were not provided.",
                "attr": None,
            }
        ],
    }


def test_a_session_of_a_user_who_became_inactive_is_401(whoami, client, user):
    client.force_login(user)
    user.is_active = False
    user.save()
    assert whoami()[0] == 401


def test_a_session_of_a_deleted_user_is_401(whoami, client, user):
    client.force_login(user)
    user.delete()
    assert whoami()[0] == 401


@pytest.mark.parametrize("value", ['"\\000aaaaaaaaaaaa"', "short", "é" * 9, "../../aaaaaaaa", "a" * 5000])
def test_a_cookie_that_is_no_sessions_key_is_none(client, value):
    """Browsers send what they have; Django undoes the octal of a NUL."""
    answer = client.get(SCHEMA, headers={"Cookie": f"sessionid={value}"})
    assert answer.status_code == 401
    assert client.get("/login/", headers={"Cookie": f"sessionid={value}"}).status_code == 200


def test_the_development_header_names_the_user(whoami, user):
    assert whoami(X_User_Id="user-123") == (200, "user-123")


@pytest.mark.parametrize(
    "value",
    ["", " ", "nobody", "USER-123", "x" * 37, "user-123,user-123", "user-123, user-456", "\x00", "é", "*"],
)
def test_a_development_header_that_names_no_active_user_is_401(client, user, value):
    answer = client.get(SCHEMA, headers={"X-User-Id": value})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] == "authentication_failed"
    assert answer.headers["WWW-Authenticate"] == CHALLENGES


def test_a_development_header_of_an_inactive_user_is_401(whoami, user):
    user.is_active = False
    user.save()
    assert whoami(X_User_Id="user-123")[0] == 401


def test_the_development_header_comes_before_the_session(whoami, client, user, stranger):
    client.force_login(stranger)
    assert whoami(X_User_Id="user-123") == (200, "user-123")
    assert whoami(X_User_Id="nobody")[0] == 401


def test_the_development_header_is_not_read_where_it_is_off(whoami, client, user, stranger, settings):
    settings.DEV_USER_HEADER = False
    assert whoami(X_User_Id="user-123")[0] == 401
    client.force_login(stranger)
    assert whoami(X_User_Id="user-123") == (200, "user-456")


def test_401_is_logged_without_what_was_offered(client, user, caplog):
    with caplog.at_level(logging.WARNING, "accounts.authentication"):
        client.get(f"{SCHEMA}?token=SECRET", headers={"X-User-Id": "SECRET"}, REMOTE_ADDR="192.0.2.7")
        credentials = {"username": "x", "password": "SECRET"}
        client.post("/api/auth/login", credentials, content_type="application/json")
    records = [record for record in caplog.records if record.name == "accounts.authentication"]
    assert [record.getMessage() for record in records] == [
        "401 for GET '/api/schema/' from '192.0.2.7'",
        "401 for POST '/api/auth/login' from '127.0.0.1'",
    ]
    assert {record.levelname for record in records} == {"WARNING"}
    assert "SECRET" not in caplog.text


def test_other_answers_are_not_logged_as_refusals(client, user, caplog):
    client.get(SCHEMA, headers={"X-User-Id": "user-123"})
    client.get("/api/nothing")
    assert "accounts.authentication" not in {record.name for record in caplog.records}
