"""A download with progress: it is saved once all of it is known to be there; else the page says why not."""

import hashlib
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from exports.models import ExportJob, ExportLog
from exports.sources.orm import OrmSource
from tests.api import rows
from tests.browser.cutting import cutting_proxy
from tests.browser.records import USER, newest_record
from tests.browser.transfers import await_status, facts, nothing_saved, press, saved
from tests.browser.windows import Window, wait_until

pytestmark = pytest.mark.sqlite


CHOICES = {
    "csv": "columns=agentId,name,isActive",
    "jsonl": "format=jsonl",
    "xlsx": "format=xlsx",
    "gzip": "compression=gzip",
    "excel-semicolon": "dialect=excel-semicolon",
}


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_it_works(open_window, demo, choice):
    window = open_window(USER)
    window.open(f"/exports/agents/?{choice}")
    name, file = saved(window)
    await_status(window, "The file is complete.")
    record = newest_record(demo)
    assert (len(file), hashlib.sha256(file).hexdigest()) == (record["byte_count"], record["sha256"])
    assert facts(window) == {
        "Name": name,
        "Rows": str(record["row_count"]),
        "Size": f"{len(file):,} bytes",
        "SHA-256": record["sha256"],
    }
    assert re.fullmatch(r"agents_export_\d{8}_\d{6}\.[a-z.]+", name)
    if "xlsx" not in choice:  # its parts hold the time at which it was made
        assert file == demo.get(f"/api/exports/agents?{choice}", {"X-User-Id": USER})
    window.page.get_by_role("link", name="The record of this export").click()
    window.arrive(f"/exports/history/{record['id']}/")


ROWS = 400
CALLS = "/exports/calls/?columns=id,livekitRoomName"
SECONDS = 20


class Held:
    """The source of the rows stops before the block of that number, and then goes on, or breaks."""

    def __init__(self) -> None:
        self.before = 10
        self.error: Exception | None = None
        self.until_closed = False
        self.reached = threading.Event()
        self.free = threading.Event()

    def wait(self, number: int) -> None:
        if number == self.before:
            self.reached.set()
            assert self.free.wait(SECONDS)
            if self.error:
                raise self.error

    def again(self) -> Iterator[None]:
        """Where asked for, the same block over and over: what is left of the rows would fit in the sockets'
        buffers, and a server that may write it all before the browser closes does not see it go."""
        deadline = time.monotonic() + SECONDS
        while self.until_closed and time.monotonic() < deadline:
            yield
            time.sleep(0.05)


@pytest.fixture
def held(monkeypatch, settings, user) -> Iterator[Held]:
    """400 calls in blocks of 20, whose names hold quotes and ends of lines."""
    settings.EXPORTS = settings.EXPORTS | {"CHUNK_SIZE": 20}
    rows.calls(user, ROWS, livekit_room_name='a "long"\r\nname\n' + 1000 * "x")
    held, blocks = Held(), OrmSource.blocks

    def held_blocks(*args, **kwargs):
        for number, block in enumerate(blocks(*args, **kwargs)):
            held.wait(number)
            yield block
            if number == held.before:
                for _ in held.again():
                    yield block

    monkeypatch.setattr(OrmSource, "blocks", held_blocks)
    # The server of these tests ends each body by closing the connection, so that only the record tells a part
    # from the whole. Told that it does better, the engine lets the first bytes leave at once.
    monkeypatch.setattr("exports.clients._frames", lambda request: True)
    yield held
    held.free.set()


def outcome() -> str:
    """What the newest record says once it is closed."""
    deadline = time.monotonic() + SECONDS
    while (record := ExportLog.objects.latest("timestamp")).outcome == "running":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return record.outcome


def shown(window: Window, name: str) -> Any:
    return window.page.locator(f"#exports-transfer-running [data-slot={name}]")


