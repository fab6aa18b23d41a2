"""An agent is found by its name, while somebody types; what is sent is the id."""

import pytest
from playwright.sync_api import expect

from tests.browser.records import USER

pytestmark = pytest.mark.sqlite

CALLS = "/exports/calls/"
LOOKED_UP = "**/calls/search/agent_id?*"


@pytest.fixture
def agent(open_window) -> tuple[str, str]:
    """Id and name of one of the user's agents, whose name no other has."""
    page = open_window(USER).open("/exports/agents/?columns=id,name")
    cells = [row.locator("td").all_text_contents() for row in page.locator("#exports-live tbody tr").all()]
    names = [name for _, name in cells]
    [key, name] = next([key, name] for key, name in cells if names.count(name) == 1)
    return key, name


@pytest.fixture
def window(open_window):
    window = open_window(USER)
    window.open(CALLS)
    return window


@pytest.fixture
def field(window):
    return window.page.get_by_role("combobox", name="Agent")


def test_it_works(window, field, agent):
    """By keyboard alone."""
    key, name = agent
    page = window.page
    field.focus()
    page.keyboard.insert_text(
        name.upper()
    )  # at once: after a pause between two keys there would be two lists
    option = page.get_by_role("option", name=name).first
    option.wait_for()
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status").filter(has_text="Found:")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    active = field.get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    window.arrive(f"{CALLS}?agent_id={key}")
    assert field.input_value() == name
    expect(field).to_have_attribute("aria-expanded", "false")
    # The name stands there after loading, too.
    page.reload()
    assert field.input_value() == name


def test_with_the_mouse(window, field, agent):
    key, name = agent
    field.click()
    field.fill(name)
    window.page.get_by_role("option", name=name).first.click()
    window.arrive(f"{CALLS}?agent_id={key}")
    _, file = window.download(window.page.get_by_role("button", name="Download"))
    assert file.count(b"\r\n") >= 1


def test_a_name_that_was_typed_before_the_scripts_were_there(open_window, agent):
    key, name = agent
    window = open_window(USER)
    with window.before("search", CALLS) as page:
        field = page.locator("[data-search]")
        field.fill(name)
        field.blur()
        page.get_by_role("combobox", name="Outcome").select_option("Completed")
    window.arrive(f"{CALLS}?agent_id={key}&outcome=completed")
    assert field.input_value() == name


def test_cleared_it_is_no_filter(open_window, agent):
    key, name = agent
    window = open_window(USER)
    field = window.open(f"{CALLS}?agent_id={key}").get_by_role("combobox", name="Agent")
    assert field.input_value() == name
    field.fill("")
    field.blur()
    window.arrive(CALLS)


def test_a_pasted_id_stays_one(window, field, agent):
    field.fill(agent[0])
    field.blur()
    window.arrive(f"{CALLS}?agent_id={agent[0]}")


# What is read aloud at once, also where it goes away again.
COUNT_ALERTS = """
window.alerts = 0;
new MutationObserver(() => {
    window.alerts += document.querySelectorAll("#exports-live [role=alert]").length;
}).observe(document.body, {childList: true, subtree: true});
"""


def test_a_name_that_was_typed_to_its_end_is_meant(window, field, agent):
    """And nobody is told of a mistake on the way."""
    key, name = agent
    window.page.evaluate(COUNT_ALERTS)
    field.fill(name)
    field.press("Tab")
    window.arrive(f"{CALLS}?agent_id={key}")
    assert field.input_value() == name
    assert window.page.evaluate("window.alerts") == 0


def test_a_button_that_is_pressed_at_once_means_that_name(window, field, agent):
    """Whether its list comes or not."""
    key, name = agent
    page = window.page
    page.route(LOOKED_UP, lambda route: route.abort())
    asked = []
    page.on("request", lambda request: "/download?" in request.url and asked.append(request.url))
    field.fill(name)
    _, file = window.download(page.get_by_role("button", name="Download", exact=True))
    assert len(asked) == 1
    window.open(f"{CALLS}?agent_id={key}")
    assert file == window.download(page.get_by_role("button", name="Download", exact=True))[1]
    window.problems.clear()  # the browser says of the broken connection what it likes


def test_a_newer_question_ends_the_older_one(window, field):
    page = window.page
    held = []
    page.route(LOOKED_UP, lambda route: held.append(route), times=1)
    field.focus()
    with page.expect_request(LOOKED_UP):
        page.keyboard.insert_text("nobody")
    with page.expect_event("requestfailed") as ended:
        page.keyboard.insert_text(" at all")
    assert (ended.value.url, ended.value.failure) == (held[0].request.url, "net::ERR_ABORTED")
    page.get_by_text("Nothing of that name.").first.wait_for()


def test_a_name_that_nobody_has_never_widens_the_export(window, field):
    page = window.page
    field.focus()
    page.keyboard.insert_text("nobody at all")
    page.get_by_text("Nothing of that name.").first.wait_for()
    field.blur()
    alert = page.locator("#exports-live").get_by_role("alert")
    expect(alert).to_contain_text("Agent: Nothing is called “nobody at all”.")
    assert page.locator("#exports-live table").count() == 0
    assert field.input_value() == "nobody at all"
    assert field.get_attribute("aria-invalid") == "true"


def test_escape_closes_the_list_and_changes_nothing(window, field):
    page = window.page
    field.focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("listbox", name="Agent").get_by_role("option").first.wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox", name="Agent")).to_be_hidden()
    assert window.path == CALLS


def test_axe_finds_nothing_in_an_open_list(window, field):
    field.click()
    window.page.get_by_role("listbox", name="Agent").get_by_role("option").first.wait_for()
    assert [fault for fault in window.faults() if "scrolls" not in fault] == []


def test_without_a_script_it_is_a_field_for_the_id_or_the_name(open_window, agent):
    key, name = agent
    window = open_window(USER, java_script_enabled=False)
    page = window.open(CALLS)
    field = page.get_by_label("Agent:")
    field.fill(name)
    page.get_by_role("button", name="Preview").click()
    window.arrive(f"{CALLS}?agent_id={key}")
    assert field.input_value() == key
    field.fill("nobody at all")
    page.get_by_role("button", name="Download", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is called “nobody at all”.")
