"""Metrics of a server with several processes: any of them tells the sum, and the dead run nothing."""

import os
import signal
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exports_project.operations import worker_files
from tests import calls
from tests.databases import fresh_database
from tests.operations.shutting_down import Download, until
from tests.servers import Server

# What is counted does not depend on the database.
pytestmark = pytest.mark.sqlite
TOKEN = "a-token-of-these-tests"
ENVIRONMENT = {**calls.ENVIRONMENT, "METRICS_TOKEN": TOKEN}
TIMEOUT = 20


def scrape(server: Server) -> dict[str, float]:
    """Samples by name and labels, as they stand in the text."""
    request = urllib.request.Request(f"{server.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        text = answer.read().decode()
    return {
        f"{sample.name}{dict(sorted(sample.labels.items()))}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def workers_in(samples: dict[str, float]) -> set[int]:
    names = [name for name in samples if name.startswith("worker_resident_memory_bytes")]
    return {int(name.split("'")[3]) for name in names}


@pytest.fixture
def database(tmp_path, with_calls):
    with fresh_database(tmp_path, like=with_calls) as url:
        yield url


def metrics_directory(server: Server) -> Path:
    """Where the master's children keep their files, which they have mapped into memory."""
    maps = Path(f"/proc/{server.worker_pids[0]}/maps").read_text()
    return next(Path(line.split()[-1]).parent for line in maps.splitlines() if line.endswith(".db"))


HEALTH = "http_requests_total{'method': 'GET', 'route': 'healthz', 'status': '200'}"


def count_thirty(server: Server) -> None:
    for _ in range(30):
        urllib.request.urlopen(f"{server.url}/healthz", timeout=TIMEOUT).close()
    assert {scrape(server)[HEALTH] for _ in range(6)} == {30}


def kill_with_an_export_under_way(server: Server, pids: set[int]) -> None:
    download = Download(server)
    assert scrape(server)["exports_running{}"] == 1
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert download.breaks()


def test_counters_add_up_and_the_dead_vanish(start_server, database):
    server = start_server(database, options=["--workers=2", "--threads=4"], env=ENVIRONMENT)
    count_thirty(server)
    first = set(server.worker_pids)
    until(lambda: workers_in(scrape(server)) == first)
    kill_with_an_export_under_way(server, first)
    until(lambda: len(server.worker_pids) == 2 and not set(server.worker_pids) & first)
    after = until(lambda: _answered(server))
    assert after["exports_running{}"] == 0
    assert not workers_in(after) & first
    # What they had counted stays counted.
    assert after[HEALTH] == 30


def test_the_files_live_as_long_as_the_master(start_server, database):
    server = start_server(database, options=["--workers=2", "--threads=4"], env=ENVIRONMENT)
    count_thirty(server)
    directory = metrics_directory(server)
    assert directory.stat().st_mode & 0o777 == 0o700
    replaced = server.worker_pids[0]
    os.kill(replaced, signal.SIGTERM)
    until(lambda: len(server.worker_pids) == 2 and replaced not in server.worker_pids)
    assert scrape(server)[HEALTH] == 30
    server.stop()
    assert not directory.exists()


def _answered(server: Server) -> dict[str, float] | None:
    try:
        return scrape(server)
    except OSError:
        return None


def test_uvicorn_with_workers(start_server, database, tmp_path):
    env = ENVIRONMENT | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    server = start_server(database, kind="uvicorn", options=["--workers=2"], env=env)
    count_thirty(server)
    first = until(lambda: len(found := workers_in(scrape(server))) == 2 and found)
    kill_with_an_export_under_way(server, first)
    after = until(lambda: _answered(server))
    assert after["exports_running{}"] == 0
    assert not workers_in(after) & first
    assert after[HEALTH] == 30


def test_one_process(start_server, database):
    server = start_server(database, kind="uvicorn", env=ENVIRONMENT)
    first = scrape(server)
    assert workers_in(first) == {server.pid}
    assert first["exports_running{}"] == 0
    assert "process_resident_memory_bytes{}" in first


def test_the_application_is_not_loaded_before_the_fork(start_server, database):
    with pytest.raises(AssertionError, match="Leave out --preload"):
        start_server(database, options=["--preload"], env=ENVIRONMENT)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts workers as another account")
def test_the_files_belong_to_the_workers_account(monkeypatch, tmp_path):
    monkeypatch.setenv(worker_files.VARIABLE, str(tmp_path))
    worker_files.give_directory(65534, 65533)
    assert (tmp_path.stat().st_uid, tmp_path.stat().st_gid) == (65534, 65533)
