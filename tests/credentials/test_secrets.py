"""No secret in a log, a record, an error or a response, but in the one answer that gives it."""

import json
import os

import pytest

from tests.accounts.nextauth import COOKIES
from tests.credentials import CLIENT_SECRET, PASSWORD
from tests.credentials.asking import ask
from tests.credentials.test_table import PLACES, headers, right
from tests.databases import fresh_database
from tests.servers import manage, run_server

pytestmark = pytest.mark.sqlite  # what is written does not depend on the database

# Of the service's own, beside what the fixture `world` gives it.
METRICS_TOKEN = "a-token-of-metrics-9c1f"

DUMP = """
import json, sys
from django.db import connection
rows = []
with connection.cursor() as cursor:
    for table in connection.introspection.table_names():
        cursor.execute(f'SELECT * FROM "{table}"')
        rows += [[table, *map(str, row)] for row in cursor.fetchall()]
json.dump(rows, sys.stdout)
"""


@pytest.fixture
def used(world, tmp_path):
    """A server of its own after every kind of use, right and wrong: the secrets, and where they might be."""
    secrets: set[str] = set()
    bodies: list[bytes] = []
    with fresh_database(tmp_path, like=world.database_url) as url:
        server = run_server(
            url, tmp_path, env=world.env | {"LOCKOUT_FAILURES": "3", "METRICS_TOKEN": METRICS_TOKEN}
        )
        try:
            use(server.url, world, secrets, bodies)
        finally:
            server.stop()
        dumped = manage(url, "shell", "--verbosity=0", "--command", DUMP, env=world.env)
        assert dumped.returncode == 0, dumped.stderr
        yield secrets, bodies, server.log.read_text(), json.loads(dumped.stdout)


def use(url: str, world, secrets: set[str], bodies: list[bytes]) -> None:
    def told(*args, **options):
        answer = ask(url, *args, **options)
        bodies.append(str(dict(answer.headers)).encode() + answer.body)
        return answer

    for kind in PLACES:
        if kind == "developmentHeader":
            continue
        secret = right(world, kind)
        secrets.add(secret)
        assert told(headers=headers(kind, secret)).status == 200
        assert told("/api/exports/agents", headers(kind, secret)).status == 200
        assert told("/api/exports/agents?nothing=1", headers(kind, secret)).status == 400
        assert told("/api/exports/agents?tenant=user-456", headers(kind, secret)).status == 403
        told(headers=headers(kind, f"{secret}x"))
        # Where some clients put it by mistake. No address stands in a log with its query string.
        told(f"/api/exports/agents?token={secret}", headers(kind, secret))

    secrets |= {METRICS_TOKEN, os.environ["SECRET_KEY"], *COOKIES["secrets"].values()}
    for token in (METRICS_TOKEN, f"{METRICS_TOKEN}x"):
        told("/metrics", {"Authorization": f"Bearer {token}"})
        told(f"/metrics?token={token}")

    secrets |= {PASSWORD, "wrong-password-7f"}
    login = {"username": "user-123", "password": "wrong-password-7f"}
    for _ in range(5):
        told(
            "/api/auth/login?hint=wrong-password-7f",
            method="POST",
            body=login,
        )
        told("/login/", method="POST", body="username=user-123&password=wrong-password-7f",
             headers={"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip

    given = ask(url, "/api/auth/token", method="POST", body={"username": "user-456", "password": PASSWORD})
    secrets |= set(given.json.values())
    bearer = {"Authorization": f"Bearer {given.json['access']}"}
    made = ask(url, "/api/auth/api-keys", bearer, method="POST", body={"name": "k"})
    secrets |= {made.json["key"], made.json["key"].partition(".")[2]}
    told("/api/auth/api-keys", bearer)
    for _ in range(2):  # the second time it is used up
        renewed = ask(url, "/api/auth/token/refresh", method="POST", body={"refresh": given.json["refresh"]})
        secrets |= {value for value in renewed.json.values() if renewed.status == 200}
    told("/api/auth/token/refresh", method="POST", body={"refresh": given.json["refresh"]})
    client = "client_id=client-right&client_secret=" + CLIENT_SECRET
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    token = ask(
        url, "/api/auth/oauth2/token", form, method="POST", body=f"grant_type=client_credentials&{client}"
    )
    secrets |= {token.json["access_token"], CLIENT_SECRET}
    told("/api/auth/oauth2/token", form, method="POST", body=f"grant_type=client_credentials&{client}x")


def test_no_secret_is_anywhere(used):
    secrets, bodies, log, rows = used
    assert len(secrets) == 17 + len(COOKIES["secrets"])
    assert len(log) > 10_000
    for secret in secrets:
        assert secret not in log
        assert not [body for body in bodies if secret.encode() in body]
        # A session's key is the primary key of its row: Django keeps it so.
        found = [row for row in rows if any(secret in value for value in row) and row[0] != "django_session"]
        assert found == []