def test_rows_and_bytes_are_counted_on_their_way(visit_site, held, user):
    window = visit_site(user)
    page = window.open(CALLS)
    with page.expect_download() as download:
        press(window)
        shown(window, "rows").get_by_text("200 of 400").wait_for()
        assert re.fullmatch(r"2\d\d(\.\d)? kB", shown(window, "size").inner_text())
        bar = page.get_by_role("progressbar", name="Download")
        assert (bar.get_attribute("value"), bar.get_attribute("max")) == ("200", "400")
        press(window)  # one that runs is not begun again
        held.free.set()
    file = download.value.path().read_bytes()
    await_status(window, "The file is complete.")
    assert facts(window)["Rows"] == "400"
    record = ExportLog.objects.get()
    assert (record.byte_count, record.sha256) == (len(file), hashlib.sha256(file).hexdigest())
    assert not bar.is_visible()


def test_it_is_cancelled(visit_site, held, user):
    window = visit_site(user)
    page = window.open(CALLS)
    begun = nothing_saved(window)
    press(window)
    shown(window, "rows").get_by_text("200 of 400").wait_for()
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    await_status(window, "You have cancelled the download. Nothing was saved.")
    assert page.evaluate("document.activeElement.id") == "exports-transfer-status"
    held.until_closed = True
    held.free.set()
    assert outcome() == "cancelled"
    assert begun == []
    held.before = -1
    _, file = window.download(page.get_by_role("button", name="Download anew"))
    assert file.count(b"\r\n") == 1 + 2 * ROWS
    await_status(window, "The file is complete.")


def test_one_that_fails_on_its_way(visit_site, held, user):
    held.error = RuntimeError()
    window = visit_site(user)
    page = window.open(CALLS)
    begun = nothing_saved(window)
    press(window)
    held.free.set()
    alert = page.get_by_role("alert")
    alert.get_by_text("The download broke off. Nothing was saved.").wait_for()
    assert "RuntimeError" in alert.inner_text()
    assert facts(window)["Rows until then"] == "200"
    assert window.faults() == []
    alert.get_by_role("link", name="The record of this export").wait_for()
    assert outcome() == "failed"
    assert begun == []
    window.problems.clear()  # the console tells of the body that broke
    held.before = -1
    _, file = window.download(alert.get_by_role("button", name="Try again"))
    assert file.count(b"\r\n") == 1 + 2 * ROWS


def test_what_has_failed_is_made_in_the_background(visit_site, held, user):
    held.error = RuntimeError()
    window = visit_site(user)
    page = window.open(CALLS)
    press(window)
    held.free.set()
    page.get_by_role("button", name="Make it in the background").click()
    page.locator("#job-status").get_by_text("queued").wait_for()
    assert ExportJob.objects.get().parameters == {"columns": ["id,livekitRoomName"]}
    window.problems.clear()


def test_a_connection_that_breaks(open_window, demo):
    """Nothing but the record tells some bodies that broke from whole ones; this one the browser knows."""
    open_window(USER)  # signs in: a cookie knows no port
    with cutting_proxy(demo.url) as proxy:
        window = open_window(USER, base_url=proxy.url)
        page = window.open("/exports/calls/")
        begun = nothing_saved(window)
        proxy.limit = 100_000
        press(window)
        shown(window, "rows").get_by_text(re.compile("[1-9],?[0-9]* of 2,500")).wait_for()
        proxy.cut.set()
        page.get_by_role("alert").wait_for()
        assert "The download broke off. Nothing was saved." in page.get_by_role("alert").inner_text()
        assert begun == []
        assert 0 < int(facts(window)["Rows until then"].replace(",", "")) < 2_500
        window.problems.clear()


