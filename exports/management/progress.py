"""A progress bar on a terminal."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.core.management.base import OutputWrapper
from django.utils.translation import gettext as _

INTERVAL: Final = 0.1
"""Seconds between two drawings: more often nobody sees, and a slow terminal would hold up the export."""

_CLEAR: Final = "\r\x1b[K"


class NoProgress:
    """Where nobody watches."""

    def show(self, rows: int) -> None:
        """Nothing."""


class ProgressBar(NoProgress):
    """Rows done of rows expected, drawn over itself on one line."""

    def __init__(self, terminal: OutputWrapper, expected: int | None) -> None:
        self._terminal = terminal
        self._expected = expected
        self._drawn = 0.0

    def show(self, rows: int) -> None:
        """Draws it, unless that was done a moment ago."""
        if time.monotonic() - self._drawn < INTERVAL:
            return
        self._drawn = time.monotonic()
        self._write(_CLEAR + self._line(rows))

    def clear(self) -> None:
        self._write(_CLEAR)

    def _line(self, rows: int) -> str:
        if self._expected is None:
            return _("%(rows)s rows") % {"rows": f"{rows:,}"}
        # Rows that were added since they were counted are in the file too.
        expected = max(self._expected, rows)
        figures = _("%(rows)s of %(expected)s rows") % {"rows": f"{rows:,}", "expected": f"{expected:,}"}
        done = rows / expected if expected else 1.0
        width = max(self._columns() - len(figures) - len("[] 100 % ") - 1, 0)
        filled = int(done * width)
        return f"[{'#' * filled}{'.' * (width - filled)}] {done:4.0%} {figures}"

    def _columns(self) -> int:
        try:
            return min(os.get_terminal_size(self._terminal.fileno()).columns or 80, 100)
        except OSError:
            return 80

    def _write(self, text: str) -> None:
        self._terminal.write(text, str, "")  # in no colour, on the same line
        self._terminal.flush()


@contextmanager
def progress_bar(terminal: OutputWrapper, expected: int | None) -> Iterator[NoProgress]:
    """A bar that is gone at the end, however it ends."""
    bar = ProgressBar(terminal, expected)
    bar.show(0)
    try:
        yield bar
    finally:
        bar.clear()
