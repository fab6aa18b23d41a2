"""`/api/exports/webhooks`: made, looked at, changed, tried and removed; one's own alone."""

import datetime as dt

import pytest
from standardwebhooks import Webhook as Verifier

from exports.api.webhook_serializers import WebhookSecretSerializer, WebhookSerializer
from exports.models import Webhook, WebhookDelivery
from exports.notices.signing import secret_of, signature_headers
from tests.api.strangers import assert_hidden, assert_no_ids, assert_signed_in_only

# Whether it may, and who is told, is decided in Python; how it is claimed has tests on each database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

WEBHOOKS = "/api/exports/webhooks"
URL = "https://example.com/hooks"
AGAIN = "/deliveries/00000000-0000-4000-8000-000000000000/again"
DOORS = [
    *(("get", "", None), ("head", "", None), ("patch", "", {}), ("delete", "", None)),
    *(("post", "/secret", None), ("post", "/test", None), ("get", "/deliveries", None)),
    ("post", AGAIN, None),
]


def test_it_works(jobs, get, user):
    made = jobs.ask(WEBHOOKS, {"url": URL, "events": ["export.failed"]})
    assert made.status == 201, made.body
    webhook = made.json
    path = f"{WEBHOOKS}/{webhook['id']}"
    assert made.headers["Location"] == path
    assert list(webhook) == WebhookSecretSerializer.Meta.fields
    secret = webhook.pop("secret")
    assert (webhook["url"], webhook["events"]) == (URL, ["export.failed"])
    assert (webhook["is_active"], webhook["error"], webhook["rotated_at"]) == (True, "", None)
    assert webhook["links"] == {
        "self": path,
        **{name: f"{path}/{name}" for name in ("secret", "test", "deliveries")},
    }
    assert get(path).json == webhook
    assert get(WEBHOOKS).json["results"] == [webhook]
    sent = signature_headers(Webhook.objects.get(), "msg_1", b"{}")
    assert Verifier(secret).verify(b"{}", sent) == {}
    changed = jobs.ask(path, {"url": f"{URL}/2", "events": [], "is_active": False}, method="patch").json
    assert changed == webhook | {"url": f"{URL}/2", "events": [], "is_active": False}
    assert jobs.ask(path, method="delete").status == 204
    assert get(path).status == 404


def test_a_secret_is_told_once_and_a_new_one_with_the_next(jobs, get, keep):
    webhook = keep.webhook()
    path = webhook["links"]["self"]
    told = [get(path), get(WEBHOOKS), jobs.ask(path, {}, method="patch"), jobs.ask(f"{path}/test")]
    assert not [answer for answer in told if webhook["secret"].encode() in answer.body]
    rotated = jobs.ask(f"{path}/secret")
    assert (rotated.status, list(rotated.json)) == (200, WebhookSecretSerializer.Meta.fields)
    assert rotated.json["rotated_at"] is not None
    assert webhook["secret"] != rotated.json["secret"] == secret_of(Webhook.objects.get())
    # For a day both are good.
    sent = signature_headers(Webhook.objects.get(), "msg_1", b"{}")
    for secret in (webhook["secret"], rotated.json["secret"]):
        assert Verifier(secret).verify(b"{}", sent) == {}


def test_patch_changes_what_it_names(jobs, keep):
    webhook = keep.webhook(events=["export.failed"])
    path = webhook["links"]["self"]
    off = jobs.ask(path, {"is_active": False}, method="patch").json
    assert (off["url"], off["events"], off["is_active"]) == (URL, ["export.failed"], False)
    Webhook.objects.update(error="HTTP 410")
    assert jobs.ask(path, {"events": []}, method="patch").json["error"] == "HTTP 410"
    on = jobs.ask(path, {"is_active": True}, method="patch").json
    assert (on["is_active"], on["error"]) == (True, "")


def test_a_test_is_queued(jobs, get, keep):
    webhook = keep.webhook()
    asked = jobs.ask(webhook["links"]["test"])
    assert asked.status == 202
    assert (asked.json["event"], asked.json["status"], asked.json["log"]) == ("export.test", "waiting", [])
    assert get(webhook["links"]["deliveries"]).json["results"] == [asked.json]


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        ({"url": None}, [("null", "url")]),
        ({"url": 1}, [("invalid", "url")]),
        ({"url": ""}, [("invalid", "url")]),
        ({"url": "http://example.com/"}, [("invalid", "url")]),
        ({"url": "https://"}, [("invalid", "url")]),
        ({"url": "https://user:password@example.com/"}, [("invalid", "url")]),
        ({"url": "https://example.com:22/"}, [("invalid", "url")]),
        ({"url": "https://127.0.0.1/"}, [("invalid", "url")]),
        ({"url": "https://[::1]/"}, [("invalid", "url")]),
        ({"url": "https://169.254.169.254/latest"}, [("invalid", "url")]),
        ({"url": "https://10.0.0.1/"}, [("invalid", "url")]),
        ({"url": "https://exämple.com/"}, [("invalid", "url")]),
        ({"url": "https://example.com/\r\nX: y"}, [("invalid", "url")]),
        ({"url": "https://example.com/" + "x" * 1000}, [("invalid", "url")]),
        ({"url": "https://example.com/\ud800"}, [("invalid_characters", "url")]),
        ({"events": None}, [("null", "events")]),
        ({"events": "export.failed"}, [("invalid", "events")]),
        ({"events": [1]}, [("invalid", "events")]),
        ({"events": ["export.test"]}, [("invalid_choice", "events")]),
        ({"events": ["\ud800"]}, [("invalid_characters", "events")]),
        ({"secret": "whsec_x"}, [("unknown_parameter", "secret")]),
        ({"user": "user-456"}, [("unknown_parameter", "user")]),
        ({"x": 1, "url": None}, [("unknown_parameter", "x"), ("null", "url")]),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_named(jobs, get, keep, said, errors):
    answer = jobs.ask(WEBHOOKS, {"url": URL} | said)
    assert (answer.status, answer.errors) == (400, errors)
    assert not Webhook.objects.exists()
    path = keep.webhook()["links"]["self"]
    before = get(path).json
    patched = jobs.ask(path, said, method="patch")
    assert (patched.status, patched.errors) == (400, errors)
    assert get(path).json == before


