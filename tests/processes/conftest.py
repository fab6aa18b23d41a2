"""One service on this run's database, with few calls of one user and many of another."""

from collections.abc import Iterator

import pytest

from tests.databases import fresh_database
from tests.processes.services import Service, running_service

FEW, MANY = "user-123", "user-456"
# Two files that memory and time tell apart: the second is over 20 MB.
USERS = {
    FEW: {"agents": 40, "phone_numbers": 40, "calls": 2_000, "events": 400},
    MANY: {"calls": 2_000, "copies": 31},
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
