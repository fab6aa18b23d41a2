"""Each page for everybody: axe finds nothing, and no window is too narrow, in light and in dark."""

import pytest
from django.urls import resolve

from accounts.web import urls as accounts_urls
from exports.web import urls
from tests.browser.all_pages import Seen, all_pages
from tests.browser.records import USER, newest_record

# The pages are the same on every database.
pytestmark = pytest.mark.sqlite

# Those on which a demo has more than all_pages.
PAGES = {
    "index": ("/exports/", 200),
    "dataset": ("/exports/calls/?start_date=2024-06-01&outcome=completed", 200),
    "dataset-hosts": ("/exports/hosts/", 200),
    "errors": ("/exports/calls/?start_date=someday&outcome=maybe&columns=id,nothing&size=9", 400),
    "history": ("/exports/history/", 200),
    "record": ("/exports/history/{record}/", 200),
}
# Addresses that show no page of their own: what is done, files, and what scripts ask for.
NO_PAGES = {
    *("download", "job-submit", "job-cancel", "job-retry", "job-delete", "job-link", "job-file"),
    *("template-run", "template-leave", "template-delete"),
    *("schedule-pause", "schedule-resume", "schedule-run", "schedule-subscribe", "schedule-delete"),
    *("webhook-secret", "webhook-test", "webhook-delivery-again", "webhook-delete"),
    *("search", "record-outcome"),
    *("logout", "home"),
}
# Pages that answer a form, with the tests that look at them.
BY_FORMS = {"template-save": "test_saved.py"}


@pytest.fixture
def record(demo) -> str:
    """The id of an export of the user's."""
    demo.get("/api/exports/calls?outcome=completed", {"X-User-Id": USER})
    return newest_record(demo)["id"]


@pytest.mark.parametrize("name", PAGES)
def test_it_works(open_window, record, name):
    path, status = PAGES[name]
    window = open_window(USER)
    window.open(path.format(record=record), status)
    assert window.faults() == []


@pytest.fixture
def pages(user, stranger) -> dict[str, Seen]:
    return all_pages(user, stranger)


def test_everybody_can_read_each_page(visit_site, pages):
    found = []
    for user in dict.fromkeys(seen.user for seen in pages.values()):
        window = visit_site(user)
        for seen in pages.values():
            if seen.user == user:
                window.open(seen.path, seen.status)
                found += window.faults()
    assert found == []


def test_no_page_is_forgotten(pages):
    """Whoever adds an address says here, or in all_pages, what it shows."""
    names = {pattern.name for pattern in [*urls.urlpatterns, *accounts_urls.urlpatterns]}
    looked_at = {resolve(seen.path.partition("?")[0]).url_name for seen in pages.values()}
    assert names == looked_at | NO_PAGES | BY_FORMS.keys()
    assert not looked_at & NO_PAGES


def test_the_schemes_differ(open_window):
    grounds = [
        open_window(USER, color_scheme=scheme)
        .open("/exports/")
        .evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert grounds == ["rgb(255, 255, 255)", "rgb(18, 18, 18)"]
