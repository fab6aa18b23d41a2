"""Signing in by JSON Web Token: two tokens, refreshing with rotation, signing out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import jwt
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client

from accounts.models import TokenFamily, User

INFO = "/api/exports/info"
TOKEN, REFRESH, REVOKE = "/api/auth/token", "/api/auth/token/refresh", "/api/auth/token/revoke"

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(client):
    """post(path, **body) as JSON."""
    return lambda path, **body: client.post(path, body, content_type="application/json")


@pytest.fixture
def pair(post, user):
    """The tokens of user-123, who has just signed in."""
    return post(TOKEN, username="user-123", password="user-123").json()


def status(client: Client, access: str) -> int:
    return client.get(INFO, headers={"Authorization": f"Bearer {access}"}).status_code


def test_it_works(client, pair):
    answer = client.get(INFO, headers={"Authorization": f"Bearer {pair['access']}"})
    assert (answer.status_code, answer.json()["user_id"]) == (200, "user-123")


def test_the_answer_is_kept_by_no_cache_and_sets_no_cookie(client, post, user):
    answer = post(TOKEN, username="user-123", password="user-123")
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"access", "refresh"}
    assert not client.cookies


def test_what_a_token_says(pair):
    claims = jwt.decode(pair["access"], options={"verify_signature": False})
    assert claims["sub"] == "user-123"
    assert (claims["iss"], claims["aud"]) == ("django-exports", "django-exports")
    assert claims["exp"] - claims["iat"] == 300
    assert jwt.get_unverified_header(pair["access"])["alg"] == "HS256"


def test_the_key_is_not_the_secret_key_itself(pair):
    """Whoever has one of its other uses broken has no tokens by that."""
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(pair["access"], django_settings.SECRET_KEY, ["HS256"], audience="django-exports")


@pytest.mark.parametrize("path", [TOKEN, REFRESH, REVOKE])
@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b"\xff", b"{}", b'{"refresh": {}, "username": 1}', b'{"refresh": ""}']
)
def test_strange_bodies_are_400(client, path, body):
    answer = client.post(path, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["errors"]


@pytest.mark.parametrize("path", [TOKEN, REFRESH, REVOKE])
def test_a_form_of_another_site_is_415(client, path):
    assert client.post(path, {"refresh": "x"}).status_code == 415


@pytest.mark.parametrize(("username", "password"), [("user-123", "wrong"), ("nobody", "x"), ("off", "off")])
def test_wrong_unknown_and_inactive_get_the_same_answer(post, user, username, password):
    User.objects.create_user(id="off", username="off", password="off", is_active=False)
    answer = post(TOKEN, username=username, password=password)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert answer.json()["errors"][0]["detail"] == "Unable to sign in with this username and password."


def test_refreshing_gives_two_new_tokens(client, post, pair):
    answer = post(REFRESH, refresh=pair["refresh"])
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json().values()) & set(pair.values()) == set()
    assert status(client, answer.json()["access"]) == 200
    assert TokenFamily.objects.count() == 1


def test_a_refresh_token_that_comes_twice_ends_the_whole_sign_in(client, post, pair, caplog):
    new = post(REFRESH, refresh=pair["refresh"]).json()
    answer = post(REFRESH, refresh=pair["refresh"])
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert post(REFRESH, refresh=new["refresh"]).status_code == 401
    assert status(client, new["access"]) == status(client, pair["access"]) == 401
    assert "A refresh token of user user-123 came twice" in caplog.text


def test_other_sign_ins_go_on(client, post, pair):
    other = post(TOKEN, username="user-123", password="user-123").json()
    for _ in range(2):
        post(REFRESH, refresh=pair["refresh"])
    assert status(client, other["access"]) == 200
    assert post(REFRESH, refresh=other["refresh"]).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
def test_what_is_no_refresh_token_is_refused(post, token):
    assert post(REFRESH, refresh=token).status_code == (401 if token else 400)


def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(client, post, pair):
    assert post(REFRESH, refresh=pair["access"]).status_code == 401
    assert status(client, pair["refresh"]) == 401


def test_signing_out_by_the_refresh_token(client, post, pair):
    assert post(REVOKE, refresh=pair["refresh"]).status_code == 204
    assert status(client, pair["access"]) == 401
    assert post(REFRESH, refresh=pair["refresh"]).status_code == 401
    # As RFC 7009 has it: whoever asks again, or brings anything else, has what they want.
    assert post(REVOKE, refresh=pair["refresh"]).status_code == 204
    assert post(REVOKE, refresh="x").status_code == 204


def test_an_access_token_revokes_nothing_there(client, post, pair):
    assert post(REVOKE, refresh=pair["access"]).status_code == 204
    assert status(client, pair["access"]) == 200


def test_signing_out_by_the_access_token(client, pair):
    headers = {"Authorization": f"Bearer {pair['access']}"}
    assert client.post("/api/auth/logout", headers=headers).status_code == 204
    assert status(client, pair["access"]) == 401
    assert client.post("/api/auth/logout", headers=headers).status_code == 401


def test_signing_out_by_token_leaves_the_session(client, user, pair):
    client.force_login(user)
    client.post("/api/auth/logout", headers={"Authorization": f"Bearer {pair['access']}"})
    assert client.get(INFO).status_code == 200


def test_a_user_who_is_disabled_is_out_at_once(client, post, user, pair):
    user.is_active = False
    user.save()
    assert status(client, pair["access"]) == 401
    assert post(REFRESH, refresh=pair["refresh"]).status_code == 401


def test_a_user_who_is_deleted_is_out_at_once(client, post, user, pair):
    user.delete()
    assert status(client, pair["access"]) == 401
    assert post(REFRESH, refresh=pair["refresh"]).status_code == 401


def test_a_new_password_ends_what_came_before(client, post, user, pair):
    user.set_password("another")
    user.save()
    assert status(client, pair["access"]) == 401
    assert post(REFRESH, refresh=pair["refresh"]).status_code == 401


def test_tokens_run_out(client, post, pair, time_machine_at):
    time_machine_at(timedelta(minutes=5, seconds=1))
    assert status(client, pair["access"]) == 401
    renewed = post(REFRESH, refresh=pair["refresh"]).json()
    assert status(client, renewed["access"]) == 200
    time_machine_at(timedelta(days=1, minutes=6))
    assert post(REFRESH, refresh=renewed["refresh"]).status_code == 401


def test_sign_ins_that_ran_out_are_forgotten_at_the_next(post, pair, time_machine_at):
    time_machine_at(timedelta(days=2))
    post(TOKEN, username="user-123", password="user-123")
    assert TokenFamily.objects.count() == 1


def test_one_query_finds_the_user_of_a_token(client, pair, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.options("/api/exports/calls", headers={"Authorization": f"Bearer {pair['access']}"})


@pytest.mark.django_db(transaction=True)
def test_of_two_that_come_at_the_same_time_one_wins(user):
    """And that is a reuse: nobody can tell which of them is the thief."""
    body = {"username": "user-123", "password": "user-123"}
    pair = Client().post(TOKEN, body, content_type="application/json").json()

    def refresh(_) -> int:
        try:
            return (
                Client()
                .post(REFRESH, {"refresh": pair["refresh"]}, content_type="application/json")
                .status_code
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        codes = sorted(pool.map(refresh, range(4)))
    assert codes == [200, 401, 401, 401]
    assert TokenFamily.objects.get().revoked_at is not None
