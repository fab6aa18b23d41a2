"""The public list of nasty cells: what it must hold, and that every database can store it."""

import json
import unicodedata

import pytest

from exports.contrib.telephony.models import CallLog
from exports_project.demo import nasty


@pytest.mark.parametrize("sign", list("=+-@＝＋－＠"))
def test_every_sign_of_a_formula_is_there(sign):
    assert any(text.startswith(sign) for text in nasty.FORMULAS)


@pytest.mark.parametrize(
    "hidden", ["\x07", "\x7f", "\ufeff", "\u200b", "\u00a0", "\u00ad", "\u202e", "\u3000"]
)
def test_formulas_stand_behind_what_is_not_seen(hidden):
    assert any(text.startswith(hidden) and text[-4:].endswith("1+1") for text in nasty.HIDDEN_FORMULAS)


@pytest.mark.parametrize("start", ["'", "\t", "\r", "\n", "'=", "''="])
def test_cells_that_begin_with_what_the_escape_looks_at(start):
    assert any(text.startswith(start) for text in nasty.TEXTS)


@pytest.mark.parametrize("text", ["", '"', ",", "\n", "\r\n", "\\.", "NULL", "-5", "+49", "1e5", "@handle"])
def test_single_cells(text):
    assert text in nasty.SHORT_TEXTS


SCRIPTS = """
    ARABIC HEBREW DEVANAGARI THAI CJK HIRAGANA KATAKANA HANGUL CYRILLIC GREEK ETHIOPIC TAMIL KHMER
"""


@pytest.mark.parametrize("script", SCRIPTS.split())
def test_scripts(script):
    names = (unicodedata.name(character, "") for text in nasty.SCRIPTS for character in text)
    assert any(name.startswith(script) for name in names)


def test_emoji_with_joiners_and_combining_marks():
    everything = "".join(nasty.MARKS)
    assert "\u200d" in everything
    assert any(unicodedata.combining(character) for character in everything)


def test_nothing_that_a_database_refuses():
    for text in [*nasty.TEXTS, *map(json.dumps, nasty.DOCUMENTS)]:
        assert "\0" not in text
        assert "\\u0000" not in text
        text.encode()  # no lone surrogates


def test_no_cell_stands_there_twice():
    assert len(set(nasty.TEXTS)) == len(nasty.TEXTS)


def test_long_cells_only_where_no_length_is_given():
    assert max(len(nasty.text(number)) for number in range(len(nasty.TEXTS))) > 32_767
    assert max(len(nasty.text(number, 10)) for number in range(2 * len(nasty.TEXTS))) <= 10


def test_every_cell_comes_back_from_the_database(user):
    for text in nasty.TEXTS:
        CallLog.objects.create(user=user, recording_url=text)
    for document in nasty.DOCUMENTS:
        CallLog.objects.create(user=user, metadata=document)
    assert set(CallLog.objects.filter(metadata={}).values_list("recording_url", flat=True)) >= set(
        nasty.TEXTS
    )
    stored = list(CallLog.objects.values_list("metadata", flat=True))
    assert all(document in stored for document in nasty.DOCUMENTS)
