"""API keys in the admin: a new one is shown once; who makes one for whom; revoking, and no deleting."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.forms import APIKeyForm
from accounts.models import APIKey, User
from tests.accounts.new_keys import INFO, read, text_of, use
from tests.admin.test_pages_are_safe import ESCAPED, SCRIPT, assert_strict

LIST = "/admin/accounts/apikey/"
ADD = f"{LIST}add/"

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


@pytest.fixture
def superuser(client) -> Client:
    """A client in which a superuser is signed in."""
    client.force_login(User.objects.create_superuser(id="admin", username="admin"))
    return client


@pytest.fixture
def clerk(client, allow):
    """clerk("add"): a client in which somebody of the staff is signed in who may do that with API keys."""

    def clerk(*actions: str) -> Client:
        clerk = User.objects.create_user(id="clerk", username="clerk", is_staff=True)
        allow(clerk, *(f"accounts.{action}_apikey" for action in actions))
        client.force_login(clerk)
        return client

    return clerk


@pytest.fixture
def key(user) -> APIKey:
    return APIKey.objects.issue(user=user, name="nightly", datasets=["calls"], networks=["192.0.2.7/32"])[0]


def form(**values: object) -> dict[str, object]:
    """What the admin's form sends."""
    return {"name": "nightly", "expires_at_0": "", "expires_at_1": "", "networks": ""} | values


def change_page(key: APIKey) -> str:
    return f"{LIST}{key.pk}/change/"


def act(client: Client, action: str, *keys: APIKey):
    """The action of the list, on these keys."""
    return client.post(LIST, {"action": action, "_selected_action": [key.pk for key in keys]}, follow=True)


def test_it_works(superuser, user):
    answer = superuser.post(ADD, form(user="user-123"))
    assert use(text_of(answer)) == (200, "user-123")
    assert "nightly" in superuser.get(LIST).text


# --- Making -------------------------------------------------------------------------------------------------


def test_every_field_of_the_form_counts(superuser, user):
    moment = {"expires_at_0": "2999-12-31", "expires_at_1": "23:59:00"}
    superuser.post(
        ADD, form(user="user-123", networks="192.0.2.7\r\n::1", datasets=["calls", "hosts"], **moment)
    )
    key = APIKey.objects.get()
    assert (key.user_id, key.name, key.datasets) == ("user-123", "nightly", ["calls", "hosts"])
    assert key.networks == ["192.0.2.7/32", "::1/128"]
    assert key.expires_at.isoformat() == "2999-12-31T23:59:00+00:00"


def test_the_text_is_shown_once_and_kept_nowhere(superuser, user, caplog):
    answer = superuser.post(ADD, form(user="user-123"))
    text = text_of(answer)
    secret = text.partition(".")[2]
    key = APIKey.objects.get()
    later = [
        superuser.get(path).text for path in (LIST, change_page(key), f"{LIST}{key.pk}/history/", "/admin/")
    ]
    assert all("nightly" in page for page in later)
    cookies = [cookie.OutputString() for cookie in superuser.cookies.values()]
    sessions = [session.get_decoded() for session in Session.objects.all()]
    entries = list(LogEntry.objects.values())
    assert sessions
    assert [(entry["object_id"], entry["object_repr"]) for entry in entries] == [(str(key.pk), str(key))]
    for kept in (*later, *cookies, *sessions, *entries, *answer.headers.values(), *APIKey.objects.values()):
        assert secret not in str(kept)
    assert secret not in caplog.text
    # No message: one waits in a cookie, or in the session, until a page shows it, whichever that is.
    assert "messages" not in superuser.cookies
    assert answer.text.count(text) == 2  # alone, and in the header that a program sends
    assert {"no-store", "private"} <= set(answer.headers["Cache-Control"].split(", "))


