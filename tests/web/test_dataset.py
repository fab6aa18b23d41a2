"""`/exports/<dataset>/`: a form whose parameters are the API's, and the rows that they give."""

import csv
import io

import pytest
from django.http import QueryDict

from tests.api import rows
from tests.api.rows import DATASETS, EXTRA, FILTERS, HEADERS, NOON, SINCE, TABLES
from tests.compressed import unpacked
from tests.web.forms import shown, submitted, table, ticks

pytestmark = pytest.mark.django_db

CALLS = "/exports/calls/"
OPTIONS = ["format", "compression", "dialect", "tz", "formulas", "overlong"]


def own(tenant: rows.Tenant, dataset: str) -> dict[str, str]:
    """The parameters without which there is nothing to see."""
    return {"scan_id": str(tenant.scan.pk)} if dataset == "scans" else {}


@pytest.mark.parametrize("dataset", DATASETS)
def test_it_works(read, export, mine_and_theirs, dataset):
    mine, theirs = mine_and_theirs
    params = own(mine, dataset)
    page = read(f"/exports/{dataset}/", params)
    assert page.one("h1").words == dataset
    preview = table(page)
    assert ",".join(preview[0]) == HEADERS[dataset]
    assert len(preview) == 1 + min(20, len(mine.rows[dataset]))
    assert all(any(mine.mark in cell for cell in row) for row in preview[1:])
    assert theirs.mark not in page.text
    assert page.one("caption").words.startswith(f"{len(mine.rows[dataset])} rows")
    # As they stand in the file.
    file = list(csv.reader(io.StringIO(export(dataset, **params).decode(), newline="")))
    assert preview == file[:21]


@pytest.mark.parametrize("dataset", DATASETS)
def test_there_is_a_field_for_every_filter(read, user, dataset):
    scan = rows.scan(user)
    page = read(f"/exports/{dataset}/", {"scan_id": scan.pk} if dataset == "scans" else None)
    assert list(shown(page)) == [*FILTERS[dataset], *OPTIONS, *(["since"] if dataset in SINCE else [])]
    assert ",".join(ticks(page)) == HEADERS[dataset]


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_form_as_it_stands_is_the_page_itself(read, visit, user, dataset):
    """What a browser sends of an untouched form leads, by a redirect, to the address without parameters."""
    scan = {"scan_id": str(rows.scan(user).pk)} if dataset == "scans" else {}
    sent = submitted(read(f"/exports/{dataset}/", scan))
    response = visit(f"/exports/{dataset}/?{sent}")
    assert response.status_code == 302
    query = QueryDict(response.headers["Location"].partition("?")[2]).dict()
    assert response.headers["Location"].partition("?")[0] == f"/exports/{dataset}/"
    assert query == scan


def test_the_address_keeps_the_choice_and_is_the_apis(client, read, user):
    agent = rows.agent(user)
    for outcome in ("busy", "failed"):
        rows.call(user, agent=agent, outcome=outcome)
    rows.call(user, agent=agent, outcome="busy", started_at=NOON.replace(year=2023))
    params = {
        "start_date": "2024-01-01",
        "end_date": "2024-01-31T10:00:00+01:00",
        "agent_id": str(agent.pk),
        "outcome": "busy",
        "columns": "outcome,id",
        "formulas": "reject",
    }
    page = read(CALLS, params)
    untouched = {"status": "", "format": "csv", "compression": "", "dialect": "", "overlong": "reject"}
    untouched |= {"tz": "", "since": ""}
    assert shown(page) | {"columns": ",".join(ticks(page))} == params | untouched
    [address] = page.all("code", class_="exports-address")
    assert address.words.startswith("GET /api/exports/calls?start_date=2024-01-01&end_date=2024-01-31T10:00")
    file = client.get(address.words.removeprefix("GET ")).getvalue().decode()
    assert [",".join(row) for row in table(page)] == file.splitlines()
    assert len(file.splitlines()) == 2


