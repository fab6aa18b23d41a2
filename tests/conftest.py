"""Fixtures that every area of the tests uses; the option that chooses the database."""

import faulthandler
from collections.abc import Generator

import hypothesis
import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key
from django.core.cache import caches
from django.core.files.storage import storages
from django.utils import translation

from tests import databases

# How long one example takes says more of the machine than of the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

pytest_plugins = ["tests.scheduling", "tests.emptying", "tests.servers", "tests.nginx", "tests.calls"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=[*databases.NAMES, "all"],
        default="all",
        help="run on this database only (default: all)",
    )
    parser.addoption(
        "--screenshots",
        metavar="DIRECTORY",
        help="keep the browser tests' pictures of pages there (default: nowhere)",
    )
    parser.addoption(
        "--fault-table",
        metavar="FILE",
        help="write the results of tests/faults into that page (default: nowhere)",
    )


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    return databases.run_each(config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked for the other database are deselected: a skip would look like a missing tool."""
    others = [name for name in databases.NAMES if name != databases.current()]
    foreign = [
        item
        for item in items
        if any(item.get_closest_marker(name) for name in others)
        and not item.get_closest_marker(databases.current())
    ]
    if foreign:
        items[:] = [item for item in items if item not in foreign]
        config.hook.pytest_deselected(items=foreign)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """pytest forgets `faulthandler_timeout` where a test has failed, and its fixtures have yet to end."""
    if seconds := float(item.config.getini("faulthandler_timeout") or 0):
        where = item.config.stash[fault_handler_stderr_fd_key]
        faulthandler.dump_traceback_later(seconds, exit=True, file=where)
    return (yield)


@pytest.fixture(scope="session")
def database_name() -> str:
    """ "sqlite" or "postgresql"."""
    return databases.current()


@pytest.fixture(autouse=True)
def _empty_caches() -> None:
    for cache in caches.all(initialized_only=True):
        cache.clear()


@pytest.fixture(autouse=True)
def _no_language_of_others() -> None:
    """A request's language stays the thread's, until the next request."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_records_of_others() -> None:
    """The next who looks writes the records that a database did not take: of this test's exports alone."""
    from exports import audit

    audit._unwritten.clear()


@pytest.fixture(autouse=True)
def _no_files_of_others() -> None:
    """The storage of jobs' files is one in memory: each test has a new one."""
    storages._storages.pop("exports", None)


def make_user(name: str):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_user(id=name, username=name, password=name)


@pytest.fixture
def user(db):
    """The tenant that asks."""
    return make_user("user-123")


@pytest.fixture
def stranger(db):
    """Another tenant, of whom nothing may be seen."""
    return make_user("user-456")


@pytest.fixture
def in_two_seconds(settings, monkeypatch) -> None:
    """What a page reads for a preview, or for a search, ends that soon."""
    settings.EXPORTS = settings.EXPORTS | {"PREVIEW_SECONDS": 2}
    monkeypatch.setattr("exports.running.LOOK_SECONDS", 0.05)


@pytest.fixture
def auth_headers(user) -> dict[str, str]:
    """Request headers that sign `user` in: `client.get(path, headers=auth_headers)`."""
    return {"X-User-Id": user.pk}


@pytest.fixture
def allow():
    """allow(user, "telephony.view_calllog", …); one of the engine's own needs no app before it."""
    from django.contrib.auth.models import Permission

    def allow(user, *permissions: str) -> None:
        for permission in permissions:
            app_label, _, codename = permission.rpartition(".")
            found = Permission.objects.get(content_type__app_label=app_label or "exports", codename=codename)
            user.user_permissions.add(found)

    return allow


@pytest.fixture
def mine_and_theirs(user, stranger):
    """Rows of every dataset of the user, and as many of the stranger: two `tests.api.rows.Tenant`s."""
    from tests.api import rows

    return rows.tenants(user, stranger)


@pytest.fixture
def client(request: pytest.FixtureRequest):
    """Django's test client; a stream that the test has not read to its end is closed after it."""
    from tests.clients import ClosingClient, close

    if "db" in request.fixturenames:
        request.getfixturevalue("db")  # set up before, and so there until the responses are closed
    client = ClosingClient()
    yield client
    for response in client.responses:
        close(response)
