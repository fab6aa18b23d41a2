"""The pages of webhooks: made, shown once, tried, changed, deleted; and what was sent to each."""

from uuid import uuid4

import pytest
from standardwebhooks import Webhook as Verifier

from exports.models import Webhook, WebhookDelivery
from exports.notices.signing import secret_of, signature_headers
from exports.web.listing import ROWS_A_PAGE
from tests.web.forms import fields_of
from tests.web.html import Element, parse
from tests.web.job_rows import finished_job
from tests.web.saved_rows import WEBHOOKS, make_delivery, make_webhook

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

URL = "https://example.com/hook"


def path_of(webhook: Webhook, action: str = "") -> str:
    return f"{WEBHOOKS}{webhook.pk}/{action}"


@pytest.fixture
def post(client, user):
    def post(path, fields=None):
        client.force_login(user)
        return client.post(path, fields or {})

    return post


def secret_in(page: Element) -> str:
    return page.one("code", id="webhook-secret").words


def rows(page: Element) -> list[list[str]]:
    found = page.one("div", aria_label="Deliveries").all("tr")[1:]
    return [[cell.words for cell in row.below() if cell.tag in ("th", "td")] for row in found]


def led(answer, webhook: Webhook) -> None:
    assert (answer.status_code, answer["Location"]) == (303, path_of(webhook)), answer.text
    webhook.refresh_from_db()


def test_it_works(read, post, user):
    assert "You have no webhooks yet." in read(WEBHOOKS).words
    answer = post(WEBHOOKS, {"url": URL, "events": ["export.succeeded"]})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    webhook = Webhook.objects.get()
    assert (webhook.user, webhook.url, webhook.events) == (user.pk, URL, ["export.succeeded"])
    page = parse(answer.text)
    headers = signature_headers(webhook, "msg_1", b"{}")
    Verifier(secret_in(page)).verify(b"{}", headers)
    # The form is blank again.
    assert fields_of(page.one("form", class_="exports-form"))["url"] == ""
    page = read(WEBHOOKS)
    assert secret_of(webhook) not in page.text
    page = read(page.links()[URL])
    assert page.one("h1").words == "Webhook"
    assert secret_of(webhook) not in page.text
    assert "Nothing was sent yet." in page.words


@pytest.mark.parametrize("url", ["http://example.com/", "https://127.0.0.1/", "nonsense", ""])
def test_an_address_that_cannot_be(post, url):
    answer = post(WEBHOOKS, {"url": url, "events": ["export.failed"]})
    assert answer.status_code == 400
    page = parse(answer.text)
    assert page.one("div", role="alert").links() == {"Address": "#id_url"}
    fields = fields_of(page.one("form", class_="exports-form"))
    assert {name: fields[name] for name in ("url", "events")} == {"url": url, "events": "export.failed"}
    assert Webhook.objects.count() == 0


