"""Deleting what others may just be writing about."""

from contextlib import suppress
from typing import Any, Final

from django.db import IntegrityError

TRIES: Final = 3


def delete(row: Any, using: str) -> None:
    """Deletes it with all that belongs to it, also with what is written while this looks for that."""
    for _ in range(TRIES):
        with suppress(IntegrityError):
            row.delete(using=using)
            return
    row.delete(using=using)
