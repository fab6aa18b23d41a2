"""Staff act for a tenant in a browser: the banner cannot be missed."""

import pytest
from playwright.sync_api import Locator, Route, expect

from exports.models import ExportJob, ExportLog
from tests.api import rows
from tests.browser.windows import NARROW, WIDE, wait_until

pytestmark = pytest.mark.sqlite


@pytest.fixture
def staff(user, allow):
    allow(user, "export_for_other_tenant", "telephony.export_calllog")
    return user


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_it_works(visit_site, staff, stranger, width):
    rows.calls(staff, 1)
    rows.calls(stranger, 30)
    window = visit_site(staff, width=width)
    page = window.open("/exports/")
    page.get_by_label("Act for a tenant:").fill("user-456")
    page.get_by_role("button", name="Act for them").click()
    window.arrive("/exports/?tenant=user-456")
    page.get_by_role("link", name="calls", exact=True).click()
    window.arrive("/exports/calls/?tenant=user-456")
    banner = page.get_by_role("region", name="Acting for others")
    assert "You are acting for tenant user-456." in banner.inner_text()
    # However far down one is.
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate("window.scrollY") > 0
    box = banner.bounding_box()
    assert box is not None
    assert box["y"] == 0
    assert box["width"] == width
    _, file = window.download(page.get_by_role("button", name="Download", exact=True))
    assert file.count(b"\r\n") == 31
    record = ExportLog.objects.get()
    assert (record.user, record.tenant) == ("user-123", "user-456")
    page.get_by_role("link", name="The record of this export").click()
    page.get_by_role("region", name="Acting for others").wait_for()
    page.get_by_role("link", name="Back to my own rows").click()
    window.arrive("/exports/")
    assert page.get_by_role("region", name="Acting for others").count() == 0


def test_a_download_waits_for_the_banner(visit_site, staff, stranger):
    """Who names another tenant and presses Download at once gets the page with the banner, and no file."""
    rows.calls(stranger, 3)
    window = visit_site(staff)
    page = window.open("/exports/calls/")
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    page.get_by_label("Whose rows").fill("user-456")
    page.get_by_role("button", name="Download", exact=True).click()
    window.arrive("/exports/calls/?tenant=user-456")
    page.get_by_role("region", name="Acting for others").wait_for()
    assert not [url for url in fetched if "/exports/calls/download" in url]
    assert not ExportLog.objects.exists()


def test_a_tenant_that_is_named_before_the_scripts_are_there(visit_site, staff, stranger):
    rows.calls(stranger, 3)
    window = visit_site(staff)
    with window.before("live", "/exports/calls/") as page:
        field = page.get_by_label("Whose rows")
        field.fill("user-456")
        field.blur()
    window.arrive("/exports/calls/?tenant=user-456")
    page.get_by_role("region", name="Acting for others").wait_for()


def test_a_download_that_ends_while_a_tenant_is_named(visit_site, staff, stranger):
    """What came of it stays, and half of an id is nobody."""
    rows.calls(staff, 2)
    window = visit_site(staff)
    page = window.open("/exports/calls/")
    held: list[Route] = []
    page.route("**/calls/download*", lambda route: held.append(route), times=1)
    with page.expect_download():
        page.get_by_role("button", name="Download", exact=True).click()
        page.get_by_label("Whose rows").press_sequentially("user-4")
        wait_until(page, lambda: held)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        held[0].continue_()
    page.locator("#exports-transfer-status").get_by_text("The file is complete.").wait_for()
    page.wait_for_timeout(100)
    assert window.path == "/exports/calls/"
    assert not [url for url in asked if "tenant=user" in url]
    page.get_by_label("Whose rows").fill("user-456")
    page.keyboard.press("Enter")
    window.arrive("/exports/calls/?tenant=user-456")


def test_a_pause_after_another_field_asks_for_no_half_of_an_id(visit_site, staff):
    window = visit_site(staff)
    page = window.open("/exports/calls/")
    page.clock.install()
    page.get_by_label("From").fill("2024-06-01")
    page.get_by_label("Whose rows").press_sequentially("user-4")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(2000)
    page.wait_for_timeout(100)
    assert asked == []
    assert window.path == "/exports/calls/"


@pytest.fixture
def _scans(allow, staff):
    allow(staff, "export_for_other_tenant", "telephony.export_calllog", "netscan.export_port")