@pytest.mark.parametrize("button", ["_continue", "_addanother", "_save"])
def test_every_button_shows_it(superuser, user, button):
    assert use(text_of(superuser.post(ADD, form(user="user-123", **{button: "1"})))) == (200, "user-123")


def test_staff_make_keys_for_themselves_alone(clerk, user):
    """Whoever has a key is its user: else staff could become anybody, a superuser too."""
    client = clerk("add", "view", "change")
    assert read(client.get(ADD)).all("select", name="user") == []
    text = text_of(client.post(ADD, form(user="user-123", user_id="user-123")))
    assert use(text) == (200, "clerk")
    assert [key.user_id for key in APIKey.objects.all()] == ["clerk"]


def test_who_may_do_nothing_but_add_is_led_to_no_page_that_is_closed(clerk):
    page = read(clerk("add").post(ADD, form()))
    assert page.one("code", id="new-key").text
    linked = [address for address in page.links().values() if "/apikey/" in address]
    assert linked == [ADD]  # the admin's own list of what one may do


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"user": ""}, "user"),
        ({"user": "nobody"}, "user"),
        ({"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}, "expires_at"),
        ({"datasets": ["nothing"]}, "datasets"),
        ({"networks": "office"}, "networks"),
    ],
)
def test_a_mistake_is_named_and_makes_no_key(superuser, user, values, field):
    answer = superuser.post(ADD, form(user="user-123") | values)
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert answer.text.count("errorlist") >= 1
    assert not APIKey.objects.exists()


def test_nothing_that_was_typed_is_lost(superuser, user):
    typed = form(user="user-123", networks="office", datasets=["calls"], expires_at_0="2020-01-01")
    page = read(superuser.post(ADD, typed))
    assert page.one("input", name="name")["value"] == "nightly"
    assert page.one("input", name="expires_at_0")["value"] == "2020-01-01"
    assert page.one("textarea", name="networks").text.strip() == "office"
    assert [box["value"] for box in page.all("input", name="datasets") if "checked" in box.attrs] == ["calls"]


# --- Who may ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("actions", [(), ("delete",)])
def test_who_has_no_permission_sees_403(clerk, key, actions):
    client = clerk(*actions)
    for path in (ADD, change_page(key), f"{LIST}{key.pk}/history/", f"{LIST}{key.pk}/delete/"):
        assert client.get(path).status_code == 403
        assert client.post(path, form()).status_code == 403
    assert client.get(LIST).status_code == 403
    assert act(client, "revoke", key).status_code == 403
    assert [found.state for found in APIKey.objects.all()] == ["active"]


def test_who_is_no_staff_is_sent_to_sign_in(client, user, key):
    client.force_login(user)
    for path in (LIST, ADD, change_page(key)):
        assert client.get(path).headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("action", ["view", "change"])
def test_staff_see_the_prefixes_of_others_and_never_a_hash(clerk, key, action):
    client = clerk(action)
    pages = [client.get(path) for path in (LIST, change_page(key), f"{LIST}{key.pk}/history/")]
    for page in pages:
        assert page.status_code == 200
        assert key.prefix in page.text
        assert key.hashed_key.partition("$$")[2] not in page.text
    assert key.prefix not in client.get(LIST, {"q": key.hashed_key}).text


@pytest.mark.parametrize("lookup", ["hashed_key", "hashed_key__startswith", "hashed_key__gt"])
def test_the_hash_cannot_be_guessed_piece_by_piece(clerk, key, lookup):
    client = clerk("view")
    for guess in (key.hashed_key, key.hashed_key[:9], "x"):
        answer = client.get(LIST, {lookup: guess})
        assert (answer.status_code, key.prefix in answer.text) == (400, False)


def test_who_may_look_changes_nothing(clerk, key):
    client = clerk("view")
    assert 'name="name"' not in client.get(change_page(key)).text
    assert client.post(change_page(key), form(name="x")).status_code == 403
    assert 'value="revoke"' not in client.get(LIST).text
    act(client, "revoke", key)
    found = APIKey.objects.get()
    assert (found.name, found.state) == ("nightly", "active")


