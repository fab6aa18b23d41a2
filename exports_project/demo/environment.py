"""The environment of `manage.py demo`: an env file for a newcomer, read before the settings are.

Imports nothing of Django's, because the settings refuse to load without what is written here.
"""

import os
import secrets
from pathlib import Path
from typing import Final
from urllib.parse import quote

from exports_project import credentials, secret_files
from exports_project.variables import is_true

ROOT: Final = Path(__file__).resolve().parent.parent.parent

TEXT: Final = """\
# Written by `manage.py demo`, once: change what you like. For development on this machine alone.
# Variables of the environment win over this file.
DEBUG=true
SECRET_KEY={SECRET_KEY}
ALLOWED_HOSTS={ALLOWED_HOSTS}
DATABASE_URL={DATABASE_URL}
# The files of background jobs.
EXPORTS_FILES={EXPORTS_FILES}
# Whoever sends the header X-User-Id is that user.
EXPORTS_DEV_USER_HEADER={EXPORTS_DEV_USER_HEADER}
# Every way of signing in whose packages are installed (docs/credentials.md).
AUTHENTICATION_CLASSES={AUTHENTICATION_CLASSES}
NEXTAUTH_SECRET={NEXTAUTH_SECRET}
EXPORTS_RATE={EXPORTS_RATE}
"""


def directory() -> Path:
    """Where the demo keeps its data: `.demo` beside manage.py, or what DEMO_DIRECTORY names."""
    return Path(os.environ.get("DEMO_DIRECTORY") or ROOT / ".demo").absolute()


def files_directory() -> Path:
    """Where the demo's worker keeps the files of background jobs, unless the environment says otherwise."""
    return directory() / "files"


def env_file() -> Path | None:
    """The env file, which the settings find in the same way; None where ENV_FILE is empty."""
    name = os.environ.get("ENV_FILE", str(ROOT / ".env"))
    return Path(name) if name else None


def defaults() -> dict[str, str]:
    """A development configuration, with a new secret key at every call."""
    return {
        "DEBUG": "true",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "DATABASE_URL": own_database_url(),
        "EXPORTS_FILES": str(files_directory()),
        "EXPORTS_DEV_USER_HEADER": "true",
        "AUTHENTICATION_CLASSES": ",".join(credentials.available()),
        "NEXTAUTH_SECRET": secrets.token_urlsafe(32),
        "EXPORTS_RATE": "300/h",
    }


def own_database_url() -> str:
    """The demo's own SQLite file."""
    return f"sqlite:///{quote(str(directory() / 'demo.sqlite3'))}"


def prepare() -> None:
    """Write the env file unless there is one, and complete the environment with it and the defaults.

    What stands in the environment wins, then the file. Raises SystemExit where either of them switches DEBUG
    off: the demo trusts a header and has known passwords.
    """
    values = defaults()
    path = env_file()
    if path:
        write(path, values)
        secret_files.read_env_file(path)
    if os.environ.get("EXPORTS_S3_BUCKET", "").strip():
        del values["EXPORTS_FILES"]
    for name, value in values.items():
        if not secret_files.is_given(os.environ, name):
            os.environ[name] = value
    if not is_true(os.environ["DEBUG"]):
        raise SystemExit("CommandError: demo is for development: it does not run while DEBUG is off.")
    if os.environ.get("DATABASE_URL") == own_database_url():
        directory().mkdir(parents=True, exist_ok=True)


def write(path: Path, values: dict[str, str]) -> bool:
    """Write the file, readable by its owner alone; False, and nothing done, where one exists."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(TEXT.format_map(values))
    return True
