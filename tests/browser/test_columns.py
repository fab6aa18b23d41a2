"""Columns are put in order and renamed, with the mouse and by the keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.admin_list import open_export
from tests.browser.keyboard import tab_to
from tests.browser.records import USER
from tests.browser.windows import NARROW

pytestmark = pytest.mark.sqlite

NUMBERS = "/exports/phone-numbers/"
HEADERS = ["id", "phoneNumber", "agentConfigId", "sipTrunkId", "sipConfigId", "isActive", "createdAt"]


@pytest.fixture
def window(open_window):
    window = open_window(USER)
    window.open(NUMBERS)
    return window


def row(page, header: str):
    return page.locator(f".exports-tick[data-header='{header}']")


def expect_file(page, *headers: str) -> None:
    """Waits until the preview has these columns, in this order."""
    expect(page.locator("#exports-live thead th")).to_have_text(list(headers))


def test_it_works(window):
    """With the mouse alone."""
    page = window.page
    handle = row(page, "createdAt").locator(".exports-handle")
    handle.scroll_into_view_if_needed()
    start, end = handle.bounding_box(), row(page, "phoneNumber").bounding_box()
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(start["x"] + 5, end["y"] + 20, steps=5)
    page.mouse.move(start["x"] + 5, end["y"] + 4, steps=2)
    page.mouse.up()
    expect_file(page, "id", "createdAt", *HEADERS[1:-1])
    window.arrive(f"{NUMBERS}?columns=id,createdAt,{','.join(HEADERS[1:-1])}")
    _, file = window.download(page.get_by_role("button", name="Download"))
    assert file.startswith(b"id,createdAt,phoneNumber,")


def test_by_keyboard(window):
    page, keyboard = window.page, window.page.keyboard
    tab_to(page, page.get_by_role("button", name="Order and name of phoneNumber"))
    keyboard.press("Enter")
    earlier = page.get_by_role("button", name="Move earlier: phoneNumber")
    tab_to(page, earlier)
    keyboard.press("Enter")
    expect_file(page, "phoneNumber", "id", *HEADERS[2:])
    assert earlier.evaluate("button => button === document.activeElement")
    expect(page.locator("#exports-columns-status")).to_have_text("phoneNumber, 1 of 7")
    keyboard.press("Enter")  # it is the first already
    expect(page.locator("#exports-columns-status")).to_have_text("phoneNumber, 1 of 7")
    tab_to(page, page.get_by_label("Name in the file: phoneNumber"))
    keyboard.type("Number")
    keyboard.press("Tab")
    expect_file(page, "Number", "id", *HEADERS[2:])
    expect(page.locator("#exports-columns-status")).to_have_text("phoneNumber stands in the file as Number.")


def test_alt_and_an_arrow_key(window):
    page = window.page
    box = page.get_by_label("isActive", exact=True)
    box.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect_file(page, *HEADERS[:5], "createdAt", "isActive")
    assert box.evaluate("box => box === document.activeElement")
    page.keyboard.press("Alt+ArrowUp")
    expect_file(page, *HEADERS)
    window.arrive(NUMBERS)


def test_a_column_passes_those_that_are_chosen(window):
    page = window.page
    page.get_by_label("phoneNumber", exact=True).uncheck()
    page.get_by_label("agentConfigId", exact=True).focus()
    page.keyboard.press("Alt+ArrowUp")
    expect_file(page, "agentConfigId", "id", *HEADERS[3:])
    expect(page.locator("#exports-columns-status")).to_have_text("agentConfigId, 1 of 6")


def test_a_column_that_is_not_in_the_file_has_no_place_there(window):
    page = window.page
    box = page.get_by_label("isActive", exact=True)
    box.uncheck()
    window.arrive(f"{NUMBERS}?columns={','.join(HEADERS[:5])},createdAt")
    box.press("Alt+ArrowUp")
    expect(page.locator("#exports-columns-status")).to_have_text("isActive is not in the file.")
    expect_file(page, *HEADERS[:5], "createdAt")


def test_the_keyboard_need_not_pass_them(window):
    page = window.page
    link = page.get_by_role("link", name="Skip to the download")
    assert link.bounding_box()["height"] <= 1
    tab_to(page, link)
    assert link.bounding_box()["height"] > 10
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Download")).to_be_focused()


def test_a_person_who_can_only_touch_is_told_how(open_window):
    page = open_window(USER, width=NARROW, has_touch=True).open(NUMBERS)
    group = page.get_by_role("group", name="Columns")
    expect(group).to_contain_text("⋯ moves and renames one")
    assert row(page, "id").get_by_role("button").inner_text() == "⋯"


def test_names(window):
    page = window.page
    row(page, "id").get_by_role("button", name="Order and name").click()
    field = page.get_by_label("Name in the file: id")
    field.fill("Key: one")
    expect_file(page, "Key: one", *HEADERS[1:])
    assert "as Key: one" in row(page, "id").inner_text()
    for wrong, text in (("a,b", "cannot hold a comma"), (":a", "cannot begin with a colon")):
        field.fill(wrong)
        expect(row(page, "id").get_by_role("alert")).to_contain_text(text)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile(text))
        expect_file(page, "Key: one", *HEADERS[1:])  # it stays as it was
        assert field.input_value() == wrong
    # It stays wrong, and nothing else is said, whatever else is chosen; the rows stay those of before.
    field.blur()
    page.get_by_label("isActive", exact=True).uncheck()
    expect(page.locator("#exports-summary")).to_have_text("There is a problem with this choice.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#exports-columns-status")).to_have_text("")
    expect_file(page, "Key: one", *HEADERS[1:])
    page.get_by_label("isActive", exact=True).check()
    expect_file(page, "Key: one", *HEADERS[1:])
    # The address brings it back.
    page.reload()
    row(page, "id").get_by_role("button", name="Order and name").click()
    assert field.input_value() == "Key: one"
    field.fill(",")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("")
    expect_file(page, *HEADERS)
    for name in ("aria-invalid", "aria-describedby"):
        assert field.get_attribute(name) is None


@pytest.mark.parametrize("wrong", ["a,b", ":a"])
def test_nothing_is_sent_with_another_name_than_the_one_that_is_typed(window, wrong):
    page = window.page
    tools = row(page, "id").get_by_role("button", name="Order and name")
    tools.click()
    field = page.get_by_label("Name in the file: id")
    field.fill(wrong)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    for name in ("Download", "In the background", "Save this choice", "Schedule it"):
        if field.is_visible():
            tools.click()
        page.get_by_role("button", name=name, exact=True).click()
        expect(field).to_be_focused()
        expect(tools).to_have_attribute("aria-expanded", "true")
        expect(row(page, "id").get_by_role("alert")).to_contain_text("A name cannot")
    page.keyboard.press("Enter")
    assert field.input_value() == wrong
    assert sent == []
    field.fill("Key")
    _, file = window.download(page.get_by_role("button", name="Download", exact=True))
    assert file.startswith(b"Key,phoneNumber,")


def test_a_wrong_name_of_a_column_that_is_not_in_the_file(window):
    page = window.page
    row(page, "id").get_by_role("button", name="Order and name").click()
    page.get_by_label("Name in the file: id").fill("a,b")
    summary = page.locator("#exports-summary")
    expect(summary).to_have_text("There is a problem with this choice.")
    page.get_by_label("id", exact=True).uncheck()
    expect_file(page, *HEADERS[1:])
    expect(summary).to_contain_text("rows")
    page.get_by_role("group", name="Columns").get_by_role("button", name="All").click()
    expect(summary).to_have_text("There is a problem with this choice.")


def test_a_wrong_name_in_the_admin(open_window):
    window = open_window("admin")
    open_export(window)
    page = window.page
    row(page, "id").get_by_role("button", name="Order and name").click()
    field = page.get_by_label("Name in the file: id")
    field.fill("a,b")
    page.get_by_role("button", name="Download").click()
    expect(field).to_be_focused()
    field.fill("Key")
    _, file = window.download(page.get_by_role("button", name="Download"))
    assert file.startswith(b"Key,")


def test_reset_takes_a_wrong_name_away(window):
    page = window.page
    row(page, "id").get_by_role("button", name="Order and name").click()
    field = page.get_by_label("Name in the file: id")
    field.fill("a,b")
    expect(field).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Reset").click()
    expect(row(page, "id").get_by_role("alert")).to_have_count(0)
    assert field.get_attribute("aria-invalid") is None
    assert field.input_value() == ""


def test_two_columns_of_one_name(window):
    page = window.page
    row(page, "id").get_by_role("button", name="Order and name").click()
    page.get_by_label("Name in the file: id").fill("isActive")
    expect(page.get_by_role("group", name="Columns").locator(".errorlist")).to_contain_text(
        "Two columns are named"
    )


def test_all_none_and_reset(open_window):
    window = open_window(USER)
    page = window.open("/exports/hosts/?columns=IP:Address,Network")
    button = page.get_by_role("group", name="Columns").get_by_role("button")
    button.filter(has_text="All").click()
    expect(page.locator("#exports-live thead th")).to_have_count(8)
    button.filter(has_text="None").click()
    expect(page.locator("#exports-live").get_by_role("alert")).to_contain_text("Columns")
    button.filter(has_text="Reset").click()
    expect(page.locator("#exports-live thead th").first).to_have_text("IP")
    expect(page.locator("#exports-live thead th")).to_have_count(7)
    window.arrive("/exports/hosts/")


def test_many_columns_fill_no_screens(open_window):
    for width in (1280, NARROW):
        page = open_window(USER, width=width).open("/exports/agents/")
        assert page.locator(".exports-tick").count() == 17
        assert page.locator(".exports-columns").bounding_box()["height"] < 500


def test_nothing_of_it_without_a_script(open_window):
    page = open_window(USER, java_script_enabled=False).open(f"{NUMBERS}?columns=id:Key,isActive")
    assert page.get_by_role("button", name="Move").count() == 0
    assert not page.get_by_role("button", name="None").is_visible()
    assert "as Key" in row(page, "id").inner_text()
    page.get_by_role("button", name="Preview").click()
    page.wait_for_url("**/phone-numbers/?columns=id:Key,isActive#preview")
    expect_file(page, "Key", "isActive")
