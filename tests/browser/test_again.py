"""An export that is downloaded again, from its record and from home, with progress."""

import hashlib
import re

import pytest
from playwright.sync_api import expect

from exports.models import ExportLog
from tests.api import rows
from tests.browser.records import USER
from tests.browser.transfers import await_status, facts, nothing_saved
from tests.browser.windows import NARROW, WIDE

# A page is the same on every database.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def record(user) -> ExportLog:
    """Of two calls; three are there now."""
    rows.calls(user, 3)
    fields = {
        "export_type": "calls",
        "door": "web",
        "format": "csv",
        "columns": ["id"],
        "outcome": "succeeded",
    }
    return ExportLog.objects.create(user=user.pk, tenant=user.pk, row_count=2, byte_count=80, **fields)


@pytest.fixture(params=["record", "home"])
def path(request, record) -> str:
    return {"record": f"/exports/history/{record.pk}/", "home": "/exports/"}[request.param]


def again(window):
    return window.page.get_by_role("link", name=re.compile("Download .*again"))


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_it_works(visit_site, user, path, width):
    window = visit_site(user, width=width)
    page = window.open(path)
    _, file = window.download(again(window))
    await_status(window, "The file is complete.")
    assert file.count(b"\r\n") == 4
    newest = ExportLog.objects.latest("timestamp")
    assert newest.sha256 == hashlib.sha256(file).hexdigest()
    assert facts(window)["Rows"] == "3"
    assert facts(window)["SHA-256"] == newest.sha256
    assert window.path == path
    assert window.faults() == []
    page.locator("#exports-transfer").get_by_role("link", name="The record of this export").click()
    window.arrive(f"/exports/history/{newest.pk}/")


def test_one_that_fails(visit_site, user, path):
    window = visit_site(user)
    page = window.open(path)
    told = {"outcome": "failed", "row_count": 3, "byte_count": 1000, "sha256": "", "error": ""}
    page.route("**/outcome", lambda route: route.fulfill(json=told))
    begun = nothing_saved(window)
    again(window).click()
    alert = page.get_by_role("alert")
    alert.get_by_text("The export has failed.").wait_for()
    alert.get_by_text("Try again. If it fails again, narrow the export with filters.").wait_for()
    assert alert.get_by_role("button").all_inner_texts() == ["Try again"]  # there is no form to send
    assert begun == []
    page.unroute("**/outcome")
    window.download(alert.get_by_role("button", name="Try again"))
    await_status(window, "The file is complete.")


def test_one_that_is_refused(visit_site, user, path, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/30d"}
    window = visit_site(user)
    page = window.open(path)
    window.download(again(window))
    await_status(window, "The file is complete.")
    again(window).click()
    page.get_by_role("alert").get_by_text("Too many exports").wait_for()
    window.problems.clear()


def test_one_that_runs_is_not_begun_again(visit_site, user, path):
    window = visit_site(user)
    page = window.open(path)
    page.route("**/outcome", lambda route: route.fulfill(json={"outcome": "running"}))
    again(window).click()
    await_status(window, "All of it has arrived, and is being checked.")
    again(window).click()
    assert ExportLog.objects.count() == 2
    page.get_by_role("button", name="Cancel").click()
    await_status(window, "You have cancelled the download. Nothing was saved.")


def test_one_that_was_large_is_left_to_the_browser(visit_site, user, record, path):
    ExportLog.objects.update(byte_count=10**9)
    window = visit_site(user)
    window.open(path)
    window.download(again(window))
    await_status(window, "The file may be large: your browser downloads it by itself.")


def test_a_link_that_is_to_open_elsewhere_is_the_browsers(visit_site, user, path):
    window = visit_site(user)
    page = window.open(path)
    page.evaluate("document.addEventListener('click', event => { window.left = !event.defaultPrevented })")
    again(window).click(modifiers=["ControlOrMeta"])
    assert page.evaluate("window.left")
    expect(page.locator("#exports-transfer-running")).to_be_hidden()


def test_a_user_who_signed_out_meanwhile(open_window, demo):
    demo.get("/api/exports/agents?columns=name", {"X-User-Id": USER})
    window = open_window(USER)
    page = window.open("/exports/")
    cookies = window.context.cookies()
    window.context.clear_cookies()
    page.get_by_role("link", name="Download agents again").first.click()
    alert = page.get_by_role("alert")
    alert.get_by_text("Sign in again: that leads back to this page.").wait_for()
    window.context.add_cookies(cookies)
    alert.get_by_role("link", name="Sign in again").click()
    page.wait_for_load_state()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert window.path == "/exports/"


def test_without_scripts(visit_site, user, path):
    window = visit_site(user, java_script_enabled=False)
    window.open(path)
    _, file = window.download(again(window))
    assert file.count(b"\r\n") == 4
