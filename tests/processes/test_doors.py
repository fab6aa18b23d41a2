"""The same export by API, web, admin and command: the same bytes, and records that differ in the door."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.processes.conftest import FEW
from tests.processes.services import Service, fill
from tests.processes.sessions import Session
from tests.servers import manage

OWNER, CHIEF = "staff-1", "chief-1"
AGREED = (
    *("user", "tenant", "export_type", "format", "columns"),
    *("row_count", "byte_count", "sha256", "outcome", "source"),
)


@dataclass(frozen=True)
class Export:
    """One export as each door is asked for it: the admin filters on the list, the others by the dataset's."""

    dataset: str
    table: str
    filters: Mapping[str, str]
    list_filters: Mapping[str, str]
    options: Mapping[str, str]

    @property
    def params(self) -> dict[str, str]:
        return {**self.filters, **self.options}


CALLS = {"dataset": "calls", "table": "telephony/calllog"}
EXPORTS = {
    "everything": Export(**CALLS, filters={}, list_filters={}, options={}),
    "some columns": Export(
        **CALLS,
        filters={"outcome": "completed", "status": "ended"},
        list_filters={"outcome__exact": "completed", "status__exact": "ended"},
        options={"columns": "metadata,id,phoneNumber,recordingUrl"},
    ),
    "gzip": Export(**CALLS, filters={}, list_filters={}, options={"compression": "gzip"}),
    "zstd": Export(**CALLS, filters={}, list_filters={}, options={"compression": "zstd"}),
    "no row": Export(
        dataset="events",
        table="telephony/livekitevent",
        filters={"room_name": "nowhere"},
        list_filters={"room_name__exact": "nowhere"},
        options={},
    ),
    "a computed column": Export(
        dataset="hosts",
        table="netscan/host",
        filters={"status": "up"},
        list_filters={"is_pingable__exact": "1"},
        options={},
    ),
}
OF_OTHERS = {"another's": {"tenant": FEW}, "everybody's, raw": {"tenant": "*", "formulas": "raw"}}


@pytest.fixture(scope="module")
def service(service: Service) -> Service:
    """The session's, with staff who have rows and may export them, and staff who may do everything."""
    tables = ("calllog", "livekitevent")
    rights = [f"telephony.{verb}_{table}" for verb in ("view", "export") for table in tables]
    rights += ["netscan.view_host", "netscan.export_host"]
    rows = {"agents": 5, "calls": 500, "events": 60, "hosts": 60}
    fill(service.database_url, {OWNER: {**rows, "permissions": rights}, CHIEF: {"permissions": ["*"]}})
    return service


@pytest.fixture(scope="module")
def signed_in(service) -> Callable[[str], Session]:
    """signed_in(user), who signs in once: a password takes a server half a second to compare."""
    return cache(lambda user: Session(service.server.url, user))


def by_api(service: Service, user: str, export: Export) -> bytes:
    path = f"/api/exports/{export.dataset}?{urlencode(export.params)}"
    return service.receive(path, user, keep=True).body


def by_web(session: Session, export: Export) -> bytes:
    path = f"/exports/{export.dataset}/download?{urlencode(export.params)}"
    return session.receive(path, keep=True).body


def by_admin(session: Session, export: Export) -> bytes:
    path = f"/admin/{export.table}/export/{export.dataset}/?{urlencode(export.list_filters)}"
    fields: dict[str, Any] = {"select_across": "1", **export.options}
    if "columns" in fields:  # as the form's ticks, which come in the order of the choice
        fields["columns"] = ["", *fields["columns"].split(",")]
    return session.receive(path, fields, keep=True).body


def by_command(service: Service, user: str, export: Export, directory) -> bytes:
    file = directory / "file"
    filters = [f"--filter={name}={value}" for name, value in export.filters.items()]
    options = [f"--{name}={value}" for name, value in export.options.items()]
    command = ("export", export.dataset, f"--user={user}", f"--output={file}", *filters, *options)
    done = manage(service.database_url, *command)
    assert done.returncode == 0, done.stderr
    return file.read_bytes()


@pytest.fixture
def doors(service, signed_in, tmp_path) -> dict[str, Callable[[str, Export], bytes]]:
    return {
        "api": lambda user, export: by_api(service, user, export),
        "web": lambda user, export: by_web(signed_in(user), export),
        "admin": lambda user, export: by_admin(signed_in(user), export),
        "command": lambda user, export: by_command(service, user, export, tmp_path),
    }


def assert_same(service: Service, doors, user: str, export: Export) -> list[dict[str, Any]]:
    """The four records, which agree, as do the files."""
    files, records = {}, {}
    for door, ask in doors.items():
        files[door] = ask(user, export)
        newest = service.json("/api/exports/logs?page_size=1", user)["results"][0]["id"]
        records[door] = service.record(newest, user)
    assert [record["door"] for record in records.values()] == list(doors)
    assert len({record["id"] for record in records.values()}) == len(doors)
    for door in doors:
        assert files[door] == files["api"], door
        assert {name: records[door][name] for name in AGREED} == {
            name: records["api"][name] for name in AGREED
        }
    assert records["api"]["byte_count"] == len(files["api"])
    return list(records.values())


@pytest.mark.parametrize("name", EXPORTS)
def test_own_rows(service, doors, name):
    records = assert_same(service, doors, OWNER, EXPORTS[name])
    assert {(record["user"], record["tenant"], record["outcome"]) for record in records} == {
        (OWNER, OWNER, "succeeded")
    }
    assert (records[0]["row_count"] == 0) == (name == "no row")
    compressions = [record["options"].get("compression") for record in records]
    assert compressions == [EXPORTS[name].options.get("compression")] * 4


@pytest.mark.parametrize("name", OF_OTHERS)
def test_rows_of_others(service, doors, name):
    filters = {"filters": {"outcome": "voicemail"}, "list_filters": {"outcome__exact": "voicemail"}}
    options = OF_OTHERS[name]
    records = assert_same(service, doors, CHIEF, Export(**CALLS, **filters, options=options))
    assert records[0]["row_count"] > 100
    for record in records:
        assert (record["user"], record["tenant"]) == (CHIEF, options["tenant"])
        assert options.items() <= record["options"].items()
