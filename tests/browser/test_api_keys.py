"""One's own API keys in a browser: made by the keyboard alone, seen once, used by a program, revoked."""

import json
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Error, Locator, Page

from tests.browser.keyboard import tab_to
from tests.browser.records import USER
from tests.browser.windows import NARROW, WIDE

# A page is the same on every database.
pytestmark = pytest.mark.sqlite

PAGE = "/exports/keys/"


@pytest.fixture
def use(demo):
    """use(text): whose rows a program could export with this key, or the status of the refusal."""

    def use(text: str) -> str | int:
        try:
            answer = demo.get("/api/exports/info", {"Authorization": f"Api-Key {text}"})
        except HTTPError as refusal:
            with refusal:
                return refusal.code
        return json.loads(answer)["user_id"]

    return use


def make(page: Page, name: str) -> str:
    """The text of a new key, by the page that is open."""
    page.get_by_label("Name").fill(name)
    page.locator("main form [type=submit]").click()
    return page.locator("#new-key").inner_text()


def tab_past(page: Page, field: Locator) -> None:
    """To the last stop of a field that has many. `tab_to` would be led back to the first for ever."""
    tab_to(page, field)
    element = field.element_handle()
    for _ in range(10):
        page.keyboard.press("Tab")
        if not page.evaluate("element => element === document.activeElement", element):
            page.keyboard.press("Shift+Tab")
            return
    raise AssertionError(f"no Tab leads out of {field}")


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_it_works(open_window, use, width, scheme):
    window = open_window(USER, width=width, color_scheme=scheme)
    page = window.open("/exports/")
    keyboard = page.keyboard
    name = f"nightly {width}"
    tab_to(page, page.get_by_role("link", name="API keys"))
    keyboard.press("Enter")
    tab_to(page, page.get_by_label("Name"))
    keyboard.type(name)
    tab_past(page, page.get_by_label("Expires at"))
    tab_to(page, page.get_by_label("Networks"))
    keyboard.type("127.0.0.0/8")
    keyboard.press("Enter")
    keyboard.type("::1")
    tab_to(page, page.get_by_role("checkbox", name="calls"))
    keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Make the key"))
    keyboard.press("Enter")
    text = page.locator("#new-key").inner_text()
    row = page.get_by_role("row", name=name)
    assert [cell.split() for cell in row.get_by_role("cell").all_inner_texts()][:4] == [
        [text[:8]],
        ["active", "Revoke"],
        ["calls"],
        ["127.0.0.0/8,", "::1/128"],
    ]
    assert use(text) == USER
    window.open(PAGE)
    assert text[9:] not in page.content()
    tab_to(page, page.get_by_role("link", name=f"Revoke {name}", exact=True))
    keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Revoke"))
    assert use(text) == USER
    keyboard.press("Enter")
    window.arrive(PAGE)
    assert "revoked" in row.inner_text()
    assert use(text) == 401


def test_it_is_shown_once(open_window):
    """To send the form again, as a reload does where the browser is told to, makes another key."""
    window = open_window(USER)
    page = window.open(PAGE)
    secret = make(page, "once").partition(".")[2]
    assert secret in page.content()
    page.reload()
    assert secret not in page.content()
    window.open("/exports/")
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # the browser has kept nothing
        page.go_back()


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_everybody_can_read_each_page(open_window, locale):
    window = open_window(USER, locale=locale)
    page = window.open(PAGE)
    # As long as a name may be, and nothing in it where a line could end.
    name = locale.replace("-", "").ljust(100, "x")
    make(page, name)
    found = window.faults()
    page.get_by_role("row", name=name).get_by_role("link").click()
    page.wait_for_url("**/revoke/")
    found += window.faults()
    assert found == []


def test_a_mistake(open_window):
    window = open_window(USER)
    page = window.open(PAGE)
    page.get_by_label("Name").fill("office")
    page.get_by_label("Expires at").fill("2020-01-31T09:30")
    page.get_by_label("Networks").fill("office")
    page.get_by_role("checkbox", name="hosts").check()
    page.get_by_role("button", name="Make the key").click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert window.faults() == []
    # Nothing that was typed is lost.
    assert page.get_by_label("Name").input_value() == "office"
    assert page.get_by_label("Expires at").input_value() == "2020-01-31T09:30"
    assert page.get_by_role("checkbox", name="hosts").is_checked()
    # The list at the top leads to the field.
    networks = page.get_by_label("Networks")
    assert networks.input_value() == "office"
    alert.get_by_role("link", name="Networks").click()
    assert page.evaluate("document.activeElement.name") == "networks"
