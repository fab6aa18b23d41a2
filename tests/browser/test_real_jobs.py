"""A job on the servers of the demo, gunicorn and a worker of its own: watched, cancelled, asked for again."""

import json
import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.browser.records import USER
from tests.browser.windows import PATIENCE, Window
from tests.demo.processes import Demo

# A page is the same on every database.
pytestmark = pytest.mark.sqlite

JOB = re.compile(r"/exports/jobs/([0-9a-f-]{36})/")


def worker_of(demo: Demo) -> int:
    """The worker's process among those of the demo."""
    found = Path(f"/proc/{demo.process.pid}/task/{demo.process.pid}/children").read_text().split()
    [worker] = [pid for pid in found if "db_worker" in Path(f"/proc/{pid}/cmdline").read_text()]
    return int(worker)


def can_write(worker: int) -> bool:
    """Whether nobody keeps others from writing to the worker's database."""
    environment = Path(f"/proc/{worker}/environ").read_text().split("\0")
    [url] = [line.partition("=")[2] for line in environment if line.startswith("DATABASE_URL=")]
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True


@contextmanager
def held(demo: Demo) -> Iterator[None]:
    """The worker does nothing meanwhile, and was stopped while it did not write: others could not."""
    worker = worker_of(demo)
    deadline = time.monotonic() + PATIENCE / 1000
    os.kill(worker, signal.SIGSTOP)
    try:
        while not can_write(worker):
            assert time.monotonic() < deadline, "somebody writes all the time"
            os.kill(worker, signal.SIGCONT)
            time.sleep(0.05)
            os.kill(worker, signal.SIGSTOP)
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


@pytest.fixture
def jobs(demo) -> Callable[[], dict[str, str]]:
    """Id and status of each of the user's jobs for the events."""

    def jobs() -> dict[str, str]:
        found = json.loads(demo.get("/api/exports/jobs?page_size=100", {"X-User-Id": USER}))["results"]
        return {job["id"]: job["status"] for job in found if job["dataset"] == "events"}

    return jobs


def await_status(window: Window, text: str) -> None:
    window.page.locator("#job-status").get_by_text(text, exact=True).wait_for()


def job_of(window: Window) -> str:
    """The id of the job whose page is there."""
    window.page.wait_for_url(JOB)
    found = JOB.search(window.page.url)
    assert found
    return found[1]


def test_it_works(open_window, demo, jobs):
    window = open_window(USER)
    page = window.open("/exports/events/?event=room_finished")
    with held(demo):
        before = jobs()
        page.get_by_role("button", name="In the background", exact=True).dblclick()
        first = job_of(window)
        await_status(window, "queued")
        assert jobs().keys() - before.keys() == {first}
        page.get_by_role("button", name="Cancel").click()
        await_status(window, "cancelled")
        page.get_by_role("button", name="Ask for it again").click()
        await_status(window, "queued")
        page.evaluate("() => { window.loadedOnce = true }")
    await_status(window, "succeeded")
    assert page.evaluate("() => window.loadedOnce === true")  # it was watched, and not loaded anew
    assert jobs()[job_of(window)] == "succeeded"
    _, file = window.download(page.get_by_role("link", name="Download", exact=True))
    assert file == demo.get("/api/exports/events?event=room_finished", {"X-User-Id": USER})


def test_a_session_that_ends_while_its_page_is_open(open_window, demo):
    window = open_window()
    window.sign_in(USER)
    page = window.open("/exports/events/?event=room_started")
    with held(demo):
        page.get_by_role("button", name="In the background", exact=True).click()
        job = job_of(window)
        await_status(window, "queued")
        window.sign_out_elsewhere()
        page.wait_for_url(f"**/login/?next=/exports/jobs/{job}/")
        for name in ("username", "password"):
            page.locator(f"[name={name}]").fill(USER)
        page.locator("#login-form [type=submit]").click()
        window.arrive(f"/exports/jobs/{job}/")
        page.get_by_role("button", name="Cancel").click()
        await_status(window, "cancelled")
