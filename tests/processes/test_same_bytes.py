"""Two real servers, on SQLite and on PostgreSQL, filled alike, send the same bytes, and these are right."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import pytest

from exports.formulas import is_formula, unescape_formula
from exports_project.demo import nasty
from tests.databases import fresh_database
from tests.processes.services import Received, Service, running_service
from tests.processes.stored import Rows, expected, of_user, stands_for, stored, without_controls
from tests.servers import migrate

pytestmark = pytest.mark.postgresql

# As many calls as it takes to meet every nasty cell, the longest too.
USERS = {
    "user-123": {"agents": 60, "phone_numbers": 200, "calls": 7_100, "events": 2_000, "hosts": 230},
    "user-456": {"agents": 20, "phone_numbers": 40, "calls": 500, "events": 300, "hosts": 60},
}
DATASETS = ("calls", "agents", "phone-numbers", "events", "scans", "alerts", "hosts")
SHORT_PATHS = {"alerts": "/api/alerts/export/csv", "hosts": "/api/hosts/export/csv"}
# Each leaves some rows. `{agent}`, `{network}` and `{room}` are of the user who asks.
QUERIES = {
    "calls": [
        "start_date=2024-06-01&end_date=2024-06-30",
        "start_date=2025-03-01T12:30:00%2B02:00&outcome=completed",
        "end_date=2024-02-29T23:59:59.5Z&columns=startedAt,metadata,id",
        "status=active",
        "status=ended&outcome=voicemail",
        "agent_id={agent}",
        "agent_id={agent}&columns=cost,recordingUrl",
        "columns=recordingUrl",
    ],
    "agents": [
        "is_active=true",
        "is_active=false&columns=name",
        "agent_mode=realtime",
        "columns=isActive,id",
    ],
    "phone-numbers": ["is_active=false", "agent_id={agent}", "columns=agentConfigId,phoneNumber"],
    "events": [
        "event=room_finished",
        "start_date=2024-05-05&end_date=2025-01-01&event=participant_joined",
        "room_name={room}",
        "columns=errorMessage",
        "columns=participantIdentity,roomName,timestamp",
    ],
    "scans": ["columns=Port,IP", "columns=Service"],
    "alerts": [
        "type=not_allowed",
        "acknowledged=true",
        "acknowledged=false&type=new_port",
        "columns=Network",
    ],
    "hosts": [
        "status=up",
        "status=FALSE",
        "status=null",
        "network_id={network}",
        "columns=Open Ports Count,IP",
    ],
}


@dataclass(frozen=True)
class Pair:
    """Both services, and the rows that both hold."""

    services: dict[str, Service]
    rows: Rows

    def download(self, path: str, user: str) -> dict[str, Received]:
        return {name: service.receive(path, user, keep=True) for name, service in self.services.items()}


@pytest.fixture(scope="module")
def pair(tmp_path_factory, with_tables) -> Iterator[Pair]:
    directories = {name: tmp_path_factory.mktemp(name) for name in ("sqlite", "postgresql")}
    sqlite_url = f"sqlite:///{directories['sqlite']}/same.sqlite3"
    migrate(sqlite_url)
    with (
        fresh_database(directories["postgresql"], like=with_tables) as postgresql_url,
        running_service(sqlite_url, directories["sqlite"], USERS) as sqlite,
        running_service(postgresql_url, directories["postgresql"], USERS) as postgresql,
    ):
        services = {"sqlite": sqlite, "postgresql": postgresql}
        rows = {name: stored(service.database_url) for name, service in services.items()}
        assert rows["sqlite"] == rows["postgresql"]
        yield Pair(services, rows["sqlite"])


def whole_files(dataset: str, rows: Rows) -> list[tuple[str, int | None]]:
    """The paths that give all of a dataset, and the scan that each is of."""
    if dataset != "scans":
        return [(f"/api/exports/{dataset}", None)]
    return [(f"/api/scans/{scan['id']}/export/csv", scan["id"]) for scan in rows["Scan"]]


def paths(dataset: str, rows: Rows) -> list[str]:
    """Those, and every other way to ask for a part of it."""
    whole = [path for path, _ in whole_files(dataset, rows)]
    if dataset == "scans":
        ids = [scan["id"] for scan in rows["Scan"]]
        longer = [f"/api/exports/scans?scan_id={number}" for number in ids]
        queries = [f"{path}&{query}" for path in longer[:1] for query in QUERIES["scans"]]
        return [*whole, *longer, *queries, f"{whole[0]}?columns=Service,IP"]
    queries = [query.format_map(known(rows)).replace(" ", "%20") for query in QUERIES[dataset]]
    found = [*whole, *(f"{whole[0]}?{query}" for query in queries)]
    if short := SHORT_PATHS.get(dataset):
        found += [short, f"{short}?{queries[0]}"]
    return found


def known(rows: Rows) -> dict[str, object]:
    """An agent with calls and a number, a network with hosts, and a room with a plain name."""
    numbers = {row["agent_config_id"] for row in rows["PhoneNumberMapping"]}
    return {
        "agent": next(row["agent_id"] for row in rows["CallLog"] if row["agent_id"] in numbers - {None}),
        "network": rows["Host"][-1]["network_id"],
        "room": next(row["room_name"] for row in rows["LiveKitEvent"] if "support-" in row["room_name"]),
    }


def cells(received: Received) -> list[list[str]]:
    """Header and lines, as Python's csv reads them."""
    return list(csv.reader(io.StringIO(received.body.decode(), newline="")))


def is_live(text: str) -> bool:
    """Whether a spreadsheet might run this cell. An escaped one counts too, but begins with `'`."""
    return is_formula(text) and not text.startswith("'")


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("dataset", DATASETS)
def test_the_same_bytes(pair, dataset, user):
    for path in paths(dataset, of_user(pair.rows, user)):
        received = pair.download(path, user)
        assert received["sqlite"].body == received["postgresql"].body, path
        for name, service in pair.services.items():
            lines = cells(received[name])
            assert len(lines) > 1 or dataset == "scans", f"nothing is shown by {path}"
            record = service.record(received[name].headers["X-Export-Id"], user)
            told = (record["outcome"], record["row_count"], record["byte_count"], record["sha256"])
            assert told == ("succeeded", len(lines) - 1, received[name].size, received[name].sha256), path


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("dataset", DATASETS)
def test_the_file_is_what_the_database_holds(pair, dataset, user):
    rows = of_user(pair.rows, user)
    for path, scan_id in whole_files(dataset, rows):
        header, *lines = cells(pair.services["sqlite"].receive(path, user, keep=True))
        values = expected(dataset, rows, header, scan_id)
        assert len(lines) == len(values)
        for line, wanted in zip(lines, values, strict=True):
            assert len(line) == len(wanted) == len(header)
            for text, value in zip(line, wanted, strict=True):
                assert not is_live(text), f"{text!r} is live"
                assert stands_for(unescape_formula(text), value), f"{text!r} is not {value!r}"


def test_every_nasty_cell_was_among_them(pair):
    rows = of_user(pair.rows, "user-123")
    files = [path for dataset in DATASETS for path, _ in whole_files(dataset, rows)]
    lines = [cells(pair.services["postgresql"].receive(path, "user-123", keep=True)) for path in files]
    found = {unescape_formula(text) for text in chain(*chain(*lines))}
    assert {without_controls(text) for text in nasty.TEXTS} <= found
