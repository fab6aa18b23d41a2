"""The process beside the workers: runs schedules, and sends mails and webhooks. There may be several."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from django.db import Error as DatabaseFailure
from django.db import connections

from .notices.mail import send_due
from .notices.webhooks import deliver_due
from .schedules.running import run_due

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1
"""How often it looks. Of nothing to do each look is one or two queries, which an index answers."""


class Task(Protocol):
    """Does what is due, until it is told to end; returns how much that was."""

    __name__: str

    def __call__(self, stopped: Callable[[], bool] = ...) -> int: ...


TASKS: Final[dict[Task, int]] = {run_due: 2, send_due: 2, deliver_due: 4}
"""What it does, and in how many threads: a mail server or a receiver that does not answer holds up one."""


STOP_SECONDS: Final = 0.2
GRACE_SECONDS: Final = 25
"""How long it waits, once it is stopped, for what is at work: longer than a mail server or a receiver may be
silent, and less than supervisors wait."""


def run_forever(stopping: threading.Event) -> bool:
    """Does all of it until `stopping` is set, and what is at work then to its end, for GRACE_SECONDS at most.

    What is cut off by then is done by the next who looks. False where a part of it has ended by itself: it
    ends all, because a process that does half of its work looks well.
    """
    broken = threading.Event()
    threads = [
        threading.Thread(
            target=_repeat,
            args=[task, stopping, broken],
            name=f"exports-{task.__name__}-{number}",
            daemon=True,
        )
        for task, count in TASKS.items()
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    logger.info("The scheduler has started")
    # Not `wait`: a signal that sets it could come while its lock is held.
    while not (stopping.is_set() or broken.is_set()):
        time.sleep(STOP_SECONDS)
    stopping.set()
    deadline = time.monotonic() + GRACE_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    logger.info("The scheduler has stopped")
    return not broken.is_set()


def run_once() -> int:
    """Does what is due now, one after the other. Returns how much was done."""
    return sum(task() for task in TASKS)


def _repeat(task: Task, stopping: threading.Event, broken: threading.Event) -> None:
    try:
        while not stopping.is_set():
            begun = time.monotonic()
            try:
                task(stopping.is_set)
            except Exception:
                logger.warning("%s has failed", task.__name__, exc_info=True)
            _close_broken()
            stopping.wait(max(0.0, LOOK_SECONDS - (time.monotonic() - begun)))
    except BaseException:
        broken.set()
        raise
    finally:
        connections.close_all()


def _close_broken() -> None:
    """A connection that has failed is made anew; others are kept, for a look every second."""
    for connection in connections.all(initialized_only=True):
        if connection.errors_occurred:
            with suppress(DatabaseFailure):
                connection.close()
