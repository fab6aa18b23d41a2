"""System checks of `manage.py check --deploy`: limits that a service which others use should have."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from .conf import export_settings

# Of these Django's documentation says so. Subclasses, and backends of others, are taken at their word.
_OF_ONE_PROCESS = frozenset({"dummy.DummyCache", "locmem.LocMemCache"})
_NOT_ATOMIC = frozenset({"db.DatabaseCache", "filebased.FileBasedCache"})


@register("exports", deploy=True)
def check_deployment(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A warning for each limit of EXPORTS that is switched off, and for a cache that can't count the rate."""
    return [*_check_limits(), *_check_cache()]


def _check_limits() -> Iterator[CheckMessage]:
    limits = export_settings()
    if limits.rate is None:
        yield _warning("W101", "RATE", "a user may export as often as they like", "10/h")
    if limits.rate_fail_open:
        text = (
            "EXPORTS['RATE_FAIL_OPEN'] lets everybody export without a limit while the cache does not answer."
        )
        yield Warning(text, hint="Leave it out.", id="exports.W108")
    if limits.max_seconds is None:
        yield _warning(
            "W102", "MAX_SECONDS", "an export may hold a snapshot of the database for days", "3600"
        )
    if limits.min_bytes_per_second is None:
        text = "a client that reads next to nothing holds a thread and a database connection"
        yield _warning("W103", "MIN_BYTES_PER_SECOND", text, "1000")
    if limits.max_spool_bytes is None:
        text = "a file for a client of HTTP/1.0 may fill the disk"
        yield _warning("W104", "MAX_SPOOL_BYTES", text, "1 << 30")
    if limits.max_concurrent is None and limits.max_concurrent_per_user is None:
        text = "one user's exports may take every thread and database connection"
        yield _warning("W105", "MAX_CONCURRENT_PER_USER", text, "10")


def _check_cache() -> Iterator[CheckMessage]:
    """The cache that django-ratelimit counts in.

    Its own E003 says so to a development too, where it is silenced: this one is for deployments alone.
    """
    alias = getattr(settings, "RATELIMIT_USE_CACHE", "default")
    backend = str(settings.CACHES.get(alias, {}).get("BACKEND", ""))
    name = backend.removeprefix("django.core.cache.backends.")
    hint = "Use a server that counts for all processes: Redis or Memcached."
    if name in _OF_ONE_PROCESS:
        text = f"CACHES[{alias!r}] is no cache that processes share: each counts EXPORTS['RATE'] by itself."
        yield Warning(text, hint=hint, id="exports.W106")
    if name in _NOT_ATOMIC:
        text = (
            f"CACHES[{alias!r}] does not count atomically: requests at the same time exceed EXPORTS['RATE']."
        )
        yield Warning(text, hint=hint, id="exports.W107")


def _warning(number: str, key: str, danger: str, value: str) -> Warning:
    text = f"EXPORTS[{key!r}] sets no limit: {danger}."
    return Warning(text, hint=f"Set it, for example to {value}.", id=f"exports.{number}")
