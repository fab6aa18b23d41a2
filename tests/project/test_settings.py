"""What the settings do to answers."""

import re

import pytest
from django.conf import settings as project
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import resolve

pytestmark = pytest.mark.django_db


def test_it_works(client):
    headers = client.get("/login/").headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_other_origin_is_invited(client, auth_headers):
    for answer in (
        client.get("/api/schema/", headers=auth_headers | {"Origin": "https://evil.example"}),
        client.options("/api/auth/login", headers={"Origin": "https://evil.example"}),
    ):
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_style_elements_of_the_admin_carry_the_nonce(admin_client):
    answer = admin_client.get("/admin/accounts/user/")
    policy = answer.headers["Content-Security-Policy"]
    (nonce,) = set(re.findall(r"'nonce-([^']+)'", policy))
    assert "unsafe" not in policy
    assert len(re.findall("<style", answer.text)) == answer.text.count(f'<style nonce="{nonce}"')
    assert not re.findall(r"<script(?![^>]*src=)", answer.text)


@pytest.mark.sqlite
def test_sqlite_writes_ahead_and_waits():
    from django.db import connection

    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)
        assert cursor.execute("PRAGMA foreign_keys").fetchone() == (1,)


@pytest.mark.postgresql
def test_connections_to_postgresql_are_tested_and_do_not_hang():
    database = project.DATABASES["default"]
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["OPTIONS"]["connect_timeout"] == 5


def test_requests_open_no_transaction():
    assert project.DATABASES["default"]["ATOMIC_REQUESTS"] is False


def test_plain_http_is_redirected_but_for_health_checks(settings):
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    assert client.get("/login/").headers["Location"] == "https://testserver/login/"
    assert client.get("/api/exports/health").status_code == 200
    assert client.get("/login/", secure=True).status_code == 200


def test_whatever_answers_over_plain_http_exists():
    for pattern in project.SECURE_REDIRECT_EXEMPT:
        resolve("/" + pattern.strip("^$").removesuffix("/?"))


def test_browsers_find_their_icon(client):
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert finders.find(answer.headers["Location"].removeprefix("/static/"))


def test_behind_a_trusted_proxy_there_is_no_redirect_loop(settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    client = Client()
    forwarded = {"X-Forwarded-Proto": "https"}
    assert client.get("/login/", headers=forwarded, REMOTE_ADDR="10.0.0.1").status_code == 200
    assert client.get("/login/", headers=forwarded, REMOTE_ADDR="192.0.2.7").status_code == 301
