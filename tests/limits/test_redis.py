"""The rate in a race: far more requests than it allows, at one moment, to several processes and one Redis."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests import calls
from tests.calls import BROKEN, FEW, PATH
from tests.databases import fresh_database
from tests.limits.bursts import Answer, burst, split
from tests.limits.records import outcomes
from tests.processes.services import Service
from tests.servers import manage, run_server

LIMIT, KEY_LIMIT = 5, 3
REQUESTS = 200
WORKERS = 4
OPTIONS = [f"--workers={WORKERS}", "--threads=16"]
# A window of a year: none ends meanwhile. Without the other limit nobody is told that too many run.
ENVIRONMENT = {
    **calls.ENVIRONMENT,
    "EXPORTS_RATE": f"{LIMIT}/365d",
    "EXPORTS_MAX_CONCURRENT_PER_USER": "0",
}
YEAR = 365 * 86_400

ISSUE = f"""
from accounts.models import APIKey, User
key, text = APIKey.objects.issue(user=User.objects.get(pk={BROKEN!r}), name="race", rate="{KEY_LIMIT}/365d")
print(text)
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory, database, redis_server) -> Iterator[Service]:
    env = ENVIRONMENT | {"REDIS_URL": redis_server.url}
    server = run_server(database, tmp_path_factory.mktemp("race"), options=OPTIONS, env=env)
    yield Service(server, database)
    server.stop()


@pytest.fixture(scope="module")
def key(database) -> str:
    """An API key of BROKEN with a rate of its own."""
    done = manage(database, "shell", "--no-imports", "--command", ISSUE)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def assert_refused(refused: list[Answer], limit: int) -> None:
    """Each says so, and until when."""
    assert Counter(answer.status for answer in refused) == {429: REQUESTS - limit}
    for answer in refused:
        assert answer.codes == ["throttled"]
        assert answer.headers["RateLimit-Limit"] == str(limit)
        assert answer.headers["RateLimit-Remaining"] == "0"
        assert answer.headers["RateLimit-Policy"] == f"{limit};w={YEAR}"
        assert 0 <= int(answer.headers["RateLimit-Reset"]) <= YEAR
        assert 1 <= int(answer.headers["Retry-After"]) <= YEAR


def test_as_many_as_the_rate_allows(service):
    accepted, refused = split(burst(service.server.url, PATH, {"X-User-Id": FEW}, REQUESTS))
    assert_refused(refused, LIMIT)
    # Each took another place, and all have the same rows.
    assert sorted(int(answer.headers["RateLimit-Remaining"]) for answer in accepted) == [*range(LIMIT)]
    assert len({answer.body for answer in accepted}) == 1
    assert len({answer.headers["X-Export-Id"] for answer in accepted}) == LIMIT
    assert outcomes(service, FEW) == {"succeeded": LIMIT, "denied": 1}


def test_as_many_as_the_rate_of_a_key_allows(service, key):
    accepted, refused = split(burst(service.server.url, PATH, {"Authorization": f"Api-Key {key}"}, REQUESTS))
    assert_refused(refused, KEY_LIMIT)
    assert len(accepted) == KEY_LIMIT
    assert outcomes(service, BROKEN) == {"succeeded": KEY_LIMIT, "denied": 1}
    # What the key was refused is not taken from its user, who has the rest.
    rest, _ = split(burst(service.server.url, PATH, {"X-User-Id": BROKEN}, LIMIT))
    assert len(rest) == LIMIT - KEY_LIMIT


@pytest.mark.sqlite
def test_without_a_shared_redis_each_process_counts_for_itself(tmp_path, with_calls):
    """So the number above is Redis' doing, and these requests do reach several processes."""
    with fresh_database(tmp_path, like=with_calls) as url:
        server = run_server(url, tmp_path, options=["--workers=2", "--threads=16"], env=ENVIRONMENT)
        try:
            accepted: list[Answer] = []
            # Who accepts a connection is the kernel's choice: one process may have most of a burst.
            for _ in range(10):
                accepted += split(burst(server.url, PATH, {"X-User-Id": FEW}, REQUESTS))[0]
                if len(accepted) > LIMIT:
                    break
        finally:
            server.stop()
    assert LIMIT < len(accepted) <= 2 * LIMIT
