"""From the login page to the file without a mouse, and the focus is seen at each step."""

from pathlib import Path

import pytest

from tests.browser.keyboard import tab_to
from tests.browser.records import USER, newest_record
from tests.browser.windows import NARROW, WIDE, wait_until

# A page has the same keys on every database.
pytestmark = pytest.mark.sqlite


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_it_works(open_window, demo, width, scheme):
    window = open_window(width=width, color_scheme=scheme)
    page = window.open("/login/")
    keyboard = page.keyboard
    tab_to(page, page.get_by_label("Username"))
    keyboard.type(USER)
    tab_to(page, page.get_by_label("Password"))
    keyboard.type(USER)
    keyboard.press("Enter")
    tab_to(page, page.locator(".exports-dataset").get_by_role("link", name="agents", exact=True))
    keyboard.press("Enter")
    tab_to(page, page.get_by_role("combobox", name="Active"))
    keyboard.press("ArrowDown")
    tab_to(page, page.get_by_role("checkbox", name="id", exact=True))
    keyboard.press("Space")
    page.wait_for_url("**/exports/agents/?is_active=true&columns=agentId,**")
    # A table that is wider than the window can be scrolled.
    region = page.get_by_role("region", name="Preview")
    tab_to(page, region)
    keyboard.press("ArrowRight")
    await_scrolled(page)
    tab_to(page, page.get_by_role("button", name="Download"))
    with page.expect_download() as download:
        keyboard.press("Enter")
    assert Path(download.value.path()).read_bytes().startswith(b"agentId,")
    tab_to(page, page.get_by_role("link", name="History"))
    keyboard.press("Enter")
    tab_to(page, page.get_by_role("row").nth(1).get_by_role("link"))
    keyboard.press("Enter")
    page.wait_for_url(f"**/exports/history/{newest_record(demo)['id']}/")
    tab_to(page, page.get_by_role("link", name="Run again"))
    keyboard.press("Enter")
    page.wait_for_url("**/exports/agents/?is_active=true&columns=agentId,**")


def await_scrolled(page) -> None:
    """Until what has the focus has been scrolled to the side; playwright's own way needs `eval`."""
    wait_until(page, lambda: page.evaluate("document.activeElement.scrollLeft"))


def test_the_first_stop_leads_past_the_links(open_window):
    page = open_window(USER).open("/exports/calls/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("From"))  # each stop on the way is within the form
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