def test_the_limit(post, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_WEBHOOKS_PER_USER": 1}
    make_webhook(user)
    answer = post(WEBHOOKS, {"url": URL})
    assert "You have 1 webhooks, the limit." in parse(answer.text).one("div", role="alert").words


def test_a_new_secret_is_shown_once(read, post, user):
    webhook = make_webhook(user)
    old = secret_of(webhook)
    answer = post(path_of(webhook, "secret"))
    assert answer.status_code == 200
    webhook.refresh_from_db()
    new = secret_in(parse(answer.text))
    assert new == secret_of(webhook) != old
    assert "For a day messages are signed with the old one too." in parse(answer.text).words
    assert new not in read(path_of(webhook)).text


class TestTheSameFormAgain:
    """As a browser sends it that loads the page with the secret anew."""

    def test_it_works(self, read, post):
        fields = fields_of(read(WEBHOOKS).one("form", class_="exports-form")) | {"url": URL}
        secret = secret_in(parse(post(WEBHOOKS, fields).text))
        answer = post(WEBHOOKS, fields)
        assert answer.status_code == 409
        page = parse(answer.text)
        assert "nothing was made now" in page.one("p", role="alert").words
        assert secret not in page.text
        webhook = Webhook.objects.get()
        assert secret_of(webhook) == secret
        # The form of that page makes another one.
        fields = fields_of(page.one("form", class_="exports-form")) | {"url": URL}
        assert secret_in(parse(post(WEBHOOKS, fields).text)) != secret
        assert Webhook.objects.count() == 2

    def test_of_another_user(self, client, read, post, stranger):
        fields = fields_of(read(WEBHOOKS, visitor=stranger).one("form", class_="exports-form")) | {"url": URL}
        post(WEBHOOKS, fields)
        client.force_login(stranger)
        assert client.post(WEBHOOKS, fields).status_code == 200
        assert sorted(Webhook.objects.values_list("user", flat=True)) == ["user-123", "user-456"]

    def test_a_new_secret(self, read, post, user):
        webhook = make_webhook(user)
        forms = read(path_of(webhook)).all("form", action=path_of(webhook, "secret"))
        fields = fields_of(forms[0])
        secret = secret_in(parse(post(path_of(webhook, "secret"), fields).text))
        answer = post(path_of(webhook, "secret"), fields)
        assert answer.status_code == 409
        assert "nothing was made now" in parse(answer.text).one("p", role="alert").words
        webhook.refresh_from_db()
        assert secret_of(webhook) == secret

    @pytest.mark.parametrize("once", ["9" * 30, "-1", "x", "²"])
    def test_what_no_page_has_sent(self, post, user, once):
        webhook = make_webhook(user)
        assert post(path_of(webhook, "secret"), {"once": once}).status_code == 200
        assert post(WEBHOOKS, {"url": URL, "once": once}).status_code == 200


def test_no_session_holds_it(client, post, user):
    answer = post(WEBHOOKS, {"url": URL})
    secret = secret_of(Webhook.objects.get())
    assert secret not in str(dict(client.session)) + str(answer.cookies) + str(answer.headers)


def test_a_test(read, post, user):
    webhook = make_webhook(user)
    led(post(path_of(webhook, "test")), webhook)
    [row] = rows(read(path_of(webhook)))
    assert row[1:4] == ["export.test", "waiting", "—"]
    assert row[5:] == ["—", "—"]
    # While one waits, there is no other, and the page says so.
    answer = post(path_of(webhook, "test"))
    assert answer.status_code == 409
    page = parse(answer.text)
    assert "No other test was sent" in page.one("p", role="alert").words
    assert len(rows(page)) == 1
    assert "No other test was sent" not in read(path_of(webhook)).words
    WebhookDelivery.objects.update(status="sent")
    led(post(path_of(webhook, "test")), webhook)
    assert len(rows(read(path_of(webhook)))) == 2


def test_the_list_has_pages(read, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_WEBHOOKS_PER_USER": None}
    for number in range(ROWS_A_PAGE + 1):
        make_webhook(user, f"https://example.com/{number}")
    page = read(WEBHOOKS)
    table = page.one("div", aria_label="Webhooks")
    assert table.one("caption").words == f"{ROWS_A_PAGE + 1} webhooks, newest first"
    assert len(table.all("tr")) == 1 + ROWS_A_PAGE
    assert page.one("nav", class_="exports-pages").links() == {"Older": "?page=2"}
    last = read(WEBHOOKS, {"page": 2})
    assert list(last.one("div", aria_label="Webhooks").links()) == ["https://example.com/0"]
    assert read(WEBHOOKS, {"page": 3}, status=404)
    assert read(WEBHOOKS, {"page": 1}).one("form", class_="exports-form")["action"] == WEBHOOKS


class TestDeliveries:
    def test_it_works(self, read, user):
        webhook, job = make_webhook(user), finished_job(user)
        make_delivery(webhook, job_id=job.pk)
        page = read(path_of(webhook))
        [row] = rows(page)
        assert row[1:3] == ["export.succeeded", "waiting"]
        assert row[3].startswith("HTTP 503, ")
        assert row[4].endswith("UTC")
        assert page.one("div", aria_label="Deliveries").links() == {"Job": f"/exports/jobs/{job.pk}/"}

    def test_what_there_was_no_answer_to(self, read, user):
        webhook = make_webhook(user)
        log = [{"at": "2026-01-31T09:30:00+00:00", "seconds": 15.0, "status": None, "error": "TimeoutError"}]
        make_delivery(webhook, log=log, status="failed")
        assert rows(read(path_of(webhook)))[0][3] == "TimeoutError, Jan. 31, 2026, 9:30 a.m. UTC"

    def test_a_job_that_is_gone_or_another_users(self, read, user, stranger):
        webhook = make_webhook(user)
        for job_id in (uuid4(), finished_job(stranger).pk):
            make_delivery(webhook, job_id=job_id)
        assert read(path_of(webhook)).one("div", aria_label="Deliveries").links() == {}

    @pytest.mark.parametrize("status", ["failed", "sent", "dropped"])
    def test_once_more(self, read, post, user, status):
        webhook = make_webhook(user)
        delivery = make_delivery(webhook, status=status, attempts=10)
        [form] = [found for found in read(path_of(webhook)).all("form") if "again" in found["action"]]
        led(post(form["action"]), webhook)
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts) == ("waiting", 0)

    @pytest.mark.parametrize("status", ["waiting", "sending"])
    def test_what_is_on_its_way_is_left_to_it(self, read, post, user, status):
        webhook = make_webhook(user)
        delivery = make_delivery(webhook, status=status)
        assert "Send again" not in read(path_of(webhook)).words
        led(post(path_of(webhook, f"deliveries/{delivery.pk}/again")), webhook)
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts) == (status, 1)

    def test_of_another_webhook(self, post, user, stranger):
        mine, theirs = make_webhook(user), make_webhook(stranger)
        delivery = make_delivery(theirs, status="failed")
        assert post(path_of(mine, f"deliveries/{delivery.pk}/again")).status_code == 404
        delivery.refresh_from_db()
        assert delivery.status == "failed"


