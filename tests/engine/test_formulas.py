"""The formula rule, and that the escape loses nothing."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports import escape_formula, unescape_formula
from exports.formulas import is_formula, strip_controls

LIVE = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", " =1", "\t=1", "\r=1", "\n=1",
    "\tx", "\rx", "\nx",
    "\u00a0=1", "\ufeff=1", "\u200b=1", "\u200e\u202a=1", "\xad=1", "\u3000=1", "'=1", "''=1", "' =1", "'\tx",
    "-", "+", "=", "@", "--1", "+1e5", "-1.", "+.5", "-1,5", "+41 44", "+٤١", "'+41", " +41", "-1\n",
]  # fmt: skip
HARMLESS = [
    "", "x", "1", "1+1", "+41441234567", "-5", "+5", "-0.5", "1.5", "'", "''", "'x", " x", "\u200bx", "x=1",
    "a\tb", "1e5", "#N/A", "%0", "−1", "\u00e9=", "NULL", "\\.",
]  # fmt: skip


@pytest.mark.parametrize("text", LIVE)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert escape_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_anything_else_is_left_alone(text):
    assert escape_formula(text) == text


@pytest.mark.sqlite  # no database in it: once is enough
def test_the_escape_can_be_undone_for_every_first_character():
    """Its inverse on every text means that no two texts come out the same."""
    for code in range(sys.maxunicode + 1):
        for text in (chr(code), f"{chr(code)}=1", f"'{chr(code)}"):
            text = strip_controls(text)
            assert unescape_formula(escape_formula(text)) == text, ascii(text)


def test_every_kind_of_space_before_a_trigger_is_looked_through():
    """The printed list holds all of Unicode's white space."""
    for code in range(0x10000):
        character = chr(code)
        if strip_controls(character) and (character.isspace() or unicodedata.category(character) == "Zs"):
            assert is_formula(f"{character}=1"), hex(code)


@given(st.text())
def test_any_text_comes_back(text):
    text = strip_controls(text)
    assert unescape_formula(escape_formula(text)) == text


@given(st.text(alphabet="'=+-@ \t\r\n\x07\u200b\ufeff1.9x", max_size=8))
def test_nothing_that_was_escaped_still_counts_unless_behind_an_apostrophe(text):
    escaped = escape_formula(strip_controls(text))
    assert escaped.startswith("'") or not is_formula(escaped)
