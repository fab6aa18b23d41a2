"""The first page in a browser: running jobs go on by themselves, and what was done before is near."""

import pytest

from exports.models import ExportJob, ExportLog
from tests.api import rows
from tests.browser.keyboard import tab_to
from tests.web.job_rows import make_job, running_job
from tests.web.saved_rows import make_template

pytestmark = pytest.mark.sqlite


def record(user, number: int = 0, **fields) -> ExportLog:
    defaults = {
        "tenant": user.pk,
        "export_type": "calls",
        "door": "web",
        "format": "csv",
        "row_count": number,
    }
    return ExportLog.objects.create(user=user.pk, **{"outcome": "succeeded"} | defaults | fields)


def test_it_works(visit_site, user):
    """A running job is watched to its end, and its file is a press away."""
    rows.calls(user, 3)
    job = running_job(user)
    window = visit_site(user)
    page = window.open("/exports/")
    page.evaluate("() => { window.loadedOnce = true }")
    jobs = page.get_by_role("region", name="Jobs")
    jobs.get_by_text("250 of 1,000 rows (25 %)").wait_for()
    page.locator(f"#job-{job.pk}").focus()
    ExportJob.objects.update(row_count=500)
    jobs.get_by_text("500 of 1,000 rows (50 %)").wait_for()
    assert page.evaluate("document.activeElement.id") == f"job-{job.pk}"
    ExportJob.objects.update(status="succeeded")
    jobs.get_by_role("link", name="Download calls").wait_for()
    assert page.evaluate("window.loadedOnce")
    assert page.locator("[hx-get]").count() == 0


def test_by_keyboard_from_here_to_a_file_and_a_job(visit_site, user):
    rows.calls(user, 3, outcome="busy")
    make_template(user)
    record(user, 3, columns=["id"])
    window = visit_site(user)
    page = window.open("/exports/")
    tab_to(page, page.get_by_role("link", name="Download calls again"))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.path().read_bytes().count(b"\r\n") == 4
    tab_to(page, page.get_by_role("button", name="Run Busy now"))
    page.keyboard.press("Enter")
    page.locator("#job-status").get_by_text("queued").wait_for()
    assert ExportJob.objects.get().parameters == {"outcome": ["busy"]}


def test_it_is_for_everybody(visit_site, user, stranger, allow):
    # As long as they get, and nothing in them where a line could end; German words are the longer ones.
    allow(user, "export_for_other_tenant", "telephony.export_calllog")
    running_job(user, tenant=stranger.pk)
    make_job(user)
    make_template(user, "T" * 100)
    for number, outcome in enumerate(("succeeded", "failed", "cancelled", "running")):
        record(user, 10**number, outcome=outcome, tenant="t" * 200)
    window = visit_site(user, locale="de-DE")
    window.open("/exports/")
    assert window.faults() == []


def test_a_stranger_sees_nothing(visit_site, user, stranger):
    job = running_job(user)
    found = record(user)
    make_template(user)
    window = visit_site(stranger)
    page = window.open("/exports/")
    assert page.locator("#content section").count() == 0
    assert str(job.pk) not in page.content()
    assert str(found.pk) not in page.content()
