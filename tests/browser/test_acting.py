"""Staff act for a tenant in a browser: the banner cannot be missed."""

import pytest

from exports.models import ExportLog
from tests.api import rows
from tests.browser.windows import NARROW, WIDE

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
