"""Templates, schedules and webhooks in a browser: kept, run by the clock and by hand, paused, told of."""

import pytest
from django.urls import reverse

from exports import scheduler
from exports.contrib.telephony.models import CallLog
from exports.jobs import work
from exports.models import ExportJob, ExportSchedule, ExportTemplate, Webhook
from exports.notices.unsubscribing import unsubscribe_signature
from tests.api import rows
from tests.browser.keyboard import tab_to
from tests.browser.saved_pages import saved_pages
from tests.browser.windows import NARROW, WIDE
from tests.web.saved_rows import (
    ADDRESS,
    SCHEDULES,
    TEMPLATES,
    WEBHOOKS,
    make_schedule,
    make_template,
)

# A page is the same on every database.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def owner(user):
    """The user, with an address."""
    user.email = ADDRESS
    user.save()
    return user


def work_is_done() -> None:
    """What the scheduler and a worker would do by now."""
    scheduler.run_once()
    ExportJob.objects.update(due_at="2020-01-01T00:00:00Z")
    work.run_next()


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_it_works(visit_site, owner, width, scheme):
    """A choice is saved with relative dates, scheduled every week, and run at once."""
    rows.calls(owner, 3, outcome="busy")
    rows.call(owner, outcome="failed")
    CallLog.objects.update(started_at="2020-01-01T00:00:00Z")
    window = visit_site(owner, width=width, color_scheme=scheme)
    page = window.open("/exports/calls/")
    page.get_by_role("combobox", name="Outcome").select_option("Busy")
    page.get_by_role("button", name="Save this choice").click()
    page.get_by_label("Name").fill("Busy calls")
    page.get_by_role("combobox", name="Days").select_option("last month")
    page.get_by_role("button", name="Save the template").click()
    page.get_by_role("heading", name="Busy calls").wait_for()
    template = ExportTemplate.objects.get()
    assert window.path == f"{TEMPLATES}{template.pk}/"
    assert template.parameters == {
        "outcome": ["busy"],
        "start_date": ["last month"],
        "end_date": ["last month"],
    }
    page.get_by_role("link", name="Schedule it").click()
    page.get_by_role("combobox", name="How often").select_option("weekly")
    page.get_by_role("checkbox", name="Friday").check()
    page.get_by_label("At:", exact=True).fill("07:30")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_role("button", name="Save the schedule").click()
    page.get_by_role("heading", name="Schedule of Busy calls").wait_for()
    schedule = ExportSchedule.objects.get()
    assert (schedule.rule, schedule.recipients) == ("30 7 * * 1,5", [ADDRESS])
    assert "Monday, Friday at 07:30" in window.text
    assert page.locator(".exports-upcoming li").count() == 5
    page.get_by_role("button", name="Run now").click()
    row = page.get_by_role("row").nth(1)
    row.get_by_text("running").wait_for()
    work_is_done()
    page.get_by_role("link", name="Refresh").click()
    row.get_by_text("succeeded").first.wait_for()
    assert row.get_by_role("cell").all_inner_texts()[:2] == ["succeeded", "0"]  # none of last month's
    row.get_by_role("link").click()
    page.locator("#job-status").get_by_text("succeeded").wait_for()
    page.get_by_role("link", name="Download").wait_for()


def test_pause_and_resume_by_keyboard(visit_site, owner):
    make_schedule(owner)
    window = visit_site(owner)
    page = window.open("/exports/")
    keyboard, status = page.keyboard, page.locator("#schedule-status")
    tab_to(page, page.get_by_role("link", name="Schedules", exact=True))
    keyboard.press("Enter")
    tab_to(page, page.get_by_role("row").nth(1).get_by_role("link"))
    keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Pause"))
    keyboard.press("Enter")
    status.get_by_text("paused").wait_for()
    assert ExportSchedule.objects.get().next_run_at is None
    tab_to(page, page.get_by_role("button", name="Resume"))
    keyboard.press("Enter")
    status.get_by_text("active").wait_for()
    assert ExportSchedule.objects.get().next_run_at is not None
    tab_to(page, page.locator("summary"))
    keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Delete the schedule"))
    keyboard.press("Enter")
    page.get_by_text("You have no schedules yet.").wait_for()
    assert ExportSchedule.objects.count() == 0


def test_unsubscribing(visit_site, owner):
    """Whoever has the mail has neither account nor cookie."""
    schedule = make_schedule(owner, recipients=[ADDRESS])
    signature = unsubscribe_signature(schedule, ADDRESS)
    window = visit_site()
    page = window.open(reverse("exports-web:unsubscribe", args=[signature]))
    found = window.faults()
    page.get_by_role("button", name="No more mail").click()
    page.get_by_role("status").get_by_text("gets no more mail").wait_for()
    found += window.faults()
    assert found == []
    assert ExportSchedule.objects.get().unsubscribed == [ADDRESS]


def test_a_webhook_is_made_and_its_secret_seen_once(visit_site, owner):
    window = visit_site(owner)
    page = window.open(WEBHOOKS)
    page.get_by_label("Address").fill("https://example.com/hook")
    page.get_by_role("checkbox", name="export.failed").check()
    page.get_by_role("button", name="Make the webhook").click()
    secret = page.locator("#webhook-secret").inner_text()
    assert secret.startswith("whsec_")
    webhook = Webhook.objects.get()
    assert webhook.events == ["export.failed"]
    page.get_by_role("link", name=webhook.url).click()
    page.get_by_role("heading", name="Webhook", exact=True).wait_for()
    assert secret not in page.content()
    page.get_by_role("button", name="Send a test").click()
    page.get_by_role("row").nth(1).get_by_text("export.test").wait_for()
    page.get_by_text("New secret", exact=True).click()
    page.get_by_role("button", name="Make a new secret").click()
    assert page.locator("#webhook-secret").inner_text() != secret


def test_what_is_typed_stays_beside_its_mistake(visit_site, owner):
    make_template(owner)
    window = visit_site(owner)
    page = window.open(f"{SCHEDULES}new")
    page.get_by_role("combobox", name="Template").select_option("Busy")
    page.get_by_role("combobox", name="How often").select_option("by a cron line")
    page.get_by_label("Cron line").fill("0 6 * *")
    page.get_by_role("button", name="Save the schedule").click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert window.faults() == []
    line = page.get_by_label("Cron line")
    assert line.input_value() == "0 6 * *"
    alert.get_by_role("link", name="Cron line").click()
    assert page.evaluate("document.activeElement.name") == "line"


@pytest.fixture
def pages(owner, stranger) -> dict[str, str]:
    return saved_pages(owner, stranger)


def test_everybody_can_save_a_choice(visit_site, owner, pages):
    window = visit_site(owner)
    window.open("/exports/calls/").get_by_role("button", name="Save this choice").click()
    window.page.get_by_label("Name").wait_for()
    assert window.faults() == []


def test_german_fits_too(visit_site, owner, pages):
    window = visit_site(owner, locale="de-DE", width=NARROW)
    for path in pages.values():
        width = window.open(path).evaluate("document.documentElement.scrollWidth")
        assert width == NARROW, path
