"""The way of staff through a list of the admin to the page of the export."""

from tests.browser.windows import Window

LIST = "/admin/telephony/calllog/?status__exact=ended"


def open_export(window: Window) -> None:
    """The page that the action on all ended calls, of every tenant, opens; staff are signed in."""
    page = window.open(LIST)
    page.get_by_role("checkbox", name="Select all objects").check()
    page.get_by_role("button", name="Select all ").click()
    page.get_by_role("combobox", name="Action").select_option("Export selected calls (calls)")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("heading", name="Export calls").wait_for()
