"""A page that asks again by itself, and is not answered: it says since when, once, and goes on asking."""

import datetime as dt
import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from exports.models import ExportJob
from tests.browser.windows import NARROW, Window, wait_until
from tests.web.job_rows import JOBS, running_job

# A page is the same on every database.
pytestmark = pytest.mark.sqlite

OPENED = dt.datetime(2026, 1, 31, 14, 3, 22, tzinfo=dt.UTC)
SAID = re.compile(
    r"^Not renewed since 2:03:[23]\d PM UTC: the server does not answer. This page goes on asking.$"
)
LISTEN = """
() => {
    window.said = [];
    for (const status of document.querySelectorAll("[role=status]")) {
        const observer = new MutationObserver(() => window.said.push(status.textContent));
        observer.observe(status, {childList: true, characterData: true, subtree: true});
    }
}
"""

NO_ANSWERS: dict[str, Callable[[Route], Any]] = {
    "no connection": lambda route: route.abort(),
    "no server behind the proxy": lambda route: route.fulfill(status=502, body="Bad gateway"),
    "asked too often": lambda route: route.fulfill(status=429, body="Too many requests"),
}


PAGES = ("job", "jobs", "home")
# Each page, and each way not to answer; all pairs of them by `-m long`.
SHORT = dict(zip(PAGES, NO_ANSWERS, strict=True))


@pytest.fixture
def path(request, user) -> str:
    """Of a page that watches a job."""
    job = running_job(user)
    return {"job": f"{JOBS}{job.pk}/", "jobs": JOBS, "home": "/exports/"}[request.param]


class Polls:
    """What a page asks by itself: `asked` so often by now, and answered by `answer`; None: by the server."""

    def __init__(self, page: Page) -> None:
        self.page, self.asked = page, 0
        self.answer: Callable[[Route], Any] | None = None
        page.route("**/exports/**", self._asked)

    def _asked(self, route: Route) -> None:
        is_poll = "hx-request" in route.request.headers
        self.asked += is_poll
        (self.answer or Route.continue_)(route) if is_poll else route.continue_()

    def go_on(self, times: int) -> None:
        """Until the page has asked so often again, two seconds each."""
        for wanted in range(self.asked + 1, self.asked + times + 1):
            self.page.clock.fast_forward(2000)
            wait_until(self.page, lambda wanted=wanted: self.asked >= wanted)


def watch(window: Window, path: str) -> Polls:
    """The page, opened at that moment; somebody listens to what it says."""
    window.page.clock.install(time=OPENED)
    page = window.open(path)
    page.evaluate(LISTEN)
    return Polls(page)


def note_of(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text=re.compile(r"Not renewed|Nicht erneuert"))


def said(page: Page) -> list[str]:
    """What a screen reader was given to say, in turn."""
    return list(page.evaluate("window.said"))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param(path, name, marks=() if SHORT[path] == name else pytest.mark.long, id=f"{path}-{name}")
        for path, name in product(PAGES, NO_ANSWERS)
    ],
    indirect=["path"],
)
def test_it_works(visit_site, user, path, name):
    answer = NO_ANSWERS[name]
    window = visit_site(user, timezone_id="UTC")
    polls = watch(window, path)
    polls.answer = answer
    polls.go_on(5)
    page = polls.page
    expect(note_of(page)).to_have_text(SAID)
    [text] = said(page)
    # Nothing is said again, and the moment stays.
    polls.go_on(3)
    expect(note_of(page)).to_have_text(text)
    assert said(page) == [text]
    # An answer ends it, and is shown.
    polls.answer = None
    ExportJob.objects.update(row_count=500)
    polls.go_on(1)
    page.get_by_text("500 of 1,000 rows (50 %)").first.wait_for()
    expect(note_of(page)).to_have_count(0)
    # The next time it is another moment.
    polls.answer = answer
    polls.go_on(4)
    expect(note_of(page)).to_be_visible()
    assert [found[:11] for found in said(page)] == ["Not renewed", "", "Not renewed"]
    assert said(page)[2] != text
    window.problems.clear()  # the console tells of what was not let through


@pytest.mark.parametrize("path", ["jobs"], indirect=True)
def test_one_question_lost_is_not_worth_a_word(visit_site, user, path):
    window = visit_site(user)
    polls = watch(window, path)
    for answer in (NO_ANSWERS["no connection"], None, NO_ANSWERS["no connection"], None):
        polls.answer = answer
        polls.go_on(1)
    assert said(polls.page) == []
    window.problems.clear()


def test_it_stays_near_a_job_that_becomes_another(visit_site, user):
    """All that a job's page tells is renewed once it begins or is cancelled: the place of the note stays."""
    job = running_job(user)
    window = visit_site(user, timezone_id="UTC")
    polls = watch(window, f"{JOBS}{job.pk}/")
    ExportJob.objects.update(cancelling=True)
    polls.page.get_by_text("is being cancelled").wait_for()
    polls.answer = NO_ANSWERS["no connection"]
    polls.go_on(5)
    expect(note_of(polls.page)).to_have_text(SAID)
    polls.answer = None
    ExportJob.objects.update(status="cancelled")
    polls.page.locator("#job-status").get_by_text("cancelled", exact=True).wait_for()
    expect(note_of(polls.page)).to_have_count(0)
    window.problems.clear()


def test_a_server_that_takes_and_keeps_silent(visit_site, user):
    """The browser itself would wait for hours."""
    running_job(user)
    window = visit_site(user)
    polls = watch(window, JOBS)
    kept: list[Route] = []
    polls.answer = kept.append
    expect(note_of(polls.page)).to_be_visible(timeout=20_000)
    assert kept
    window.problems.clear()


@pytest.mark.parametrize("path", PAGES, indirect=True)
def test_the_note_is_for_everybody(visit_site, user, path):
    window = visit_site(user, locale="de-DE", timezone_id="Europe/Berlin", width=NARROW)
    polls = watch(window, path)
    polls.answer = NO_ANSWERS["no connection"]
    polls.go_on(5)
    expect(note_of(polls.page)).to_contain_text(re.compile(r" 15:03:[23]\d MEZ: "))
    assert window.faults() == []
    window.problems.clear()
