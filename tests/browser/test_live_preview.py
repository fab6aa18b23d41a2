"""The rows follow the form: what is chosen is seen at once, and stands in the address."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.records import USER

pytestmark = pytest.mark.sqlite

CALLS = "/exports/calls/"
FRAGMENTS = re.compile(r"/exports/calls/\?")


@pytest.fixture
def window(open_window):
    window = open_window(USER)
    window.open(CALLS)
    return window


def headers(page) -> list[str]:
    return page.locator("#exports-live thead th").all_inner_texts()


def test_it_works(window):
    page = window.page
    status = page.locator("#exports-summary")
    before = status.inner_text()
    page.get_by_role("combobox", name="Outcome").select_option("Completed")
    window.arrive(f"{CALLS}?outcome=completed")
    expect(status).not_to_have_text(before)
    expect(status).to_have_text(re.compile(r"^[\d,]+ rows, about [\d.,]+\s.B as CSV$"))
    number = status.inner_text().partition(" ")[0]
    expect(page.locator("#exports-live caption")).to_contain_text(f"{number} rows")
    assert page.locator("#exports-size").get_attribute("data-rows") == number.replace(",", "")
    assert "outcome=completed" in page.locator("#exports-address").inner_text()
    # The same page comes when it is loaded anew.
    page.reload()
    assert status.inner_text().startswith(number)
    assert page.get_by_role("combobox", name="Outcome").input_value() == "completed"


def test_what_is_chosen_before_the_scripts_are_there(open_window):
    """On a slow network a page is used before its scripts have come: nothing of that is lost."""
    window = open_window(USER)
    with window.before("live", CALLS) as page:
        page.get_by_label("From").fill("2024-06-01")
        page.get_by_role("combobox", name="Outcome").select_option("Completed")
        assert window.path == CALLS
    window.arrive(f"{CALLS}?start_date=2024-06-01&outcome=completed")


def test_a_page_that_nobody_has_changed_asks_for_nothing(open_window):
    window = open_window(USER)
    asked = []
    window.page.on("request", lambda request: asked.append(request.url))
    page = window.open(f"{CALLS}?outcome=completed&columns=id,agentName:Agent&format=jsonl")
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if FRAGMENTS.search(url)] == [page.url]


def test_only_a_part_of_the_page_is_asked_for(window):
    page = window.page
    page.evaluate("window.notLoadedAnew = true")
    page.get_by_role("combobox", name="Status").select_option("ended")
    window.arrive(f"{CALLS}?status=ended")
    assert page.evaluate("window.notLoadedAnew")
    assert page.get_by_role("button", name="Preview").count() == 0  # there is nothing to press


def test_what_is_typed_is_asked_for_after_a_pause_and_once(open_window):
    window = open_window(USER)
    page = window.open("/exports/events/")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Room name").press_sequentially("room", delay=5)
    window.arrive("/exports/events/?room_name=room")
    expect(page.locator("#exports-live")).to_contain_text("No row matches.")
    assert len(asked) == 1
    page.get_by_role("link", name="Take all filters away").click()
    window.arrive("/exports/events/")
    expect(page.locator("#exports-live table")).to_be_visible()


def test_enter_asks_at_once(open_window):
    window = open_window(USER)
    page = window.open("/exports/events/")
    page.evaluate("window.notLoadedAnew = true")
    page.get_by_label("Room name").fill("room")
    page.keyboard.press("Enter")
    window.arrive("/exports/events/?room_name=room")
    assert page.evaluate("window.notLoadedAnew")


def test_the_newest_answer_wins_and_no_two_are_asked_for_at_once(window):
    page = window.page
    held = []
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/calls/?*outcome=busy*", lambda route: held.append(route))
    outcome = page.get_by_role("combobox", name="Outcome")
    outcome.select_option("Busy")
    expect(page.locator("#exports-live")).to_have_attribute("aria-busy", "true")
    assert page.locator("#exports-live table").is_visible()  # the old rows stay
    outcome.select_option("Failed")
    outcome.select_option("Voicemail")
    page.wait_for_timeout(50)
    assert len(asked) == len(held) == 1
    held[0].continue_()
    window.arrive(f"{CALLS}?outcome=voicemail")
    expect(page.locator("#exports-address")).to_contain_text("outcome=voicemail")
    assert len(asked) == 2  # the one between is asked for by nobody any more


def test_a_mistake_stands_beside_its_field_and_goes_with_it(window):
    page = window.page
    page.get_by_label("From").fill("2024-06-01")
    page.get_by_label("Until").fill("2024-05-01")
    told = page.locator("#exports-live").get_by_role("alert")
    told.get_by_role("link", name="From").click()
    field = page.get_by_label("From")
    assert field.get_attribute("aria-invalid") == "true"
    assert page.evaluate("document.activeElement.id") == field.get_attribute("id")
    assert field.get_attribute("aria-describedby").endswith(f"{field.get_attribute('id')}_error")
    expect(page.locator(".exports-field.errors")).to_contain_text("This is after end_date.")
    expect(page.locator("#exports-summary")).to_have_text("There is a problem with this choice.")
    assert page.locator("#exports-live table").count() == 0
    page.get_by_label("Until").fill("2024-07-01")
    expect(page.locator("#exports-live table")).to_be_visible()
    assert page.locator(".errorlist").count() == 0
    assert field.get_attribute("aria-invalid") is None
    assert "_error" not in (field.get_attribute("aria-describedby") or "")


def test_a_mistake_of_the_address_goes_too(open_window):
    window = open_window(USER)
    page = window.open(f"{CALLS}?outcome=bussy", status=400)
    page.get_by_role("combobox", name="Outcome").select_option("Busy")
    window.arrive(f"{CALLS}?outcome=busy")
    expect(page.locator("#exports-live caption")).to_be_visible()
    assert page.get_by_role("alert").count() == 0
    assert page.locator(".errorlist").count() == 0


def test_an_answer_that_does_not_come_is_told(window):
    page = window.page
    page.route(FRAGMENTS, lambda route: route.abort())
    page.get_by_role("combobox", name="Outcome").select_option("Busy")
    note = page.get_by_role("alert").filter(has_text="could not be renewed")
    note.wait_for()
    page.unroute(FRAGMENTS)
    window.problems.clear()  # the browser says of the broken connection what it likes
    note.get_by_role("button", name="Try again").click()
    window.arrive(f"{CALLS}?outcome=busy")
    expect(note).to_have_count(0)


def test_an_address_that_is_too_long_is_told(open_window):
    window = open_window(USER)
    page = window.open("/exports/events/")
    page.get_by_label("Room name").fill("x" * 5000)
    told = page.locator("#exports-live").get_by_role("alert")
    expect(told).to_contain_text("This choice is too long for an address.")
    assert told.get_by_role("button").count() == 0  # to try again helps nobody
    page.get_by_role("button", name="Download").click()
    expect(page.locator("#exports-transfer-told")).to_contain_text("This choice is too long for an address.")
    assert sum(problem.startswith("414:") for problem in window.problems) == 2  # neither asks again
    window.problems.clear()
    page.get_by_label("Room name").fill("")
    expect(told).to_have_count(0)
    page.get_by_label("Room name").fill("x" * 5000)
    expect(told).to_be_visible()
    page.get_by_role("button", name="In the background", exact=True).click()
    page.wait_for_url("**/exports/jobs/*/")
    window.problems.clear()


def test_a_snippet_that_is_open_stays_open(window):
    page = window.page
    details = page.locator(".exports-snippet").first
    details.locator("summary").click()
    page.get_by_role("combobox", name="Outcome").select_option("Busy")
    expect(details.locator("code")).to_contain_text("outcome=busy")
    assert details.get_attribute("open") is not None
