"""The development header in production: nothing, however it is spelt, by WSGI and by ASGI."""

import socket

import pytest

from tests.calls import FEW
from tests.credentials.asking import ask
from tests.project.test_environment import SAFE
from tests.servers import manage, run_server

pytestmark = pytest.mark.sqlite  # it asks the database for nothing that would differ

CLASS = "accounts.authentication.DevelopmentHeaderAuthentication"
SPELLINGS = ("X-User-Id", "X_User_Id", "X-User_Id", "x_user_id", "HTTP_X_USER_ID", "HTTP-X-User-Id")


@pytest.fixture(scope="module", params=["gunicorn", "uvicorn"])
def production(request, filled, tmp_path_factory):
    """A production server, reached as if through a proxy that ends TLS."""
    fixed = {name: SAFE[name] for name in ("SECRET_KEY", "REDIS_URL")}
    fixed |= {"DEBUG": "false", "ALLOWED_HOSTS": "127.0.0.1", "TRUSTED_PROXIES": "127.0.0.1"}
    fixed |= {"DRAIN_SECONDS": "0", "EXPORTS_DEV_USER_HEADER": ""}
    # Listed all the same: the class itself asks whether the header may be read.
    fixed |= {"AUTHENTICATION_CLASSES": f"{CLASS},accounts.authentication.SessionAuthentication"}
    server = run_server(filled, tmp_path_factory.mktemp("production"), kind=request.param, env=fixed)
    yield server
    server.stop()


def test_it_is_nothing(production):
    for name in SPELLINGS:
        answer = ask(production.url, headers={name: FEW, "X-Forwarded-Proto": "https"})
        assert answer.status == 401, name
        assert answer.json["errors"][0]["code"] == "not_authenticated"


def test_two_spellings_together_are_nothing_either(production):
    """Servers that take `_` for `-` would join them."""
    lines = ["GET /api/exports/info HTTP/1.1", "Host: 127.0.0.1", "X-Forwarded-Proto: https"]
    lines += ["X-User-Id: user-few", "X_User_Id: user-few", "Connection: close", "", ""]
    host, _, port = production.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall("\r\n".join(lines).encode())
        assert client.makefile("rb").readline().split()[1] == b"401"


@pytest.mark.parametrize("kind", ["gunicorn", "uvicorn"])
def test_in_development_it_has_one_spelling(filled, start_server, kind):
    server = start_server(filled, kind=kind)
    assert ask(server.url, headers={"X-User-Id": FEW}).status == 200
    for name in SPELLINGS[1:]:
        assert ask(server.url, headers={name: FEW}).status == 401


def test_a_production_does_not_start_with_it(filled):
    done = manage(
        filled,
        "check",
        env=SAFE | {"DATABASE_URL": filled, "DEBUG": "false", "EXPORTS_DEV_USER_HEADER": "true"},
    )
    assert done.returncode != 0
    assert "EXPORTS_DEV_USER_HEADER is on" in done.stderr
