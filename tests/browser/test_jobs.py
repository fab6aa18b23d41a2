"""A job in a browser, from the choice to the file: it is watched, cancelled, asked for again, deleted."""

import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import storages
from playwright.sync_api import expect

from exports.models import ExportJob
from tests.api import rows
from tests.browser.keyboard import tab_to
from tests.browser.windows import NARROW, WIDE, Window
from tests.browser.worker import HeldWorker, held_worker
from tests.web.job_rows import FILE, JOBS, failed_job, finished_job, make_job, running_job

# A page is the same on every database.
pytestmark = pytest.mark.sqlite

ROWS = 40


@pytest.fixture
def worker(monkeypatch) -> Iterator[HeldWorker]:
    with held_worker(monkeypatch) as worker:
        yield worker


def stay(window: Window) -> None:
    """From now on the page may change, and not be loaded anew."""
    window.page.evaluate("() => { window.loadedOnce = true }")


def stayed(window: Window) -> bool:
    return bool(window.page.evaluate("() => window.loadedOnce === true"))


def await_text(window: Window, text: str) -> None:
    window.page.get_by_text(text).first.wait_for()


def await_status(window: Window, text: str) -> None:
    window.page.locator("#job-status").get_by_text(text, exact=True).wait_for()


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_it_works(visit_site, worker, settings, client, user, width, scheme):
    settings.EXPORTS = settings.EXPORTS | {"CHUNK_SIZE": 10}
    rows.calls(user, ROWS, outcome="busy")
    rows.call(user, outcome="failed")
    window = visit_site(user, width=width, color_scheme=scheme)
    page = window.open("/exports/calls/")
    page.get_by_role("combobox", name="Outcome").select_option("Busy")
    page.get_by_role("button", name="In the background").click()
    await_status(window, "queued")
    job = ExportJob.objects.get()
    assert window.path == f"{JOBS}{job.pk}/"
    stay(window)
    page.get_by_role("link", name="Refresh").focus()
    worker.run()
    await_status(window, "running")
    await_text(window, f"10 of {ROWS} rows (25 %)")
    assert page.get_by_role("progressbar", name="Rows done").get_attribute("value") == "25"
    assert page.evaluate("document.activeElement.id") == "job-refresh"
    worker.go_on()
    await_status(window, "succeeded")
    assert stayed(window)
    job.refresh_from_db()
    assert job.sha256 in window.text
    name, file = window.download(page.get_by_role("link", name="Download"))
    assert name == job.filename
    client.force_login(user)
    assert file == client.get("/exports/calls/download?outcome=busy").getvalue()
    assert file.count(b"\r\n") == ROWS + 1
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#job-link").inner_text()
    with urllib.request.urlopen(link, timeout=20) as answer:  # by nobody who has signed in
        assert answer.read() == file


def test_what_is_done_with_it_by_keyboard(visit_site, user):
    make_job(user)
    window = visit_site(user)
    page = window.open("/exports/")
    keyboard = page.keyboard
    tab_to(page, page.get_by_role("link", name="Jobs", exact=True))
    keyboard.press("Enter")
    window.arrive(JOBS)
    tab_to(page, page.get_by_role("row").nth(1).get_by_role("link"))
    keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Cancel"))
    keyboard.press("Enter")
    await_status(window, "cancelled")
    tab_to(page, page.get_by_role("button", name="Ask for it again"))
    keyboard.press("Enter")
    await_status(window, "queued")
    tab_to(page, page.get_by_role("button", name="Cancel"))
    keyboard.press("Enter")
    await_status(window, "cancelled")
    delete = page.get_by_role("button", name="Delete the job")
    assert not delete.is_visible()
    tab_to(page, page.locator("summary"))
    keyboard.press("Enter")
    tab_to(page, delete)
    keyboard.press("Enter")
    window.arrive(JOBS)
    await_text(window, "There are no jobs of yours.")
    assert ExportJob.objects.count() == 0


def test_one_that_runs_is_cancelled(visit_site, worker, settings, user):
    settings.EXPORTS = settings.EXPORTS | {"CHUNK_SIZE": 10}
    rows.calls(user, ROWS)
    job = make_job(user, parameters={})
    worker.run()
    window = visit_site(user)
    page = window.open(f"{JOBS}{job.pk}/")
    page.get_by_role("button", name="Cancel").click()
    await_text(window, "is being cancelled")
    stay(window)
    worker.go_on()
    await_status(window, "cancelled")
    assert stayed(window)
    assert page.get_by_role("button", name="Ask for it again").is_visible()
    assert storages["exports"].listdir("")[1] == []


TWO_CLICKS = """
button => {
    let sent = 0;
    addEventListener("submit", event => { sent += !event.defaultPrevented });
    button.click();
    button.click();
    return sent;
}
"""


def test_a_double_click_makes_one_job(visit_site, user):
    rows.calls(user, ROWS)
    window = visit_site(user)
    page = window.open("/exports/calls/")
    # A real one is quicker than the first answer, or it is not.
    assert page.get_by_role("button", name="In the background", exact=True).evaluate(TWO_CLICKS) == 1
    await_status(window, "queued")
    assert ExportJob.objects.count() == 1
    # Back on the page as it was the button can be pressed again, and leads to the same job.
    page.go_back()
    page.get_by_role("button", name="In the background", exact=True).click()
    await_status(window, "queued")
    assert ExportJob.objects.count() == 1


