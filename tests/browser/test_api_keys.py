"""One's own API keys in a browser: made by the keyboard alone, seen once, used by a program, revoked."""

import json
import subprocess
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Error, Page

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
    """To send the form again, as a reload does, makes no other."""
    window = open_window(USER)
    page = window.open(PAGE)
    secret = make(page, "once").partition(".")[2]
    assert secret in page.content()
    page.reload()
    assert "nothing was made now" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("row", name="once").count() == 1
    assert secret not in page.content()
    window.open("/exports/")
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # the browser has kept nothing
        page.go_back()


def test_it_is_copied_and_tried(open_window, tmp_path):
    window = open_window(USER, permissions=["clipboard-read", "clipboard-write"])
    page = window.open(PAGE)
    text = make(page, "copied")
    page.get_by_role("button", name="Copy the key").click()
    page.get_by_role("status").get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == text
    page.get_by_role("button", name="Copy the line").click()
    line = page.locator("#new-key-line").inner_text()
    page.wait_for_function("line => navigator.clipboard.readText().then(text => text === line)", arg=line)
    subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True, capture_output=True)
    [file] = tmp_path.iterdir()
    assert file.name.startswith("calls_export_")
    assert file.stat().st_size > 1000


def test_a_double_click_makes_one(open_window):
    """And the answer that is shown has the key."""
    window = open_window(USER)
    page = window.open(PAGE)
    page.get_by_label("Name").fill("twice")
    page.get_by_role("button", name="Make the key").dblclick()
    page.locator("#new-key").wait_for()
    assert page.get_by_role("row", name="twice").count() == 1


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
