"""gunicorn itself believes nobody: what a proxy may say is the middleware's to decide."""

import json
import urllib.request

import pytest

from tests.databases import fresh_database
from tests.project.test_environment import SAFE

# The server reads no rows that would differ.
pytestmark = pytest.mark.sqlite
HEALTH = "/api/exports/health"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def ask(url: str, **headers: str) -> tuple[int, str, bytes]:
    """Status, Location and body; a redirect is not followed."""
    request = urllib.request.Request(url, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)
    try:
        response = opener.open(request, timeout=10)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return response.status, response.headers.get("Location", ""), response.read()


STRANGE = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Ssl": "on",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-For": "203.0.113.9",
    "SCRIPT_NAME": "/evil",
    "PATH_INFO": HEALTH,
}


@pytest.fixture
def production(tmp_path, with_tables, start_server):
    """A production server of this machine, with or without a proxy in front; FORWARDED_ALLOW_IPS says all."""

    def start(**env: str):
        fixed = {
            "DEBUG": "false",
            "SECRET_KEY": SAFE["SECRET_KEY"],
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "REDIS_URL": SAFE["REDIS_URL"],
            "EXPORTS_DEV_USER_HEADER": "",
            "FORWARDED_ALLOW_IPS": "*",
        }
        return start_server(url, env=fixed | env)

    with fresh_database(tmp_path, like=with_tables) as url:
        yield start


def test_a_stranger_on_the_same_machine_changes_nothing(production):
    url = production().url
    plain = ask(f"{url}/login/")
    assert plain[:2] == (301, url.replace("http:", "https:") + "/login/")
    assert ask(f"{url}/login/", **STRANGE) == plain
    assert ask(f"{url}/login/", **STRANGE | {"X-Forwarded-Proto": "http"}) == plain  # gunicorn's own: 400


def test_a_proxy_that_the_setting_names_is_believed(production):
    url = production(TRUSTED_PROXIES="127.0.0.1").url
    assert ask(f"{url}/login/")[0] == 301
    assert ask(f"{url}/api/nothing", **{"X-Forwarded-Proto": "https"})[0] == 404
    # The path is nobody's to change.
    status, _, body = ask(f"{url}/api/nothing", **STRANGE)
    assert (status, json.loads(body)["errors"][0]["code"]) == (404, "not_found")
