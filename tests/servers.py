"""Real servers for tests: gunicorn or uvicorn on a free port of this machine, over a database of its own."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.databases import fresh_database

ROOT = Path(__file__).resolve().parent.parent
WSGI = "exports_project.wsgi:application"
ASGI = "exports_project.asgi:application"
GUNICORN = (
    "gunicorn",
    "--bind=127.0.0.1:0",
    "--no-control-socket",
    "--config=python:exports_project.gunicorn",
)
HEALTH = "/api/exports/health"
START_SECONDS = 60
STOP_SECONDS = 15


def service_environment(database_url: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a process of the service: what tests/settings.py fixed, on that database.

    Without a bucket in `extra`, the files of its jobs go into the run's own folder.
    """
    given = dict(extra or {})
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "exports_project.settings",
        "DATABASE_URL": database_url,
        "PYTHONPATH": str(ROOT),
        "EXPORTS_FILES": "" if "EXPORTS_S3_BUCKET" in given else os.environ.get("TEST_FILES", ""),
        **given,
    }


def manage(
    database_url: str, *arguments: str, env: Mapping[str, str] | None = None, input: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs `manage.py` on that database; the caller looks at returncode, stdout and stderr."""
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env=service_environment(database_url, env),
        cwd=ROOT,
        input=input,
        text=True,
        capture_output=True,
        timeout=300,
    )


def run_code(database_url: str, code: str, env: Mapping[str, str] | None = None) -> str:
    """What that code prints in `manage.py shell`. An AssertionError where it fails."""
    done = manage(database_url, "shell", "--no-imports", "--command", code, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def migrate(database_url: str) -> None:
    """Makes the service's tables; see the fixture `with_tables`. An AssertionError where that fails."""
    done = manage(database_url, "migrate", "--verbosity=0")
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass(frozen=True)
class Kind:
    """A server's program: the module and arguments that no test changes, and `options` that it may replace.

    `announces` stands in its output before the address: with port 0 the kernel chooses, so that no two tests
    collide. `loaded` stands there once for each process that answers requests.
    """

    command: tuple[str, ...]
    options: tuple[str, ...]
    application: str
    announces: str
    loaded: str


# As in production, but few workers and threads that are soon gone.
KINDS = {
    "gunicorn": Kind(
        GUNICORN,
        ("--workers=1", "--threads=8", "--graceful-timeout=5"),
        WSGI,
        announces="Listening at: ",
        loaded="Worker ready",
    ),
    # One request at a time for each worker.
    "gunicorn-sync": Kind(
        (*GUNICORN, "--worker-class=sync", "--threads=1"),
        ("--workers=2", "--graceful-timeout=5"),
        WSGI,
        announces="Listening at: ",
        loaded="Worker ready",
    ),
    # One process; whom to believe of the client is for TRUSTED_PROXIES alone.
    "uvicorn": Kind(
        ("uvicorn", "--host=127.0.0.1", "--port=0", "--http=h11", "--loop=asyncio", "--no-proxy-headers"),
        ("--timeout-graceful-shutdown=5", "--no-access-log"),
        ASGI,
        announces="Uvicorn running on ",
        loaded="Application startup complete",
    ),
}


@dataclass
class Server:
    """A running server: `url` without a slash at its end, `log` (its output), `pid` of its first process."""

    process: subprocess.Popen[bytes]
    log: Path
    announces: str
    loaded: str
    workers: int
    url: str = ""

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def worker_pids(self) -> list[int]:
        """The process ids of the workers: those hold the memory and do the work. uvicorn is its own."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in children.split()] or [self.pid]

    def stop(self) -> None:
        """Stops it as a supervisor does (SIGTERM), by force when that takes too long. May be called twice."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait_until_ready(self, path: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the server stopped while starting:\n{self.log.read_text()}"
            self.url = self.url or self._listening()
            # All of them: one that is told to stop while it loads is gone without having answered anything.
            loaded = self.log.read_text().count(self.loaded)
            if self.url and loaded >= self.workers and _answers(self.url + path):
                return
            time.sleep(0.05)
        raise AssertionError(f"{path} did not answer 200 within {START_SECONDS} s:\n{self.log.read_text()}")

    def _listening(self) -> str:
        for line in self.log.read_text().splitlines():
            if self.announces in line:
                return line.partition(self.announces)[2].split()[0]
        return ""


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


def run_server(
    database_url: str,
    directory: Path,
    *,
    kind: str = "gunicorn",
    application: str = "",
    options: Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
    health: str = HEALTH,
) -> Server:
    """Starts a server of KINDS, its log in `directory`; returns once `health` answers. The caller stops it.

    `application` and `options` stand in place of the kind's own.
    """
    program = KINDS[kind]
    log = directory / f"{kind}.log"
    chosen = program.options if options is None else options
    command = [sys.executable, "-m", *program.command, *chosen, application or program.application]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=service_environment(database_url, env), cwd=ROOT, stdout=output, stderr=output
        )
    workers = [int(option.removeprefix("--workers=")) for option in chosen if option.startswith("--workers=")]
    server = Server(process, log, program.announces, program.loaded, workers=workers[-1] if workers else 1)
    try:
        server.wait_until_ready(health)
    except BaseException:
        server.stop()
        raise
    return server


@pytest.fixture(scope="session")
def with_tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DATABASE_URL of a database with the service's tables and no rows, which is there to be copied."""
    with fresh_database(tmp_path_factory.mktemp("with_tables")) as url:
        migrate(url)
        yield url


@pytest.fixture
def new_database(tmp_path: Path) -> Iterator[str]:
    """The DATABASE_URL of an empty database of this run's kind, without tables."""
    # The tests' own connection is not touched: other processes use this one.
    with fresh_database(tmp_path) as url:
        yield url


@pytest.fixture
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """run_server(database_url, **options) without the directory; stopped at the test's end."""
    with ExitStack() as stack:

        def start(database_url: str, **options) -> Server:
            server = run_server(database_url, tmp_path_factory.mktemp("server"), **options)
            stack.callback(server.stop)
            return server

        yield start
