"""SQLite serves a web process and one worker: everybody waits for their turn to write, and nobody fails."""

import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests import calls
from tests.calls import BROKEN, FEW, FEW_CALLS, MANY
from tests.databases import fresh_database
from tests.jobs.sites import JOBS, TIMEOUT
from tests.jobs.workers import Worker
from tests.processes.services import Service, connect
from tests.servers import run_server

pytestmark = pytest.mark.sqlite

USERS, EACH = (FEW, MANY, BROKEN), 6


@pytest.fixture
def service(with_calls, tmp_path: Path) -> Iterator[tuple[Service, Worker]]:
    env = {
        **calls.ENVIRONMENT,
        **JOBS,
        "EXPORTS_FILES": str(tmp_path / "files"),
        "EXPORTS_RATE": "1000/h",
        "EXPORTS_MAX_JOBS_PER_USER": "0",
    }
    with fresh_database(tmp_path, like=with_calls) as url:
        server = run_server(url, tmp_path, env=env)
        worker = Worker("database", url, tmp_path / "worker.log", env)
        try:
            yield Service(server, url), worker
        finally:
            worker.kill()
            server.stop()


def ask(service: Service, method: str, path: str, user: str, body: object = None) -> tuple[int, dict]:
    with closing(connect(service.server.url)) as client:
        headers = {"X-User-Id": user, "Content-Type": "application/json"}
        client.request(method, path, None if body is None else json.dumps(body), headers)
        with client.getresponse() as response:
            return response.status, json.loads(response.read())


def test_it_works(service):
    service, worker = service

    def one(user: str, number: int) -> dict:
        """Asks for a job, and for how it goes, until it has ended."""
        body = {"filters": {"start_date": f"2020-01-01T00:00:{number:02}"}, "columns": "id"}
        status, job = ask(service, "POST", "/api/exports/calls/jobs", user, body)
        assert status == 202, job
        deadline = time.monotonic() + TIMEOUT
        while job["status"] in ("queued", "running"):
            assert time.monotonic() < deadline, (job, worker.log[-4000:])
            time.sleep(0.05)
            status, job = ask(service, "GET", f"/api/exports/jobs/{job['id']}", user)
            assert status == 200, job
        return job

    wanted = [(user, number) for number in range(EACH) for user in USERS]
    with ThreadPoolExecutor(len(wanted)) as clients:
        jobs = [future.result() for future in [clients.submit(one, *each) for each in wanted]]
    logs = worker.log + service.server.log.read_text()
    assert [job["status"] for job in jobs] == ["succeeded"] * len(wanted), logs
    assert "locked" not in logs
    job = jobs[wanted.index((FEW, 0))]
    with service.answer(f"/api/exports/jobs/{job['id']}/file", FEW) as response:
        data = response.read()
    assert data.count(b"\r\n") == FEW_CALLS + 1
    assert hashlib.sha256(data).hexdigest() == job["sha256"]
