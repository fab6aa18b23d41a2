"""Pictures of the pages, which stand in docs/pages.md and docs/admin.md.

`pytest tests/browser/test_screenshots.py --screenshots docs/screenshots` makes them anew. Without the
option they are made as well, so that this does not rot, and thrown away.
"""

from datetime import timedelta
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from exports.models import ExportJob, ExportLog
from tests.browser.admin_list import open_export
from tests.browser.records import USER, newest_record
from tests.browser.windows import NARROW, WIDE, Window
from tests.conftest import make_user
from tests.web.job_rows import failed_job, finished_job, make_job, running_job
from tests.web.saved_rows import (
    ADDRESS,
    make_delivery,
    make_run,
    make_schedule,
    make_template,
    make_webhook,
    stopped_schedule,
)

pytestmark = pytest.mark.sqlite

CHOSEN = "/exports/calls/?start_date=2024-06-01&outcome=completed"
# Name: path, window, scheme. The tall one shows form and preview together.
PICTURES = {
    "index": ("/exports/", {"width": WIDE, "height": 900}, "light"),
    "dataset": (CHOSEN, {"width": WIDE, "height": 1_180}, "light"),
    "dataset-dark": (CHOSEN, {"width": WIDE, "height": 1_180}, "dark"),
    "dataset-narrow": (CHOSEN, {"width": NARROW, "height": 1_500}, "light"),
    "errors": ("/exports/calls/?start_date=someday&outcome=maybe", {"width": WIDE, "height": 820}, "light"),
    "history": ("/exports/history/", {"width": WIDE, "height": 520}, "light"),
    "history-narrow-dark": ("/exports/history/", {"width": NARROW, "height": 600}, "dark"),
    "record": ("/exports/history/{record}/", {"width": WIDE, "height": 1_120}, "light"),
    "api-keys-narrow-dark": ("/exports/keys/", {"width": NARROW, "height": 1_080}, "dark"),
}


@pytest.fixture(scope="module")
def record(browser, demo) -> str:
    """The id of the newest of the user's few exports."""
    same = f"calls?{urlsplit(CHOSEN).query}"  # there is something to compare with
    for path in (same, "agents", "events?event=room_finished", "hosts"):
        demo.get(f"/api/exports/{path}", {"X-User-Id": USER, "User-Agent": "curl/8.16.0"})
    window = Window(browser, demo.url)
    window.sign_in(USER)
    window.download(window.open(CHOSEN).get_by_role("button", name="Download"))
    window.context.close()
    return newest_record(demo)["id"]


@pytest.fixture(scope="module")
def keys(browser, demo) -> None:
    """Three API keys of the user: one that was used, one that was revoked, one that limits much."""
    page = browser.new_page(base_url=demo.url, extra_http_headers={"X-User-Id": USER})

    def make(**fields: Any) -> dict[str, Any]:
        return page.request.post("/api/auth/api-keys", data=fields).json()

    used = make(name="dashboard", datasets=["calls", "agents"])
    demo.get("/api/exports/info", {"Authorization": f"Api-Key {used['key']}"})
    page.request.delete(f"/api/auth/api-keys/{make(name='old laptop')['id']}")
    make(name="office", networks=["192.0.2.0/24", "2001:db8::/32"], expires_at="2030-01-01T00:00:00Z")
    page.close()


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.usefixtures("keys")
def test_it_works(open_window, screenshots, record, name):
    path, size, scheme = PICTURES[name]
    window = open_window(USER)
    window.page.set_viewport_size(size)
    window.page.emulate_media(color_scheme=scheme)
    window.open(path.format(record=record), 400 if name == "errors" else 200)
    assert len(window.picture(screenshots / f"{name}.png")) > 5_000


@pytest.mark.usefixtures("keys")
def test_a_new_api_key(open_window, screenshots):
    window = open_window(USER)
    window.page.set_viewport_size({"width": WIDE, "height": 900})
    window.open("/exports/keys/").get_by_label("Name").fill("nightly report")
    window.page.get_by_role("button", name="Make the key").click()
    window.page.locator("#new-key").wait_for()
    assert len(window.picture(screenshots / "api-keys.png")) > 5_000


def test_a_download(open_window, screenshots):
    window = open_window(USER)
    window.page.set_viewport_size({"width": WIDE, "height": 900})
    page = window.open(CHOSEN)
    with page.expect_download():
        page.get_by_role("button", name="Download", exact=True).click()
    page.get_by_text("The file is complete.").wait_for()
    page.locator("#exports-transfer").scroll_into_view_if_needed()
    assert len(window.picture(screenshots / "download.png")) > 5_000


def test_acting(open_window, screenshots):
    window = open_window("admin")
    window.page.set_viewport_size({"width": WIDE, "height": 640})
    window.open("/exports/calls/?outcome=completed&tenant=user-123")
    assert len(window.picture(screenshots / "acting.png")) > 5_000


def test_the_action_of_the_admin(open_window, screenshots):
    window = open_window("admin")
    open_export(window)
    window.page.set_viewport_size({"width": WIDE, "height": 1_080})
    assert len(window.picture(screenshots / "admin-export.png")) > 5_000


