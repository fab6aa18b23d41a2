"""What a record says of an error is kept in English, and read in the reader's language."""

import time

import pytest
from django.db import OperationalError
from django.utils.functional import lazystr
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from exports import exceptions, recorded
from exports.exceptions import ExportError, InvalidParameters, ParameterProblem
from exports.rate import Rate, RateUsage
from exports.recorded import describe, in_words

pytestmark = pytest.mark.sqlite


def kinds(of=ExportError):
    for kind in of.__subclasses__():
        if kind.__module__ == exceptions.__name__:
            yield kind
        yield from kinds(kind)


# What is in braces of each message; whatever is not here takes nothing.
GIVEN = {
    exceptions.ObjectNotFound: ("agent",),
    exceptions.TooLargeForDownload: (3,),
    exceptions.RowLimitExceeded: (1000, ["status", "is_active"]),
    exceptions.RateLimited: (RateUsage(rate=Rate(1, 60), count=2, reset=59),),
    exceptions.TooManyJobs: (7,),
    exceptions.WrongState: ("succeeded",),
    exceptions.FileTooLarge: (5_000_000,),
    exceptions.TimeLimitExceeded: (3600,),
    exceptions.ReaderTooSlow: (1000,),
    exceptions.CellError: (12, "name"),
    exceptions.FormulaFound: (12, "the {name}"),
}
# These take names.
NAMED = (exceptions.CellTooLong, exceptions.CellNotRepresentable, exceptions.PreviewTooSlow)
ERRORS = [
    *(kind(*GIVEN.get(kind, ())) for kind in kinds() if not issubclass(kind, (InvalidParameters, *NAMED))),
    exceptions.RowLimitExceeded(1000),
    exceptions.CellTooLong(1, "a\nb", limit=32767, format="Excel"),
    exceptions.CellNotRepresentable(2, "moment", format="Parquet"),
    *(exceptions.PreviewTooSlow(5, jobs=jobs) for jobs in (False, True)),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{type(error).__name__}-{error.code}")
def test_it_is_what_the_error_says_in_that_language(error):
    with override("de"):
        recorded, german = describe(error), str(error.detail)
        assert in_words(recorded) == german
        assert german != recorded
    with override("en"):
        assert in_words(recorded) == recorded


@given(name=st.text(min_size=1))
def test_whatever_stands_in_it(name):
    error = exceptions.FormulaFound(3, name)
    with override("de"):
        assert in_words(describe(error)) == str(error.detail)


def test_a_message_of_somebody_elses():
    """May name something twice, or in a way that is not ours."""

    class Twice(ExportError):
        message = lazystr("{limit} rows, and {limit} is the limit")

    class Numbered(ExportError):
        message = lazystr("{0} rows")

    recorded._messages.cache_clear()
    try:
        for error in (Twice(limit=3), Numbered(), exceptions.TimeLimitExceeded(60)):
            with override("en"):
                assert in_words(describe(error)) == str(error.detail)
    finally:
        del Twice, Numbered
        recorded._messages.cache_clear()


def test_a_long_text_stays_and_takes_no_time():
    """It may be somebody's on purpose: each of these could end a name."""
    parts = (", column '", "': the cell has more than ", " characters, the limit of ")
    text = "Row " + "".join(250 * part for part in parts)
    begun = time.monotonic()
    with override("de"):
        assert in_words(text) == text
    assert time.monotonic() - begun < 10


def test_parameters_keep_their_names():
    problems = [
        ParameterProblem("start_date", "invalid", "Enter a valid date."),
        ParameterProblem("max", "invalid", "not a sentence: of ours"),
    ]
    with override("de"):
        told = in_words(describe(InvalidParameters(problems)))
    assert told == "start_date: Bitte ein gültiges Datum eingeben.; max: not a sentence: of ours"


@pytest.mark.parametrize("error", [OperationalError("the row: secret"), KeyError("secret")])
def test_of_a_stranger_only_what_it_is(error):
    text = describe(error)
    assert text == type(error).__name__
    with override("en"):
        assert f"({text}). Try again;" in in_words(text)
        assert "secret" not in in_words(text)


@given(text=st.text())
def test_other_texts_stay(text):
    with override("en"):
        assert text in in_words(text)
