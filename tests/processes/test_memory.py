"""The memory of the process that serves a download does not grow with its rows."""

import sys

import pytest

from tests.compressed import NAMES
from tests.databases import TITLES, current, fresh_database
from tests.processes.conftest import FEW, MANY
from tests.processes.memory import peak_while
from tests.processes.services import Received, Service, running_service

CALLS = "/api/exports/calls"
MB = 1_000_000
# Room for noise: over hundreds of downloads or a million rows the peak goes up and down by 8 MB, with what
# Python and malloc keep for the next block, and no further. The file of the short form has more than 20 MB,
# and would take several times that as Python's objects.
GROWTH = 12 * MB
DOWNLOADS = 10


@pytest.mark.parametrize(
    ("path", "size"),
    [(CALLS, 20 * MB), *((f"{CALLS}?compression={name}", MB) for name in NAMES)],
)
def test_memory_does_not_grow_with_the_rows(service, start_server, path, size):
    # A server of its own: what another test's download had taken would hide what this one takes.
    fresh = Service(start_server(service.database_url), service.database_url)
    few, many = peaks(fresh, path)
    assert many[1].size > size
    assert many[0] - few[0] < GROWTH


@pytest.mark.long
def test_memory_from_ten_thousand_to_a_million_calls(tmp_path_factory, with_tables, capsys):
    directory = tmp_path_factory.mktemp("million")
    users = {FEW: {"calls": 10_000}, MANY: {"calls": 100_000, "copies": 9}}
    with (
        fresh_database(directory, like=with_tables) as url,
        running_service(url, directory, users) as service,
    ):
        few, many = peaks(service)
    with capsys.disabled():
        sys.stdout.write(f"\n{figures(10_000, *few)}\n{figures(1_000_000, *many)}\n")
    assert many[0] - few[0] < GROWTH


def figures(calls: int, size: int, received: Received) -> str:
    """A line for docs/memory.md."""
    return (
        f"{TITLES[current()]}, {calls:,} calls: {received.size / MB:.1f} MB in {received.seconds:.1f} s,"
        f" first byte after {received.first_byte_seconds * 1000:.0f} ms, peak {size / MB:.1f} MB"
    )


def peaks(service: Service, path: str = CALLS) -> list[tuple[int, Received]]:
    """The worker's peak, and a download, for few calls (the peak of several downloads) and then for many."""
    # The first downloads load code and fill caches, and each thread of the server has an arena of its own.
    peak(service, path, FEW, DOWNLOADS)
    return [peak(service, path, FEW, DOWNLOADS), peak(service, path, MANY)]


def peak(service: Service, path: str, user: str, downloads: int = 1) -> tuple[int, Received]:
    [worker] = service.server.worker_pids
    received = []

    def work() -> None:
        received.extend(service.receive(path, user) for _ in range(downloads))

    return peak_while(worker, work), received[-1]
