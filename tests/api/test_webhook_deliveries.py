"""What was sent to a webhook: each message with the attempts at it, and sent again on demand."""

import datetime as dt
import uuid

import pytest

from exports.api.webhook_serializers import WebhookDeliverySerializer
from exports.models import WebhookDelivery
from tests.api.strangers import without_id

# Whether it may, and who is told, is decided in Python; how it is claimed has tests on each database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

AT = "2026-01-01T12:00:00+00:00"
LOG = [
    {"at": AT, "seconds": 0.5, "status": None, "error": "TimeoutError"},
    {"at": AT, "seconds": 0.1, "status": 500, "error": ""},
]
FAILED = {"event": "export.failed", "payload": "{}", "status": "failed", "attempts": 2, "error": "HTTP 500"}


def given_up(webhook, **fields) -> WebhookDelivery:
    """A message of this webhook's that was given up, unless `fields` say otherwise."""
    return WebhookDelivery.objects.create(webhook_id=webhook["id"], log=LOG, **(FAILED | fields))


def test_it_works(jobs, get, keep):
    webhook = keep.webhook()
    delivery = given_up(webhook)
    [told] = get(webhook["links"]["deliveries"]).json["results"]
    assert list(told) == WebhookDeliverySerializer.Meta.fields
    assert (told["id"], told["status"], told["error"]) == (str(delivery.pk), "failed", "HTTP 500")
    assert [(each["status"], each["error"]) for each in told["log"]] == [(None, "TimeoutError"), (500, "")]
    assert dt.datetime.fromisoformat(told["log"][0]["at"]) == dt.datetime.fromisoformat(AT)
    assert told["payload"] == "{}"
    again = jobs.ask(told["links"]["again"])
    assert (again.status, again.json["id"], again.json["status"]) == (202, told["id"], "waiting")
    assert (again.json["attempts"], again.json["error"]) == (0, "")
    assert len(again.json["log"]) == 2  # what was tried stays told


@pytest.mark.parametrize("status", ["waiting", "sending"])
def test_one_that_waits_is_left_as_it_is(jobs, keep, status):
    delivery = given_up(keep.webhook(), status=status)
    before = WebhookDelivery.objects.values().get()
    path = f"/api/exports/webhooks/{delivery.webhook_id}/deliveries/{delivery.pk}/again"
    again = jobs.ask(path)
    assert (again.status, again.json["status"]) == (202, status)
    assert WebhookDelivery.objects.values().get() == before


def test_pages_newest_first(get, keep):
    webhook = keep.webhook()
    made = [str(given_up(webhook).pk) for _ in range(3)]
    path = webhook["links"]["deliveries"]
    answer = get(path)
    assert [each["id"] for each in answer.json["results"]] == made[::-1]
    assert answer.queries == [
        "SELECT accounts_user",
        "SELECT exports_webhook",
        *["SELECT exports_webhookdelivery"] * 2,
    ]
    page = get(path, {"page_size": 1, "page": 2}).json
    assert (page["count"], [each["id"] for each in page["results"]]) == (3, [made[1]])


def test_messages_of_others_are_404_alike(jobs, get, keep, stranger):
    """Under one's own webhook, under theirs, and under one's own other one."""
    mine, theirs, other = keep.webhook(), keep.webhook(by=stranger), keep.webhook()
    ids = [str(given_up(theirs).pk), str(given_up(other).pk)]
    before = [*WebhookDelivery.objects.order_by("pk").values()]
    told = [
        jobs.ask(f"{webhook['links']['self']}/deliveries/{key}/again")
        for webhook, keys in ((mine, [*ids, str(uuid.uuid4()), "-" * 36]), (theirs, [ids[0]]))
        for key in keys
    ]
    assert {answer.status for answer in told} == {404}
    assert len({answer.body for answer in told}) == 1
    assert len({tuple(without_id(answer).items()) for answer in told}) == 1
    assert get(mine["links"]["deliveries"]).json["count"] == 0
    assert [*WebhookDelivery.objects.order_by("pk").values()] == before


@pytest.mark.sqlite
def test_the_documentation_has_every_field():
    from tests.test_docs import names, section

    documented = names(section("docs/api.md", "## Webhooks"), "field of a message")
    assert documented == WebhookDeliverySerializer.Meta.fields