class TestChange:
    def test_it_works(self, read, post, user):
        webhook = make_webhook(user)
        fields = fields_of(read(path_of(webhook)).one("form", class_="exports-form"))
        assert (fields["url"], fields["is_active"]) == (URL, "on")
        events = ["export.failed", "export.cancelled"]
        led(post(path_of(webhook), fields | {"url": f"{URL}/2", "events": events}), webhook)
        assert (webhook.url, webhook.events, webhook.is_active) == (f"{URL}/2", events, True)

    def test_off_and_on(self, read, post, user):
        webhook = make_webhook(user)
        led(post(path_of(webhook), {"url": URL}), webhook)
        assert not webhook.is_active
        state = read(path_of(webhook)).one("span", class_="exports-outcome exports-outcome-cancelled")
        assert state.words == "off"
        led(post(path_of(webhook), {"url": URL, "is_active": "on"}), webhook)
        assert webhook.is_active

    def test_a_mistake(self, post, user):
        webhook = make_webhook(user)
        answer = post(path_of(webhook), {"url": "https://10.0.0.1/", "is_active": "on"})
        assert answer.status_code == 400
        page = parse(answer.text)
        assert page.one("div", role="alert").links() == {"Address": "#id_url"}
        assert page.one("code", class_="exports-address").words == URL  # as it is
        assert fields_of(page.one("form", class_="exports-form"))["url"] == "https://10.0.0.1/"
        webhook.refresh_from_db()
        assert webhook.url == URL

    def test_one_whose_receiver_wants_no_more(self, read, post, user):
        webhook = make_webhook(user, is_active=False, error="HTTP 410")
        assert "the receiver wants no more: HTTP 410" in read(path_of(webhook)).words
        led(post(path_of(webhook), {"url": URL, "is_active": "on"}), webhook)
        assert webhook.error == ""


def test_it_is_deleted(post, user):
    webhook = make_webhook(user)
    make_delivery(webhook)
    answer = post(path_of(webhook, "delete"))
    assert (answer.status_code, answer["Location"]) == (303, WEBHOOKS)
    assert (Webhook.objects.count(), WebhookDelivery.objects.count()) == (0, 0)
