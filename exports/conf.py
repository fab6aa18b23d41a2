"""The engine's settings: the dictionary `EXPORTS` in a project's settings, typed and with defaults."""

import re
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

# As django-ratelimit reads it: so many in so many seconds, minutes, hours or days.
_RATE = re.compile(r"[0-9]+/([1-9][0-9]*)?[smhd]")

_POSITIVE = (
    *("max_seconds", "min_bytes_per_second", "max_spool_bytes"),
    *("max_concurrent", "max_concurrent_per_user"),
)


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """One attribute for each key of `EXPORTS`, in lower case."""

    chunk_size: int = 1000
    """CHUNK_SIZE: rows fetched from the database, encoded and sent at a time.

    Of 100,000 calls on SQLite, blocks of 250 to 5,000 took the same time within 15 %; the first bytes came
    after 15 ms at 250, 39 ms at 1,000 and 174 ms at 5,000.
    """

    max_rows: int | None = None
    """MAX_ROWS: an export of more rows is refused before its first byte; None: no limit."""

    rate: str | None = "10/h"
    """RATE: exports per user and dataset, as django-ratelimit writes it (`10/h`); None: no limit."""

    max_seconds: int | None = 3600
    """MAX_SECONDS: an export that takes longer is broken off, so that nobody holds a snapshot for hours;
    None: no limit."""

    min_bytes_per_second: int | None = 1000
    """MIN_BYTES_PER_SECOND: a client that takes less is cut off, once it has let a chunk wait for ten seconds
    longer than the chunk would need at this rate; None: no limit. Commands have none."""

    max_spool_bytes: int | None = 1 << 30
    """MAX_SPOOL_BYTES: how large a file may be that is kept on disk until it is whole, because its reader
    could not tell a part of it from all of it (HTTP/1.0); None: no limit."""

    max_concurrent: int | None = None
    """MAX_CONCURRENT: exports that run at the same time, of all users; None: no limit."""

    max_concurrent_per_user: int | None = None
    """MAX_CONCURRENT_PER_USER: exports of one user that run at the same time; None: no limit."""

    scope_resolver: str = "exports.scope.own_rows"
    """SCOPE_RESOLVER: dotted path of `(user, requested tenant or None) -> exports.Scope`."""

    def __post_init__(self) -> None:
        if self.chunk_size < 1:
            raise ImproperlyConfigured("EXPORTS['CHUNK_SIZE'] must be 1 at least.")
        if self.max_rows is not None and self.max_rows < 0:
            raise ImproperlyConfigured("EXPORTS['MAX_ROWS'] must be a number of rows, or None for no limit.")
        for name in _POSITIVE:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ImproperlyConfigured(
                    f"EXPORTS['{name.upper()}'] must be 1 at least, or None for no limit."
                )
        if self.rate is not None and not _RATE.fullmatch(self.rate):
            raise ImproperlyConfigured(
                f"EXPORTS['RATE'] {self.rate!r} is no rate, such as 10/h, 5/10m or None."
            )


@cache
def export_settings() -> ExportSettings:
    """The settings now in force. Raises ImproperlyConfigured for a key or a value that can't be."""
    configured: dict[str, Any] = getattr(settings, "EXPORTS", {})
    known = {field.name.upper() for field in fields(ExportSettings)}
    if unknown := sorted(configured.keys() - known):
        raise ImproperlyConfigured(
            f"EXPORTS has no setting {', '.join(unknown)}. There are: {', '.join(sorted(known))}."
        )
    return ExportSettings(**{name.lower(): value for name, value in configured.items()})


@receiver(setting_changed)
def _reload(*, setting: str, **kwargs: object) -> None:
    if setting == "EXPORTS":
        export_settings.cache_clear()
