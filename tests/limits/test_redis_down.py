"""Redis is stopped, or hangs, while the service runs; and comes back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests import calls
from tests.calls import FEW, PATH
from tests.limits.bursts import Answer, burst
from tests.limits.records import outcomes
from tests.limits.redis_server import RedisServer
from tests.processes.services import Service
from tests.processes.sessions import Session
from tests.servers import manage, run_server

# No database has a part in it.
pytestmark = pytest.mark.sqlite

LIMIT = 2
ENVIRONMENT = {**calls.ENVIRONMENT, "EXPORTS_RATE": f"{LIMIT}/365d"}
# One for each export that nobody counted.
WARNING = f"The cache that counts exports does not answer: one of calls by user {FEW} is not counted"
# Its own rate is never reached: asking for both counters takes the longest.
ISSUE = f"""
from accounts.models import APIKey, User
key, text = APIKey.objects.issue(user=User.objects.get(pk={FEW!r}), name="down", rate="1000/d")
print(text)
"""
TROUBLES = {"stopped": RedisServer.stop, "hanging": RedisServer.hang}


@pytest.fixture(scope="module")
def services(tmp_path_factory, database, redis_server) -> Iterator[Callable[..., Service]]:
    """services(fail_open=…): started once for the module."""
    with ExitStack() as stack:
        made: dict[bool, Service] = {}

        def service(*, fail_open: bool) -> Service:
            if fail_open not in made:
                env = ENVIRONMENT | {"REDIS_URL": redis_server.url}
                if fail_open:  # else what is said nowhere
                    env["EXPORTS_RATE_FAIL_OPEN"] = "true"
                server = run_server(database, tmp_path_factory.mktemp("down"), env=env)
                stack.callback(server.stop)
                made[fail_open] = Service(server, database)
            return made[fail_open]

        yield service


@pytest.fixture(scope="module")
def key(database) -> str:
    done = manage(database, "shell", "--no-imports", "--command", ISSUE)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def redis(redis_server) -> Iterator[RedisServer]:
    """It has counted nothing, and answers again after the test."""
    redis_server.forget()
    yield redis_server
    redis_server.recover()


@pytest.fixture(params=TROUBLES)
def trouble(request) -> Callable[[RedisServer], None]:
    return TROUBLES[request.param]


def export(service: Service, number: int = 1, **headers: str) -> list[Answer]:
    """That many at once, by FEW."""
    return burst(service.server.url, PATH, headers or {"X-User-Id": FEW}, number)


def assert_counts_again(service: Service, allowed: int = LIMIT) -> None:
    """Exactly that many are let through: every connection to Redis is one to the new process."""
    assert [export(service)[0].status for _ in range(allowed + 1)] == [200] * allowed + [429]


def test_nothing_is_exported_uncounted(services, redis, trouble):
    service = services(fail_open=False)
    assert export(service)[0].status == 200
    before = outcomes(service, FEW)
    trouble(redis)
    for answer in export(service, 6):
        assert answer.status == 503
        assert answer.codes == ["service_unavailable"]
        assert int(answer.headers["Retry-After"]) >= 1
        assert not answer.headers.keys() & {"X-Export-Id", "Content-Disposition"}
    assert outcomes(service, FEW) == before
    # One that hung remembers what it had counted.
    kept = 1 if trouble is RedisServer.hang else 0
    redis.recover()
    assert_counts_again(service, LIMIT - kept)


def test_what_counts_nothing_answers_all_the_same(services, redis, trouble):
    service = services(fail_open=False)
    trouble(redis)
    session = Session(service.server.url, FEW)
    for path in ("/exports/", "/exports/calls/", "/exports/history/"):
        with session.answer(path) as response:
            assert (response.status, path) == (200, path)
    info = {entry["name"]: entry["row_count"] for entry in service.json("/api/exports/info", FEW)["exports"]}
    assert info["calls"] == calls.FEW_CALLS
    assert service.json("/api/exports/health", FEW)["status"] == "healthy"
    with service.answer("/readyz", FEW) as response:
        assert response.status == 503
        assert b'"cache"' in response.read()


def test_where_exports_go_on_uncounted_each_is_told(services, redis, trouble):
    service = services(fail_open=True)
    [counted] = export(service)
    before, warnings = outcomes(service, FEW), service.server.log.read_text().count(WARNING)
    trouble(redis)
    answers = export(service, LIMIT + 4)
    assert [answer.status for answer in answers] == [200] * (LIMIT + 4)
    for answer in answers:
        assert answer.body == counted.body
        assert "RateLimit-Limit" not in answer.headers
    assert outcomes(service, FEW) - before == {"succeeded": LIMIT + 4}
    assert service.server.log.read_text().count(WARNING) == warnings + LIMIT + 4
    kept = 1 if trouble is RedisServer.hang else 0
    redis.recover()
    assert_counts_again(service, LIMIT - kept)


def test_two_counters_are_one_export(services, redis, key, trouble):
    """That of the key and that of its user: once the first is silent, the second one is not asked."""
    service = services(fail_open=True)
    warnings = service.server.log.read_text().count(WARNING)
    trouble(redis)
    [answer] = export(service, Authorization=f"Api-Key {key}")
    assert answer.status == 200
    assert service.server.log.read_text().count(WARNING) == warnings + 1