def test_a_body_of_another_size_than_the_record_says(visit_site, user):
    rows.calls(user, 2)
    window = visit_site(user)
    page = window.open(CALLS)
    begun = nothing_saved(window)
    told = {"outcome": "succeeded", "row_count": 3, "byte_count": 1000, "sha256": "", "error": ""}
    page.route("**/outcome", lambda route: route.fulfill(json=told))
    press(window)
    page.get_by_role("alert").get_by_text("Not all of it has arrived.").wait_for()
    assert facts(window)["Rows until then"] == "2"
    assert begun == []


def test_it_is_cancelled_while_it_is_checked(visit_site, user):
    rows.calls(user, 2)
    window = visit_site(user)
    page = window.open(CALLS)
    begun = nothing_saved(window)
    page.route("**/outcome", lambda route: route.fulfill(json={"outcome": "running"}))
    press(window)
    await_status(window, "All of it has arrived, and is being checked.")
    page.get_by_role("button", name="Cancel").click()
    page.unroute("**/outcome")  # the record says by now that all of it was sent
    await_status(window, "You have cancelled the download. Nothing was saved.")
    assert begun == []


def test_a_session_that_ends_meanwhile(visit_site, held, user, client):
    """The file waits in the page for somebody who signs in again."""
    window = visit_site(user)
    page = window.open(CALLS)
    begun = nothing_saved(window)
    cookies = window.context.cookies()
    press(window)
    shown(window, "rows").get_by_text("200 of 400").wait_for()
    window.context.clear_cookies()
    held.free.set()
    alert = page.get_by_role("alert")
    alert.get_by_text("You are signed out. The file is here, but not saved yet.").wait_for()
    assert window.faults() == []
    assert begun == []
    window.context.add_cookies(cookies)
    _, file = window.download(alert.get_by_role("button", name="Check and save"))
    await_status(window, "The file is complete.")
    assert ExportLog.objects.get().sha256 == hashlib.sha256(file).hexdigest()


def test_rows_that_were_only_sent_are_not_told(visit_site, user):
    window = visit_site(user)
    page = window.open(f"{CALLS}&format=xlsx")
    told = {"outcome": "cancelled", "row_count": 3, "byte_count": 1000, "sha256": "", "error": ""}
    page.route("**/outcome", lambda route: route.fulfill(json=told))
    press(window)
    page.get_by_role("alert").get_by_text("The connection broke.").wait_for()
    assert list(facts(window)) == ["Size until then"]


def test_a_server_that_is_gone(visit_site, user):
    window = visit_site(user)
    page = window.open(CALLS)
    page.route("**/download?*", lambda route: route.abort())
    press(window)
    page.get_by_role("alert").get_by_text("The server does not answer.").wait_for()
    window.problems.clear()


class TestRefused:
    def test_too_many_exports(self, visit_site, settings, user):
        settings.EXPORTS = settings.EXPORTS | {"RATE": "1/30d"}
        window = visit_site(user)
        page = window.open(CALLS)
        saved(window)
        await_status(window, "The file is complete.")
        begun = nothing_saved(window)
        press(window)
        page.get_by_role("alert").get_by_text("Too many exports").wait_for()
        page.get_by_text(re.compile(r"You can try again in [0-9]+ [a-z]+\.")).wait_for()
        assert begun == []
        assert window.faults() == []
        assert [problem[:4] for problem in window.problems] == ["429:"]
        window.problems.clear()

    def test_too_many_rows(self, visit_site, settings, user):
        settings.EXPORTS = settings.EXPORTS | {"MAX_DOWNLOAD_ROWS": 1}
        rows.calls(user, 2)
        window = visit_site(user)
        page = window.open(CALLS)
        press(window)
        page.get_by_role("alert").get_by_role("button", name="Make the file in the background").click()
        page.locator("#job-status").get_by_text("queued").wait_for()
        assert ExportJob.objects.get().parameters == {"columns": ["id,livekitRoomName"]}
        assert [problem[:4] for problem in window.problems] == ["413:"]
        window.problems.clear()

    def test_a_user_who_signed_out_meanwhile(self, open_window):
        window = open_window(USER)
        page = window.open("/exports/agents/?is_active=true&columns=name")
        window.context.clear_cookies()
        press(window)
        page.get_by_role("alert").get_by_text("You are signed out.").wait_for()
        page.get_by_role("link", name="Sign in again").click()
        page.locator("#login-form").wait_for()
        for name in ("username", "password"):
            page.locator(f"[name={name}]").fill(USER)
        page.locator("#login-form [type=submit]").click()
        window.arrive("/exports/agents/?is_active=true&columns=name")


