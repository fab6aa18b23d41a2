"""MAX_CONCURRENT_PER_USER in a race: many requests at one moment, to several processes."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import calls
from tests.calls import MANY, PATH
from tests.databases import fresh_database
from tests.processes.services import Service
from tests.servers import run_server

LIMIT = 3
REQUESTS = 20
WAIT = 60
WINDOW = 4096  # far less than the file: whoever stops reading keeps the export running


@pytest.fixture(scope="module")
def service(tmp_path_factory, with_calls) -> Iterator[Service]:
    """On a database of its own: an export that another test has killed would count for seconds."""
    directory = tmp_path_factory.mktemp("many")
    env = calls.ENVIRONMENT | {"EXPORTS_MAX_CONCURRENT_PER_USER": str(LIMIT)}
    with fresh_database(directory, like=with_calls) as url:
        server = run_server(url, directory, options=["--workers=3", "--threads=10"], env=env)
        yield Service(server, url)
        server.stop()


def records(service: Service) -> dict[str, str]:
    """The outcomes of all exports there were, by their ids."""
    found = service.json("/api/exports/logs?page_size=500", MANY)["results"]
    return {record["id"]: record["outcome"] for record in found}


def race(service: Service) -> list[tuple[int, str]]:
    """Status, and id or code, of requests sent at once. Nobody leaves before all have their answer."""
    together = threading.Barrier(REQUESTS, timeout=WAIT)

    def take_part(number: int) -> tuple[int, str]:
        together.wait()
        with service.answer(PATH, MANY, window=WINDOW) as response:
            body = response.read(1000) if response.status == 200 else response.read()
            together.wait()
            if response.status == 200:
                return response.status, response.headers["X-Export-Id"]
            assert response.headers["Retry-After"]
            return response.status, "too_many_running" if b'"too_many_running"' in body else body.decode()

    with ThreadPoolExecutor(REQUESTS) as threads:
        return list(threads.map(take_part, range(REQUESTS)))


def test_it_works(service):
    """All may be turned away; never are more let in."""
    accepted = set(records(service))
    for _ in range(4):
        answers = race(service)
        running = [export_id for status, export_id in answers if status == 200]
        assert len(running) <= LIMIT
        assert {answer for answer in answers if answer[0] != 200} == {(503, "too_many_running")}
        for export_id in running:
            assert service.record(export_id, MANY)["outcome"] == "cancelled"
        # One after the other there is room for as many as may run, and those have left.
        whole = service.receive(PATH, MANY).headers["X-Export-Id"]
        assert service.record(whole, MANY)["outcome"] == "succeeded"
        accepted |= {*running, whole}
    left = records(service)
    assert left.keys() == accepted
    assert "running" not in left.values()


def test_as_many_as_may_run(service):
    """The limit itself is reached, and a place is free again as soon as one has left."""
    with (
        service.answer(PATH, MANY, window=WINDOW) as first,
        service.answer(PATH, MANY, window=WINDOW) as second,
    ):
        with service.answer(PATH, MANY, window=WINDOW) as third:
            assert {first.status, second.status, third.status} == {200}
            with service.answer(PATH, MANY) as fourth:
                assert fourth.status == 503
        service.record(third.headers["X-Export-Id"], MANY)
        with service.answer(PATH, MANY, window=WINDOW) as fourth:
            assert fourth.status == 200
    for answer in (first, second, fourth):
        service.record(answer.headers["X-Export-Id"], MANY)
