"""The part of the page that a choice changes: asked for by the page itself, at each change of its form."""

import pytest
from django.http import QueryDict

from exports.models import ExportLog
from exports.registry import registry
from tests.api import rows
from tests.web.forms import submitted, table
from tests.web.html import Element, parse

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

CALLS = "/exports/calls/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ask(client, user):
    """ask(path, params): the answer to the page of user-123, or of `visitor`."""

    def ask(path, params=None, *, visitor=user):
        client.force_login(visitor)
        return client.get(path, query_params=params, headers=HTMX)

    return ask


def part(answer) -> Element:
    """The answer, which must be a part of a page."""
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    found = parse(answer.text)
    assert found.all("html") == found.all("form", id="exports-form") == []
    return found


def test_it_works(ask, read, user):
    rows.calls(user, 25, outcome="busy")
    rows.call(user)
    # As a browser sends the form: blank fields, defaults, a tick for each column.
    sent = QueryDict(submitted(read(CALLS)), mutable=True)
    sent["outcome"] = "busy"
    answer = ask(f"{CALLS}?{sent.urlencode()}")
    found = part(answer)
    assert found.one("caption").words == "25 rows, of which the first 20 stand here"
    assert answer.headers["HX-Replace-Url"] == f"{CALLS}?outcome=busy"
    size = found.one("p", id="exports-size")
    assert size["data-rows"] == "25"
    assert int(size["data-bytes"]) > 1000
    assert size.words.startswith("25 rows, about ")
    # And as the whole page shows it.
    page = read(f"{CALLS}?outcome=busy")
    assert table(found) == table(page)
    assert page.one("p", id="exports-summary").words == page.one("p", id="exports-size").words == size.words


def test_what_is_wrong_is_told_in_the_part(ask, user):
    answer = ask(CALLS, {"start_date": "soon", "outcome": "bussy", "columns": "id"})
    found = part(answer)
    assert found.one("div", role="alert").links() == {"From": "#id_start_date", "Outcome": "#id_outcome"}
    assert found.all("table") == []
    assert "data-rows" not in found.one("p", id="exports-size").attrs
    # The address keeps it: loaded anew, the page says the same.
    assert answer.headers["HX-Replace-Url"] == f"{CALLS}?start_date=soon&outcome=bussy&columns=id"


def test_what_is_refused_is_told_and_recorded(ask, stranger):
    rows.call(stranger, livekit_room_name="theirs")
    answer = ask(CALLS, {"tenant": stranger.pk})
    assert "You may not export the rows of another tenant." in part(answer).one("div", role="alert").words
    assert "theirs" not in answer.text
    assert ExportLog.objects.get().outcome == "denied"


PAGES = {
    "its own": ("http://testserver/exports/calls/?outcome=busy", {}, True),
    "that tenant's": (
        "http://testserver/exports/calls/?tenant=user-456#preview",
        {"tenant": "user-456"},
        True,
    ),
    "without a banner": ("http://testserver/exports/calls/", {"tenant": "user-456"}, False),
    "of another tenant": ("http://testserver/exports/calls/?tenant=user-789", {"tenant": "user-456"}, False),
    "with a banner for its own": ("http://testserver/exports/calls/?tenant=user-456", {}, False),
    "the answer to a form": ("http://testserver/exports/calls/jobs", {"tenant": "user-456"}, True),
    "no address": ("http://[?tenant=user-456", {"tenant": "user-456"}, True),
}


@pytest.mark.parametrize(("page", "params", "is_told"), PAGES.values(), ids=PAGES)
def test_rows_of_a_tenant_come_to_a_page_with_the_banner_alone(
    client, user, stranger, allow, page, params, is_told
):
    """htmx sends the address of the page that asks; any other leaves for the one with the banner."""
    allow(user, "export_for_other_tenant", "telephony.export_calllog")
    rows.call(stranger, livekit_room_name="theirs")
    client.force_login(user)
    answer = client.get(CALLS, params, headers={**HTMX, "HX-Current-URL": page})
    if is_told:
        part(answer)
    else:
        query = "?tenant=user-456" if params else ""
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"{CALLS}{query}")


def test_how_many_downloads_are_left_comes_with_it(ask, read, export, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "5/d"}
    export("calls")
    left = part(ask(CALLS)).one("span", id="exports-remaining")
    assert left["hx-swap-oob"] == "true"
    assert left.words.startswith("4 downloads of this dataset are left")
    shown = read(CALLS).one("span", id="exports-remaining")
    assert "hx-swap-oob" not in shown.attrs
    assert shown.words == left.words


def test_a_stranger_sees_their_own(ask, user, stranger):
    rows.call(user, livekit_room_name="mine")
    found = part(ask(CALLS, visitor=stranger))
    assert "There are no rows yet." in found.words


def test_a_filter_that_is_required_is_asked_for(ask, user):
    found = part(ask("/exports/scans/", {"scan_id": "", "format": "csv"}))
    assert "needs a filter" in found.words
    assert found.all("div", role="alert") == []


def test_a_filter_that_is_required_of_who_acts_for_a_tenant(read, user, stranger, allow):
    allow(user, "export_for_other_tenant", "netscan.export_port")
    page = read("/exports/scans/", {"tenant": stranger.pk})
    assert "needs a filter" in page.words
    assert page.all("div", role="alert") == []
    assert page.one("section", class_="exports-acting")
    read("/exports/scans/", {"tenant": stranger.pk, "format": "xlsx"}, status=400)
    read("/exports/scans/", {"tenant": user.pk}, visitor=stranger, status=403)
    assert ExportLog.objects.get().outcome == "denied"


def test_who_may_not_have_the_dataset_any_more_leaves_for_the_page_that_says_so(
    ask, user, client, monkeypatch
):
    monkeypatch.setattr(type(registry.get("calls")), "permission_for_own_rows", True)
    answer = ask(CALLS, {"outcome": "busy"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"{CALLS}?outcome=busy")
    assert client.get(f"{CALLS}?outcome=busy").status_code == 403


def test_without_signing_in_the_page_leads_to_the_login(client):
    answer = client.get(f"{CALLS}?outcome=busy", headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/login/?next=/exports/calls/%3Foutcome%3Dbusy"


def test_dates_come_with_it(ask, user):
    """Which button is pressed may have changed, and which day it is."""
    group = part(ask(CALLS)).one("div", role="group", aria_label="Dates")
    assert group["hx-swap-oob"] == "true"
    query = group.all("button")[0]["value"]
    group = part(ask(f"{CALLS}?{query}")).one("div", role="group", aria_label="Dates")
    assert [button["aria-pressed"] for button in group.all("button")] == ["true", *["false"] * 6]


def test_a_page_asks_htmx_where_there_is_htmx(read, user, settings):
    live = read(CALLS).one("div", id="exports-live")
    assert (live["hx-get"], live["hx-include"], live["hx-sync"]) == (
        CALLS,
        "#exports-form",
        "this:queue last",
    )
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "django_htmx"]
    page = read(CALLS)
    assert "hx-get" not in page.one("div", id="exports-live").attrs
    assert not any("htmx" in script["src"] or "live" in script["src"] for script in page.all("script"))


def test_no_row_matches(ask, user):
    rows.call(user)
    found = part(ask(CALLS, {"outcome": "busy", "columns": "id", "tz": "Europe/Berlin"}))
    assert "No row matches." in found.words
    assert found.links()["Take all filters away"] == f"{CALLS}?columns=id&tz=Europe/Berlin"


def test_a_limit_is_told(ask, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": 2}
    rows.calls(user, 3)
    assert "These are 3 rows; the limit is 2." in part(ask(CALLS)).words
