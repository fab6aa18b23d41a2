"""Webhooks: what a receiver is told, how it knows that it is us, and what comes of one that is silent."""

import base64
import datetime as dt
import json
import time
from contextlib import suppress

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.http import QueryDict
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from exports.caller import Caller
from exports.conf import export_settings
from exports.exceptions import InvalidParameters, NotPermitted, WebhookNotFound
from exports.jobs import control as jobs
from exports.jobs.submitting import submit
from exports.models import ExportJob, ExportLog, Webhook, WebhookDelivery
from exports.notices import control, outbox, webhooks
from exports.notices.signing import MOST, OVERLAP, secret_of
from exports.notices.webhooks import LOGGED, PAUSES, REST, deliver_due
from tests.engine.background import run_at_once
from tests.schedules.made import HOUR, MINUTE, MORNING, at_work, caller, make_schedule, make_template, now_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("calls")]

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def webhook(user, receiver) -> Webhook:
    return control.create(caller(user), receiver.url)


def ended(user, query: str = "") -> ExportJob:
    job, _new = submit("calls", caller(user), QueryDict(query))
    run_at_once()
    return now_of(job)


def only() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def test_it_works(webhook, receiver, user):
    job = ended(user)
    assert receiver.seen == []  # its end waits for nobody
    assert deliver_due() == 1
    (request,) = receiver.seen
    told = Verifier(secret_of(webhook)).verify(request.body, request.headers)
    assert told["type"] == "export.succeeded"
    data = told["data"]
    assert (data["id"], data["dataset"], data["status"]) == (str(job.pk), "calls", "succeeded")
    assert (data["row_count"], data["byte_count"], data["sha256"]) == (3, job.byte_count, job.sha256)
    assert data["file_url"] == f"https://exports.example.com/api/exports/jobs/{job.pk}/file"
    assert (data["error"], data["template"], data["schedule"]) == (None, None, None)
    assert "link=" not in request.body.decode()
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["webhook-id"] == f"msg_{only().pk.hex}"
    assert (only().status, only().attempts) == ("sent", 1)
    ((attempt,), delivery) = only().log, only()
    assert (attempt["status"], attempt["error"]) == (204, "")
    assert delivery.payload.encode() == request.body
    assert deliver_due() == 0


def test_of_a_schedule(webhook, receiver, user):
    with time_machine.travel(MORNING - MINUTE, tick=False):
        schedule = make_schedule(make_template(user, "calls"))
    at_work(MORNING)
    data = json.loads(receiver.seen[0].body)["data"]
    assert (data["schedule"], data["template"]) == (str(schedule.pk), str(schedule.template_id))


def test_what_was_changed_is_refused(webhook, receiver, user):
    """The specification's own library accepts what we send, and nothing else."""
    ended(user)
    deliver_due()
    (request,) = receiver.seen
    verifier, headers = Verifier(secret_of(webhook)), request.headers
    verifier.verify(request.body, headers)
    signature = headers["webhook-signature"]
    changed = [
        (request.body.replace(b"succeeded", b"failed"), headers),
        (request.body + b" ", headers),
        (request.body, headers | {"webhook-id": "msg_0"}),
        (request.body, headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}),
        (request.body, headers | {"webhook-signature": signature[:-5] + "AAAA="}),
        (request.body, {name: value for name, value in headers.items() if name.lower() != "webhook-id"}),
    ]
    for body, said in changed:
        with pytest.raises(WebhookVerificationError):
            verifier.verify(body, said)
    with time_machine.travel(dt.datetime.now(dt.UTC) + 6 * MINUTE), pytest.raises(WebhookVerificationError):
        verifier.verify(request.body, headers)
    other = control.create(caller(user), receiver.url)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret_of(other)).verify(request.body, headers)


def test_the_secret_has_as_many_bytes_as_is_asked_for(webhook):
    """Of 24 to 64."""
    prefix, text = secret_of(webhook).split("_")
    assert (prefix, len(base64.b64decode(text))) == ("whsec", 32)


def accepts(secret: str, request) -> bool:
    with suppress(WebhookVerificationError):
        Verifier(secret).verify(request.body, request.headers)
        return True
    return False


