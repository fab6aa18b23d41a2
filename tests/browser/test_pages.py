"""Each page for everybody: axe finds nothing, and no window is too narrow, in light and in dark."""

import pytest

from tests.browser.records import USER, newest_record

# The pages are the same on every database.
pytestmark = pytest.mark.sqlite

PAGES = {
    "index": ("/exports/", 200),
    "dataset": ("/exports/calls/?start_date=2024-06-01&outcome=completed", 200),
    "dataset-asks": ("/exports/scans/", 200),
    "dataset-empty": ("/exports/events/?room_name=nowhere", 200),
    "dataset-hosts": ("/exports/hosts/", 200),
    "errors": ("/exports/calls/?start_date=someday&outcome=maybe&columns=id,nothing&size=9", 400),
    "history": ("/exports/history/", 200),
    "history-empty": ("/exports/history/?outcome=failed", 200),
    "record": ("/exports/history/{record}/", 200),
    "api-keys": ("/exports/keys/", 200),
    "login": ("/login/?next=/exports/", 200),
}


@pytest.fixture
def record(demo) -> str:
    """The id of an export of the user's."""
    demo.get("/api/exports/calls?outcome=completed", {"X-User-Id": USER})
    return newest_record(demo)["id"]


@pytest.mark.parametrize("name", PAGES)
def test_it_works(open_window, record, name):
    path, status = PAGES[name]
    window = open_window(USER if name != "login" else "")
    window.open(path.format(record=record), status)
    assert window.faults() == []


def test_the_schemes_differ(open_window):
    grounds = [
        open_window(USER, color_scheme=scheme)
        .open("/exports/")
        .evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert grounds == ["rgb(255, 255, 255)", "rgb(18, 18, 18)"]
