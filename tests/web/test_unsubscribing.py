"""The link in a mail of a schedule: it asks, and then there are no more of them. Nobody has to sign in."""

import pytest
from django.core.signing import Signer
from django.test import Client
from django.urls import reverse

from exports.models import ExportSchedule
from exports.notices.unsubscribing import unsubscribe_signature
from tests.web.html import parse
from tests.web.saved_rows import ADDRESS, make_schedule, make_template

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


@pytest.fixture
def schedule(user):
    user.email = ADDRESS
    user.save()
    return make_schedule(user, make_template(user, "Quarterly figures"), recipients=[ADDRESS])


@pytest.fixture
def stranger_client():
    """Whoever has the mail: no cookies, and the checks are those of a browser."""
    return Client(enforce_csrf_checks=True)


def path_of(schedule: ExportSchedule, address: str = ADDRESS) -> str:
    return reverse("exports-web:unsubscribe", args=[unsubscribe_signature(schedule, address)])


def page_of(answer):
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    return parse(answer.text)


def unsubscribed() -> list[str]:
    return ExportSchedule.objects.get().unsubscribed


def test_it_works(stranger_client, schedule):
    path = path_of(schedule)
    page = page_of(stranger_client.get(path))
    assert f"Shall {ADDRESS} get no more mail" in page.words
    assert unsubscribed() == []  # programs open the links of mails too
    form = page.one("main").one("form")
    assert (form["method"], form.attrs.get("action")) == ("post", None)
    assert [button.words for button in form.all("button")] == ["No more mail"]
    page = page_of(stranger_client.post(path))
    assert f"{ADDRESS} gets no more mail of this schedule." in page.one("p", role="status").words
    assert unsubscribed() == [ADDRESS]
    page_of(stranger_client.post(path))
    assert unsubscribed() == [ADDRESS]


def test_a_mail_program_does_it_by_itself(stranger_client, schedule):
    """RFC 8058: a POST of one field, with neither cookie nor page."""
    page_of(stranger_client.post(path_of(schedule), {"List-Unsubscribe": "One-Click"}))
    assert unsubscribed() == [ADDRESS]


def test_nothing_is_told_but_what_the_mail_has_told(stranger_client, schedule, user):
    path = path_of(schedule)
    for answer in (stranger_client.get(path), stranger_client.post(path)):
        page = page_of(answer)
        for secret in ("Quarterly", user.pk, str(schedule.pk), "Europe/Berlin", "calls"):
            assert secret not in page.one("main").text
        assert "Log out" not in page.words


def test_a_schedule_that_is_gone(stranger_client, schedule):
    path = path_of(schedule)
    schedule.delete()
    answers = [stranger_client.get(path), stranger_client.post(path)]
    assert f"{ADDRESS} gets no more mail of this schedule." in page_of(answers[1]).words
    assert f"Shall {ADDRESS} get" in page_of(answers[0]).words


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_one(stranger_client, schedule, method):
    signature = unsubscribe_signature(schedule, ADDRESS)
    forged = [
        signature[:-1] + ("A" if signature[-1] != "A" else "B"),
        "x" + signature,
        "nonsense",
        Signer(salt="another").sign_object([str(schedule.pk), ADDRESS]),
    ]
    for text in forged:
        answer = getattr(stranger_client, method)(reverse("exports-web:unsubscribe", args=[text]))
        assert answer.status_code == 404
    assert unsubscribed() == []


def test_another_recipient_gets_theirs(stranger_client, schedule):
    ExportSchedule.objects.update(recipients=[ADDRESS, "b@example.com"])
    page_of(stranger_client.post(path_of(schedule, "b@example.com")))
    assert unsubscribed() == ["b@example.com"]


def test_without_jobs_old_mails_can_be_answered_too(stranger_client, schedule, settings):
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    page_of(stranger_client.post(path_of(schedule)))
    assert unsubscribed() == [ADDRESS]


def test_other_methods(stranger_client, schedule):
    path = path_of(schedule)
    assert stranger_client.put(path).status_code == 405
    head = stranger_client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert unsubscribed() == []
