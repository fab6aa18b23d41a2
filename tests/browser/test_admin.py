"""Staff in the admin: everything of a filtered list, across its pages, and the audit records."""

import csv
import hashlib
import io
from urllib.parse import urlsplit

import pytest

from tests.browser.admin_list import LIST, open_export
from tests.browser.records import newest_record

# A page is the same on every database.
pytestmark = pytest.mark.sqlite

STAFF = "admin"


@pytest.fixture
def chosen(open_window):
    """A window with the page of the export."""
    window = open_window(STAFF)
    open_export(window)
    return window


def test_it_works(chosen, demo):
    expected = demo.get("/api/exports/calls?status=ended&tenant=*", {"X-User-Id": STAFF})
    rows = len(list(csv.reader(io.StringIO(expected.decode(), newline="")))) - 1
    assert rows > 100  # more than a page of the list has
    assert f"The file will have {rows:,} rows." in chosen.text
    _, file = chosen.download(chosen.page.get_by_role("button", name="Download"))
    assert file == expected
    record = newest_record(demo, STAFF)
    assert (record["door"], record["tenant"], record["row_count"]) == ("admin", "*", rows)
    assert record["sha256"] == hashlib.sha256(file).hexdigest()
    assert record["options"]["selection"]["list"] == urlsplit(LIST).query


def test_the_page_of_the_action_is_for_everybody(chosen):
    assert chosen.faults() == []
    page = chosen.page
    page.get_by_label("Whose rows").fill("user-456")
    for box in page.get_by_role("group", name="Columns").get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name="Show preview").click()
    page.get_by_role("alert").wait_for()
    columns = page.get_by_role("group", name="Columns")
    assert page.locator(f"[id='{columns.get_attribute('aria-describedby')}']").is_visible()
    assert page.get_by_label("Whose rows").input_value() == "user-456"
    assert chosen.faults() == []


def test_the_records_of_a_table(open_window, demo):
    demo.get("/api/exports/agents", {"X-User-Id": STAFF})
    record = newest_record(demo, STAFF)
    window = open_window(STAFF)
    page = window.open("/admin/telephony/agentconfig/")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("link", name="Exports of this table").click()
    window.arrive("/admin/exports/exportlog/?export_type__in=agents")
    page.locator("#result_list tbody th a").first.click()
    page.wait_for_url(f"**/admin/exports/exportlog/{record['id']}/change/*")
    assert record["sha256"] in window.text
    assert page.get_by_role("button", name="Save").count() == 0
    assert page.get_by_role("link", name="Delete").count() == 0


def test_the_records_are_for_everybody(open_window, demo):
    demo.get("/api/exports/hosts", {"X-User-Id": STAFF})
    window = open_window(STAFF)
    page = window.open("/admin/exports/exportlog/?outcome__exact=succeeded")
    # Django's own input: its label is a picture.
    assert window.faults(exclude=["#searchbar"]) == []
    page.locator("#result_list tbody th a").first.click()
    page.wait_for_url("**/change/*")
    assert window.faults() == []
