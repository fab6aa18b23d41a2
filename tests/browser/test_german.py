"""The pages in German, for a browser that asks for it."""

import json
import time
import urllib.request
from typing import Any, Final

import pytest

from exports.registry import registry
from tests.browser.all_pages import all_pages
from tests.browser.records import USER, newest_record
from tests.browser.saved_pages import LONG, ZONE
from tests.web.saved_rows import ADDRESS

pytestmark = pytest.mark.sqlite

SECONDS: Final = 60

PAGES = (
    "/exports/",
    "/exports/calls/?outcome=completed",
    "/exports/calls/?start_date=someday&columns=id,nothing",
    "/exports/scans/",
    "/exports/jobs/",
    "/exports/jobs/?status=expired",
    "/exports/jobs/{job}/",
    "/exports/history/",
    "/exports/history/?outcome=denied",
    "/exports/history/{record}/",
    "/exports/keys/",
    "/login/",
)
# German for the same, and what is the same in every language.
ALIKE = {
    "API",
    "CSV",
    "Excel",
    "JSON Lines",
    "Parquet",
    "RFC 4180",
    "Format",
    "Format:",
    "Agent:",
    "Name",
    "Name:",
    "SHA-256",
    "Scan:",
    "Status",
    "Status:",
    "Webhooks",
    "Python",
    "curl",
}
DATA = {
    *("calls", "agents", "phone-numbers", "events", "scans", "alerts", "hosts"),
    *("user-123", "csv", "gzip (.gz)", "zstd (.zst)"),
    "orm: values by .iterator(), because SQLite has no COPY",
}
SAVED = {
    "y" * 200,
    "Broken",
    "Theirs",
    "Webhook",
    "Mail",
    "outcom",
    "user-456",
    "Europe/Berlin",
    LONG,
    ZONE,
    ADDRESS,
}
VALUES = {"maybe", "calls: 3", "user-123: 3"}
# All that people read: text outside of data and code, and what stands in attributes.
TEXTS = """
() => {
    const data = "bdi, code, td, .exports-ticks label, .exports-preview th, h2 > a, #user-tools strong";
    const found = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (!parent.closest(data) && !parent.closest("script, style")) {
            found.push(walker.currentNode.textContent);
        }
    }
    for (const name of ["aria-label", "alt", "placeholder", "title"]) {
        for (const element of document.querySelectorAll(`[${name}]`)) {
            found.push(element.getAttribute(name));
        }
    }
    return found.map(text => text.trim()).filter(text => /[a-z]{2}/i.test(text));
}
"""


def finished_job(demo) -> str:
    """The id of a job of the user's that the demo's worker has done."""

    def ask(path: str, body: bytes | None = None) -> dict[str, Any]:
        headers = {"X-User-Id": USER, "User-Agent": "-", "Content-Type": "application/json"}
        request = urllib.request.Request(demo.url + path, data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    path = f"/api/exports/jobs/{ask('/api/exports/hosts/jobs', b'{}')['id']}"
    deadline = time.monotonic() + SECONDS
    while (job := ask(path))["status"] != "succeeded":
        assert time.monotonic() < deadline, job
        time.sleep(0.1)
    return job["id"]


def texts(window, path: str) -> set[str]:
    window.page.goto(path)
    return set(window.page.evaluate(TEXTS))


def test_it_works(open_window):
    page = open_window(USER, locale="de-DE").open("/exports/calls/")
    assert page.evaluate("document.documentElement.lang") == "de"
    assert page.get_by_role("button", name="Herunterladen").is_visible()


def test_no_english_is_left(open_window, demo):
    demo.get("/api/exports/calls", {"X-User-Id": USER, "User-Agent": "-"})
    record, job = newest_record(demo)["id"], finished_job(demo)
    english, german = open_window(USER, locale="en-GB"), open_window(USER, locale="de-DE")
    same = set()
    for path in PAGES:
        address = path.format(record=record, job=job)
        same |= texts(english, address) & texts(german, address)
    assert same - ALIKE - DATA == set()


def test_no_english_is_left_on_any_page(visit_site, user, stranger):
    pages, same = all_pages(user, stranger), set()
    for reader in dict.fromkeys(seen.user for seen in pages.values()):
        english, german = visit_site(reader, locale="en-GB"), visit_site(reader, locale="de-DE")
        for seen in pages.values():
            if seen.user == reader:
                same |= texts(english, seen.path) & texts(german, seen.path)
    english, german = visit_site(user, locale="en-GB"), visit_site(user, locale="de-DE")
    for window in (english, german):
        window.open("/exports/calls/").locator("[formaction$='/templates']").click()
        window.page.locator("[name=template-name]").wait_for()
    same |= set(english.page.evaluate(TEXTS)) & set(german.page.evaluate(TEXTS))
    # The tests' own datasets have no translations.
    names = {text for found in registry for text in (found.get_name(), str(found.description))}
    assert sorted(same - ALIKE - DATA - SAVED - VALUES - names) == []