def test_the_focus_stays_where_its_button_goes(visit_site, user):
    running_job(user)
    job = ExportJob.objects.get()
    window = visit_site(user)
    page = window.open(f"{JOBS}{job.pk}/")
    page.get_by_role("button", name="Cancel").focus()
    ExportJob.objects.update(status="failed")
    await_status(window, "failed")
    expect(page.locator("#job-status")).to_be_focused()


def test_the_sha256_and_the_link_are_copied(visit_site, user):
    job = finished_job(user)
    window = visit_site(user, permissions=["clipboard-read", "clipboard-write"])
    page = window.open(f"{JOBS}{job.pk}/")
    for name, copied in (("Copy the SHA-256", "#job-sha256"), ("Copy the link", "#job-link")):
        if copied == "#job-link":
            page.get_by_role("button", name="Make a link").click()
        page.get_by_role("button", name=name).click()
        page.get_by_role("status").get_by_text("Copied.").wait_for()
        text = page.locator(copied).inner_text()
        assert page.evaluate("navigator.clipboard.readText()") == text
    assert text.startswith("http")


def test_the_list_goes_on_by_itself(visit_site, user):
    job = running_job(user)
    window = visit_site(user, width=NARROW)
    page = window.open(JOBS)
    stay(window)
    frame = page.get_by_role("region", name="Jobs")
    frame.evaluate("frame => { frame.scrollLeft = 60 }")
    page.locator(f"#job-{job.pk}").focus()
    left = frame.evaluate("frame => frame.scrollLeft")
    ExportJob.objects.update(row_count=500)
    await_text(window, "500 of 1,000 rows (50 %)")
    assert page.evaluate("document.activeElement.id") == f"job-{job.pk}"
    assert frame.evaluate("frame => frame.scrollLeft") == left
    ExportJob.objects.update(status="failed")
    page.get_by_role("row").get_by_text("failed").wait_for()
    assert stayed(window)
    assert polls_end(window)


def polls_end(window: Window) -> bool:
    """Whether nothing asks for more: there is no element left that would."""
    return window.page.locator("[hx-get]").count() == 0


def test_one_that_was_deleted_meanwhile(visit_site, user):
    job = running_job(user)
    path = f"{JOBS}{job.pk}/"
    window = visit_site(user)
    page = window.open(path)
    job.delete()
    page.get_by_role("heading", name="Page not found").wait_for()
    assert window.path == path
    assert window.problems.pop() == f"404: {window.base_url}{path}?seen=running.1.0"
    assert polls_end(window)


def test_a_user_who_signed_out_meanwhile(visit_site, user):
    job = running_job(user)
    window = visit_site(user)
    window.open(f"{JOBS}{job.pk}/")
    window.context.clear_cookies()
    window.arrive(f"/login/?next={JOBS}{job.pk}/")


def test_too_large_for_a_download(visit_site, settings, user):
    settings.EXPORTS = settings.EXPORTS | {"MAX_DOWNLOAD_ROWS": 1}
    rows.calls(user, 2, outcome="busy")
    window = visit_site(user)
    page = window.open("/exports/calls/download?outcome=busy&columns=id,status", 413)
    assert window.faults() == []
    page.get_by_role("button", name="Make the file in the background").click()
    await_status(window, "queued")
    assert ExportJob.objects.get().parameters == {"outcome": ["busy"], "columns": ["id,status"]}


def test_without_javascript(visit_site, worker, user):
    rows.calls(user, ROWS)
    window = visit_site(user, java_script_enabled=False)
    page = window.open("/exports/calls/")
    page.get_by_role("button", name="In the background").click()
    await_status(window, "queued")
    worker.run()
    page.get_by_role("link", name="Refresh").click()
    await_status(window, "running")
    worker.go_on()
    page.get_by_role("link", name="Refresh").click()
    await_status(window, "succeeded")
    _, file = window.download(page.get_by_role("link", name="Download"))
    assert file.count(b"\r\n") == ROWS + 1
    page.locator("summary").click()
    page.get_by_role("button", name="Delete the job").click()
    window.arrive(JOBS)
    assert ExportJob.objects.count() == 0


def test_each_page_is_for_everybody(visit_site, user):
    # As long as they get, and nothing in them where a line could end; German words are the longer ones.
    long = {"parameters": {"room_name": ["x" * 300]}, "error": "e" * 300}
    jobs = [make_job(user, 5), running_job(user, **long), finished_job(user, filename="f" * 200 + ".csv")]
    jobs.append(failed_job(user, **long))
    window = visit_site(user, locale="de-DE")
    found: list[Any] = []
    for path in (JOBS, *(f"{JOBS}{job.pk}/" for job in jobs)):
        window.open(path)
        for summary in window.page.locator("summary").all():
            summary.click()
        found += window.faults()
    window.open(f"{JOBS}{jobs[2].pk}/")
    window.page.locator("form[action$='/link'] button").click()
    window.page.locator("#job-link").wait_for()
    found += window.faults()
    window.open(f"{JOBS}{jobs[1].pk}/file", 409)
    found += window.faults()
    assert found == []


def test_a_stranger_sees_nothing(visit_site, user, stranger):
    job = finished_job(user)
    window = visit_site(stranger)
    for path in ("", "file"):
        window.open(f"{JOBS}{job.pk}/{path}", 404)
        assert job.sha256 not in window.page.content()
    window.open(JOBS)
    assert str(job.pk) not in window.page.content()
    assert FILE.decode() not in window.page.content()
