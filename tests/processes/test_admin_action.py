"""The admin's export of all that a list shows across its pages: streamed, in flat memory."""

import hashlib
import sys
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.databases import fresh_database
from tests.processes.conftest import FEW, MANY
from tests.processes.memory import peak_while
from tests.processes.services import PIECE, Received, Service, fill, running_service
from tests.processes.sessions import Session
from tests.processes.test_memory import DOWNLOADS, GROWTH, MB, figures
from tests.servers import run_server

STAFF = "admin-1"
# A filter of the list and a search in it. They leave most calls: invented rooms are called `sales-0a1b2c3d`.
LIST = {"status__exact": "ended", "q": "-"}
EXPORT = f"/admin/telephony/calllog/export/calls/?{urlencode(LIST)}"


@pytest.fixture(scope="module")
def own(service: Service, tmp_path_factory) -> Iterator[Service]:
    """The session's database under a server of its own, whose memory no other test has filled."""
    fill(service.database_url, {STAFF: {"permissions": ["*"]}})
    server = run_server(service.database_url, tmp_path_factory.mktemp("admin"))
    yield Service(server, service.database_url)
    server.stop()


@pytest.fixture(scope="module")
def session(own) -> Session:
    """The superuser's, who signs in once: a password takes a server half a second to compare."""
    return Session(own.server.url, STAFF)


def everything(tenant: str) -> dict[str, str]:
    """The form's fields for "select all across pages"; staff see all tenants' rows on the list."""
    return {"select_across": "1", "tenant": tenant}


def test_it_streams(own, session):
    session.receive(EXPORT, everything(FEW))  # what the first request ever costs is not the question
    with session.answer(EXPORT, everything(MANY), window=PIECE) as response:
        export_id = response.headers["X-Export-Id"]
        body = response.read(1024)
        # The client reads no further: of nearly 20 MB, buffers on the way hold a few at most.
        record = own.json(f"/api/exports/logs/{export_id}", STAFF)
        assert (response.status, record["outcome"]) == (200, "running")
        digest, size = hashlib.sha256(body), len(body)
        while piece := response.read(PIECE):
            digest.update(piece)
            size += len(piece)
    assert size > 18 * MB
    record = own.record(export_id, STAFF)
    assert (record["outcome"], record["door"], record["tenant"]) == ("succeeded", "admin", MANY)
    assert (record["byte_count"], record["sha256"]) == (size, digest.hexdigest())
    # The list as it was asked for, and no row's id.
    assert record["options"]["selection"] == {"list": urlencode(LIST), "order": "dataset"}


def test_memory_does_not_grow_with_the_rows(own, session):
    few, many = peaks(own, session)
    assert many[1].size > 18 * MB
    assert many[0] - few[0] < GROWTH


@pytest.mark.long
def test_memory_over_a_quarter_of_a_million_filtered_calls(tmp_path_factory, with_tables, capsys):
    directory = tmp_path_factory.mktemp("quarter")
    users = {FEW: {"calls": 10_000}, MANY: {"calls": 53_000, "copies": 4}, STAFF: {"permissions": ["*"]}}
    with (
        fresh_database(directory, like=with_tables) as url,
        running_service(url, directory, users) as service,
    ):
        few, many = peaks(service, Session(service.server.url, STAFF))
        rows = [service.record(received.headers["X-Export-Id"], STAFF) for _, received in (few, many)]
    with capsys.disabled():
        for record, (size, received) in zip(rows, (few, many), strict=True):
            sys.stdout.write(f"\n{figures(record['row_count'], size, received)}\n")
    assert rows[1]["row_count"] > 250_000
    assert many[0] - few[0] < GROWTH


def peaks(service: Service, session: Session) -> list[tuple[int, Received]]:
    """The worker's peak and a download, of few rows on the list (several downloads) and then of many."""
    peak(service, session, FEW, DOWNLOADS)  # loads code, fills caches and the threads' arenas
    return [peak(service, session, FEW, DOWNLOADS), peak(service, session, MANY)]


def peak(service: Service, session: Session, tenant: str, downloads: int = 1) -> tuple[int, Received]:
    [worker] = service.server.worker_pids
    received = []

    def work() -> None:
        received.extend(session.receive(EXPORT, everything(tenant)) for _ in range(downloads))

    return peak_while(worker, work), received[-1]
