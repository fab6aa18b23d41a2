"""Reads single variables of the environment. One that is empty counts as not set.

What cannot be read raises ImproperlyConfigured with the variable's name, and never shows the value: it may be
a secret that stands in the wrong place.
"""

import json
import logging
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from exports.rate import Rate


def split_list(text: str) -> list[str]:
    """The entries of a comma-separated list, trimmed, empty ones dropped."""
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def is_true(text: str) -> bool:
    """Whether a text switches something on. What is not plainly yes is no: the safe side of every switch."""
    return text.strip().lower() in environ.Env.BOOLEAN_TRUE_STRINGS


def require_none(problems: Iterable[str]) -> None:
    """Raises ImproperlyConfigured with the first problem, if there is one."""
    for problem in problems:
        raise ImproperlyConfigured(problem)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):  # the last one would win, unseen
        raise ValueError
    return found


class Variables:
    """The environment of this process, or what `values` says instead of it.

    Not environ.Env's own readers: a value that begins with "$", as one random key in fifty does, they take
    for a variable's name, and their errors name no variable.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = os.environ if values is None else values

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default

    def entries(self, name: str) -> list[str]:
        return split_list(self.text(name))

    def switch(self, name: str) -> bool:
        return is_true(self.text(name))

    def whole_number(self, name: str, default: int, *, least: int = 0) -> int:
        text = self.text(name, str(default))
        # Twelve digits are more than anybody has rows or seconds, and less than what any user of them takes.
        if not re.fullmatch("[0-9]{1,12}", text) or int(text) < least:
            raise ImproperlyConfigured(
                f"{name} is not a whole number of {least} or more: correct it, or leave it out for {default}."
            )
        return int(text)

    def json(self, name: str) -> dict[str, Any]:
        """A JSON object; an empty one where the variable is not set. No key of it may come twice."""
        try:
            found = json.loads(self.text(name, "{}"), object_pairs_hook=_without_repeats)
            json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise ImproperlyConfigured(f"{name} is no JSON object.")
        return found

    def rate(self, name: str, default: str) -> str | None:
        text = self.text(name, default)
        if text == "none":
            return None
        try:
            Rate.parse(text)
        except ValueError:
            problem = f"{name} is no rate: write it as 10/h or 5/10m, or none for no limit."
            raise ImproperlyConfigured(problem) from None
        return text

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        text = self.text(name, default).lower()
        if text not in choices:
            raise ImproperlyConfigured(f"{name} is not one of: {', '.join(choices)}.")
        return text

    def log_level(self, name: str, default: str) -> str:
        level = self.text(name, default).upper()
        if level not in logging.getLevelNamesMapping():
            raise ImproperlyConfigured(
                f"{name} is not a level of logging: DEBUG, INFO, WARNING, ERROR or CRITICAL."
            )
        return level
