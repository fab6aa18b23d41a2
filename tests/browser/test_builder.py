"""The page of a dataset: dates, formats and options, for somebody who has read nothing."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from tests.browser.records import USER
from tests.browser.windows import NARROW, WIDE

pytestmark = pytest.mark.sqlite

CALLS = "/exports/calls/"


@pytest.fixture
def page(open_window):
    return open_window(USER).open(CALLS)


def test_it_works(page):
    """A button names the dates of a period, and takes them away again."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    button = page.get_by_role("button", name="today")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert page.get_by_label("From").input_value() == page.get_by_label("Until").input_value() == today
    page.wait_for_url(f"**/calls/?start_date={today}&end_date={today}")
    assert button.evaluate("button => button === document.activeElement")
    page.get_by_role("button", name="yesterday").click()
    expect(button).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="yesterday").click()
    page.wait_for_url("**/calls/")
    assert page.get_by_label("From").input_value() == ""


def test_dates_without_a_script(open_window):
    window = open_window(USER, java_script_enabled=False)
    page = window.open(f"{CALLS}?outcome=busy")
    page.get_by_role("combobox", name="Status").select_option("ended")
    page.get_by_role("button", name="last month").click()
    page.wait_for_url("**/calls/?start_date=*")
    assert "&status=ended&outcome=busy" in page.url
    button = page.get_by_role("button", name="last month")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    window.arrive(f"{CALLS}?status=ended&outcome=busy")


def test_options_that_do_not_go_with_the_format_are_put_away(open_window):
    window = open_window(USER)
    page = window.open(f"{CALLS}?dialect=excel")
    kind = page.get_by_label("Kind of CSV")
    assert kind.is_visible()
    page.get_by_label("Excel An Excel workbook").check()
    window.arrive(f"{CALLS}?format=xlsx")
    assert not kind.is_visible()
    expect(page.locator("#exports-summary")).to_contain_text("as Excel")
    assert page.get_by_role("alert").count() == 0
    page.get_by_text("More options").click()
    assert page.get_by_label("Texts that are too long for Excel").is_visible()
    assert not page.get_by_label("Cells that a spreadsheet would run").is_visible()
    page.get_by_label("CSV Opens everywhere").check()
    window.arrive(f"{CALLS}?dialect=excel")  # what was chosen before is still there
    assert kind.input_value() == "excel"


def test_a_mistake_is_not_put_away(open_window):
    page = open_window(USER).open(f"{CALLS}?format=xlsx&dialect=excel", status=400)
    page.get_by_role("alert").get_by_role("link", name="Kind of CSV").click()
    assert page.evaluate("document.activeElement.name") == "dialect"


def test_the_browsers_own_time_zone_is_offered(open_window):
    window = open_window(USER, timezone_id="Europe/Berlin")
    page = window.open(f"{CALLS}?columns=startedAt")
    offer = page.get_by_role("button", name="Take Europe/Berlin, this browser's")
    offer.click()
    window.arrive(f"{CALLS}?columns=startedAt&tz=Europe/Berlin")
    expect(page.locator("#exports-live td").first).to_contain_text("+0")
    assert page.get_by_label("Time zone").input_value() == "Europe/Berlin"
    assert not offer.is_visible()


def test_the_number_and_the_button_stay_in_sight(open_window):
    page = open_window(USER, width=NARROW).open(CALLS)
    for element in (page.locator("#exports-summary"), page.get_by_role("button", name="Download")):
        expect(element).to_be_in_viewport(ratio=1)


# Whatever of the form can have the focus: what of it is behind the bar then.
BEHIND = """
() => {
    const bar = document.querySelector(".exports-bar");
    const fields = document.querySelectorAll("#exports-form :is(input, select, button, summary)");
    return [...fields].filter(field => !bar.contains(field) && field.checkVisibility()).filter(field => {
        field.focus();
        const {top, bottom} = field.getBoundingClientRect();
        return bottom > bar.getBoundingClientRect().top && top < bar.getBoundingClientRect().bottom;
    }).map(field => field.outerHTML);
}
"""


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_bar_never_covers_what_has_the_focus(open_window, width):
    assert open_window(USER, width=width).open(CALLS).evaluate(BEHIND) == []


@pytest.mark.parametrize(
    "path", [CALLS, f"{CALLS}?start_date=someday", f"{CALLS}?start_date=2093-01-01", "/exports/scans/"]
)
def test_axe_finds_nothing(open_window, path):
    window = open_window(USER)
    window.page.goto(path)
    if path == CALLS:
        window.page.get_by_role("button", name="Order and name of id").click()
        window.page.get_by_text("More options").click()
        window.page.locator(".exports-snippet summary").first.click()
    assert window.faults() == []