@pytest.mark.parametrize("active", [None, "false", 0])
def test_on_and_off_is_true_and_false(jobs, keep, active):
    answer = jobs.ask(keep.webhook()["links"]["self"], {"is_active": active}, method="patch")
    assert (answer.status, [attr for _, attr in answer.errors]) == (400, ["is_active"])


def test_without_an_address_there_is_none(jobs):
    answer = jobs.ask(WEBHOOKS, {"events": []})
    assert (answer.status, answer.errors) == (400, [("required", "url")])
    for text in ("", "[]", "{"):
        assert jobs.ask(WEBHOOKS, text).errors == [("parse_error", None)]


def test_there_may_be_so_many(jobs, keep, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_WEBHOOKS_PER_USER": 1}
    keep.webhook()
    answer = jobs.ask(WEBHOOKS, {"url": URL})
    assert (answer.status, answer.errors) == (400, [("too_many", "url")])


def test_a_list_is_ones_own_and_newest_first(get, keep, stranger):
    keep.webhook(by=stranger)
    made = [keep.webhook()["id"] for _ in range(3)]
    answer = get(WEBHOOKS)
    assert [each["id"] for each in answer.json["results"]] == made[::-1]
    assert answer.queries == ["SELECT accounts_user", *["SELECT exports_webhook"] * 2]
    page = get(WEBHOOKS, {"page_size": 1, "page": 2}).json
    assert (page["count"], [each["id"] for each in page["results"]]) == (3, [made[1]])


@pytest.mark.django_db(transaction=True)  # a failed statement ends one
def test_one_that_vanishes_meanwhile_is_404(jobs, keep, monkeypatch):
    """Between being found and being changed."""
    path = keep.webhook()["links"]["self"]

    def vanish(url):
        Webhook.objects.all().delete()
        return url

    monkeypatch.setattr("exports.notices.control.require_url", vanish)
    answer = jobs.ask(path, {}, method="patch")
    assert (answer.status, answer.errors) == (404, [("not_found", None)])
    assert not Webhook.objects.exists()


def test_a_strangers_webhook_and_a_missing_one_are_404_alike(jobs, keep, user, stranger):
    theirs = keep.webhook(by=stranger)
    before = Webhook.objects.values().get()
    assert_hidden(jobs.ask, f"{WEBHOOKS}/", theirs["id"], DOORS)
    assert Webhook.objects.values().get() == before
    assert not WebhookDelivery.objects.exists()


def test_what_is_no_id_is_404(jobs):
    assert_no_ids(jobs.ask, f"{WEBHOOKS}/", DOORS)


def test_without_credentials_it_is_401(client):
    assert_signed_in_only(client, f"{WEBHOOKS}/", DOORS)
    assert client.get(WEBHOOKS).status_code == 401
    assert client.post(WEBHOOKS, {"url": URL}, content_type="application/json").status_code == 401


def test_other_methods_are_405(jobs, keep):
    path = keep.webhook()["links"]["self"]
    known = {WEBHOOKS: {"get", "post"}, path: {"get", "patch", "delete"}, f"{path}/deliveries": {"get"}}
    known |= {f"{path}{door}": {"post"} for door in ("/secret", "/test", AGAIN)}
    for address, methods in known.items():
        for method in {"get", "post", "put", "patch", "delete"} - methods:
            answer = jobs.ask(address, method=method)
            assert (answer.status, answer.errors) == (405, [("method_not_allowed", None)])


def test_a_trailing_slash_is_allowed(jobs, get, keep):
    path = keep.webhook()["links"]["self"]
    for address in (WEBHOOKS, path, f"{path}/deliveries"):
        assert get(f"{address}/").status == 200
    assert jobs.ask(f"{path}/secret/").status == 200
    test = jobs.ask(f"{path}/test/")
    assert test.status == jobs.ask(f"{test.json['links']['again']}/").status == 202


def test_from_an_address_that_is_not_allowed(jobs, get, keep, settings):
    path = keep.webhook()["links"]["self"]
    settings.EXPORTS = settings.EXPORTS | {"ALLOWED_NETWORKS": ["203.0.113.0/24"]}
    for answer in (get(WEBHOOKS), get(path), jobs.ask(f"{path}/secret"), jobs.ask(WEBHOOKS, {"url": URL})):
        assert (answer.status, answer.errors) == (403, [("permission_denied", None)])


@pytest.mark.django_db(transaction=True)  # it runs a job
def test_a_jobs_end_is_among_the_deliveries(jobs, get, keep):
    webhook = keep.webhook()
    job = jobs.made()
    [delivery] = get(webhook["links"]["deliveries"]).json["results"]
    assert (delivery["event"], delivery["job"]) == ("export.succeeded", job["id"])
    made = dt.datetime.fromisoformat(delivery["created_at"])
    assert made >= dt.datetime.fromisoformat(job["created_at"])


@pytest.mark.sqlite
def test_the_documentation_has_every_field():
    from tests.test_docs import names, section

    documented = names(section("docs/api.md", "## Webhooks"), "field of a webhook")
    assert documented == [*WebhookSerializer.Meta.fields, "secret"]
