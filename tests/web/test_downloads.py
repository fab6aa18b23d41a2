"""`/exports/<dataset>/download`: the API's file through the page, or the page with the reason why not."""

import pytest

from exports.models import ExportLog
from tests.api import rows
from tests.api.rows import DATASETS
from tests.clients import close
from tests.compressed import EXTENSIONS, MEDIA_TYPES, NAMES, unpacked
from tests.web.html import parse

pytestmark = pytest.mark.django_db

DOWNLOAD = "/exports/calls/download"


@pytest.mark.parametrize("dataset", DATASETS)
def test_it_works(client, visit, mine_and_theirs, dataset):
    mine = mine_and_theirs[0]
    params = {"scan_id": mine.scan.pk} if dataset == "scans" else {}
    response = visit(f"/exports/{dataset}/download", params)
    body = response.getvalue()
    api = client.get(f"/api/exports/{dataset}", params, headers={"X-User-Id": mine.user.pk})
    assert body == api.getvalue()
    assert body.count(b"\r\n") == 1 + len(mine.rows[dataset])
    assert set(api.headers) - set(response.headers) == {"Allow"}  # REST framework's
    for name in (
        "Content-Type",
        "Cache-Control",
        "X-Content-Type-Options",
        "X-Accel-Buffering",
        "Cross-Origin-Resource-Policy",
    ):
        assert response.headers[name] == api.headers[name], name
    assert response.headers["Content-Disposition"].startswith("attachment; filename=")
    record = ExportLog.objects.get(pk=response.headers["X-Export-Id"])
    assert (record.door, record.outcome, record.user, record.tenant) == (
        "web",
        "succeeded",
        "user-123",
        "user-123",
    )
    assert (record.row_count, record.byte_count) == (len(mine.rows[dataset]), len(body))


def test_blank_inputs_and_ticks_as_a_browser_sends_them(visit, user):
    rows.call(user, outcome="busy")
    rows.call(user, outcome="failed")
    query = "status=&outcome=busy&columns=&columns=outcome&columns=direction&format=csv&formulas=escape"
    response = visit(f"{DOWNLOAD}?{query}")
    assert response.getvalue() == b"outcome,direction\r\nbusy,inbound\r\n"
    record = ExportLog.objects.get()
    assert (record.filters, record.columns) == ({"outcome": "busy"}, ["outcome", "direction"])


@pytest.mark.parametrize("name", NAMES)
def test_a_compressed_file(visit, user, name):
    rows.call(user, outcome="busy")
    params = {"columns": "outcome", "compression": name}
    response = visit(DOWNLOAD, params)
    assert unpacked(name, response.getvalue()) == b"outcome\r\nbusy\r\n"
    head = visit(DOWNLOAD, params, method="head")
    for answer in (response, head):
        assert answer.headers["Content-Type"] == MEDIA_TYPES[name]
        assert answer.headers["Content-Disposition"].endswith(f'.csv.{EXTENSIONS[name]}"')
    record = ExportLog.objects.get()
    cursor = response.headers["X-Export-Cursor"]
    assert record.door == "web"
    assert record.options == {"formulas": "escape", "compression": name, "cursor": cursor}


def test_staff_act_for_a_tenant(visit, user, stranger, allow):
    rows.call(stranger)
    allow(user, "export_for_other_tenant", "telephony.export_calllog")
    assert visit(DOWNLOAD, {"tenant": "user-456"}).getvalue().count(b"\r\n") == 2
    record = ExportLog.objects.get()
    assert (record.user, record.tenant) == ("user-123", "user-456")


