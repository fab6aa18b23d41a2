"""Whether this process should be sent requests: what it needs answers, and it is not about to stop."""

import logging
from collections.abc import Callable, Mapping

from django.core.cache import cache
from django.db import connection

from exports_project.operations import shutdown

logger = logging.getLogger(__name__)


def database() -> None:
    """Raises where the database does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def counters() -> None:
    """Raises where the cache that counts the rate does not answer. In development it is in this process."""
    cache.get("readyz")


PARTS: Mapping[str, Callable[[], None]] = {"database": database, "cache": counters}


def failed_parts() -> list[str]:
    """The names of the parts that are not ready; the log learns of each change, and no secret."""
    if shutdown.is_draining():
        return ["stopping"]  # which has been told already
    failed = {name: reason for name, part in PARTS.items() if (reason := _failure(part))}
    _tell(failed)
    return list(failed)


def _failure(part: Callable[[], None]) -> str:
    try:
        part()
    except Exception as error:
        # Its text could hold an address or a password.
        return type(error).__name__
    return ""


_told: dict[str, str] = {}


def _tell(failed: dict[str, str]) -> None:
    """One line a change: probes come every few seconds."""
    global _told
    if failed == _told:
        return
    _told = failed
    if failed:
        logger.warning("Not ready: %s", ", ".join(f"{name} ({reason})" for name, reason in failed.items()))
    else:
        logger.info("Ready again")
