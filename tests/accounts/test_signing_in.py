"""POST /api/auth/login and /api/auth/logout."""

import pytest
from django.test import Client

from accounts.api.parsers import JSONParser
from accounts.api.sessions import LogoutView

LOGIN = "/api/auth/login"
LOGOUT = "/api/auth/logout"
SCHEMA = "/api/schema/"  # a path that any signed-in user may read

pytestmark = pytest.mark.django_db


def test_it_works(client, user, sign_in):
    answer = sign_in(client, username="user-123", password="user-123")
    assert (answer.status_code, answer.json()) == (200, {"user_id": "user-123", "username": "user-123"})
    assert client.get(SCHEMA).status_code == 200


def test_no_csrf_token_is_needed(csrf_client, user, sign_in):
    assert sign_in(csrf_client, username="user-123", password="user-123").status_code == 200


def test_signing_in_changes_the_session(client, user, sign_in):
    session = client.session
    session["mark"] = 1
    session.save()
    before = client.session.session_key
    sign_in(client, username="user-123", password="user-123")
    assert client.session.session_key != before


def test_wrong_unknown_and_inactive_get_the_same_answer(client, user, stranger, sign_in):
    stranger.is_active = False
    stranger.save()
    answers = [
        sign_in(client, username="user-123", password="wrong"),
        sign_in(client, username="nobody", password="wrong"),
        sign_in(client, username="user-456", password="user-456"),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert len({answer.content for answer in answers}) == 1
    headers = [dict(answer.items()) for answer in answers]
    assert len({each.pop("X-Request-ID") for each in headers}) == 3
    assert len({tuple(sorted(each.items())) for each in headers}) == 1
    assert answers[0].headers["WWW-Authenticate"] == 'Session realm="api"'
    assert answers[0].json()["errors"][0]["code"] == "authentication_failed"
    assert "sessionid" not in client.cookies


def test_missing_fields_are_named(client, sign_in):
    answer = sign_in(client)
    assert answer.status_code == 400
    assert answer.json()["type"] == "validation_error"
    assert [(error["code"], error["attr"]) for error in answer.json()["errors"]] == [
        ("required", "username"),
        ("required", "password"),
    ]


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"x"', b"null", b"\xff", b'{"username": {}, "password": []}', b'{"username": "\\u0000"}'],
)
def test_strange_bodies_are_400(client, body):
    answer = client.post(LOGIN, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["errors"]


@pytest.mark.parametrize("body", ["[" * 100_000, '{"username":' * 100_000])
def test_a_body_nested_without_end_is_400(client, body):
    answer = client.post(LOGIN, body, content_type="application/json")
    assert answer.status_code == 400
    assert [(error["code"], error["attr"]) for error in answer.json()["errors"]] == [("parse_error", None)]


def test_every_view_that_takes_json_uses_that_parser(settings):
    assert settings.REST_FRAMEWORK["DEFAULT_PARSER_CLASSES"] == ["accounts.api.parsers.JSONParser"]
    assert {kind.media_type: kind for kind in LogoutView.parser_classes}["application/json"] is JSONParser


def test_a_lone_surrogate_is_no_server_error(client):
    body = rb'{"username": "\ud800", "password": "\ud800"}'
    assert client.post(LOGIN, body, content_type="application/json").status_code in (400, 401)


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]
)
def test_what_a_form_of_another_site_can_send_is_415(client, user, content_type):
    body = b'{"username": "user-123", "password": "user-123"}'
    answer = client.post(LOGIN, body, content_type=content_type)
    assert answer.status_code == 415
    assert answer.json()["errors"][0]["code"] == "unsupported_media_type"
    assert "sessionid" not in client.cookies


def test_blanks_in_a_password_count(client, user, sign_in):
    user.set_password(" secret ")
    user.save()
    assert sign_in(client, username="user-123", password="secret").status_code == 401
    assert sign_in(client, username="user-123", password=" secret ").status_code == 200


def test_get_is_405(client):
    assert client.get(LOGIN).status_code == 405


def test_a_bad_development_header_does_not_keep_anybody_from_signing_in(client, user):
    answer = client.post(
        LOGIN,
        {"username": "user-123", "password": "user-123"},
        content_type="application/json",
        headers={"X-User-Id": "nobody"},
    )
    assert answer.status_code == 200


def signed_in(csrf_client: Client) -> str:
    """Signs user-123 in; the CSRF token that the answer sets."""
    credentials = {"username": "user-123", "password": "user-123"}
    csrf_client.post(LOGIN, credentials, content_type="application/json")
    return csrf_client.cookies["csrftoken"].value


def test_signing_out_ends_the_session(csrf_client, user):
    token = signed_in(csrf_client)
    answer = csrf_client.post(LOGOUT, headers={"X-CSRFToken": token})
    assert (answer.status_code, answer.content) == (204, b"")
    assert csrf_client.get(SCHEMA).status_code == 401


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{\n "a": x}', "JSON parse error in line 2, column 7."),
        (b'{"a": "\xff"}', "JSON parse error: this is not UTF-8."),
        (b'{"a": NaN}', "JSON parse error: a number is out of range."),
    ],
)
def test_a_body_that_is_no_json_is_told_where(client, body, detail):
    answer = client.post(LOGIN, body, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (400, detail)


def test_why_the_csrf_token_was_refused_stands_in_the_log(csrf_client, user, caplog):
    signed_in(csrf_client)
    answer = csrf_client.post(LOGOUT)
    assert answer.json()["errors"][0]["detail"].startswith("The CSRF token is missing or wrong")
    [reason] = [entry.message for entry in caplog.records if entry.name == "django.security.csrf"]
    assert "CSRF token missing" in reason


@pytest.mark.parametrize("headers", [{}, {"X-CSRFToken": "x" * 32}])
def test_signing_out_needs_the_csrf_token(csrf_client, user, headers):
    signed_in(csrf_client)
    answer = csrf_client.post(LOGOUT, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["code"] == "permission_denied"
    assert csrf_client.get(SCHEMA).status_code == 200


def test_signing_out_without_a_session_is_401(client):
    answer = client.post(LOGOUT)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api", Session realm="api"'