@pytest.mark.parametrize(
    ("params", "status", "text"),
    [
        ({"outcom": "busy"}, 400, "outcom: There is no such filter."),
        ({"outcome": "bussy"}, 400, "bussy"),
        ({"format": "docx"}, 400, "Choose one of"),
        ({"compression": "zip"}, 400, "Choose one of: gzip, zstd."),
        ({"tenant": "user-456"}, 403, "You may not export the rows of another tenant."),
        ({"formulas": "raw"}, 403, "You may not export cells with live formulas."),
        ({"formulas": "reject"}, 409, "would be run as a formula"),
    ],
)
def test_what_is_refused_is_the_page_with_the_reason(read, user, stranger, params, status, text):
    rows.call(user, livekit_room_name="=1+1")
    page = read(DOWNLOAD, params, status=status)
    assert text in page.one("div", role="alert").words
    assert page.one("form", id="exports-form")["action"] == "/exports/calls/#preview"
    assert page.one("title").words.startswith("Error:")
    succeeded = ExportLog.objects.exclude(outcome__in=["denied", "failed"])
    assert not succeeded.exists()


def test_a_denied_one_is_recorded_once(read, user):
    read(DOWNLOAD, {"formulas": "raw"}, status=403)
    record = ExportLog.objects.get()
    assert (record.door, record.outcome) == ("web", "denied")


def test_too_many_rows(read, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": 1}
    rows.calls(user, 2)
    assert "more than 1 rows" in read(DOWNLOAD, status=413).one("div", role="alert").words


def test_too_many_exports(read, visit, export, settings, user):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/h"}
    assert "1 download of this dataset is left" in read("/exports/calls/").words
    export("calls")
    assert "0 downloads of this dataset are left" in read("/exports/calls/").words
    response = visit(DOWNLOAD)
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 3600
    page = parse(response.text)
    assert "Too many exports" in page.one("div", role="alert").words
    assert page.one("p", id="exports-summary").words == "Nothing was exported."
    read("/exports/calls/")  # a preview counts for nothing


def test_no_limit_is_not_talked_about(read, settings, user):
    settings.EXPORTS = settings.EXPORTS | {"RATE": None}
    assert "left for now" not in read("/exports/calls/").words


def test_the_counter_does_not_answer(read, visit, monkeypatch, user):
    def broken(*args, **kwargs):
        raise OSError

    monkeypatch.setattr("exports.policy.rates.get_usage", broken)
    read("/exports/calls/")
    response = visit(DOWNLOAD)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize("params", [{}, {"outcome": "busy", "status": ""}])
def test_head_exports_nothing(visit, user, settings, params):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    head = visit(DOWNLOAD, params, method="head")
    assert (head.status_code, head.getvalue()) == (200, b"")
    assert "X-Export-Id" not in head.headers
    assert head.headers["Content-Disposition"].startswith("attachment; filename=")
    assert ExportLog.objects.count() == 0
    assert visit(DOWNLOAD).status_code == 200
    assert visit(DOWNLOAD, {"outcome": "bussy"}, method="head").status_code == 400


def test_a_visitor_who_leaves(visit, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"CHUNK_SIZE": 1}
    rows.calls(user, 5)
    response = visit(DOWNLOAD)
    next(iter(response))
    close(response)
    assert ExportLog.objects.get().outcome == "cancelled"


@pytest.mark.parametrize("header", [("Sec-Fetch-Site", "cross-site"), ("Sec-Purpose", "prefetch;prerender")])
def test_what_the_visitor_did_not_choose_is_not_exported(client, user, header):
    """A link on another site's page would be counted against them, and recorded in their name."""
    client.force_login(user)
    response = client.get(f"{DOWNLOAD}?outcome=busy", headers=dict([header]))
    assert response.status_code == 302
    assert response.headers["Location"] == "/exports/calls/?outcome=busy"
    assert not ExportLog.objects.exists()


def test_a_space_that_a_filter_looks_for_narrows(visit, user):
    """Dropped, as a blank input is, it would widen the export to the whole table."""
    rows.event(user, room_name=" ")
    rows.event(user, room_name="lobby")
    body = visit("/exports/events/download", {"room_name": " "}).getvalue()
    assert body.count(b"\r\n") == 2