def test_a_file_of_20_mb(visit_site, user):
    rows.calls(user, 2000, metadata={"text": 10_000 * "x"})
    window = visit_site(user)
    window.open("/exports/calls/?columns=id,metadata")
    _, file = saved(window)
    await_status(window, "The file is complete.")
    assert len(file) > 20_000_000
    assert ExportLog.objects.get().sha256 == hashlib.sha256(file).hexdigest()


LEFT = "The file may be large: your browser downloads it by itself."


@pytest.mark.parametrize(
    "size", [{"bytes": "1000000000"}, {"rows": ""}, {}], ids=["known", "uncounted", "unknown"]
)
def test_one_that_is_too_large_for_a_page_is_left_to_the_browser(visit_site, user, size):
    rows.calls(user, 2)
    window = visit_site(user)
    page = window.open(CALLS)
    tell = "(element, size) => { delete element.dataset.bytes; Object.assign(element.dataset, size) }"
    page.locator("#exports-size").evaluate(tell, size)
    _, file = saved(window)
    assert file.count(b"\r\n") == 3
    await_status(window, LEFT)
    assert page.locator("#exports-transfer-running").is_hidden()


def test_rows_that_are_too_wide_to_tell_a_size(visit_site, user):
    rows.calls(user, 20, metadata={"text": 110_000 * "x"})
    window = visit_site(user)
    window.open("/exports/calls/?columns=id,metadata")
    saved(window)
    await_status(window, LEFT)


def lower_limit(window: Window, limit: str) -> None:
    """What is too large for a page, in JavaScript."""

    def lowered(route: Route) -> None:
        script = route.fetch().text()
        assert "512 * 1024 * 1024" in script
        route.fulfill(body=script.replace("512 * 1024 * 1024", limit), content_type="text/javascript")

    window.page.route("**/download*.js", lowered)


@pytest.fixture
def larger_than_expected(visit_site, held, user) -> Window:
    """A page that takes a file for a small one which is none."""
    held.before = -1
    window = visit_site(user)
    lower_limit(window, "100_000")
    window.open(CALLS).locator("#exports-size").evaluate("element => { element.dataset.bytes = '1000' }")
    return window


def test_one_that_turns_out_too_large_is_left_to_the_browser(larger_than_expected):
    """Whatever was expected: it is not collected any further, and the browser gets the whole file."""
    window = larger_than_expected
    _, file = saved(window)
    assert file.count(b"\r\n") == 1 + 2 * ROWS
    await_status(window, LEFT)
    assert window.page.locator("#exports-transfer-running").is_hidden()
    assert ExportLog.objects.count() == 2


def test_one_that_turns_out_too_large_and_is_cancelled(larger_than_expected):
    window, page = larger_than_expected, larger_than_expected.page
    page.route("**/outcome", lambda route: route.fulfill(json={"outcome": "running"}))
    begun = nothing_saved(window)
    with page.expect_request("**/outcome"):
        press(window)
    page.get_by_role("button", name="Cancel").click()
    await_status(window, "You have cancelled the download. Nothing was saved.")
    assert ExportLog.objects.count() == 1
    assert begun == []


