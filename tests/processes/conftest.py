"""One service on this run's database, with few calls of one user and many of another."""

from collections.abc import Iterator

import pytest

from tests.databases import fresh_database
from tests.processes.services import Service, running_service

FEW, MANY, DENSE = "user-123", "user-456", "user-789"
# Files that memory and time tell apart: the second is over 20 MB. The third is of some 12 MB still when it is
# compressed: no socket holds it.
USERS = {
    FEW: {"agents": 40, "phone_numbers": 40, "calls": 2_000, "events": 400},
    MANY: {"calls": 2_000, "copies": 31},
    DENSE: {"agents": 1, "noise": 8_000},
}


# Of the session: in random order a narrower one would be made anew for nearly every test.
@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, with_tables: str) -> Iterator[Service]:
    directory = tmp_path_factory.mktemp("service")
    with (
        fresh_database(directory, like=with_tables) as url,
        running_service(url, directory, USERS) as running,
    ):
        yield running
