"""An error as a record keeps it, in one language for all; and as somebody reads it, in theirs."""

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as translation_of
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from .exceptions import ExportError

UNEXPECTED: Final = _(
    "Something went wrong that nobody had expected ({name}). Try again; if it happens once more, tell "
    "whoever runs this service."
)

_PLACE: Final = re.compile(r"\\{(\w+)\\}")
"""What stands for a name in a message, once the message is escaped."""

LONGEST: Final = 2000
"""Characters of a sentence that is read back. Ours are shorter; of a hostile one the patterns take the cube
of the length: 1.3 s for 5,000, 7.6 s for 10,000."""

_CLASS: Final = re.compile(r"[A-Za-z_][\w.<>]*")
"""How `describe` tells of what is no error of the engine's."""


def describe(exception: BaseException) -> str:
    """An error for the record: an engine error's own words, of any other only what it is.

    The text of a stranger's exception may hold values of the row that it met.
    """
    if not isinstance(exception, ExportError):
        return type(exception).__qualname__
    with override(None):  # one language for all records, whoever asked
        return str(exception.detail)


def in_words(text: str) -> str:
    """As `in_language`, for whoever it has happened to: of a stranger's error it says what to do."""
    return UNEXPECTED.format(name=text) if _CLASS.fullmatch(text) else in_language(text)


def in_language(text: str) -> str:
    """What a record says, in the language that is active; the text itself where there are no other words."""
    return _translated(text) or "; ".join(map(_of_parameter, text.split("; ")))


def _of_parameter(text: str) -> str:
    """Of a parameter that is wrong the record names it before it says why."""
    name, colon, detail = text.partition(": ")
    return f"{name}{colon}{_translated(detail) or detail}"


def _translated(text: str) -> str:
    """Empty where that is no sentence that could be translated."""
    if len(text) > LONGEST:
        return ""
    for pattern, message in _messages():
        if match := pattern.fullmatch(text):
            return str(message).format(**match.groupdict())
    # gettext ends lines in its own way, and has something to say of no text at all.
    if not text or "\r" in text or (found := translation_of(text)) == text:
        return ""
    return found


@cache
def _messages() -> list[tuple[re.Pattern[str], Promise]]:
    """The messages that name something, and a pattern for what a record says of each."""
    found = []
    for message in _of(ExportError):
        with override(None):
            pattern = _pattern(str(message))
        if pattern is not None:
            found.append((pattern, message))
    return found


def _pattern(message: str) -> re.Pattern[str] | None:
    """Of a message that names something; None of others, and of what is no name."""
    seen: set[str] = set()

    def place(found: re.Match[str]) -> str:
        name = found[1]
        again = name in seen
        seen.add(name)
        return f"(?P={name})" if again else f"(?P<{name}>.*)"

    text = _PLACE.sub(place, re.escape(message))
    with suppress(re.error):
        return re.compile(text, re.DOTALL) if seen else None
    return None


def _of(error: type[ExportError]) -> Iterator[Promise]:
    yield from (value for value in vars(error).values() if isinstance(value, Promise))
    for kind in error.__subclasses__():
        yield from _of(kind)
