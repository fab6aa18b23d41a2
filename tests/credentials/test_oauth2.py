"""OAuth 2 by the letter: client credentials, tokens, scope, and the end of each."""

import base64
import json

import pytest

from tests.credentials import CLIENT_SECRET
from tests.credentials.asking import Answer, ask
from tests.credentials.test_table import headers, right
from tests.databases import fresh_database
from tests.servers import Server, manage, run_server

# But for what an address takes, which PostgreSQL takes less of.
pytestmark = pytest.mark.sqlite

TOKEN, REVOKE = "/api/auth/oauth2/token", "/api/auth/oauth2/revoke"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GRANT = "grant_type=client_credentials"


def basic(client_id: str = "client-right", secret: str = CLIENT_SECRET) -> dict[str, str]:
    return FORM | {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def obtain(server: Server, body: str = GRANT, client: dict[str, str] | None = None) -> Answer:
    return ask(server.url, TOKEN, client or basic(), method="POST", body=body)


def test_it_works(server):
    answer = obtain(server)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    given = answer.json
    assert (given["token_type"], given["expires_in"], given["scope"]) == ("Bearer", 3600, "exports:read")
    assert "refresh_token" not in given
    who = ask(server.url, headers=headers("oauth2", given["access_token"]))
    assert (who.status, who.json["user_id"]) == (200, "user-123")


def test_the_secret_may_stand_in_the_body(server):
    body = f"{GRANT}&client_id=client-right&client_secret={CLIENT_SECRET}"
    assert obtain(server, body, FORM).status == 200


@pytest.mark.parametrize(
    ("body", "client", "error"),
    [
        (GRANT, basic(secret="wrong"), "invalid_client"),
        (GRANT, basic(client_id="nobody"), "invalid_client"),
        (GRANT, basic(client_id="client-disabled"), "invalid_client"),
        (GRANT, FORM, "invalid_client"),
        (GRANT, basic(client_id="client\0right"), "invalid_client"),
        (GRANT, FORM | {"Authorization": "Basic \xe9\xe9"}, "invalid_request"),
        (f"{GRANT}&resource=http://[::1", basic(), "invalid_request"),
        (f"{GRANT}&client_id=%00&client_secret=x", FORM, "invalid_client"),
        ("", basic(), "invalid_request"),
        ("grant_type=password&username=user-123&password=x", basic(), "unsupported_grant_type"),
        ("grant_type=authorization_code&code=x", basic(), "unsupported_grant_type"),
        ("grant_type=refresh_token&refresh_token=x", basic(), "unsupported_grant_type"),
        (f"{GRANT}&scope=exports:write", basic(), "invalid_scope"),
    ],
)
@pytest.mark.postgresql
def test_what_is_refused(server, body, client, error):
    answer = obtain(server, body, client)
    assert (answer.status, answer.json["error"]) == (401 if error == "invalid_client" else 400, error)
    assert b"access_token" not in answer.body


@pytest.mark.parametrize("client", [FORM | {"Authorization": "Basic \xe9\xe9"}, basic(client_id="a\0b")])
@pytest.mark.postgresql
def test_revoking_by_nobody_is_refused(server, client):
    answer = ask(server.url, REVOKE, client, method="POST", body="token=x")
    assert answer.status in (400, 401)


def test_there_is_no_other_address_of_oauth(server):
    for path in (
        "/api/auth/oauth2/authorize",
        "/api/auth/oauth2/introspect",
        "/o/token/",
        "/o/applications/",
    ):
        assert ask(server.url, path).status == 404


def test_a_client_revokes_its_token(server):
    token = obtain(server).json["access_token"]
    body = f"token={token}"
    assert ask(server.url, REVOKE, basic("client-stranger"), method="POST", body=body).status == 200
    assert ask(server.url, headers=headers("oauth2", token)).status == 200
    assert ask(server.url, REVOKE, basic(), method="POST", body=body).status == 200
    assert ask(server.url, headers=headers("oauth2", token)).status == 401


@pytest.mark.parametrize("path", ["/api/exports/info?access_token={}", "/api/exports/info?bearer_token={}"])
def test_a_token_in_the_address_is_none(server, world, path):
    """It would stand in the log of every proxy (RFC 9700, section 4.3.2)."""
    assert ask(server.url, path.format(right(world, "oauth2"))).status == 401


def test_a_program_manages_no_keys(server, world):
    token = headers("oauth2", right(world, "oauth2"))
    assert ask(server.url, "/api/auth/api-keys", token).status == 403
    assert ask(server.url, "/api/auth/api-keys", token, method="POST", body={"name": "x"}).status == 403


CHANGES = """
from datetime import timedelta
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, set_token_value
from accounts.models import User
client = Application.objects.get(client_id="client-right")
for name, changes in {
    "unscoped": {"scope": ""},
    "other": {"scope": "exports:write"},
    "elsewhere": {"resource": ["https://elsewhere.example/"]},
}.items():
    fields = {"application": client, "scope": "exports:read", "expires": timezone.now() + timedelta(1)}
    token = AccessToken(**fields | changes)
    set_token_value(token, name)
    token.save()
Application.objects.filter(client_id="client-stranger").update(user=None)
"""


@pytest.fixture(scope="module")
def changed(world, tmp_path_factory):
    """A service whose clients and tokens were changed behind its back."""
    directory = tmp_path_factory.mktemp("changed")
    with fresh_database(directory, like=world.database_url) as url:
        done = manage(url, "shell", "--verbosity=0", "--command", CHANGES, env=world.env)
        assert done.returncode == 0, done.stderr
        server = run_server(url, directory, env=world.env)
        yield server
        server.stop()


def test_a_token_without_the_scope_is_403(changed):
    for token in ("unscoped", "other"):
        answer = ask(changed.url, headers=headers("oauth2", token))
        assert answer.status == 403
        assert "exports:read" in answer.json["errors"][0]["detail"]
        challenge = 'Bearer realm="api", error="insufficient_scope", scope="exports:read"'
        assert answer.headers["WWW-Authenticate"] == challenge


def test_a_token_for_another_service_is_401(changed):
    assert ask(changed.url, headers=headers("oauth2", "elsewhere")).status == 401


def test_a_client_of_nobody_is_nobody(changed):
    assert obtain(changed, client=basic("client-stranger")).json["error"] == "invalid_client"
    assert ask(changed.url, headers=headers("oauth2", "opaquestranger")).status == 401


def test_tokens_and_secrets_are_kept_as_hashes(world):
    command = "from oauth2_provider.models import *; import json; print(json.dumps(["
    command += "list(AccessToken.objects.values_list('token', flat=True)),"
    command += "list(Application.objects.values_list('client_secret', flat=True))]))"
    done = manage(world.database_url, "shell", "--verbosity=0", "--command", command, env=world.env)
    kept_tokens, kept_secrets = json.loads(done.stdout)
    assert set(kept_tokens) == {""}
    assert all(secret.startswith("pbkdf2_sha256$") for secret in kept_secrets)


def test_a_production_has_nothing_to_add(world):
    """django-oauth-toolkit's own checks, which go by RFC 9700."""
    from tests.project.test_environment import SAFE

    done = manage(
        world.database_url,
        *("check", "--deploy", "--fail-level", "WARNING"),
        # Empty is as in production: what the tests of signing in have loosened for themselves.
        env=world.env
        | SAFE
        | {"DEBUG": "false", "EXPORTS_DEV_USER_HEADER": "", "DATABASE_URL": SAFE["DATABASE_URL"]}
        | dict.fromkeys(["EXPORTS_MAX_CONCURRENT_PER_USER", "LOCKOUT_FAILURES", "LOG_LEVEL"], ""),
    )
    assert done.returncode == 0, done.stderr