class TestAnotherChoice:
    """What the page shows of one choice tells nothing of the next, whose rows are still on their way."""

    @pytest.fixture
    def waiting(self, visit_site, held, user) -> Iterator[Window]:
        """The page after a choice, with the rows of before."""
        asked: list[Route] = []
        window = visit_site(user)
        page = window.open(CALLS)
        page.route("**/calls/?*status=active*", lambda route: asked.append(route))
        page.get_by_role("combobox", name="Status").select_option("active")
        expect(page.locator("#exports-summary")).to_have_attribute("aria-busy", "true")
        yield window
        with page.expect_response("**/calls/?*status=active*"):
            asked[0].continue_()

    def test_it_works(self, waiting, held):
        page = waiting.page
        ExportLog.objects.all().delete()
        with page.expect_download():
            press(waiting)
            shown(waiting, "rows").get_by_text(re.compile("^200$")).wait_for()
            assert page.get_by_role("progressbar", name="Download").get_attribute("max") is None
            held.free.set()
        await_status(waiting, "The file is complete.")

    def test_one_that_was_large_before(self, waiting, held):
        waiting.page.locator("#exports-size").evaluate("element => { element.dataset.bytes = '1000000000' }")
        held.free.set()
        saved(waiting)
        await_status(waiting, "The file is complete.")

    def test_once_its_rows_are_there(self, visit_site, held, user):
        window = visit_site(user)
        page = window.open(CALLS)
        page.get_by_role("combobox", name="Status").select_option("active")
        window.arrive(f"{CALLS.replace('?', '?status=active&')}")
        expect(page.locator("#exports-summary")).not_to_have_attribute("aria-busy", "true")
        with page.expect_download():
            press(window)
            shown(window, "rows").get_by_text("200 of 400").wait_for()
            held.free.set()


class TestLeft:
    """How many downloads are left is told anew after each."""

    @pytest.fixture(autouse=True)
    def _three(self, settings):
        settings.EXPORTS = settings.EXPORTS | {"RATE": "3/30d"}

    def test_it_works(self, visit_site, user):
        window = visit_site(user)
        page = window.open(CALLS)
        left = page.locator("#exports-remaining")
        expect(left).to_contain_text("3 downloads of this dataset are left")
        saved(window)
        expect(left).to_contain_text("2 downloads of this dataset are left")
        page.get_by_role("combobox", name="Status").select_option("active")
        saved(window)
        expect(left).to_contain_text("1 download of this dataset is left")

    def test_one_that_fails(self, visit_site, held, user):
        held.error = RuntimeError()
        held.free.set()
        window = visit_site(user)
        page = window.open(CALLS)
        press(window)
        page.get_by_role("alert").get_by_text("The download broke off.").wait_for()
        expect(page.locator("#exports-remaining")).to_contain_text("2 downloads of this dataset are left")
        window.problems.clear()


def test_who_stays_on_the_page_can_press_its_buttons_again(visit_site, held, user):
    window = visit_site(user)
    page = window.open(CALLS)
    page.on("dialog", lambda dialog: dialog.dismiss())
    press(window)
    shown(window, "rows").get_by_text("200 of 400").wait_for()
    button = page.get_by_role("button", name="In the background", exact=True)
    button.click()
    with page.expect_download():
        held.free.set()
    await_status(window, "The file is complete.")
    page.locator("form:not([data-exports-sent])#exports-form").wait_for()
    button.click()
    page.locator("#job-status").get_by_text("queued").wait_for()


def test_leaving_the_page_meanwhile_asks(visit_site, held, user):
    window = visit_site(user)
    page = window.open(CALLS)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    press(window)
    shown(window, "rows").get_by_text("200 of 400").wait_for()
    page.close(run_before_unload=True)
    wait_until(page, lambda: asked)
    assert asked == ["beforeunload"]
    with page.expect_download():
        held.free.set()
    await_status(window, "The file is complete.")


def test_without_javascript(visit_site, user):
    rows.calls(user, 2)
    window = visit_site(user, java_script_enabled=False)
    window.open(CALLS)
    _, file = saved(window)
    assert file.count(b"\r\n") == 3