@pytest.fixture
def jobs(user) -> dict[str, ExportJob]:
    """A user's jobs, in each status; of one the worker has done two fifths."""
    choice = {"start_date": ["2024-06-01"], "outcome": ["completed"]}
    made = timezone.now() - timedelta(minutes=3)
    now = {"started_at": made, "row_count": 1_250_000, "rows_expected": 3_100_000, "byte_count": 420_000_000}
    old = {"row_count": 812_345, "byte_count": 105_000_000}
    return {
        "waiting": make_job(user, 5, dataset="events", format="jsonl"),
        "running": running_job(user, number=4, parameters=choice, created_at=made, **now),
        "finished": finished_job(
            user, number=-3_000, dataset="agents", parameters={}, row_count=48, format="xlsx"
        ),
        "failed": failed_job(user, number=-9_000, dataset="alerts", error="There is no room for the file."),
        "expired": failed_job(user, number=-900_000, status="expired", error="", error_code="", **old),
    }


JOB_PICTURES = {
    "job": ("/exports/jobs/{running}/", {"width": WIDE, "height": 800}, "light"),
    "jobs-narrow-dark": ("/exports/jobs/", {"width": NARROW, "height": 640}, "dark"),
}


@pytest.mark.parametrize("name", JOB_PICTURES)
def test_jobs(visit_site, screenshots, user, jobs, name):
    path, size, scheme = JOB_PICTURES[name]
    window = visit_site(user)
    window.page.set_viewport_size(size)
    window.page.emulate_media(color_scheme=scheme)
    window.open(path.format(running=jobs["running"].pk))
    assert len(window.picture(screenshots / f"{name}.png")) > 5_000


@pytest.fixture
def staff(user, stranger) -> Any:
    """A superuser, and what others have exported in thirty days, less at the weekends."""
    random, today = Random(7), timezone.now().replace(hour=9, minute=30)
    datasets = ["calls"] * 6 + ["events", "events", "agents", "hosts", "alerts"]
    records = []
    for days in range(30):
        day = today - timedelta(days=days)
        for number in range(random.randint(1, 3) if day.weekday() > 4 else random.randint(6, 14)):
            failed, rows = random.random() < 0.04, random.randint(100, 60_000)
            begun = day + timedelta(minutes=20 * number - 200)
            records.append(
                ExportLog(
                    user=(user if random.random() < 0.7 else stranger).pk,
                    tenant=user.pk,
                    export_type=random.choice(datasets),
                    door=random.choice(["api", "api", "web", "job"]),
                    format="csv",
                    timestamp=begun,
                    finished_at=begun + timedelta(seconds=rows / 9_000),
                    outcome="failed" if failed else "succeeded",
                    error="There is no room for the file." if failed else "",
                    row_count=rows,
                    byte_count=rows * 330,
                )
            )
    denied = {"outcome": "denied", "error": "You do not have the permission for this export."}
    records.append(ExportLog(user=stranger.pk, export_type="calls", door="api", format="csv", **denied))
    ExportLog.objects.bulk_create(records)
    found = make_user("admin")
    found.is_staff = found.is_superuser = True
    found.save()
    return found


def test_usage(visit_site, screenshots, staff):
    window = visit_site(staff)
    window.page.set_viewport_size({"width": WIDE, "height": 1_060})
    window.open("/exports/usage/")
    assert len(window.picture(screenshots / "usage.png")) > 5_000


@pytest.fixture
def saved(user, stranger) -> dict[str, Any]:
    """A user's templates, schedules and webhooks, with what has come of them."""
    user.email = ADDRESS
    user.save()
    choice = "outcome=completed&start_date=last month&end_date=last month"
    template = make_template(user, "Completed calls of the month", choice, shared=[stranger])
    new = make_template(user, "New alerts", "since=last run", dataset="alerts")
    make_template(stranger, "Our agents", "is_active=true", dataset="agents", shared=[user])
    stopped_schedule(user, make_template(user, "Hosts", "", dataset="hosts"))
    make_schedule(user, new, rule="0 7 * * 1-5")
    schedule = make_schedule(user, template, rule="30 6 1 * *", recipients=[ADDRESS])
    last = timezone.now().replace(day=1, hour=5, minute=30, second=0, microsecond=0)
    before = (last - timedelta(days=1)).replace(day=1)
    make_run(schedule, occurrence=last, job=finished_job(user), row_count=4_211)
    make_run(
        schedule,
        occurrence=before,
        outcome="failed",
        row_count=None,
        error="There is no room for the file.",
    )
    webhook = make_webhook(user, "https://reports.example.com/exports")
    make_delivery(webhook, status="sent", log=[LOGGED | {"status": 204}], job_id=ExportJob.objects.first().pk)
    silent = LOGGED | {"status": None, "error": "TimeoutError"}
    make_delivery(webhook, event="export.failed", log=[LOGGED, silent])
    return {"template": template.pk, "schedule": schedule.pk, "webhook": webhook.pk}


LOGGED = {"at": "2026-11-02T06:30:04+00:00", "seconds": 0.2, "status": 503, "error": ""}
SAVED_PICTURES = {
    "template": ("/exports/templates/{template}/", {"width": WIDE, "height": 760}, "light"),
    "schedule": ("/exports/schedules/{schedule}/", {"width": WIDE, "height": 720}, "light"),
    "schedule-form": ("/exports/schedules/{schedule}/edit", {"width": WIDE, "height": 860}, "light"),
    "schedules-narrow-dark": ("/exports/schedules/", {"width": NARROW, "height": 520}, "dark"),
    "webhook": ("/exports/webhooks/{webhook}/", {"width": WIDE, "height": 820}, "light"),
}


@pytest.mark.parametrize("name", SAVED_PICTURES)
def test_saved(visit_site, screenshots, user, saved, name):
    path, size, scheme = SAVED_PICTURES[name]
    window = visit_site(user)
    window.page.set_viewport_size(size)
    window.page.emulate_media(color_scheme=scheme)
    window.open(path.format(**saved))
    assert len(window.picture(screenshots / f"{name}.png")) > 5_000
