"""The progress bar: rows done of rows expected, on one line."""

import io
import itertools
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.core.management.base import OutputWrapper

from exports.management.progress import progress_bar

# No database has a part in it.
pytestmark = pytest.mark.sqlite

CLEAR = "\r\x1b[K"


def drawn(expected: int | None, *steps: int) -> list[str]:
    """What was drawn, a second apart, and then cleared."""
    terminal = io.StringIO()
    now = 99
    clock = itertools.count(100)
    with (
        patch("exports.management.progress.time", SimpleNamespace(monotonic=lambda: now)),
        progress_bar(OutputWrapper(terminal), expected) as bar,
    ):
        for rows in steps:
            now = next(clock)
            bar.show(rows)
            bar.show(rows + 1)  # at once, and so not drawn
    start, *lines, cleared = terminal.getvalue().split(CLEAR)
    assert (start, cleared) == ("", "")
    return lines


def test_it_works():
    none, half, full = drawn(2_000, 1_000, 2_000)
    assert none.endswith("]   0% 0 of 2,000 rows")
    assert half.endswith("]  50% 1,000 of 2,000 rows")
    assert full.endswith("] 100% 2,000 of 2,000 rows")
    assert none.count("#") == full.count(".") == 0
    assert half.count(".") - half.count("#") in (0, 1)
    assert half.count("#") > 10
    assert all(len(line) < 80 for line in (none, half, full))


@pytest.mark.parametrize(
    ("expected", "rows", "words"),
    [
        (None, 1_500, "1,500 rows"),
        (0, 0, " 100% 0 of 0 rows"),
        (10, 12, " 100% 12 of 12 rows"),
    ],
)
def test_what_was_not_expected(expected, rows, words):
    assert drawn(expected, rows)[-1].endswith(words)


def test_it_is_gone_when_the_export_fails():
    terminal = io.StringIO()
    with pytest.raises(ValueError), progress_bar(OutputWrapper(terminal), 10):
        raise ValueError
    assert terminal.getvalue().endswith(CLEAR)