def test_a_compressed_file_is_shown_as_what_is_in_it(client, read, user):
    rows.call(user, outcome="busy")
    page = read(CALLS, {"columns": "outcome", "compression": "zstd"})
    assert table(page) == [["outcome"], ["busy"]]
    assert shown(page)["compression"] == "zstd"
    choices = [option["value"] for option in page.one("select", name="compression").all("option")]
    assert choices == ["", "gzip", "zstd"]
    [address] = page.all("code", class_="exports-address")
    file = client.get(address.words.removeprefix("GET ")).getvalue()
    assert unpacked("zstd", file) == b"outcome\r\nbusy\r\n"


def test_columns_stand_in_the_order_chosen(read, visit, user):
    rows.call(user, status="ended")
    page = read(CALLS, {"columns": "status,id"})
    assert table(page)[0] == ["status", "id"]
    assert ticks(page) == ["status", "id"]
    boxes = [box["value"] for box in page.all("input", type="checkbox")]
    assert boxes[:3] == ["status", "id", "livekitRoomName"]
    assert sorted(boxes) == sorted([*HEADERS["calls"].split(","), *EXTRA["calls"]])
    response = visit(f"{CALLS}?columns=&columns=status&columns=id")
    assert response.headers["Location"] == f"{CALLS}?columns=status,id"


@pytest.mark.parametrize("address", ["?status=&outcome=busy", "?outcome=busy&format=csv&formulas=escape"])
def test_what_means_nothing_is_dropped_from_the_address(visit, user, address):
    assert visit(f"{CALLS}{address}").headers["Location"] == f"{CALLS}?outcome=busy"
    assert visit(f"{CALLS}?outcome=busy").status_code == 200


def test_the_address_without_a_slash_leads_to_the_page(visit, user):
    assert visit("/exports/calls?outcome=busy").headers["Location"] == f"{CALLS}?outcome=busy"


def test_there_is_no_such_dataset(visit, user):
    for path in ("/exports/nothing/", "/exports/nothing/download"):
        assert visit(path).status_code == 404


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_dataset_the_preview_and_the_number(queries, mine_and_theirs, monkeypatch, dataset):
    monkeypatch.setattr("exports.preview.PREVIEW_ROWS", 1)  # those of a page that has no more are not counted
    mine = mine_and_theirs[0]
    scan = ["SELECT netscan_scan"] if dataset == "scans" else []
    assert queries(f"/exports/{dataset}/", own(mine, dataset)) == [
        *scan,
        f"SELECT {TABLES[dataset]}",
        "SELECT COUNT FROM  subquery",
        *scan,  # what it is called
        *["SELECT auth_permission"] * 2,  # what the form may offer: the user's own, and those of groups
    ]


class TestRequiredFilter:
    """`scans` has rows only of a scan."""

    def test_the_first_visit_asks_for_it(self, read, user):
        page = read("/exports/scans/")
        assert "needs a filter" in page.words
        assert "required" in page.one("input", name="scan_id").attrs
        assert page.all("div", role="alert") == []
        assert page.all("ul", class_="errorlist") == []
        assert page.all("table") == []

    def test_left_out_beside_other_parameters_it_is_an_error(self, read, user):
        page = read("/exports/scans/", {"columns": "IP"}, status=400)
        assert "This field is required." in page.one("div", role="alert").words

    def test_a_download_without_it_is_none(self, read, user):
        page = read("/exports/scans/download", status=400)
        assert "This field is required." in page.one("div", role="alert").words

    @pytest.mark.parametrize("whose", ["nobody's", "another's"])
    def test_a_scan_that_is_not_mine(self, read, mine_and_theirs, whose):
        theirs = mine_and_theirs[1]
        number = str(theirs.scan.pk) if whose == "another's" else "99999999"
        page = read("/exports/scans/", {"scan_id": number}, status=404)
        assert "There is no such object." in page.one("div", role="alert").words
        assert theirs.mark not in page.text