@pytest.mark.usefixtures("_scans")
def test_a_tenant_on_a_page_that_needs_a_filter(visit_site, staff, stranger):
    """What is required and empty keeps nobody from the page with the banner, and nothing comes before it."""
    theirs = rows.scan(stranger)
    rows.port(stranger, theirs)
    window = visit_site(staff)
    page = window.open("/exports/scans/")
    field = page.get_by_label("Whose rows")
    field.fill("user-456")
    field.press("Tab")
    window.arrive("/exports/scans/?tenant=user-456")
    page.get_by_role("region", name="Acting for others").wait_for()
    assert page.get_by_role("alert").count() == 0  # there was no chance to fill it in
    page.locator("#id_scan_id").fill(str(theirs.pk))
    page.locator("#id_scan_id").press("Tab")
    page.locator("#exports-live caption").get_by_text("1 row").wait_for()
    _, file = window.download(page.get_by_role("button", name="Download", exact=True))
    assert file.count(b"\r\n") == 2
    assert ExportLog.objects.get().tenant == "user-456"


HALF_A_DATE = "This is not complete, or not possible. Correct it, or empty it."


def half_a_date(page) -> Locator:
    """The field, in which the month alone is typed."""
    field = page.get_by_label("From")
    field.focus()
    page.keyboard.type("06")
    assert field.evaluate("field => field.validity.badInput")
    return field


def test_half_a_date_and_a_tenant(visit_site, staff, stranger):
    """Neither is lost: the page waits for the date, and is the tenant's then."""
    rows.calls(stranger, 3)
    window = visit_site(staff)
    page = window.open("/exports/calls/")
    fetched: list[str] = []
    field = half_a_date(page)
    page.on("request", lambda request: fetched.append(request.url))
    tenant = page.get_by_label("Whose rows")
    tenant.fill("user-456")
    tenant.press("Tab")
    expect(page.locator(".exports-field.errors")).to_contain_text(HALF_A_DATE)
    expect(page.locator("#exports-summary")).to_have_text("There is a problem with this choice.")
    for name in ("Download", "In the background", "Save this choice"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(field).to_be_focused()
    assert fetched == []
    field.fill("2024-01-01")
    window.arrive("/exports/calls/?tenant=user-456&start_date=2024-01-01")
    page.get_by_role("region", name="Acting for others").wait_for()
    assert field.input_value() == "2024-01-01"


@pytest.mark.parametrize("button", ["In the background", "Save this choice", "Schedule it"])
def test_nothing_is_done_for_a_tenant_before_the_banner(visit_site, staff, stranger, button):
    rows.calls(stranger, 3)
    window = visit_site(staff)
    page = window.open("/exports/calls/")
    page.get_by_label("Whose rows").fill("user-456")
    page.get_by_role("button", name=button, exact=True).click()
    window.arrive("/exports/calls/?tenant=user-456")
    page.get_by_role("region", name="Acting for others").wait_for()
    assert not ExportJob.objects.exists()


def test_enter_asks_for_the_tenants_page(visit_site, staff, stranger):
    window = visit_site(staff)
    page = window.open("/exports/calls/")
    page.get_by_label("Whose rows").fill("user-456")
    page.keyboard.press("Enter")
    window.arrive("/exports/calls/?tenant=user-456")
    page.get_by_role("region", name="Acting for others").wait_for()


def test_a_page_that_comes_back_with_another_tenant_in_its_form(visit_site, staff, stranger):
    """Whatever has put the tenant there: the page asks for no rows that its banner does not tell of."""
    rows.calls(stranger, 3)
    window = visit_site(staff)
    page = window.open("/exports/calls/")
    page.get_by_label("Whose rows").evaluate("field => { field.value = 'user-456' }")
    page.get_by_role("combobox", name="Status").select_option("ended")
    window.arrive("/exports/calls/?tenant=user-456&status=ended")
    page.get_by_role("region", name="Acting for others").wait_for()


def test_it_is_for_everybody(visit_site, staff, stranger):
    rows.calls(stranger, 3)
    window = visit_site(staff, locale="de-DE")
    window.open("/exports/?tenant=user-456")
    assert window.faults() == []


def test_colours_of_the_system(visit_site, staff):
    """Where the system chooses the colours, a frame remains."""
    window = visit_site(staff, forced_colors="active")
    window.open("/exports/?tenant=user-456")
    frame = "getComputedStyle(document.querySelector('.exports-acting')).borderTopWidth"
    assert window.page.evaluate(frame) == "4px"


def test_a_stranger_sees_nothing(visit_site, user, stranger):
    rows.calls(user, 3)
    window = visit_site(stranger)
    page = window.open("/exports/?tenant=user-123", 403)
    assert page.get_by_role("region", name="Acting for others").count() == 0
    assert page.get_by_text("You may not export the rows of another tenant.").is_visible()
