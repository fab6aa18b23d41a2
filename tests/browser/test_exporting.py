"""From the login page to the file, and back to it from the history, in a real browser."""

import hashlib
import re

import pytest

from tests.browser.records import USER, newest_record
from tests.browser.windows import NARROW, WIDE

# A page is the same on every database.
pytestmark = pytest.mark.sqlite

CHOICE = "start_date=2024-06-01&outcome=completed"
# The file's first column of these rows, and how many there are.
SHOWN = "1,204 rows, of which the first 20 stand here"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_it_works(open_window, demo, width, scheme):
    window = open_window(width=width, color_scheme=scheme)
    page = window.page
    window.sign_in(USER)
    page.locator(".exports-dataset").get_by_role("link", name="calls", exact=True).click()
    page.get_by_label("From").fill("2024-06-01")
    page.get_by_role("combobox", name="Outcome").select_option("Completed")
    # The choice stands in the address, under the API's names.
    window.arrive(f"/exports/calls/?{CHOICE}")
    assert page.get_by_role("table", name=SHOWN).get_by_role("row").count() == 1 + 20
    name, file = window.download(page.get_by_role("button", name="Download"))
    assert re.fullmatch(r"calls_export_\d{8}_\d{6}\.csv", name)
    record = newest_record(demo)
    assert file == demo.get(f"/api/exports/calls?{CHOICE}", {"X-User-Id": USER})
    assert (record["door"], record["outcome"], record["row_count"]) == ("web", "succeeded", 1_204)
    assert (record["byte_count"], record["sha256"]) == (len(file), hashlib.sha256(file).hexdigest())
    assert record["filters"] == {"start_date": "2024-06-01", "outcome": "completed"}


def test_the_preview_is_the_beginning_of_the_file(open_window):
    window = open_window(USER)
    page = window.open("/exports/agents/?columns=agentId,name,isActive")
    cells = page.get_by_role("table").get_by_role("row").first.get_by_role("columnheader").all_inner_texts()
    assert cells == ["agentId", "name", "isActive"]
    rows = [row.get_by_role("cell").all_text_contents() for row in page.get_by_role("row").all()[1:]]
    _, file = window.download(page.get_by_role("button", name="Download"))
    assert [",".join(row) for row in rows] == file.decode().split("\r\n")[1 : 1 + len(rows)]


def test_columns_are_ticked(open_window):
    window = open_window(USER)
    page = window.open("/exports/agents/")
    page.get_by_role("button", name="None", exact=True).click()
    page.get_by_role("group", name="Columns").locator(".errorlist").wait_for()
    page.get_by_role("checkbox", name="agentMode").check()
    window.arrive("/exports/agents/?columns=agentMode")
    _, file = window.download(page.get_by_role("button", name="Download"))
    assert file.startswith(b"agentMode\r\n")


def test_an_error_stands_beside_its_field(open_window):
    window = open_window(USER)
    page = window.open("/exports/calls/")
    page.get_by_role("combobox", name="Agent").fill("nobody")
    page.get_by_label("From").fill("2024-06-01")
    page.get_by_label("Until").fill("2024-05-01")
    told = page.locator("#exports-live").get_by_role("alert")
    told.get_by_role("link", name="From").wait_for()
    for field in (page.get_by_role("combobox", name="Agent"), page.get_by_label("From")):
        assert field.get_attribute("aria-invalid") == "true"
        described = field.get_attribute("aria-describedby").split()
        texts = " ".join(page.locator(f"[id='{name}']").inner_text() for name in described)
        assert page.locator(f"[id='{field.get_attribute('id')}_error']").inner_text() in texts
        # The list above the rows leads there.
        told.locator(f"[href='#{field.get_attribute('id')}']").click()
        assert page.evaluate("document.activeElement.id") == field.get_attribute("id")
    assert page.get_by_label("From").input_value() == "2024-06-01"
    assert page.get_by_role("table").count() == 0


def test_again_from_the_history(open_window, demo):
    window = open_window(USER)
    window.open("/exports/events/?event=room_finished")
    _, first = window.download(window.page.get_by_role("button", name="Download"))
    page = window.open("/exports/history/")
    page.get_by_role("row").nth(1).get_by_role("link").click()
    record = newest_record(demo)
    window.arrive(f"/exports/history/{record['id']}/")
    assert record["sha256"] in window.text
    page.get_by_role("link", name="Run again").click()
    window.arrive("/exports/events/?event=room_finished")
    _, second = window.download(page.get_by_role("button", name="Download"))
    assert first == second
    assert newest_record(demo)["id"] != record["id"]


def test_a_stranger_sees_nothing_of_it(open_window, demo):
    window = open_window(USER)
    window.open("/exports/hosts/")
    window.download(window.page.get_by_role("button", name="Download"))
    record = newest_record(demo)
    strangers = open_window("user-456")
    strangers.open(f"/exports/history/{record['id']}/", status=404)
    assert record["sha256"] not in strangers.text
    strangers.open("/exports/history/")
    assert record["id"] not in strangers.page.content()
    ids = window.open("/exports/calls/").locator("td:first-child").all_text_contents()
    strangers.open("/exports/calls/")
    assert len(ids) == 20
    assert not set(ids) & set(strangers.page.locator("td:first-child").all_text_contents())


def test_without_signing_in_there_is_the_login_page(open_window):
    window = open_window()
    window.open("/exports/calls/?outcome=completed")
    window.arrive("/login/?next=/exports/calls/%3Foutcome%3Dcompleted")
