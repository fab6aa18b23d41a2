"""Real servers for tests: gunicorn on a free port of this machine, over a database of its own."""

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
# As in production, but one worker with few threads that is soon gone.
OPTIONS = ("--config=python:exports_project.gunicorn", "--workers=1", "--threads=8", "--graceful-timeout=5")
HEALTH = "/api/exports/health"
START_SECONDS = 30
STOP_SECONDS = 15


def service_environment(database_url: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a process of the service: what tests/settings.py fixed, on that database."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "exports_project.settings",
        "DATABASE_URL": database_url,
        "PYTHONPATH": str(ROOT),
        **(extra or {}),
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
    )


def migrate(database_url: str) -> None:
    """Makes the service's tables. An AssertionError with the output where that fails."""
    done = manage(database_url, "migrate", "--verbosity=0")
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass
class Server:
    """A running gunicorn: `url` without a slash at its end, `log` (its output), `pid` of its master."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def worker_pids(self) -> list[int]:
        """The process ids of the workers: those hold the memory and do the work."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

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
            if self.url and _answers(self.url + path):
                return
            time.sleep(0.05)
        raise AssertionError(f"{path} did not answer 200 within {START_SECONDS} s:\n{self.log.read_text()}")

    def _listening(self) -> str:
        """gunicorn prints where it listens: with port 0 the kernel chooses, and no two tests collide."""
        for line in self.log.read_text().splitlines():
            if "Listening at: " in line:
                return line.partition("Listening at: ")[2].split()[0]
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
    application: str = WSGI,
    options: Sequence[str] = OPTIONS,
    env: Mapping[str, str] | None = None,
    health: str = HEALTH,
) -> Server:
    """Starts gunicorn, with its log in `directory`; returns once `health` answers. The caller stops it."""
    log = directory / "gunicorn.log"
    gunicorn = [sys.executable, "-m", "gunicorn", "--bind=127.0.0.1:0", "--no-control-socket"]
    command = [*gunicorn, *options, application]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=service_environment(database_url, env), cwd=ROOT, stdout=output, stderr=output
        )
    server = Server(process, log)
    try:
        server.wait_until_ready(health)
    except BaseException:
        server.stop()
        raise
    return server


@pytest.fixture
def new_database(tmp_path: Path) -> Iterator[str]:
    """The DATABASE_URL of an empty database of this run's kind, without tables (see `migrate`)."""
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
