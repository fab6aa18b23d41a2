"""The engine's settings: the dictionary `EXPORTS` in a project's settings, typed and with defaults."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """One attribute for each key of `EXPORTS`, in lower case."""

    chunk_size: int = 1000
    """CHUNK_SIZE: rows fetched from the database, encoded and sent at a time."""

    max_rows: int | None = None
    """MAX_ROWS: an export of more rows is refused before its first byte; None: no limit."""

    rate: str | None = "10/h"
    """RATE: exports per user and dataset, as django-ratelimit writes it (`10/h`); None: no limit."""

    scope_resolver: str = "exports.scope.own_rows"
    """SCOPE_RESOLVER: dotted path of `(user, requested tenant or None) -> exports.Scope`."""


@cache
def export_settings() -> ExportSettings:
    """The settings now in force. Raises ImproperlyConfigured for a key that does not exist."""
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
