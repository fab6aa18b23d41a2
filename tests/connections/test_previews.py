"""Previews whose rows do not come: by every way to the database it ends what nobody is to wait for."""

import time
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.calls import FEW, FEW_CALLS
from tests.connections.conftest import PREVIEW_SECONDS
from tests.connections.fronts import Front
from tests.connections.postgres import Observer
from tests.processes.services import connect
from tests.processes.sessions import Session

pytestmark = pytest.mark.postgresql

PAGE = "/exports/calls/?columns=id"
TABLE = "telephony_calllog"
# What is read for somebody who waits, and what keeps the database silent. There are no agents: of an empty
# table a lock alone keeps the rows.
AGENTS = "telephony_agentconfig"
WAITS = {
    "preview": (PAGE, Observer.silent, TABLE),
    "search": ("/exports/calls/search/agent_id?q=desk", Observer.locked, AGENTS),
    "name": ("/exports/calls/?agent_id=desk", Observer.locked, AGENTS),
}
TIMES = 3  # one connection left behind for each would be noticed: the pool has two


@pytest.fixture(params=["pool", "pgbouncer"])
def way(request) -> str:
    return request.param


@pytest.fixture
def front(fronts: Callable[[str, str], Front], way: str, kind: str) -> Front:
    return fronts(way, kind)


@pytest.fixture
def session(front: Front) -> Session:
    return Session(front.server.url, FEW)


def seen(session: Session, status: int) -> str:
    with session.answer(PAGE) as response:
        text = response.read().decode()
        assert response.status == status, text
    return text


@pytest.mark.parametrize("kind", ["gunicorn"])  # the server has no part in it
def test_the_time_is_over(front, session, observer):
    with observer.silent(TABLE):
        for _ in range(TIMES):
            begun = time.monotonic()
            assert f"could not be read within {PREVIEW_SECONDS} seconds." in seen(session, 503)
            assert time.monotonic() - begun < PREVIEW_SECONDS + 6
    assert f"{FEW_CALLS} rows" in seen(session, 200)
    observer.settle()


@pytest.mark.parametrize("kind", ["gunicorn", "uvicorn"])
@pytest.mark.parametrize(("path", "silence", "table"), WAITS.values(), ids=WAITS)
def test_who_waits_has_left(front, session, observer, path, silence, table):
    headers = {"Cookie": f"sessionid={session.cookies['sessionid']}"}
    with silence(observer, table):
        for _ in range(TIMES):
            with closing(connect(session.url)) as client:
                client.request("GET", path, headers=headers)
                observer.wait_until_waiting(1)
                begun = time.monotonic()
            observer.wait_until_waiting(0)
            assert time.monotonic() - begun < PREVIEW_SECONDS - 1
    assert f"{FEW_CALLS} rows" in seen(session, 200)
    observer.settle()
