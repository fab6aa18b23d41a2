"""Clients in the admin: whoever may change one could be anybody, so only superusers may."""

import json

import pytest

from tests.credentials import PASSWORD
from tests.credentials.asking import ask
from tests.databases import fresh_database
from tests.servers import manage, run_server

pytestmark = pytest.mark.sqlite  # who may what does not depend on the database

STAFF = """
from django.contrib.auth.models import Permission
from accounts.models import User
from oauth2_provider.models import AccessToken, Application
for name, superuser in (("clerk", False), ("root", True)):
    user = User.objects.create_user(name, id=name, password=%r, is_superuser=superuser, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="oauth2_provider"))
print(Application.objects.get(client_id="client-right").pk, AccessToken.objects.first().pk)
"""
ADMIN = "/admin/oauth2_provider"


@pytest.fixture
def service(world, tmp_path):
    """A server, and the keys of a client and of a token."""
    with fresh_database(tmp_path, like=world.database_url) as url:
        done = manage(url, "shell", "--verbosity=0", "--command", STAFF % PASSWORD, env=world.env)
        assert done.returncode == 0, done.stderr
        server = run_server(url, tmp_path, env=world.env)
        yield server, *done.stdout.split()
        server.stop()


def signed_in(url: str, name: str) -> dict[str, str]:
    answer = ask(url, "/api/auth/login", method="POST", body={"username": name, "password": PASSWORD})
    assert answer.status == 200, json.loads(answer.body)
    cookies = [value.partition(";")[0] for value in answer.headers.get_all("Set-Cookie")]
    [token] = [value.removeprefix("csrftoken=") for value in cookies if value.startswith("csrftoken=")]
    return {"Cookie": "; ".join(cookies), "X-CSRFToken": token}


def test_staff_with_every_permission_become_nobody_else(service):
    server, client, token = service
    form = "user=user-456&client_type=confidential&authorization_grant_type=client-credentials&client_id=mine"
    paths = (f"{ADMIN}/application/add/", f"{ADMIN}/application/{client}/change/")
    paths += (f"{ADMIN}/accesstoken/add/", f"{ADMIN}/accesstoken/{token}/change/")
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    clerk = signed_in(server.url, "clerk") | sent
    for path in paths:
        assert ask(server.url, path, clerk, method="POST", body=form).status == 403
    assert ask(server.url, f"{ADMIN}/application/", clerk).status == 200
    root = signed_in(server.url, "root") | sent
    assert ask(server.url, f"{ADMIN}/application/add/", root).status == 200
    assert ask(server.url, paths[0], root, method="POST", body=form).status in (200, 302)
