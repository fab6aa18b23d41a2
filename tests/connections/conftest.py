"""One filled PostgreSQL database, and servers that reach it in three ways."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.calls import ENVIRONMENT
from tests.connections.fronts import POOL_SIZE, Front
from tests.connections.pgbouncer import pgbouncer
from tests.connections.postgres import Observer
from tests.servers import run_server

# Of a page, which waits for five seconds unless told otherwise.
PREVIEW_SECONDS = 4

# A way to PostgreSQL, and what its DATABASE_URL says of it.
WAYS = {"pool": f"&pool_size={POOL_SIZE}", "kept": "&conn_max_age=60", "pgbouncer": ""}


# Of the session, as those of tests.calls.
@pytest.fixture(scope="session")
def observer(filled: str) -> Iterator[Observer]:
    observer = Observer(urlsplit(filled).path.rpartition("/")[2])
    yield observer
    observer.close()


@pytest.fixture(scope="session")
def fronts(
    filled: str, observer: Observer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, str], Front]]:
    """fronts(way, kind): a server of that kind, which reaches the database in that way."""
    with ExitStack() as stack:
        made: dict[tuple[str, str], Front] = {}
        bouncers: list[str] = []

        def front(way: str, kind: str) -> Front:
            if (way, kind) not in made:
                if way == "pgbouncer" and not bouncers:
                    bouncers.append(stack.enter_context(pgbouncer(observer.name)))
                url = bouncers[0] if way == "pgbouncer" else filled
                url += f"?application_name={way}-{kind}{WAYS[way]}"
                directory = tmp_path_factory.mktemp(f"{way}-{kind}")
                env = {
                    **ENVIRONMENT,
                    "DJANGO_SETTINGS_MODULE": "tests.connections.settings",
                    "EXPORTS_PREVIEW_SECONDS": str(PREVIEW_SECONDS),
                }
                server = run_server(url, directory, kind=kind, env=env)
                stack.callback(server.stop)
                made[way, kind] = Front(server, observer)
            return made[way, kind]

        yield front
