"""Too many failures: the same answer, whatever is sent, for a while; and nobody else is locked out."""

import logging
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import hashers
from django.db import connection
from django.test import Client
from rest_framework.authentication import BasicAuthentication

from accounts.models import APIKey, User
from exports.api.views import InfoView

LOGIN, TOKEN, INFO = "/api/auth/login", "/api/auth/token", "/api/exports/info"
LIMIT = 5

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt(user, stranger):
    """attempt(password, username=…, path=…, address=…): the answer to who signs in so."""

    def attempt(password, *, username="user-123", path=LOGIN, address="192.0.2.1", **headers):
        body = {"username": username, "password": password}
        return Client().post(
            path, body, content_type="application/json", headers=headers, REMOTE_ADDR=address
        )

    return attempt


@pytest.fixture
def use():
    """use(key, address=…): the answer to whoever has the key."""
    return lambda key, address="192.0.2.1": Client().get(
        INFO, headers={"Authorization": f"Api-Key {key}"}, REMOTE_ADDR=address
    )


def fail(attempt, times: int = LIMIT, **options) -> None:
    for _ in range(times):
        assert attempt("wrong", **options).status_code == 401


@pytest.mark.parametrize("path", [LOGIN, TOKEN])
def test_it_works(attempt, path):
    fail(attempt, LIMIT - 1, path=path)
    assert attempt("user-123", path=path).status_code == 200
    fail(attempt, path=path)
    assert attempt("user-123", path=path).status_code == 401


def test_ways_of_signing_in_count_together(attempt):
    fail(attempt, 3)
    fail(attempt, 2, path=TOKEN)
    assert attempt("user-123").status_code == 401


def test_the_page_and_the_admin_count_too(attempt, client, user):
    user.is_staff = True
    user.save()
    form = {"username": "user-123", "password": "wrong"}
    for path in ("/login/", "/login/", "/admin/login/", "/admin/login/"):
        client.post(path, form, REMOTE_ADDR="192.0.2.1")
    fail(attempt, 1)
    for path in ("/login/", "/admin/login/"):
        locked = client.post(path, form | {"password": "user-123"}, REMOTE_ADDR="192.0.2.1")
        wrong = client.post(path, form, REMOTE_ADDR="192.0.2.77")
        assert locked.status_code == wrong.status_code == 200
        assert locked.context["form"].non_field_errors() == wrong.context["form"].non_field_errors()
    assert "sessionid" not in client.cookies


def test_wrong_unknown_and_locked_out_get_the_same_answer(attempt):
    wrong, unknown = attempt("wrong"), attempt("wrong", username="nobody")
    fail(attempt, LIMIT - 1)
    fail(attempt, LIMIT - 1, username="nobody")
    locked = [attempt("user-123"), attempt("wrong"), attempt("wrong", username="nobody")]
    answers = [wrong, unknown, *locked]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    seen = [{name: value for name, value in answer.items() if name != "X-Request-ID"} for answer in answers]
    assert all(headers == seen[0] for headers in seen)
    assert not any(answer.cookies for answer in answers)


def test_who_is_locked_out_waits_as_long_as_for_a_wrong_password(attempt, monkeypatch):
    """The work is compared, not the time: one password is hashed in each case."""
    hashed = []
    encode = hashers.MD5PasswordHasher.encode
    monkeypatch.setattr(
        hashers.MD5PasswordHasher,
        "encode",
        lambda hasher, password, salt: hashed.append(password) or encode(hasher, password, salt),
    )

    def work(password: str, **options) -> int:
        hashed.clear()
        attempt(password, **options)
        return len(hashed)

    known = [work("wrong") for _ in range(LIMIT)]
    unknown = [work("wrong", username="nobody") for _ in range(LIMIT)]
    assert {*known, *unknown, work("wrong"), work("user-123"), work("wrong", username="nobody")} == {1}


@pytest.mark.django_db(transaction=True)
def test_of_many_attempts_at_the_same_time_no_more_are_tried(attempt, monkeypatch):
    """An attempt counts before it is tried, and none of them ends in an error of the database."""
    tried = []
    check = hashers.check_password
    monkeypatch.setattr(
        "django.contrib.auth.base_user.check_password",
        lambda *args, **kwargs: tried.append(1) or sleep(0.2) or check(*args, **kwargs),
    )

    def once(_) -> int:
        try:
            return attempt("wrong").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(once, range(20))) == {401}
    assert 1 <= len(tried) <= LIMIT
    assert attempt("user-123").status_code == 401


def test_others_are_not_locked_out(attempt):
    fail(attempt)
    assert attempt("user-456", username="user-456").status_code == 200  # from the same address
    assert attempt("user-123", address="192.0.2.2").status_code == 200  # by the same name


@pytest.mark.parametrize("path", ["/login/", "/admin/login/"])
def test_a_name_longer_than_any_counts_too(client, db, path):
    form = {"username": "x" * 5000, "password": "wrong"}
    for _ in range(LIMIT + 1):
        assert client.post(path, form).status_code == 200
    assert AccessAttempt.objects.get().failures_since_start == LIMIT


def test_after_a_while_it_is_over(attempt, time_machine_at):
    fail(attempt)
    time_machine_at(timedelta(minutes=14))
    assert attempt("user-123").status_code == 401
    time_machine_at(timedelta(minutes=15, seconds=1))
    assert attempt("user-123").status_code == 200


def test_attempts_meanwhile_do_not_prolong_it(attempt, time_machine_at):
    fail(attempt)
    time_machine_at(timedelta(minutes=10))
    fail(attempt)
    time_machine_at(timedelta(minutes=15, seconds=1))
    assert attempt("user-123").status_code == 200