def test_another_site_can_make_and_revoke_nothing(csrf_client, user, key):
    csrf_client.force_login(User.objects.create_superuser(id="admin", username="admin"))
    assert csrf_client.post(ADD, form(user="user-123")).status_code == 403
    assert act(csrf_client, "revoke", key).status_code == 403
    assert [found.state for found in APIKey.objects.all()] == ["active"]


# --- The list, and revoking ---------------------------------------------------------------------------------


def test_the_list_tells_the_state(superuser, user, key):
    ended = timezone.now() - timedelta(seconds=1)
    APIKey.objects.issue(user=user, name="ended", expires_at=ended)
    APIKey.objects.issue(user=user, name="gone")[0].revoke()
    page = read(superuser.get(LIST))
    states = [cell.words for cell in page.all("td", class_="field-state")]
    assert states == ["revoked", "expired", "active"]
    assert page.text.count("user-123") == 3


def test_the_list_finds_by_user_name_and_prefix(superuser, key, stranger):
    APIKey.objects.issue(user=stranger, name="other")
    for text, found in (("user-123", True), ("NIGHT", True), (key.prefix, True), ("user-456", False)):
        assert (key.prefix in superuser.get(LIST, {"q": text}).text) is found


@pytest.mark.parametrize("actions", [("change",), ("change", "view", "add")])
def test_revoking_works_at_the_next_request(clerk, user, stranger, actions):
    client = clerk(*actions)
    made = [APIKey.objects.issue(user=owner, name="x") for owner in (user, stranger, user)]
    assert [use(text)[0] for _, text in made] == [200] * 3
    page = act(client, "revoke", *(key for key, _ in made[:2]))
    assert "2 API keys are revoked." in page.text
    assert [use(text)[0] for _, text in made] == [401, 401, 200]
    assert "1 API key is revoked." in act(client, "revoke", made[2][0]).text
    assert [use(text)[0] for _, text in made] == [401] * 3


def test_the_moment_of_revoking_stays(superuser, key):
    act(superuser, "revoke", key)
    moment = APIKey.objects.get().revoked_at
    act(superuser, "revoke", key)
    assert APIKey.objects.get().revoked_at == moment


def test_no_key_is_deleted(superuser, key):
    assert 'value="delete_selected"' not in superuser.get(LIST).text
    assert "deletelink" not in superuser.get(change_page(key)).text
    assert superuser.post(f"{LIST}{key.pk}/delete/", {"post": "yes"}).status_code == 403
    act(superuser, "delete_selected", key)
    assert APIKey.objects.get() == key


def test_keys_go_with_their_user(superuser, key, stranger):
    kept, _ = APIKey.objects.issue(user=stranger, name="of somebody else")
    page = superuser.get("/admin/accounts/user/user-123/delete/")
    assert page.context["perms_lacking"] == set()
    assert str(key) in page.text
    assert superuser.post("/admin/accounts/user/user-123/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk="user-123").exists()
    assert list(APIKey.objects.all()) == [kept]


# --- Changing -----------------------------------------------------------------------------------------------


def test_name_end_datasets_and_networks_can_be_changed_and_nothing_else(superuser, stranger, key):
    before = APIKey.objects.values().get()
    moment = {"expires_at_0": "2999-12-31", "expires_at_1": "23:59:00"}
    others = {
        "user": "user-456",
        "prefix": "aaaaaaaa",
        "hashed_key": "x",
        "revoked_at": "2020-01-01",
        "id": uuid.uuid4(),
    }
    posted = form(name="new", networks="::1", rate="5/h", datasets=["hosts"], **moment, **others)
    assert superuser.post(change_page(key), posted).status_code == 302
    after = APIKey.objects.values().get()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"name", "networks", "datasets", "expires_at", "rate"}
    assert (after["name"], after["networks"], after["datasets"]) == ("new", ["::1/128"], ["hosts"])
    form_shown = superuser.get(change_page(key)).context["adminform"].form
    assert set(form_shown.fields) == changed


