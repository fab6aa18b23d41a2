"""The same export for a program: what stands on the page is copied, and does what it says."""

import pytest
from playwright.sync_api import expect

from tests.browser.records import USER

pytestmark = pytest.mark.sqlite

CHOICE = "/exports/calls/?outcome=busy&columns=id,outcome"


def test_it_works(open_window):
    window = open_window(USER, permissions=["clipboard-read", "clipboard-write"])
    page = window.open(CHOICE)
    for snippet in page.locator(".exports-snippet").all():
        snippet.locator("summary").click()
        snippet.get_by_role("button", name="Copy").click()
        expect(page.locator("#exports-copied")).to_have_text("Copied.")
        text = snippet.locator("code").text_content()
        page.wait_for_function(
            "text => navigator.clipboard.readText().then(found => found === text)", arg=text
        )


def test_where_no_script_may_copy_the_text_is_selected(open_window):
    window = open_window(USER)
    window.context.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page = window.open(CHOICE)
    snippet = page.locator(".exports-snippet").first
    snippet.locator("summary").click()
    snippet.get_by_role("button", name="Copy").click()
    expect(page.locator("#exports-copied")).to_contain_text("Ctrl+C")
    assert page.evaluate("getSelection().toString()").strip() == snippet.locator("code").inner_text().strip()


def test_there_is_no_button_without_a_script(open_window):
    page = open_window(USER, java_script_enabled=False).open(CHOICE)
    page.locator(".exports-snippet summary").first.click()
    assert page.get_by_role("button", name="Copy").count() == 0


def test_a_button_of_a_new_preview_copies_too(open_window):
    window = open_window(USER, permissions=["clipboard-read", "clipboard-write"])
    page = window.open(CHOICE)
    page.get_by_role("combobox", name="Outcome").select_option("Failed")
    window.arrive("/exports/calls/?outcome=failed&columns=id,outcome")
    snippet = page.locator(".exports-snippet").first
    snippet.locator("summary").click()
    snippet.get_by_role("button", name="Copy").click()
    expect(page.locator("#exports-copied")).to_have_text("Copied.")
    assert "outcome=failed" in page.evaluate("navigator.clipboard.readText()")
