"""The environment of the processes that are measured: nothing that a developer has exported changes a figure.

Imports nothing of Django's, because `prepare` runs before the settings are read.
"""

import os
import secrets
from collections.abc import Mapping
from typing import Final

SETTINGS: Final = "exports_project.benchmark.settings"
# What a process needs to run at all.
KEPT: Final = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH"),
    *("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
)
SECRET_KEY: Final = secrets.token_urlsafe(50)


def environment(database_url: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """All variables of a process of the service on that database."""
    return {
        **{name: value for name, value in os.environ.items() if name in KEPT},
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "ENV_FILE": "",
        "DEBUG": "true",
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": database_url,
        "EXPORTS_DEV_USER_HEADER": "true",
        **(extra or {}),
    }


def prepare() -> None:
    """This process's own environment: the command needs no `.env`, and no database of its own."""
    os.environ.update(environment("sqlite://:memory:"))
