"""`manage.py demo` as a process of its own, whose files all stand in a directory of the test's."""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port
from tests.servers import ROOT

STOP_SECONDS = 40  # it gives each of its three processes ten
READY_SECONDS = 120  # it promises 20 where nothing else runs; here other tests do


def environment(directory: Path, **extra: str) -> dict[str, str]:
    """A newcomer's environment, but for where the files go."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    files = {"ENV_FILE": str(directory / ".env"), "DEMO_DIRECTORY": str(directory / ".demo")}
    return {**kept, **files, **extra}


def run(directory: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` until it ends by itself."""
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env=environment(directory, **extra),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


class Demo:
    """A running demo; `output` is what it has printed, through a pipe."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.output = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self.output += line

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while "/api/exports/info" not in self.output:
            assert self.process.poll() is None, f"the demo stopped:\n{self.output}"
            assert time.monotonic() < deadline, f"the demo was not ready in {READY_SECONDS} s:\n{self.output}"
            time.sleep(0.05)

    def curl_addresses(self) -> list[tuple[str, dict[str, str]]]:
        """Address and headers of each curl line that it printed."""
        found = []
        for line in re.findall(r"^ *curl .*$", self.output, re.MULTILINE):
            _, _, header, address, *_ = shlex.split(line)
            name, _, value = header.partition(": ")
            found.append((address, {name: value}))
        return found

    def get(self, path: str, headers: Mapping[str, str]) -> bytes:
        """The body of an answer; HTTPError for everything but 200."""
        address = path if path.startswith("http") else self.url + path
        request = urllib.request.Request(address, headers=dict(headers))
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.read()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """The exit code after that signal."""
        self.process.send_signal(number)
        code = self.process.wait(STOP_SECONDS)
        self.join()
        return code

    def join(self) -> None:
        """Wait for the rest of the output: until all processes that could write are gone."""
        self._reader.join(STOP_SECONDS)
        assert not self._reader.is_alive(), "a process of the demo lives on"


@contextmanager
def running(directory: Path, *arguments: str, **extra: str) -> Iterator[Demo]:
    """A demo that answers."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, ROOT / "manage.py", "demo", "--port", str(port), *arguments],
        env=environment(directory, **extra),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    demo = Demo(process, port)
    try:
        demo.wait_until_ready()
        yield demo
    finally:
        if process.poll() is None:
            demo.stop()
        demo.join()
