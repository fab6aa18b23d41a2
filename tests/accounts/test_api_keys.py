"""API keys over the API: made, listed, revoked; what a key may, and what it may not."""

import secrets
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import APIKey
from exports.models import ExportLog

KEYS = "/api/auth/api-keys"
INFO = "/api/exports/info"
REFUSED = "This API key is not valid, or not any more."

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(client, auth_headers):
    """make(**fields): the answer to user-123, who wants a key."""

    def make(**fields):
        body = {"name": "nightly"} | fields
        return client.post(KEYS, body, content_type="application/json", headers=auth_headers)

    return make


@pytest.fixture
def key(make) -> str:
    """The text of a key of user-123 that limits nothing."""
    return make().json()["key"]


@pytest.fixture
def use(client):
    """use(key, path): the answer to whoever has the key."""

    def use(key: str, path: str = INFO, *, method: str = "get", **options):
        return getattr(client, method)(path, headers={"Authorization": f"Api-Key {key}"}, **options)

    return use


def test_it_works(use, key):
    answer = use(key)
    assert (answer.status_code, answer.json()["user_id"]) == (200, "user-123")


def test_the_answer_shows_the_key_once(client, make, auth_headers):
    answer = make(datasets=["calls"], networks=["192.0.2.7", "2001:db8::/32"])
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "private, no-store")
    made = answer.json()
    text = made.pop("key")
    assert text.startswith(f"{made['prefix']}.")
    assert made["networks"] == ["192.0.2.7/32", "2001:db8::/32"]
    assert (made["name"], made["datasets"], made["state"]) == ("nightly", ["calls"], "active")
    again = client.get(answer.headers["Location"], headers=auth_headers)
    assert again.json() == made
    listed = client.get(KEYS, headers=auth_headers).json()
    assert (listed["count"], listed["results"]) == (1, [made])


def test_only_a_prefix_and_a_hash_are_kept(key):
    stored = str(APIKey.objects.values().get())
    assert key not in stored
    assert key.partition(".")[2] not in stored
    assert "sha512$$" in stored


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": None}, "name"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"datasets": ["calls", "nothing"]}, "datasets"),
        ({"datasets": "calls"}, "datasets"),
        ({"networks": ["192.0.2.0/24", "192.0.2.7/24"]}, "networks.1"),
        ({"networks": ["office"]}, "networks.0"),
        ({"networks": ["192.0.2.7"] * 51}, "networks"),
        ({"networks": ["fe80::1%eth0"]}, "networks.0"),
        # Empty means all: whoever works a list out, and comes to nothing, means something else.
        ({"datasets": []}, "datasets"),
        ({"networks": []}, "networks"),
    ],
)
def test_a_mistake_is_named_and_makes_no_key(make, fields, attr):
    answer = make(**fields)
    assert answer.status_code == 400
    assert [error["attr"] for error in answer.json()["errors"]] == [attr]
    assert not APIKey.objects.exists()


def test_what_belongs_to_the_service_cannot_be_chosen(make, stranger):
    made = make(prefix="aaaaaaaa", user="user-456", revoked_at="2020-01-01T00:00:00Z", key="x").json()
    assert made["prefix"] != "aaaaaaaa"
    assert (made["state"], APIKey.objects.get().user_id) == ("active", "user-123")


def test_a_revoked_key_is_refused_at_the_next_request(client, use, key, auth_headers):
    path = f"{KEYS}/{APIKey.objects.get().pk}"
    assert use(key).status_code == 200
    assert client.delete(path, headers=auth_headers).status_code == 204
    assert use(key).status_code == 401
    assert client.get(path, headers=auth_headers).json()["state"] == "revoked"
    moment = APIKey.objects.get().revoked_at
    assert client.delete(path, headers=auth_headers).status_code == 204
    assert APIKey.objects.get().revoked_at == moment


def test_strangers_see_and_revoke_nothing(client, use, key, stranger):
    headers = {"X-User-Id": stranger.pk}
    path = f"{KEYS}/{APIKey.objects.get().pk}"
    assert client.get(KEYS, headers=headers).json()["results"] == []
    assert client.get(path, headers=headers).status_code == 404
    assert client.delete(path, headers=headers).status_code == 404
    assert use(key).status_code == 200


def test_an_expired_key_is_refused(use, make, time_machine_at):
    key = make(expires_at=(timezone.now() + timedelta(hours=1)).isoformat()).json()["key"]
    assert use(key).status_code == 200
    time_machine_at(timedelta(hours=1, seconds=1))
    assert use(key).status_code == 401


@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        (["192.0.2.0/24"], "192.0.2.77", 200),
        (["192.0.2.0/24"], "192.0.3.77", 401),
        (["192.0.2.0/24"], "::ffff:192.0.2.77", 200),
        (["2001:db8::/32", "198.51.100.1"], "198.51.100.1", 200),
        (["2001:db8::/32"], "2001:db8::1", 200),
        (["2001:db8::/32"], "192.0.2.77", 401),
        (["0.0.0.0/0", "::/0"], "", 401),
        (["::ffff:192.0.2.0/120"], "192.0.2.77", 200),
        (["::ffff:192.0.2.0/120"], "192.0.3.77", 401),
    ],
)
def test_a_key_works_from_its_networks_alone(use, make, networks, address, status):
    key = make(networks=networks).json()["key"]
    assert use(key, REMOTE_ADDR=address).status_code == status


def test_a_forwarding_header_opens_no_network(client, make):
    key = make(networks=["192.0.2.0/24"]).json()["key"]
    headers = {"Authorization": f"Api-Key {key}", "X-Forwarded-For": "192.0.2.77"}
    assert client.get(INFO, headers=headers).status_code == 401


