"""A Redis, and a database for services that share it."""

from collections.abc import Iterator

import pytest

from tests.databases import fresh_database
from tests.limits.redis_server import RedisServer, running_redis


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, with_calls: str) -> Iterator[str]:
    """The DATABASE_URL of a database with users and calls, and no records."""
    with fresh_database(tmp_path_factory.mktemp("limits"), like=with_calls) as url:
        yield url
