"""Run gunicorn, a worker and a scheduler below the demo, and take them down with it."""

import ctypes
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

from exports_project import background

from .environment import ROOT

HOST: Final = "127.0.0.1"
HEALTH: Final = "/api/exports/health"
START_SECONDS: Final = 60
# Above gunicorn's graceful timeout in COMMAND.
STOP_SECONDS: Final = 10
LOOK_SECONDS: Final = 0.2
PR_SET_PDEATHSIG: Final = 1
STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COMMAND: Final = (
    *(sys.executable, "-m", "gunicorn", "--config", "python:exports_project.gunicorn"),
    *("--workers", "1", "--graceful-timeout", "3", "--log-level", "warning", "exports_project.wsgi"),
)
# Of background jobs, by the queue: one process, which lets a job that it has begun end before it does.
WORKERS: Final = {
    background.DATABASE: (sys.executable, str(ROOT / "manage.py"), "db_worker", "--no-reload"),
    background.CELERY: (
        *(sys.executable, "-m", "celery", "--app", "exports_project.celery", "--quiet"),
        *("worker", "--concurrency", "1", "--loglevel", "WARNING"),
    ),
}
# Of schedules, mails and webhooks. What it does is done twice by nobody: there may be others beside it.
SCHEDULER: Final = (sys.executable, str(ROOT / "manage.py"), "export_scheduler")


class ServerError(RuntimeError):
    """The server did not start, or stopped by itself; the text says what to do."""


def require_free(port: int) -> None:
    """Raise ServerError where the port cannot be listened on."""
    # As gunicorn listens: connections that linger from the last run do not count.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise ServerError(f"Port {port} cannot be used ({error}): take another with --port.") from error


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP are an ordinary end of the block; a second does not disturb its clean-up."""

    def stop(number: int, frame: FrameType | None) -> None:
        for other in STOP_SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def child(
    command: tuple[str, ...], environment: dict[str, str], *, own_group: bool
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with this block, and with this process however that ends.

    `own_group` keeps Ctrl-C on the terminal from it, and the terminal's input too.
    """
    # Its parent's death is the kernel's to tell; elsewhere than on Linux a killed parent leaves it behind.
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL if own_group else None,
        process_group=0 if own_group else None,
        preexec_fn=(lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)) if libc else None,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve(port: int, environment: dict[str, str], queue: str, announce: Callable[[], None]) -> None:
    """Serve until this process is stopped, with the processes beside it; `announce` once it answers.

    `queue` is the backend of the tasks. Raises ServerError where one of them ends.
    """
    command = (*COMMAND, "--bind", f"{HOST}:{port}")
    # Unless the environment says otherwise: where links in mails lead, and that mails, which are shown on the
    # terminal, have no files.
    defaults = {"EXPORTS_BASE_URL": base_url(port), "EXPORTS_MAIL_ATTACHMENT_BYTES": "0"}
    given = {name: value for name, value in environment.items() if value.strip()}
    environment = environment | defaults | {name: given[name] for name in defaults if name in given}
    with (
        child(command, environment, own_group=True) as process,
        child(WORKERS[queue], environment, own_group=True) as worker,
        child(SCHEDULER, environment, own_group=True) as scheduler,
    ):
        wait_until_healthy(process, f"http://{HOST}:{port}{HEALTH}")
        announce()
        wait_until_one_ends(
            {
                "gunicorn": process,
                "The worker of background jobs": worker,
                "The scheduler": scheduler,
            }
        )


def base_url(port: int) -> str:
    """The demo's address for people: cookies of one name of this machine are not sent to another."""
    return f"http://localhost:{port}"


def wait_until_one_ends(processes: Mapping[str, subprocess.Popen[bytes]]) -> NoReturn:
    """Raises ServerError, naming the process that has ended."""
    while True:
        for name, process in processes.items():
            if process.poll() is not None:
                raise ServerError(f"{name} stopped by itself (exit code {process.returncode}).")
        time.sleep(LOOK_SECONDS)


def wait_until_healthy(process: subprocess.Popen[bytes], url: str) -> None:
    """Return once the server that this process runs answers there. Raises ServerError where it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(f"The server did not start (exit code {process.returncode}).")
        if _answers(url):
            return
        time.sleep(0.1)
    raise ServerError(f"{url} did not answer within {START_SECONDS} seconds.")


def _answers(url: str) -> bool:
    # Never through a proxy that the environment names: this is our own machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as response:
            return bool(response.status == 200)
    except OSError:
        return False
