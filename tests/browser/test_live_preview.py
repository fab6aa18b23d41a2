"""The rows follow the form: what is chosen is seen at once, and stands in the address."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.records import USER
from tests.browser.windows import wait_until

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


TYPE = """
(field, text) => {
    for (const letter of text) {
        field.value += letter;
        field.dispatchEvent(new Event("input", {bubbles: true}));
    }
}
"""


def test_what_is_typed_is_asked_for_after_a_pause_and_once(open_window):
    window = open_window(USER)
    page = window.open("/exports/events/")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Room name").evaluate(TYPE, "room")  # quicker than any pause
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
    wait_until(page, lambda: held)
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


HALF_A_DATE = "This is not complete, or not possible. Correct it, or empty it."


class TestHalfADate:
    """A browser would send none, and the file would have all rows: nothing is asked for until it is whole."""

    @pytest.fixture
    def page(self, window):
        """Until a day, and from a month alone."""
        page = window.page
        page.get_by_label("Until").fill("2024-07-01")
        window.arrive(f"{CALLS}?end_date=2024-07-01")
        page.get_by_label("From").focus()
        page.keyboard.type("06")
        return page

    def told(self, page):
        return page.locator(".exports-field.errors .errorlist")

    def test_it_works(self, window, page):
        field, told = page.get_by_label("From"), self.told(page)
        before = headers(page)
        expect(told).to_have_count(0)  # as long as it is being typed
        field.blur()
        expect(told).to_have_text(HALF_A_DATE)
        expect(field).to_have_accessible_description(re.compile(HALF_A_DATE))
        expect(page.locator("#exports-summary")).to_have_text("There is a problem with this choice.")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.get_by_role("combobox", name="Outcome").select_option("Busy")
        for name in ("Download", "In the background", "Save this choice", "Schedule it"):
            page.get_by_role("button", name=name, exact=True).click()
            expect(field).to_be_focused()
        assert asked == []
        assert headers(page) == before
        assert window.faults() == []
        field.fill("2024-06-01")
        window.arrive(f"{CALLS}?start_date=2024-06-01&end_date=2024-07-01&outcome=busy")
        expect(told).to_have_count(0)
        assert field.get_attribute("aria-invalid") is None
        expect(page.locator("#exports-summary")).to_contain_text("rows")

    def test_at_once(self, window, page):
        """Pressed before the field has said so."""
        page.keyboard.press("Enter")
        expect(page.get_by_label("From")).to_be_focused()
        expect(self.told(page)).to_have_text(HALF_A_DATE)

    def test_it_is_emptied(self, window, page):
        page.get_by_label("From").blur()
        expect(self.told(page)).to_have_text(HALF_A_DATE)
        page.get_by_label("From").fill("")
        page.get_by_label("From").blur()
        expect(self.told(page)).to_have_count(0)
        expect(page.locator("#exports-summary")).to_contain_text("rows")

    def test_a_button_fills_it(self, window, page):
        page.get_by_label("From").blur()
        page.get_by_role("button", name="last month").click()
        page.wait_for_url("**/calls/?start_date=*")
        expect(self.told(page)).to_have_count(0)

    def test_an_answer_that_comes_meanwhile(self, window):
        """It is for another choice, and says nothing of this one; what waits for it is not asked for."""
        page = window.page
        held: list[Route] = []
        page.route(FRAGMENTS, lambda route: held.append(route), times=1)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for outcome in ("Busy", "Failed"):
            page.get_by_role("combobox", name="Outcome").select_option(outcome)
        field = page.get_by_label("From")
        field.focus()
        page.keyboard.type("06")
        field.blur()
        wait_until(page, lambda: held)
        with page.expect_response(FRAGMENTS):
            held[0].continue_()
        window.arrive(f"{CALLS}?outcome=busy")
        expect(page.locator("#exports-live")).not_to_have_attribute("aria-busy", "true")
        expect(self.told(page)).to_have_text(HALF_A_DATE)
        expect(page.locator("#exports-summary")).to_have_text("There is a problem with this choice.")
        assert len(asked) == 1
        field.fill("2024-06-01")
        window.arrive(f"{CALLS}?start_date=2024-06-01&outcome=failed")

    def test_typed_before_the_scripts_are_there(self, open_window):
        window = open_window(USER)
        with window.before("sending", CALLS) as page:
            page.get_by_label("From").focus()
            page.keyboard.type("06")
            page.get_by_label("From").blur()
        expect(self.told(page)).to_have_text(HALF_A_DATE)

    def test_without_scripts_the_browser_says_so(self, open_window):
        window = open_window(USER, java_script_enabled=False)
        page = window.open(CALLS)
        page.get_by_label("From").focus()
        page.keyboard.type("06")
        page.get_by_role("button", name="Download", exact=True).click()
        expect(page.get_by_label("From")).to_be_focused()
        assert window.path == CALLS


def test_of_a_page_that_is_left_no_answer_is_missed(window):
    """Whoever is signed out is led to the login page: nothing else is said before."""
    page = window.page
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.evaluate(TELL_ALERTS)
    window.context.clear_cookies()
    page.get_by_role("combobox", name="Outcome").select_option("Busy")
    page.locator("#login-form").wait_for()
    assert said == []


TELL_ALERTS = """
() => new MutationObserver(() => {
    for (const alert of document.querySelectorAll("#exports-live [role=alert]")) {
        console.info(alert.textContent);
    }
}).observe(document.getElementById("exports-live"), {childList: true, subtree: true})
"""


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