def test_when_it_was_used_last_is_noted_once_a_minute(use, key, time_machine_at):
    assert APIKey.objects.get().last_used_at is None
    use(key)
    first = APIKey.objects.get().last_used_at
    assert first is not None
    use(key)
    assert APIKey.objects.get().last_used_at == first
    time_machine_at(timedelta(seconds=61))
    use(key)
    assert APIKey.objects.get().last_used_at > first


def test_a_refused_key_was_not_used(use, key):
    APIKey.objects.get().revoke()
    use(key)
    assert APIKey.objects.get().last_used_at is None


def test_a_disabled_user_is_out_at_once(use, key, user):
    user.is_active = False
    user.save()
    assert use(key).status_code == 401


def test_every_wrong_key_gets_the_same_answer(use, key, make, user):
    revoked = make().json()["key"]
    APIKey.objects.get(prefix=revoked[:8]).revoke()
    elsewhere = make(networks=["192.0.2.0/24"]).json()["key"]
    wrong = [
        f"{key[:-1]}{'a' if key[-1] != 'a' else 'b'}",
        f"unknown1{key[8:]}",
        "x",
        key[:8],
        revoked,
        elsewhere,
    ]
    answers = [use(text) for text in wrong]
    assert [answer.status_code for answer in answers] == [401] * len(wrong)
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["errors"][0]["detail"] == REFUSED


def test_whole_hashes_are_compared_in_constant_time_however_wrong_a_key_is(use, key, monkeypatch):
    compared = []
    compare = secrets.compare_digest

    def spy(one, other):
        compared.append((len(one), len(other)))
        return compare(one, other)

    monkeypatch.setattr("django.utils.crypto.secrets.compare_digest", spy)
    # The last character is wrong, the first of the secret, all of it, the prefix, and it is no key at all.
    last = key[:-1] + ("a" if key[-1] != "a" else "b")
    for text in (last, f"{key[:9]}{'a' * 32}", f"unknown1{key[8:]}", "x"):
        compared.clear()
        assert use(text).status_code == 401
        assert compared == [(len("sha512$$") + 128,) * 2]


# --- What a key may -----------------------------------------------------------------------------------------


def test_a_key_exports_its_datasets_and_no_others(use, make):
    key = make(datasets=["calls", "agents"]).json()["key"]
    assert use(key, "/api/exports/calls").status_code == 200
    for path in ("/api/exports/hosts", "/api/hosts/export/csv", "/api/exports/events"):
        for method in ("get", "head"):
            assert use(key, path, method=method).status_code == 403
    denied = ExportLog.objects.filter(outcome="denied")
    assert {record.export_type for record in denied} == {"hosts", "events"}
    assert {record.error for record in denied} == {"This credential does not allow this dataset."}


def test_a_key_is_told_of_its_datasets_and_no_others(use, make, auth_headers, client):
    client.get("/api/exports/agents", headers=auth_headers).getvalue()
    client.get("/api/exports/calls", headers=auth_headers).getvalue()
    key = make(datasets=["calls"]).json()["key"]
    assert [export["name"] for export in use(key).json()["exports"]] == ["calls"]
    records = use(key, "/api/exports/logs").json()["results"]
    assert [record["export_type"] for record in records] == ["calls"]
    other = ExportLog.objects.get(export_type="agents")
    assert use(key, f"/api/exports/logs/{other.pk}").status_code == 404


def test_a_key_that_limits_nothing_sees_every_record(use, key, user):
    """Those of a dataset that is gone too."""
    ExportLog.objects.create(
        user=user.pk, tenant=user.pk, export_type="gone", door="api", outcome="succeeded"
    )
    assert [record["export_type"] for record in use(key, "/api/exports/logs").json()["results"]] == ["gone"]


def test_a_key_manages_no_keys(use, key):
    """Else one for a single dataset could make itself one for all."""
    own = f"{KEYS}/{APIKey.objects.get().pk}"
    answers = [
        use(key, KEYS),
        use(key, KEYS, method="post", data={"name": "x"}, content_type="application/json"),
        use(key, own),
        use(key, own, method="delete"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert "sign in" in answers[0].json()["errors"][0]["detail"]
    assert APIKey.objects.get().state == "active"


def test_nobody_makes_keys(client):
    answer = client.post(KEYS, {"name": "x"}, content_type="application/json")
    assert answer.status_code == 401


@pytest.mark.parametrize("headers", [{}, {"X-CSRFToken": "x" * 32}])
def test_a_session_needs_the_csrf_token_to_make_and_to_revoke(csrf_client, user, headers):
    csrf_client.force_login(user)
    key, _ = APIKey.objects.issue(user=user, name="x")
    body = {"content_type": "application/json", "headers": headers}
    assert csrf_client.post(KEYS, {"name": "y"}, **body).status_code == 403
    assert csrf_client.delete(f"{KEYS}/{key.pk}", **body).status_code == 403
    assert [found.state for found in APIKey.objects.all()] == ["active"]


def test_with_the_csrf_token_a_session_makes_keys(csrf_client, user, sign_in):
    sign_in(csrf_client, username="user-123", password="user-123")
    headers = {"X-CSRFToken": csrf_client.cookies["csrftoken"].value}
    answer = csrf_client.post(KEYS, {"name": "x"}, content_type="application/json", headers=headers)
    assert answer.status_code == 201


def test_the_list_has_pages_newest_first(client, user, auth_headers):
    for number in range(51):
        APIKey.objects.issue(user=user, name=f"{number}")
    page = client.get(KEYS, headers=auth_headers).json()
    assert (page["count"], len(page["results"])) == (51, 50)
    assert page["results"][0]["name"] == "50"
    assert len(client.get(page["next"], headers=auth_headers).json()["results"]) == 1
