"""What is done every few seconds beside the requests: by a thread of each process that serves them."""

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Final

from django.db import connections

from .jobs.storage import is_configured
from .jobs.sweeping import sweep_jobs
from .lost import close_lost_records

logger = logging.getLogger(__name__)

SWEEP_SECONDS: Final = 20
"""With lost.GRACE and PostgreSQL's two seconds to see a dead client, a record is closed within 60 seconds."""

_sweeping = False


def start_sweeping() -> None:
    """Closes lost records, and looks after jobs, now and from now on.

    In threads of this process and of each forked from it.
    """
    global _sweeping
    if not _sweeping:
        _sweeping = True
        if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
            os.register_at_fork(after_in_child=_start_threads)
        _start_threads()


def _start_threads() -> None:
    # One each: a storage that is away keeps no record from being closed.
    _start_thread("exports-sweep", close_lost_records)
    if is_configured():
        _start_thread("exports-sweep-jobs", sweep_jobs)


def _start_thread(name: str, look_after: Callable[[], object]) -> None:
    threading.Thread(target=_sweep, args=[look_after], name=name, daemon=True).start()


def _sweep(look_after: Callable[[], object]) -> None:
    while True:
        try:
            look_after()
        except Exception:
            logger.warning("The sweep by %s has failed", look_after.__name__, exc_info=True)
        finally:
            connections.close_all()
        time.sleep(SWEEP_SECONDS)
