"""A private Redis for tests: on a Unix socket, without persistence, which can be stopped and made to hang."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from exports_project.embedded_postgres import SHORT_TEMP
from tests.tools import need

START_SECONDS = 15
STOP_SECONDS = 15


class RedisServer:
    """A redis-server that keeps nothing: what it counted is gone once it stops."""

    def __init__(self, directory: Path) -> None:
        self._program = need("redis-server")
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """For REDIS_URL: the same after each start. No port: Debian's own daemon may have the usual one."""
        return f"unix://{self._directory}/socket"

    def start(self) -> None:
        """Starts it unless it runs; returns once it answers."""
        if self._process is None:
            options = {"port": "0", "unixsocket": "socket", "save": "", "appendonly": "no"}
            command = [
                self._program,
                *(part for name, value in options.items() for part in (f"--{name}", value)),
            ]
            with (self._directory / "log").open("ab") as log:
                self._process = subprocess.Popen(command, cwd=self._directory, stdout=log, stderr=log)
            self._wait_until_ready(self._process)

    def stop(self) -> None:
        """Stops it (SIGTERM), by force when that takes too long; also one that hangs. May be called twice."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def hang(self) -> None:
        """From now on it takes connections, by its kernel, and answers nothing."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def recover(self) -> None:
        """It answers, whatever was done to it; it has forgotten all if it was stopped, else nothing."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
        self.start()

    def forget(self) -> None:
        """All counts are at nought."""
        with self._client() as client:
            client.flushall()

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=10, socket_connect_timeout=10)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        log = self._directory / "log"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert process.poll() is None, f"redis-server stopped while starting:\n{log.read_text()}"
            try:
                with self._client() as client:
                    client.ping()
            except redis.RedisError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError(f"redis-server did not answer within {START_SECONDS} s:\n{log.read_text()}")


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """A new Redis, which runs; it is gone at the end, with its directory."""
    # A socket's path must be short.
    directory = Path(tempfile.mkdtemp(prefix="redis-", dir=SHORT_TEMP))
    try:
        server = RedisServer(directory)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
