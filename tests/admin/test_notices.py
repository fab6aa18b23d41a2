"""Mails, webhooks and their messages in the admin: to be read, switched off and sent again."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.models import ExportMail, Webhook, WebhookDelivery
from exports.notices.signing import secret_of
from tests.admin.test_schedules import schedule
from tests.admin.test_templates import make

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

MAILS, WEBHOOKS, DELIVERIES = (
    f"/admin/exports/{model}/" for model in ("exportmail", "webhook", "webhookdelivery")
)
LISTS = [MAILS, WEBHOOKS, DELIVERIES]


@pytest.fixture
def reader(staff, allow) -> Any:
    """Staff who may see all three, of their own."""
    allow(staff, *(f"exports.view_{name}" for name in ("exportmail", "webhook", "webhookdelivery")))
    return staff


@pytest.fixture
def editor(reader, allow) -> Any:
    """The same, who may change and delete webhooks."""
    allow(reader, "exports.change_webhook", "exports.delete_webhook")
    return reader


def mail(user: Any, **values: Any) -> ExportMail:
    told = {"kind": "stopped", "user": user.pk, "recipient": f"{user.pk}@example.com", "event": user.pk}
    return ExportMail.objects.create(**told | values)


def delivery(user: Any, **values: Any) -> WebhookDelivery:
    webhook, _new = Webhook.objects.get_or_create(user=user.pk, url=f"https://{user.pk}.example.com/hook")
    told = {"event": "export.failed", "payload": '{"a": "<b>"}', "status": "failed", "attempts": 10}
    return WebhookDelivery.objects.create(webhook=webhook, **told | values)


def found(client: Any, path: str) -> list[Any]:
    page = client.get(path)
    assert page.status_code == 200
    return list(page.context["cl"].result_list)


def act(client: Any, path: str, action: str, *chosen: Any) -> Any:
    fields = {"action": action, "_selected_action": [str(one.pk) for one in chosen]}
    return client.post(path, fields, follow=True)


def test_it_works(client, reader):
    one = mail(reader, schedule=schedule(reader, make(reader)), error="refused <i>")
    sent = delivery(reader, log=[{"at": "2026", "status": 500, "seconds": 0.1, "error": ""}])
    assert [found(client, path) for path in LISTS] == [[one], [sent.webhook], [sent]]
    assert "refused &lt;i&gt;" in client.get(f"{MAILS}{one.pk}/change/").text
    page = client.get(f"{DELIVERIES}{sent.pk}/change/").text
    assert "&quot;status&quot;: 500" in page
    assert "&lt;b&gt;" in page
    assert found(client, f"{MAILS}?q=user-123@example.com") == [one]
    assert found(client, f"{DELIVERIES}?q={sent.pk}") == [sent]
    assert found(client, f"{DELIVERIES}?status__exact=sent") == []


def test_the_secret_is_nowhere(client, editor):
    webhook = delivery(editor).webhook
    for path in (WEBHOOKS, f"{WEBHOOKS}{webhook.pk}/change/", f"{WEBHOOKS}{webhook.pk}/delete/", DELIVERIES):
        page = client.get(path)
        assert page.status_code == 200
        assert secret_of(webhook) not in page.text


def test_switching_off_and_deleting(client, editor):
    webhook = delivery(editor).webhook
    act(client, WEBHOOKS, "switch_off", webhook)
    webhook.refresh_from_db()
    assert webhook.is_active is False
    assert client.get(f"{WEBHOOKS}{webhook.pk}/history/").text.count("Switched off.") == 1
    assert client.post(f"{WEBHOOKS}{webhook.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Webhook.objects.exists()
    assert not WebhookDelivery.objects.exists()


def test_sending_again(client, editor):
    one, other = delivery(editor), delivery(editor, status="waiting", attempts=3)
    assert "1 message is sent again." in act(client, DELIVERIES, "send_again", one, other).text
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.status, one.attempts) == ("waiting", 0)
    assert (other.status, other.attempts) == ("waiting", 3)


def test_who_may_only_look_changes_nothing(client, reader):
    sent = delivery(reader)
    act(client, DELIVERIES, "send_again", sent)
    for action in ("switch_off", "delete_selected"):
        act(client, WEBHOOKS, action, sent.webhook)
    assert client.post(f"{WEBHOOKS}{sent.webhook.pk}/delete/", {"post": "yes"}).status_code == 403
    for path, row in ((MAILS, mail(reader)), (WEBHOOKS, sent.webhook), (DELIVERIES, sent)):
        assert client.post(f"{path}add/", {}).status_code == 403
        assert client.post(f"{path}{row.pk}/change/", {"is_active": ""}).status_code == 403
    sent.refresh_from_db()
    assert (sent.status, sent.webhook.is_active) == ("failed", True)


def test_a_stranger_sees_ones_own_only(client, editor, stranger):
    mine, theirs = delivery(editor), delivery(stranger)
    rows = {MAILS: mail(stranger), WEBHOOKS: theirs.webhook, DELIVERIES: theirs}
    own = mail(editor)
    assert [found(client, path) for path in LISTS] == [[own], [mine.webhook], [mine]]
    for path, row in rows.items():
        assert found(client, f"{path}?q=user-456") == []
        assert "user-456" not in client.get(path).text
        answer = client.get(f"{path}{row.pk}/change/", follow=True)
        assert answer.redirect_chain == [("/admin/", 302)]
    act(client, DELIVERIES, "send_again", theirs)
    act(client, WEBHOOKS, "switch_off", theirs.webhook)
    theirs.refresh_from_db()
    assert (theirs.status, theirs.webhook.is_active) == ("failed", True)


def test_who_may_see_all_does(client, editor, stranger, allow):
    allow(editor, "exports.export_for_all_tenants", "exports.view_exportlog")
    theirs, one = delivery(stranger), mail(stranger)
    assert [found(client, path) for path in LISTS] == [[one], [theirs.webhook], [theirs]]
    act(client, WEBHOOKS, "switch_off", theirs.webhook)
    theirs.webhook.refresh_from_db()
    assert theirs.webhook.is_active is False


def test_more_messages_are_no_more_queries(client, editor):
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            found(client, path)
        return len(captured)

    def add(number: int) -> None:
        mail(editor, event=f"{number}")
        delivery(editor)
        Webhook.objects.create(user=editor.pk, url=f"https://example.com/{number}")

    add(0)
    few = [queries(path) for path in (*LISTS, *LISTS)][len(LISTS) :]  # the first fill the caches that last
    for number in range(1, 8):
        add(number)
    assert [queries(path) for path in LISTS] == few


@pytest.mark.parametrize("path", LISTS)
def test_without_the_permission_there_is_no_list(client, staff, path):
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("path", LISTS)
def test_without_a_storage_there_are_none(client, editor, settings, path):
    assert path in client.get("/admin/").text
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    assert path not in client.get("/admin/").text
    assert client.get(path).status_code == 403
