"""What every answer of a production forbids browsers, by WSGI and ASGI: one table of paths and headers."""

import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

import pytest

from tests import calls
from tests.databases import fresh_database
from tests.processes.services import connect
from tests.project.test_environment import SAFE
from tests.servers import Server, run_server

# Headers do not depend on the database.
pytestmark = pytest.mark.sqlite

TOKEN = "a-token-of-these-tests"
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "tests.project.production_settings",
    "DEBUG": "false",
    "SECRET_KEY": SAFE["SECRET_KEY"],
    "ALLOWED_HOSTS": "localhost,127.0.0.1",
    # Nobody listens: one more kind of error.
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EXPORTS_RATE": "none",
    "EXPORTS_DEV_USER_HEADER": "",
    "METRICS_TOKEN": TOKEN,
    "TRUSTED_PROXIES": "127.0.0.1",
    "DRAIN_SECONDS": "0",
}
HTTPS = {"X-Forwarded-Proto": "https", "Origin": "https://evil.example"}
KINDS = ("gunicorn", "uvicorn")

ALWAYS = {"Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff"}
BY_HTTPS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload"}
# All that is not for monitoring.
SERVICE = ALWAYS | {"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"}
FRAMES = {"X-Frame-Options": "DENY"}


@dataclass(frozen=True)
class Case:
    """A request, and what its answer says."""

    path: str
    status: int
    expected: dict[str, str] = field(default_factory=lambda: SERVICE | BY_HTTPS | FRAMES)
    method: str = "GET"
    signed_in: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def policy(self) -> bool:
        """Whether a Content-Security-Policy is due: not of monitoring, nor of what only leads to HTTPS."""
        return len(self.expected) > len(ALWAYS) and not self.headers.get("X-Forwarded-Proto")

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


CASES = [
    Case("/login/", 200),
    Case("/exports/", 200, signed_in=True),
    Case("/exports/calls/", 200, signed_in=True),
    Case("/admin/", 200, signed_in=True),
    Case("/api/docs/", 200, signed_in=True),
    Case("/api/schema/", 200, signed_in=True),
    Case("/api/exports/info", 200, signed_in=True),
    Case("/api/exports/health", 200),
    Case("/api/exports/calls", 200, signed_in=True),
    Case("/api/exports/calls", 200, method="HEAD", signed_in=True),
    Case("/exports/calls/download", 200, signed_in=True),
    Case("/static/exports/exports.css", 200, SERVICE | BY_HTTPS),
    Case("/static/exports/nothing.css", 404),
    Case("/favicon.ico", 302),
    Case("/exports/", 302),
    Case("/login/", 301, SERVICE, headers={"X-Forwarded-Proto": "http"}),
    Case("/login", 301, SERVICE | BY_HTTPS),
    Case("/no-such-page", 404),
    Case("/api/nothing", 404),
    Case("/api/exports/calls?outcom=busy", 400, signed_in=True),
    Case("/login/", 400, SERVICE | BY_HTTPS, headers={"Host": "evil.example"}),
    Case("/api/exports/info", 401),
    Case("/login/", 403, method="POST"),
    Case("/api/exports/health", 405, method="DELETE"),
    Case("/fails", 500),
    Case("/api/fails", 500),
    Case("/healthz", 200, ALWAYS),
    Case("/healthz", 405, ALWAYS, method="POST"),
    Case("/readyz", 503, ALWAYS),
    Case("/metrics", 200, ALWAYS, headers={"Authorization": f"Bearer {TOKEN}"}),
    Case("/metrics", 401, ALWAYS),
]


@dataclass(frozen=True)
class Production:
    """A running production, and a session of a superuser's there."""

    server: Server
    session: str
    cookies: SimpleCookie

    def ask(self, case: Case) -> tuple[int, http.client.HTTPMessage]:
        cookie = {"Cookie": f"sessionid={self.session}"} if case.signed_in else {}
        return ask(self.server.url, case.path, HTTPS | cookie | case.headers, case.method)[:2]


def ask(url: str, path: str, headers: dict[str, str], method: str = "GET", body: str | None = None):
    """Status, headers and body."""
    with closing(connect(url)) as client:
        client.request(method, path, body, headers)
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read()


def set_cookies(headers: http.client.HTTPMessage) -> SimpleCookie:
    cookies = SimpleCookie()
    for line in headers.get_all("Set-Cookie", []):
        cookies.load(line)
    return cookies


@pytest.fixture(scope="module")
def productions(tmp_path_factory, with_calls) -> Iterator[dict[str, Production]]:
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database(tmp_path_factory.mktemp("headers"), like=with_calls))
        running = {}
        for kind in KINDS:
            server = run_server(url, tmp_path_factory.mktemp(kind), kind=kind, env=ENVIRONMENT)
            stack.callback(server.stop)
            login = json.dumps({"username": calls.FEW, "password": calls.FEW})
            json_type = {"Content-Type": "application/json"}
            cookies = set_cookies(ask(server.url, "/login/", HTTPS)[1])
            status, headers, body = ask(
                server.url, "/api/auth/login", {**json_type, "X-Forwarded-Proto": "https"}, "POST", login
            )
            assert status == 200, body
            cookies.update(set_cookies(headers))
            running[kind] = Production(server, cookies["sessionid"].value, cookies)
        yield running


@pytest.fixture(params=KINDS)
def production(request, productions) -> Production:
    return productions[request.param]


def test_it_works(production):
    """The whole table; each difference is told."""
    wrong = []
    for case in CASES:
        status, headers = production.ask(case)
        found = {name: headers.get(name) for name in SERVICE | BY_HTTPS | FRAMES if headers.get(name)}
        if (status, found) != (case.status, case.expected):
            wrong.append(f"{case}: {status} {found}")
        policy = headers.get("Content-Security-Policy", "")
        if "unsafe" in policy or ("script-src 'self';" in policy) != case.policy:
            wrong.append(f"{case}: {policy}")
    assert not wrong, "\n".join(wrong)


def test_no_other_origin_is_let_in(production):
    wrong = []
    preflight = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    for case in CASES:
        for asked in (case, Case(case.path, 0, method="OPTIONS", headers=case.headers | preflight)):
            _, headers = production.ask(asked)
            wrong += [f"{asked}: {name}" for name in headers if name.lower().startswith("access-control")]
    assert not wrong, "\n".join(wrong)


def test_cookies_are_for_https_and_this_site_alone(production):
    assert set(production.cookies) == {"csrftoken", "sessionid"}
    for name, cookie in production.cookies.items():
        assert cookie["secure"] is True, name
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", ""), name
    assert production.cookies["sessionid"]["httponly"] is True
