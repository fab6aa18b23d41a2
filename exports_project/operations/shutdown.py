"""SIGTERM in the order that loses no download: not ready, then not accepting, then breaking what still runs.

The server's own handler (gunicorn's or uvicorn's) stops accepting at once and lets running downloads go on.
Before it comes another step: for `drain` seconds `/readyz` says 503 while requests are still answered, so
that a load balancer has learnt of it before the first connection is refused. And after it comes one that
servers lack: shortly before they would kill what still runs, the engine breaks it off, visibly and with the
reason in its record.

A second SIGTERM ends the first step at once.
"""

import logging
import mmap
import queue
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

logger = logging.getLogger(__name__)

type Handler = Callable[[int, FrameType | None], object]

# For breaking off what runs and closing its records, before the server's patience ends.
MARGIN_SECONDS = 3.0
# Two SIGTERM within this are one: a supervisor may send it to all processes of a service, of which gunicorn's
# master sends it to the others again.
AGAIN_SECONDS = 1.0
# For the master to have got the signal that its workers got at the same time.
ANNOUNCED_SECONDS = 0.5

_draining = threading.Event()
_installed: "Shutdown | None" = None
# One byte that gunicorn's master shares with its workers: whether the whole server stops.
_server_stops = mmap.mmap(-1, 1)


def is_draining() -> bool:
    """Whether this process has been told to stop, and new requests should go elsewhere."""
    return _draining.is_set()


class Shutdown:
    """The three steps. `handle` is the signal handler: it may interrupt anything, so it takes no lock.

    In: the server's own handler; `drain` and `grace`, seconds since the signal; `announced`, whether the
    whole server stops. Where it does not, this process is being replaced, and the server is as ready as
    before.
    """

    def __init__(
        self, handler: Handler, *, drain: float, grace: float, announced: Callable[[], bool] = lambda: True
    ) -> None:
        self._handler = handler
        self._margin = min(MARGIN_SECONDS, grace / 4)
        self._grace = grace
        # A time to drain that is longer than the grace would leave none for downloads.
        self._drain = min(drain, grace / 2)
        self._announced = announced
        self._begun: float | None = None
        self._drained = False
        self._at_once = False
        self._woken: queue.SimpleQueue[None] = queue.SimpleQueue()

    def start(self) -> None:
        """Begins to wait. The thread is made now: a signal handler must not make one."""
        threading.Thread(target=self._follow, name="shutdown", daemon=True).start()

    def handle(self, number: int, frame: FrameType | None) -> None:
        """SIGTERM: the first, a later one, and the one that this object sends when it has drained."""
        now = time.monotonic()
        if self._begun is None:
            self._begun = now
            self._woken.put(None)
        elif self._drained or now - self._begun > AGAIN_SECONDS:
            self._handler(number, frame)

    def hurry(self) -> None:
        """Breaks off what runs, now. For a signal handler too."""
        self._at_once = True
        self._begun = self._begun or time.monotonic()
        self._woken.put(None)

    def _follow(self) -> None:
        self._woken.get()
        begun = self._begun or time.monotonic()
        if self._is_announced():
            _draining.set()
            logger.info("Told to stop: not ready, and accepting for another %g s", self._drain)
            self._sleep(begun + self._drain)
        self._drained = True
        if not self._at_once:
            # To the main thread, where signals are handled; it wakes up a server that waits for requests.
            signal.pthread_kill(_main_thread(), signal.SIGTERM)
        self._sleep(begun + self._grace - self._margin)
        stop_exports()

    def _is_announced(self) -> bool:
        deadline = time.monotonic() + ANNOUNCED_SECONDS
        while not (self._announced() or self._at_once):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def _sleep(self, until: float) -> None:
        while not self._at_once and (left := until - time.monotonic()) > 0:
            with suppress(queue.Empty):
                self._woken.get(timeout=left)


def _main_thread() -> int:
    return threading.main_thread().ident or 0


def install(*, drain: float, grace: float, announced: Callable[[], bool] = lambda: True) -> None:
    """Puts the steps around the SIGTERM handler that the server has installed. In the main thread.

    Where there is none, as in a command or a shell, nothing is done.
    """
    global _installed
    handler = signal.getsignal(signal.SIGTERM)
    if not callable(handler) or _installed is not None:
        return
    _installed = Shutdown(handler, drain=drain, grace=grace, announced=announced)
    _installed.start()
    signal.signal(signal.SIGTERM, _installed.handle)
    # As gunicorn has it: a system call of a running request is not interrupted.
    signal.siginterrupt(signal.SIGTERM, False)


def stop_at_once() -> None:
    """Breaks off what runs in this process: the server is about to end it without waiting."""
    if _installed is not None:
        _installed.hurry()


def stop_exports() -> None:
    """Each running export fails, with the reason in its record and a broken connection for its client."""
    from exports import running
    from exports.exceptions import ServerStopping

    count = running.count()
    if count:
        logger.warning("Breaking off %d exports, files and pages that are under way: the server stops", count)
        running.stop_all(ServerStopping())


def watch_master() -> None:
    """In gunicorn's master: its SIGTERM tells the workers that theirs ends the server, and is no reload."""
    handler = signal.getsignal(signal.SIGTERM)

    def stopping(number: int, frame: FrameType | None) -> None:
        _server_stops[0] = 1
        if callable(handler):
            handler(number, frame)

    signal.signal(signal.SIGTERM, stopping)


def master_stops() -> bool:
    """In gunicorn's workers: whether the master has been told to stop."""
    return _server_stops[0] != 0
