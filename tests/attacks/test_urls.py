"""No address that the table does not know, and none that lets a visitor in by mistake."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.urls import resolve

from exports.filtering import known_parameters
from exports.registry import registry
from exports_project.credentials import available
from tests.accounts.nextauth import COOKIES
from tests.attacks.routes import routes
from tests.attacks.table import DATASETS, METHODS, OBJECTS_OF_FILTERS, TABLE, WITH_OAUTH2
from tests.servers import ROOT, service_environment

pytestmark = pytest.mark.sqlite  # no row is read

REFUSALS = (302, 401, 403, 404, 405)
SIGN_IN = ("/login/?next=", "/admin/login/?next=")
ONES_OWN_APPS = re.compile(r"orders|samples|products|shop|contacts?|secrets|sensitive|limited")
LISTING = "import json; from tests.attacks.routes import routes; print(json.dumps(routes()))"


def test_it_works():
    assert "api/exports/info/?$" in routes()


def test_every_endpoint_is_in_the_table():
    unknown = set(routes()) - TABLE.keys()
    assert not unknown, f"say in tests/attacks/table.py what these take: {sorted(unknown)}"
    assert not (TABLE.keys() - set(routes()))
    assert len(set(routes())) == len(routes())


def test_every_endpoint_of_a_service_with_every_credential():
    """OAuth 2 brings addresses, which are there only when the process starts with it."""
    credentials = {
        "AUTHENTICATION_CLASSES": ",".join(available()),
        "NEXTAUTH_SECRET": ",".join(COOKIES["secrets"].values()),
    }
    environment = service_environment(os.environ["DATABASE_URL"], credentials)
    listing = f"import django; django.setup(); {LISTING}"
    done = subprocess.run(
        [sys.executable, "-c", listing], env=environment, cwd=ROOT, text=True, capture_output=True, check=True
    )
    found = {_without_apps(route) for route in json.loads(done.stdout)}
    # Those of the tests' own apps are not in a service.
    known = {
        _without_apps(route)
        for route in (TABLE | WITH_OAUTH2)
        if not ONES_OWN_APPS.search(_without_apps(route))
    }
    assert found == known


def _without_apps(route: str) -> str:
    """The one route that lists the installed apps, without them."""
    return re.sub(r"\(\?P<app_label>[^)]*\)", "(?P<app_label>)", route)


@pytest.mark.parametrize("route", TABLE)
def test_the_address_leads_there(route):
    assert resolve(TABLE[route].address).route == route
    for aim in TABLE[route].aims:
        path, _, _ = aim.address.format(id="0", type="0", scan="0", webhook="0").partition("?")
        if "uuid" not in route and "{36}" not in route:
            assert resolve(path).route == route


@pytest.mark.parametrize("route", TABLE)
def test_what_a_route_leaves_open_is_aimed_at(route):
    endpoint = TABLE[route]
    if re.search(r"[(<]", route) and route != "^api(/|$)":
        assert bool(endpoint.aims) != bool(endpoint.no_object)


def test_every_filter_by_an_object_is_aimed_at():
    assert {definition.get_name() for definition in registry} == DATASETS.keys()
    for definition in registry:
        objects = {name for name in known_parameters(definition) if re.search(r"(_id|_pk|^id)$", name)}
        assert objects == {name for name, _ in DATASETS[definition.get_name()]}
        assert objects <= OBJECTS_OF_FILTERS.keys()


@pytest.mark.django_db
@pytest.mark.parametrize("route", TABLE)
def test_a_visitor_is_refused(client, route):
    endpoint = TABLE[route]
    for method in METHODS:
        answer = getattr(client, method.lower())(endpoint.address)
        allowed = [endpoint.open[method]] if method in endpoint.open else REFUSALS
        assert answer.status_code in allowed, method
        if answer.status_code == 302 and method not in endpoint.open:
            assert answer["Location"].startswith(SIGN_IN), method