def test_another_secret(webhook, receiver, user):
    """For a day both are right; then the new one alone."""
    with time_machine.travel(MORNING) as clock:
        old = secret_of(webhook)
        assert control.rotate(webhook)
        new = secret_of(webhook)
        assert old != new
        control.test(webhook)
        assert deliver_due() == 1
        assert [accepts(secret, receiver.seen[-1]) for secret in (old, new)] == [True, True]
        clock.move_to(MORNING + OVERLAP + MINUTE)
        control.test(webhook)
        assert deliver_due() == 1
        assert [accepts(secret, receiver.seen[-1]) for secret in (old, new)] == [False, True]


def test_other_secrets_one_after_the_other(webhook, receiver):
    """Who has changed it twice within a day has lost none of them, but for the oldest of many."""
    with time_machine.travel(MORNING) as clock:
        secrets = [secret_of(webhook)]
        for hour in range(1, MOST + 2):
            clock.move_to(MORNING + hour * HOUR)
            assert control.rotate(webhook)
            secrets.append(secret_of(webhook))
            control.test(webhook)
            assert deliver_due() == 1
            right = [accepts(secret, receiver.seen[-1]) for secret in secrets]
            assert right == [False] * (len(secrets) - MOST) + [True] * min(MOST, len(secrets))
        clock.move_to(MORNING + 8 * HOUR + OVERLAP)
        control.test(webhook)
        deliver_due()
        right = [accepts(secret, receiver.seen[-1]) for secret in secrets]
        assert right == [False] * (MOST + 1) + [True]


