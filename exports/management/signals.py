"""Signals that end a command, noted until nothing is half done."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE: Final = 1.0
"""Seconds that a signal waits for the next block of rows before it breaks into whatever takes so long."""


class Interrupted(KeyboardInterrupt):
    """The command was told to end. A KeyboardInterrupt, on which psycopg cancels the query it waits for."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.strsignal(number))


@contextmanager
def noted_signals() -> Iterator[Callable[[], None]]:
    """Gives a function that raises Interrupted once a signal has come; to be called where ending is safe.

    A second signal, or the end of GRACE, raises wherever the command is: the database may be silent. What
    the process was started to ignore (`nohup`) stays ignored. In a thread nothing is changed.
    """
    noted: list[int] = []
    overdue = threading.Timer(GRACE, _again, (noted, threading.get_ident()))
    overdue.daemon = True

    def note(number: int, frame: FrameType | None) -> None:
        noted.append(number)
        if len(noted) > 1:
            raise Interrupted(noted[0])
        overdue.start()

    def check() -> None:
        if noted:
            overdue.cancel()  # what is cleaned up now is not broken into
            raise Interrupted(noted[0])

    with _handlers(note):
        try:
            yield check
        finally:
            overdue.cancel()


def _again(noted: list[int], thread: int) -> None:
    signal.pthread_kill(thread, noted[0])


@contextmanager
def _handlers(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heeded = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    previous = {number: signal.signal(number, handler) for number in heeded}
    try:
        yield
    finally:
        for number, former in previous.items():
            signal.signal(number, former)
