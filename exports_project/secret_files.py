"""Secrets in files, as Docker and Kubernetes mount them: the content of the file NAME_FILE stands for NAME.

What stands in the environment can be read in /proc and is handed on to child processes. So the content goes
into a mapping of our own, and never into the environment.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import environ
from django.core.exceptions import ImproperlyConfigured

SUFFIX: Final = "_FILE"
NAMES: Final = (
    *("CELERY_BROKER_URL", "DATABASE_URL", "EMAIL_URL", "EXPORTS_DATABASE_URL", "EXPORTS_S3_SECRET_KEY"),
    *("METRICS_TOKEN", "NEXTAUTH_SECRET", "REDIS_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS"),
)


def with_secret_files(values: Mapping[str, str]) -> dict[str, str]:
    """A copy of the environment in which the content of files stands under the variables' own names.

    Raises ImproperlyConfigured with one line for every variable that has two values or a file that holds
    none. It shows no content, and no path either: that may be the secret itself, in the wrong place.
    """
    completed = dict(values)
    problems: list[str] = []
    for name in NAMES:
        path = values.get(name + SUFFIX, "").strip()
        if not path:
            continue
        if values.get(name, "").strip():
            problems.append(f"{name} and {name}{SUFFIX} are both set: remove one of them.")
            continue
        completed[name] = _content(path)
        if not completed[name]:
            problems.append(
                f"{name}{SUFFIX} names no readable file with one line of text in UTF-8: correct it."
            )
    if problems:
        raise ImproperlyConfigured("\n  ".join(["Secrets in files: nothing was started.", *problems]))
    return completed


def _content(path: str) -> str:
    """The text of a regular file, trimmed; empty where there is none."""
    try:
        if not Path(path).is_file():  # a pipe would let the start hang
            return ""
        text = Path(path).read_bytes().decode("utf-8-sig").strip()  # editors on Windows add the mark
    except (OSError, ValueError):
        return ""
    # NUL: so UTF-16 reads as UTF-8. A line break: a URL would be read, and checked, without it.
    return "" if set("\0\r\n") & set(text) else text


def is_given(values: Mapping[str, str], name: str) -> bool:
    """Whether a variable is set, by itself or by a file."""
    return any(values.get(given, "").strip() for given in (name, name + SUFFIX))


def read_env_file(path: Path) -> None:
    """Completes the environment with the variables of an env file. What the environment says wins.

    So a file's DATABASE_URL does not count where the environment has DATABASE_URL_FILE, and the other way
    round.
    """
    before = {name for name, value in os.environ.items() if value.strip()}
    environ.Env.read_env(path)
    for name in NAMES:
        given = before & {name, name + SUFFIX}
        if len(given) == 1:
            [other] = {name, name + SUFFIX} - given
            os.environ.pop(other, None)