def test_a_key_for_a_dataset_that_is_gone_does_not_become_one_for_all(superuser, user):
    """Its box is still there, and ticked: none ticked would mean all."""
    made, text = APIKey.objects.issue(user=user, name="old", datasets=["gone"])
    shown = superuser.get(change_page(made)).context["adminform"].form
    assert ("gone", "gone") in shown.fields["datasets"].choices
    assert shown["datasets"].value() == ["gone"]
    assert superuser.post(change_page(made), form(name="new", datasets=["gone"])).status_code == 302
    assert APIKey.objects.get().datasets == ["gone"]
    headers = {"Authorization": f"Api-Key {text}"}
    assert Client().get(INFO, headers=headers).json()["exports"] == []


@pytest.mark.parametrize(
    ("values", "changed"),
    [
        ({}, []),
        ({"name": "x"}, ["Name"]),
        ({"networks": "192.0.2.7/32 ::1"}, ["Networks"]),
        ({"datasets": []}, ["Datasets"]),
        ({"rate": "5/h"}, ["Rate"]),
    ],
)
def test_the_history_tells_what_was_changed(superuser, key, values, changed):
    """A list that is sent as it was is no change, however its lines end."""
    posted = form(networks="192.0.2.7/32\r\n", datasets=["calls"]) | values
    assert superuser.post(change_page(key), posted).status_code == 302
    told = [entry.get_change_message() for entry in LogEntry.objects.all()]
    assert told == [f"Changed {' and '.join(changed)}." if changed else "No fields changed."]


def test_a_key_that_has_ended_can_still_be_renamed(superuser, user):
    ended = timezone.now().replace(microsecond=0) - timedelta(days=1)
    key, _ = APIKey.objects.issue(user=user, name="x", expires_at=ended)
    moment = {"expires_at_0": f"{ended:%Y-%m-%d}", "expires_at_1": f"{ended:%H:%M:%S}"}
    assert superuser.post(change_page(key), form(name="new", **moment)).status_code == 302
    found = APIKey.objects.get()
    assert (found.name, found.state, found.expires_at) == ("new", "expired", ended)


def test_a_revoked_key_stays_so(superuser, user):
    key, text = APIKey.objects.issue(user=user, name="x")
    key.revoke()
    page = superuser.get(change_page(key))
    assert (
        read(page).one("div", class_="form-row field-state").all("div", class_="readonly")[0].words
        == "revoked"
    )
    assert superuser.post(change_page(key), form(name="new")).status_code == 302
    found = APIKey.objects.get()
    assert (found.name, found.state, found.revoked_at) == ("new", "revoked", key.revoked_at)
    assert use(text)[0] == 401


def test_a_key_that_is_revoked_during_a_change_stays_so(superuser, key, monkeypatch):
    """The page has read the key before; it must not write back what it has read."""

    def clean(form):
        APIKey.objects.get().revoke()
        return form.cleaned_data

    monkeypatch.setattr(APIKeyForm, "clean", clean)
    assert superuser.post(change_page(key), form(name="new")).status_code == 302
    found = APIKey.objects.get()
    assert (found.name, found.state) == ("new", "revoked")


# --- Safe pages ---------------------------------------------------------------------------------------------


def test_what_was_typed_is_text_and_nothing_is_inline(superuser, user):
    made = superuser.post(ADD, form(user="user-123", name=SCRIPT))
    key = APIKey.objects.get()
    pages = [
        made,
        superuser.get(LIST),
        superuser.get(change_page(key)),
        superuser.post(ADD, form(name=SCRIPT)),
    ]
    for page in pages:
        assert page.status_code == 200
        assert ESCAPED in page.text
        assert SCRIPT not in page.text
        assert_strict(page)
