"""Templates, schedules and webhooks of others: nothing of them is there, by any address."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from exports.models import ExportJob, ExportSchedule, ExportTemplate, Webhook, WebhookDelivery
from tests.web.html import parse
from tests.web.job_rows import NOBODYS
from tests.web.saved_rows import (
    SCHEDULES,
    TEMPLATES,
    WEBHOOKS,
    make_delivery,
    make_run,
    make_schedule,
    make_template,
    make_webhook,
)

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

PAGES = ("template", "schedule", "schedule-edit", "webhook")
FORMS = {
    "template": {"name": "Taken", "shared_with": ""},
    "schedule-edit": {"often": "daily", "time": "07:00", "timezone": "UTC"},
    "webhook": {"url": "https://example.org/"},
}
ACTIONS = (
    *("template-run", "template-delete", "template-leave"),
    *("schedule-pause", "schedule-resume", "schedule-run", "schedule-subscribe", "schedule-delete"),
    *("webhook-secret", "webhook-test", "webhook-delete"),
)
LISTS = ("templates", "schedules", "schedule-new", "webhooks")


@pytest.fixture
def made(user) -> dict[str, Any]:
    """The user's, by the beginning of the addresses' names."""
    template, webhook = make_template(user, "Covert plans"), make_webhook(user, "https://covert.example/")
    schedule = make_schedule(user, template)
    make_run(schedule)
    make_delivery(webhook, status="failed")
    return {"template": template, "schedule": schedule, "webhook": webhook}


def path_of(name: str, made: dict[str, Any]) -> str:
    return reverse(f"exports-web:{name}", args=[made[name.partition("-")[0]].pk])


def state() -> list[Any]:
    models = (ExportTemplate, ExportSchedule, Webhook, WebhookDelivery, ExportJob)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("name", [*PAGES, *ACTIONS])
def test_it_works(client, made, stranger, name):
    """What a stranger is answered is what is said of an id that there is none of."""
    path, before = path_of(name, made), state()
    client.force_login(stranger)
    for method in ("get", "post"):
        fields = FORMS.get(name, {}) if method == "post" else {}
        answers = [getattr(client, method)(found, fields) for found in (path, nobodys(path, made))]
        assert [answer.status_code for answer in answers] in ([404, 404], [405, 405])
        assert "overt" not in answers[0].text
        assert len({parse(answer.text).words for answer in answers}) == 1
    assert state() == before


def nobodys(path: str, made: dict[str, Any]) -> str:
    for found in made.values():
        path = path.replace(str(found.pk), NOBODYS)
    return path


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_of_ones_own(client, made, stranger, user, name):
    path = reverse(f"exports-web:{name}")
    client.force_login(stranger)
    assert "overt" not in client.get(path).text
    client.force_login(user)
    assert "overt" in client.get(path).text


@pytest.mark.parametrize("name", [*PAGES, *ACTIONS, *LISTS])
def test_a_visitor_is_sent_to_the_login_page(client, made, name):
    path, before = reverse(f"exports-web:{name}") if name in LISTS else path_of(name, made), state()
    for method in ("get", "post"):
        answer = getattr(client, method)(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={path}")
    assert state() == before


@pytest.mark.parametrize("name", ACTIONS)
def test_whom_the_login_page_leads_back_finds_the_page(client, made, user, name):
    before = state()
    client.force_login(user)
    answer = client.get(path_of(name, made))
    page = path_of(name.partition("-")[0], made)
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert state() == before


@pytest.mark.parametrize("name", [*ACTIONS, *FORMS])
def test_another_site_cannot(made, user, name):
    client, before = Client(enforce_csrf_checks=True), state()
    client.force_login(user)
    assert client.post(path_of(name, made), FORMS.get(name, {})).status_code == 403
    assert state() == before


@pytest.mark.parametrize("path", [f"{SCHEDULES}new", WEBHOOKS])
def test_another_site_makes_none(made, user, path):
    client, before = Client(enforce_csrf_checks=True), state()
    client.force_login(user)
    assert client.post(path, {"url": "https://example.org/"}).status_code == 403
    assert state() == before


@pytest.mark.parametrize("path", [TEMPLATES, SCHEDULES, WEBHOOKS])
def test_an_inactive_user(client, user, path):
    client.force_login(user)
    user.is_active = False
    user.save()
    assert client.get(path).status_code in (302, 403)


def test_an_address_from_which_nothing_may_be_exported(client, made, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"ALLOWED_NETWORKS": ["192.0.2.0/24"]}
    client.force_login(user)
    assert client.get(TEMPLATES).status_code == 403
    assert client.post(path_of("schedule-run", made)).status_code == 403
    assert ExportJob.objects.count() == 0
