"""The dashboard in a browser: from its picture to the records behind it, and to their file."""

import csv
import datetime as dt
import io

import pytest
from playwright.sync_api import expect

from exports.models import ExportLog
from tests.browser.all_pages import make_record
from tests.browser.windows import NARROW
from tests.conftest import make_user

# Pages are the same on every database.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]

USAGE = "/exports/usage/"
DAYS = f"{USAGE}?start_date=2024-01-01&end_date=2024-03-30"


@pytest.fixture
def overseer(user, stranger):
    """Staff who may see all; records of two users, on each day of January and on one of February."""
    for number in range(31):
        made = dt.datetime(2024, 1, number + 1, 12, tzinfo=dt.UTC)
        make_record(user, timestamp=made, finished_at=made, row_count=number)
    made = dt.datetime(2024, 2, 3, 12, tzinfo=dt.UTC)
    make_record(stranger, timestamp=made, finished_at=made, outcome="failed", error="OperationalError")
    make_record(stranger, timestamp=made, finished_at=made, outcome="denied", error="Too many.")
    staff = make_user("staff-1")
    staff.is_staff = staff.is_superuser = True
    staff.save()
    return staff


def test_it_works(visit_site, overseer):
    """From the navigation to the numbers, to the records behind one, and to the file of all."""
    window = visit_site(overseer)
    page = window.open("/exports/")
    page.get_by_role("link", name="Usage").click()
    window.arrive(USAGE)
    page.get_by_label("From").fill("2024-01-01")
    page.get_by_label("Until").fill("2024-03-30")
    page.get_by_label("The pictures show").select_option("Rows")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("img", name="By dataset: Rows")).to_be_visible()
    expect(page.locator(".exports-totals")).to_contain_text("32")
    page.get_by_text("Table: By user").click()
    page.get_by_role("link", name="user-456").click()
    expect(page.locator("caption")).to_have_text("1 export, newest first")  # what was denied is none
    page.go_back()
    page.get_by_role("region", name="Failures").get_by_role("link", name="1").click()
    expect(page.locator("caption")).to_have_text("1 export, newest first")
    expect(page.get_by_label("Error")).to_have_value("OperationalError")
    page.go_back()
    page.get_by_role("link", name="Export these records").click()
    expect(page.locator("#exports-download")).to_be_visible()
    name, body = window.download(page.locator("#exports-download"))
    assert name.startswith("export_logs_")
    records = list(csv.DictReader(io.StringIO(body.decode(), newline="")))
    assert {record["user"] for record in records} == {"user-123", "user-456"}
    assert len(records) == 33
    assert ExportLog.objects.get(export_type="export-logs").tenant == "*"


def test_by_keyboard_alone(visit_site, overseer):
    """A table opens with Enter, and a picture that is wider than the window scrolls by the arrows."""
    window = visit_site(overseer, width=NARROW)
    page = window.open(DAYS)
    frame = page.get_by_role("region", name="By day: Exports")
    frame.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("element => element.scrollLeft > 0", arg=frame.element_handle())
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#content details").first).to_have_attribute("open", "")


def test_pictures_are_seen_in_forced_colours(visit_site, overseer):
    window = visit_site(overseer, forced_colors="active")
    page = window.open(DAYS)
    colours = page.locator(".exports-chart rect").first.evaluate(
        "bar => [getComputedStyle(bar).fill, getComputedStyle(document.body).backgroundColor]"
    )
    assert colours[0] != colours[1]


@pytest.mark.parametrize(("language", "starts"), [("en", "left"), ("he", "right")])
def test_bars_begin_where_one_begins_to_read(visit_site, overseer, language, starts):
    page = visit_site(overseer, locale=language).open(DAYS)
    edges = page.locator("#by-dataset ~ .exports-scroll .exports-chart rect").evaluate_all(
        f"bars => bars.map(bar => bar.getBoundingClientRect().{starts})"
    )
    labels = page.locator("#by-dataset ~ .exports-scroll .exports-chart text").evaluate_all(
        f"texts => texts.map(text => text.getBoundingClientRect().{starts})"
    )
    assert len(set(edges)) == 1
    # The name stands before its bar.
    assert min(labels) < edges[0] if starts == "left" else max(labels) > edges[0]


def test_id_and_sha256_of_a_record_are_copied(visit_site, user):
    record = make_record(user, sha256="0f" * 32)
    window = visit_site(user, permissions=["clipboard-read", "clipboard-write"])
    page = window.open(f"/exports/history/{record.pk}/")
    for name, text in (("Copy the SHA-256", record.sha256), ("Copy the id", str(record.pk))):
        page.get_by_role("button", name=name).click()
        expect(page.locator("#exports-copied")).to_have_text("Copied.")
        page.wait_for_function(
            "text => navigator.clipboard.readText().then(found => found === text)", arg=text
        )