@pytest.mark.parametrize("path", [LOGIN, TOKEN])
def test_success_forgets_the_failures_of_that_name_alone(attempt, path):
    fail(attempt, LIMIT - 1)
    fail(attempt, LIMIT, username="user-456")
    assert attempt("user-123", path=path).status_code == 200
    fail(attempt, LIMIT - 1)
    assert attempt("user-123", path=path).status_code == 200
    assert attempt("user-456", username="user-456").status_code == 401
    assert User.objects.get(pk="user-123").last_login is not None


def test_a_class_of_somebody_elses_that_takes_passwords_is_counted_too(attempt, monkeypatch):
    """REST framework's own hands in its own kind of request."""
    monkeypatch.setattr(InfoView, "authentication_classes", [BasicAuthentication])

    def ask(password: str) -> int:
        text = b64encode(f"user-123:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {text}"}
        return Client().get(INFO, headers=headers, REMOTE_ADDR="192.0.2.1").status_code

    assert ask("user-123") == 200
    assert [ask("wrong") for _ in range(LIMIT + 1)] == [401] * (LIMIT + 1)
    assert ask("user-123") == 401
    assert AccessAttempt.objects.get().failures_since_start == LIMIT
    assert attempt("user-123").status_code == 401


def test_an_address_that_tries_many_names_is_locked_out(attempt):
    for number in range(10):
        fail(attempt, LIMIT, username=f"name-{number}")
    assert attempt("user-456", username="user-456").status_code == 401
    assert attempt("user-456", username="user-456", address="192.0.2.2").status_code == 200


def test_own_successes_do_not_help_who_tries_the_names_of_others(attempt):
    for number in range(10):
        fail(attempt, LIMIT, username=f"name-{number}")
        attempt("user-456", username="user-456")
    assert attempt("user-456", username="user-456").status_code == 401


def test_another_user_agent_is_no_other_visitor(attempt):
    for number in range(LIMIT):
        fail(attempt, 1, **{"User-Agent": f"browser {number}"})
    assert attempt("user-123").status_code == 401


@pytest.mark.parametrize("address", ["", "unix:"])
def test_clients_without_an_address_lock_nobody_else_out(attempt, address):
    """Over a Unix socket all would share one."""
    for number in range(11):
        fail(attempt, LIMIT, username=f"name-{number}", address=address)
    assert attempt("user-123", address=address).status_code == 200


def test_nothing_of_the_request_is_kept(attempt, caplog, client):
    with caplog.at_level(logging.DEBUG):
        fail(attempt, LIMIT + 1, path=f"{LOGIN}?token=SECRET")
        form = {"username": "user-123", "password": "SECRET", "next": "/SECRET"}
        client.post("/login/?token=SECRET", form, REMOTE_ADDR="192.0.2.9")
        assert "SECRET" not in str(list(AccessAttempt.objects.values()))
        fail(attempt, 1, username="SECRET")  # who types a password where the name belongs
    assert AccessAttempt.objects.exists()
    assert "SECRET" not in caplog.text


# --- API keys -----------------------------------------------------------------------------------------------


@pytest.fixture
def key(user) -> str:
    return APIKey.objects.issue(user=user, name="nightly")[1]


def wrong(key: str) -> str:
    return key[:-1] + ("a" if key[-1] != "a" else "b")


def test_a_key_is_locked_out_by_prefix_and_address(use, key, stranger):
    for _ in range(LIMIT):
        assert use(wrong(key)).status_code == 401
    locked = use(key)
    assert (locked.status_code, locked.content) == (401, use(wrong(key)).content)
    assert use(key, address="192.0.2.2").status_code == 200
    assert use(APIKey.objects.issue(user=stranger, name="other")[1]).status_code == 200
    assert APIKey.objects.get(name="nightly").user.is_active


def test_a_good_key_forgets_its_failures(use, key):
    for _ in range(3):
        for _ in range(LIMIT - 1):
            use(wrong(key))
        assert use(key).status_code == 200


def test_a_key_that_was_revoked_is_no_attempt(use, key, user):
    """It is known, and an old program that still sends it must not lock out those beside it."""
    revoked = APIKey.objects.issue(user=user, name="old")
    revoked[0].revoke()
    for _ in range(LIMIT * 11):
        use(revoked[1])
    assert use(key).status_code == 200
    assert not AccessAttempt.objects.exists()


def test_an_address_that_tries_many_keys_is_locked_out(use, key):
    for number in range(10):
        for _ in range(LIMIT):
            use(f"unknown{number}.{'x' * 32}")
    assert use(key).status_code == 401
    assert use(key, address="192.0.2.2").status_code == 200


@pytest.mark.parametrize("text", ["", "x", "\x00", "a" * 5000, "é.é"])
def test_what_is_no_key_counts_too(use, key, text):
    for _ in range(LIMIT):
        assert use(text).status_code == 401
    assert AccessAttempt.objects.get().failures_since_start == LIMIT
    assert use(key).status_code == 200


def test_a_user_called_as_a_key_is_another(attempt, use, key):
    User.objects.create_user(id="x", username=f"api-key{key[:8]}", password="x")
    for _ in range(LIMIT):
        use(wrong(key))
    assert attempt("x", username=f"api-key{key[:8]}").status_code == 200


def test_good_keys_make_two_queries(use, key, django_assert_num_queries):
    """The failures, and the key with its user; when it was used last is written once a minute."""
    use(key)
    with django_assert_num_queries(2):
        Client().options("/api/exports/calls", headers={"Authorization": f"Api-Key {key}"})
