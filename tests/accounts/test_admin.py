"""Users in the admin: the id is given once."""

import pytest

from accounts.models import User

# A page is the same on every database.
pytestmark = pytest.mark.sqlite

ADD = "/admin/accounts/user/add/"


@pytest.fixture
def staff_client(client, db):
    client.force_login(User.objects.create_superuser(id="admin", username="admin"))
    return client


def new_user(**values: str) -> dict[str, str]:
    return {
        "username": "anna",
        "usable_password": "true",
        "password1": "nine-Lives-9",
        "password2": "nine-Lives-9",
    } | values


def test_it_works(staff_client):
    assert staff_client.post(ADD, new_user(id="user-123")).status_code == 302
    assert User.objects.get(pk="user-123").username == "anna"


def test_a_random_id_is_offered(staff_client):
    assert len(staff_client.get(ADD).context["adminform"].form["id"].value()) == 36


def test_an_impossible_id_is_refused_with_a_message(staff_client):
    answer = staff_client.post(ADD, new_user(id="a/b"))
    assert answer.status_code == 200
    assert "id" in answer.context["adminform"].form.errors


def test_an_id_in_use_is_refused_with_a_message(staff_client):
    answer = staff_client.post(ADD, new_user(id="admin"))
    assert answer.status_code == 200
    assert "id" in answer.context["adminform"].form.errors
    assert User.objects.get(pk="admin").username == "admin"


def test_the_id_is_shown_and_cannot_be_changed(staff_client):
    User.objects.create_user(id="user-123", username="anna")
    path = "/admin/accounts/user/user-123/change/"
    page = staff_client.get(path)
    assert "user-123" in page.text
    assert "id" not in page.context["adminform"].form.fields
    posted = {"id": "other", "username": "berta", "date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
    assert staff_client.post(path, posted).status_code == 302
    assert User.objects.get(pk="user-123").username == "berta"
    assert not User.objects.filter(pk="other").exists()


@pytest.mark.parametrize("key", ["auth0|5f7c8e", "did:web:example", "a_b~c"])
def test_pages_of_users_with_unusual_ids_open(staff_client, key):
    User.objects.create_user(id=key, username="anna")
    changelist = staff_client.get("/admin/accounts/user/?q=anna").context["cl"]
    link = changelist.url_for_result(User.objects.get(pk=key))
    assert staff_client.get(link).status_code == 200


@pytest.fixture
def change(staff_client, user, settings):
    """change(plan=…): what the page of user-123 answers."""
    settings.EXPORTS = settings.EXPORTS | {"PLANS": {"free": {}, "paid": {}}}

    def change(**values: str):
        posted = {"username": "user-123", "date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
        return staff_client.post("/admin/accounts/user/user-123/change/", posted | values)

    return change


def test_plan_and_networks(change, user):
    assert change(plan="paid", networks="192.0.2.7\r\n2001:DB8::/32 192.0.2.7").status_code == 302
    user.refresh_from_db()
    assert (user.plan, user.networks) == ("paid", ["192.0.2.7/32", "2001:db8::/32"])
    assert change(plan="", networks="").status_code == 302
    user.refresh_from_db()
    assert (user.plan, user.networks) == ("", [])


@pytest.mark.parametrize(
    ("field", "value"), [("plan", "gold"), ("networks", "office"), ("networks", "192.0.2.1/24")]
)
def test_what_is_no_plan_and_no_network_is_named(change, user, field, value):
    answer = change(**{field: value})
    assert (answer.status_code, list(answer.context["adminform"].form.errors)) == (200, [field])
    user.refresh_from_db()
    assert (user.plan, user.networks) == ("", [])


def test_a_plan_that_is_gone_stays_until_another_is_chosen(change, user):
    """Without a plan the user might do more."""
    user.plan = "old"
    user.save()
    assert change(plan="old").status_code == 302
    user.refresh_from_db()
    assert user.plan == "old"


def test_who_may_only_look_sees_both(client, user, stranger, allow):
    stranger.is_staff = True
    stranger.save()
    allow(stranger, "accounts.view_user")
    user.plan, user.networks = "free", ["192.0.2.0/24"]
    user.save()
    client.force_login(stranger)
    page = client.get("/admin/accounts/user/user-123/change/").text
    assert "free" in page
    assert "192.0.2.0/24" in page
