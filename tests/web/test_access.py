"""Who may open the pages, and what a stranger sees of them."""

import pytest
from django.contrib.auth import get_user_model

from exports.models import ExportLog
from tests.api import rows
from tests.api.rows import DATASETS

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

PATHS = ["/exports/", "/exports/calls/", "/exports/calls/download", "/exports/history/"]


@pytest.mark.parametrize("path", [*PATHS, "/exports/nothing/", "/exports/history/not-there/"])
def test_a_visitor_is_sent_to_the_login_page_and_back(client, path):
    answer = client.get(f"{path}?outcome=busy&columns=id")
    if path.endswith("not-there/"):  # no id, and so no address
        assert answer.status_code == 404
        return
    assert answer.status_code == 302
    target = f"{path}?outcome=busy&columns=id".replace("?", "%3F").replace("=", "%3D").replace("&", "%26")
    assert answer.headers["Location"] == f"/login/?next={target}"
    assert ExportLog.objects.count() == 0


def test_signing_in_leads_to_the_choice(client, user):
    answer = client.get("/exports/calls/?outcome=busy", follow=True)
    form = {"username": "user-123", "password": "user-123", "next": answer.context["next"]}
    assert client.post("/login/", form).headers["Location"] == "/exports/calls/?outcome=busy"


@pytest.mark.parametrize("path", PATHS)
def test_an_inactive_user_stays_out(client, user, path, settings):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]
    client.force_login(user)
    assert client.get(path).status_code == 200
    user.is_active = False
    user.save()
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_pages_change_nothing(client, user, path, method):
    client.force_login(user)
    assert getattr(client, method)(path).status_code == 405


@pytest.mark.parametrize("staff", [False, True])
def test_a_stranger_sees_nothing_at_any_page(client, user, stranger, staff):
    """Neither rows nor numbers nor records: the same pages as before the other had any."""
    scan = rows.scan(user)
    stranger.is_staff = staff
    stranger.save()
    paths = [
        *("/exports/", "/exports/history/", f"/exports/scans/?scan_id={scan.pk}"),
        *(f"/exports/{dataset}/" for dataset in DATASETS),
        *("/exports/calls/?tenant=user-123", "/exports/calls/?tenant=*"),
    ]

    def pages():
        client.force_login(stranger)
        # A denied one leaves a record of the stranger's own.
        found = {path: client.get(path) for path in paths}
        ExportLog.objects.filter(user=stranger.pk).delete()
        return {path: (answer.status_code, _without_tokens(answer)) for path, answer in found.items()}

    before = pages()
    rows.filled(user, "mine")
    rows.port(user, scan)
    client.force_login(user)
    client.get("/exports/calls/download").getvalue()
    assert pages() == before
    assert before["/exports/calls/?tenant=*"][0] == 403
    assert before[f"/exports/scans/?scan_id={scan.pk}"][0] == 404


def _without_tokens(answer) -> str:
    tokens = [answer.context["csrf_token"], answer.context["csp_nonce"]]
    text = answer.content.decode()
    for token in map(str, tokens):
        text = text.replace(token, "")
    return text


def test_agents_and_networks_of_others_are_as_good_as_none(client, user, stranger):
    theirs = rows.filled(stranger, "theirs")
    client.force_login(user)
    for path in (
        f"/exports/calls/?agent_id={theirs.agent.pk}",
        f"/exports/hosts/?network_id={theirs.network.pk}",
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "No row matches." in answer.text


def test_staff_and_everybody_use_the_same_pages(client, user):
    rows.calls(user, 2)
    client.force_login(user)
    everybody = client.get("/exports/calls/").text
    staff = get_user_model().objects.create_user(id="staff", username="staff", is_staff=True)
    client.force_login(staff)
    assert "There are no rows yet." in client.get("/exports/calls/").text
    assert "2 rows" in everybody
    assert 'name="tenant"' not in client.get("/exports/calls/").text