def test_another_secret_key(webhook, receiver, settings):
    """While the old one is a fallback, receivers that have not been told yet accept what we send."""
    old, settings.SECRET_KEY_FALLBACKS = secret_of(webhook), [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 60
    control.test(webhook)
    deliver_due()
    assert [accepts(secret, receiver.seen[-1]) for secret in (old, secret_of(webhook))] == [True, True]
    settings.SECRET_KEY_FALLBACKS = []
    control.test(webhook)
    deliver_due()
    assert [accepts(secret, receiver.seen[-1]) for secret in (old, secret_of(webhook))] == [False, True]


def test_which_events(user, receiver):
    control.create(caller(user), receiver.url, ["export.failed", "export.cancelled"])
    ended(user)
    assert not WebhookDelivery.objects.exists()
    job, _new = submit("calls", caller(user), QueryDict())
    jobs.cancel(job)
    deliver_due()
    told = json.loads(receiver.seen[0].body)
    assert told["type"] == "export.cancelled"
    assert (told["data"]["row_count"], told["data"]["file_url"]) == (None, None)


def test_a_failed_job(webhook, receiver, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_FILE_BYTES": 1}
    ended(user)
    deliver_due()
    told = json.loads(receiver.seen[0].body)
    assert (told["type"], told["data"]["error"]["code"]) == ("export.failed", "file_too_large")


def test_again_while_nobody_answers(webhook, receiver, user):
    """As often as the specification proposes; the message is the same each time, and its time is not."""
    receiver.answer = 500
    with time_machine.travel(MORNING, tick=False):
        ended(user)
    moment, waited = MORNING, []
    for _ in range(20):
        with time_machine.travel(moment, tick=False):
            assert deliver_due() == 0
        if only().status != "waiting":
            break
        waited.append(only().due_at - moment)
        with time_machine.travel(only().due_at - SECOND, tick=False):
            deliver_due()
        moment = only().due_at
    assert tuple(waited) == PAUSES
    assert waited == sorted(waited)
    delivery = only()
    assert (delivery.status, delivery.error, delivery.attempts) == ("failed", "HTTP 500", 10)
    assert [attempt["status"] for attempt in delivery.log] == [500] * 10
    assert len({request.headers["webhook-id"] for request in receiver.seen}) == 1
    assert len({request.headers["webhook-timestamp"] for request in receiver.seen}) == 10
    assert len({request.body for request in receiver.seen}) == 1
    # By hand once more, with its old id.
    receiver.answer = 200
    assert control.send_again(delivery)
    assert not control.send_again(delivery)
    with time_machine.travel(dt.datetime.now(dt.UTC) + SECOND):
        assert deliver_due() == 1
    assert len({request.headers["webhook-id"] for request in receiver.seen}) == 1
    assert len(only().log) == 11


def test_the_log_has_an_end(webhook, receiver):
    delivery = control.test(webhook)
    for _ in range(LOGGED + 3):
        deliver_due()
        control.send_again(delivery)
    assert len(now_of(delivery).log) == LOGGED


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(webhook, receiver, status):
    receiver.answer, receiver.headers = status, {"Location": "/other"}
    control.test(webhook)
    assert deliver_due() == 0
    assert [request.path for request in receiver.seen] == ["/hook"]
    assert only().error == f"HTTP {status}"


def test_gone(webhook, receiver, user):
    """By 410 a receiver says that it wants no more: the webhook is off, until its user says otherwise."""
    receiver.answer = 410
    control.test(webhook)
    ended(user)
    assert deliver_due() == 0
    assert (now_of(webhook).is_active, webhook.error) == (False, "HTTP 410")
    assert sorted(WebhookDelivery.objects.values_list("status", flat=True)) == ["dropped", "failed"]
    assert len(receiver.seen) == 1
    ended(user, "columns=id")
    assert WebhookDelivery.objects.count() == 2
    control.change(webhook, webhook.url, [], is_active=True)
    assert (now_of(webhook).is_active, webhook.error) == (True, "")


def test_who_may_not_sign_in(webhook, receiver, user):
    ended(user)
    user.is_active = False
    user.save()
    assert deliver_due() == 0
    assert (only().status, receiver.seen) == ("failed", [])


def test_a_receiver_that_is_slow(webhook, receiver, settings):
    """A byte now and then keeps nobody for longer than is set."""
    settings.EXPORTS = settings.EXPORTS | {"WEBHOOK_SECONDS": 1}

    def slowly(handler):
        with suppress(OSError):
            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10_000:
                handler.wfile.write(bytes([byte]))
                if receiver.ended.wait(0.1):
                    return

    receiver.answer = slowly
    control.test(webhook)
    begun = time.monotonic()
    assert deliver_due() == 0
    assert time.monotonic() - begun < 10
    assert (only().status, only().error) == ("waiting", "TimeoutError")


def test_a_receiver_that_is_slow_to_the_end(webhook, receiver, settings):
    """One that says that its answer ends with the connection, and then never ends its headers."""
    settings.EXPORTS = settings.EXPORTS | {"WEBHOOK_SECONDS": 1}

    def slowly(handler):
        with suppress(OSError):
            handler.wfile.write(b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n")
            while not receiver.ended.wait(0.1):
                handler.wfile.write(b"x")

    receiver.answer = slowly
    control.test(webhook)
    begun = time.monotonic()
    deliver_due()
    assert time.monotonic() - begun < 10


def test_others_of_a_webhook_that_answers_slowly(webhook, receiver, user, monkeypatch):
    monkeypatch.setattr(webhooks, "SLOW_SECONDS", 0)
    with time_machine.travel(MORNING, tick=False):
        ended(user, "columns=id")
        ended(user, "columns=id,startedAt")
        assert deliver_due() == 1
    with time_machine.travel(MORNING + REST, tick=False):
        assert deliver_due() == 1


def test_an_answer_that_does_not_end(webhook, receiver):
    """Its status counts, and no more of it is read than there is room for."""

    def endless(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        with suppress(OSError):
            while not receiver.ended.is_set():
                handler.wfile.write(b"x" * 65_536)

    receiver.answer = endless
    control.test(webhook)
    assert deliver_due() == 1


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\x00\x01\x02",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
    ],
)
def test_answers_that_are_none(webhook, receiver, said):
    receiver.answer = lambda handler: handler.wfile.write(said)
    control.test(webhook)
    assert deliver_due() == 0
    assert only().status == "waiting"
    assert only().error


def test_nobody_there(user, receiver):
    webhook = control.create(caller(user), "http://127.0.0.1:1/hook".replace(":1/", ":65535/"))
    control.test(webhook)
    assert deliver_due() == 0
    assert only().error == "ConnectionRefusedError"


def test_what_nobody_expected(webhook, receiver, user, stranger, monkeypatch):
    """It is tried later, as if nobody had answered, and keeps no other from being sent."""
    control.create(caller(stranger), receiver.url)
    real = webhooks.signature_headers

    def headers(found, *args):
        if found == webhook:
            raise TypeError
        return real(found, *args)

    monkeypatch.setattr(webhooks, "signature_headers", headers)
    ended(user)
    ended(stranger)
    assert deliver_due() == 1
    assert WebhookDelivery.objects.get(webhook=webhook).status == "waiting"


def test_one_at_a_time_of_each_user(webhook, receiver, user, stranger):
    """Whose receivers are slow hold up one sender, and nobody else's messages."""
    theirs = control.create(caller(stranger), receiver.url)
    for query in ("columns=id", "columns=id,startedAt"):
        ended(user, query)
    ended(stranger)
    first = next(outbox.taken(WebhookDelivery))
    assert first.webhook == webhook
    assert deliver_due() == 1
    assert WebhookDelivery.objects.get(status="sent").webhook == theirs
    outbox.sent(first)
    assert deliver_due() == 1


def test_others_of_a_webhook_that_does_not_answer(webhook, receiver, user):
    """They wait for a while instead of meeting the same time limit one after the other."""
    receiver.answer = lambda handler: None
    with time_machine.travel(MORNING, tick=False):
        ended(user, "columns=id")
        ended(user, "columns=id,startedAt")
        deliver_due()
        deliver_due()
        assert len(receiver.seen) == 1
    receiver.answer = 204
    with time_machine.travel(MORNING + REST, tick=False):
        assert deliver_due() == 2


def test_two_senders(webhook, receiver, user):
    """A message that another has taken up is left to it, until its time is over; then it is counted."""
    ended(user)
    taken = next(outbox.taken(WebhookDelivery))
    assert deliver_due() == 0
    with time_machine.travel(dt.datetime.now(dt.UTC) + outbox.LEASE + SECOND):
        assert deliver_due() == 1
    outbox.later(taken, "late", HOUR)
    assert (only().status, only().unsure, only().attempts) == ("sent", 1, 2)


def test_a_test(webhook, receiver):
    """While one waits there is no second: it is nobody's means to send a thousand."""
    assert control.test(webhook) == control.test(webhook)
    assert deliver_due() == 1
    assert json.loads(receiver.seen[0].body)["type"] == control.TEST_EVENT
    control.test(webhook)
    assert deliver_due() == 1


def test_no_longer_than_a_message_is_its_senders(settings):
    settings.EXPORTS = settings.EXPORTS | {"WEBHOOK_SECONDS": 121}
    with pytest.raises(ImproperlyConfigured, match="WEBHOOK_SECONDS"):
        export_settings()
    assert outbox.LEASE > 120 * SECOND


def test_limits(user, receiver, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_WEBHOOKS_PER_USER": 1}
    control.create(caller(user), receiver.url)
    with pytest.raises(InvalidParameters, match="1 webhooks"):
        control.create(caller(user), receiver.url)
    with pytest.raises(InvalidParameters) as caught:
        control.change(Webhook.objects.get(), receiver.url, ["export.nothing"], is_active=True)
    assert [problem.attr for problem in caught.value.errors] == ["events"]


def test_a_stranger(webhook, receiver, user, stranger):
    """They see none of it, and are told of nothing that is not theirs."""
    with pytest.raises(WebhookNotFound):
        control.own_webhook(webhook.pk, caller(stranger))
    assert not control.own_webhooks(caller(stranger)).exists()
    assert not control.reachable_webhooks(stranger).exists()
    control.create(caller(stranger), receiver.url + "?theirs")
    ended(user)
    deliver_due()
    assert [request.path for request in receiver.seen] == ["/hook"]


def test_a_credential_that_is_not_for_all(webhook, user):
    class Key:
        def allows_dataset(self, name):
            return name == "calls"

    limited = Caller(user=user, door=ExportLog.Door.API, credential=Key())
    for work in (
        lambda: control.own_webhooks(limited),
        lambda: control.own_webhook(webhook.pk, limited),
        lambda: control.create(limited, "https://example.com/hook"),
    ):
        with pytest.raises(NotPermitted):
            work()


def test_deleted(webhook, receiver, user):
    ended(user)
    control.delete(webhook)
    assert deliver_due() == 0
    assert not WebhookDelivery.objects.exists()


def test_nothing_to_do(webhook, django_assert_num_queries):
    with django_assert_num_queries(1):
        deliver_due()
