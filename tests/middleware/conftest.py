"""Servers whose requests choose the middleware that is around them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.calls import ENVIRONMENT
from tests.middleware.asking import Asked
from tests.middleware.ends import Ends, ends_of
from tests.servers import run_server


@pytest.fixture(scope="session")
def ends(filled: str) -> Iterator[Ends]:
    with ends_of(filled) as ends:
        yield ends


@pytest.fixture(scope="session")
def servers(
    filled: str, ends: Ends, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Asked]]:
    """servers(kind), each started once."""
    with ExitStack() as stack:
        made: dict[str, Asked] = {}

        def server(kind: str) -> Asked:
            if kind not in made:
                env = {**ENVIRONMENT, "DJANGO_SETTINGS_MODULE": "tests.middleware.settings"}
                running = run_server(filled, tmp_path_factory.mktemp("middleware"), kind=kind, env=env)
                stack.callback(running.stop)
                made[kind] = Asked(running, ends)
            return made[kind]

        yield server


@pytest.fixture(params=["gunicorn", "uvicorn"])
def asked(request: pytest.FixtureRequest, servers: Callable[[str], Asked]) -> Asked:
    """One of the servers, with nothing under way before the test and nothing after it."""
    server = servers(request.param)
    server.ends.settle()
    return server
