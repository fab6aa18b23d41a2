"""An export inside of others' middleware: the right file or an error, and nothing left open by any of it."""

import http.client
from itertools import permutations

import pytest

from tests.calls import BREAKING, BROKEN, FEW, MANY, PATH
from tests.middleware.asking import Asked
from tests.middleware.switched import MIDDLEWARE

HARMLESS = ["gzip", "conditional", "wraps", "reads-all"]
# Each drops the response, and with it the stream that nobody has begun to read.
DROPPING = {"reads-content": 500, "not-modified": 304, "replaces": 200, "raises": 500}
# What a browser sends that has been here before, and a program that takes up a download again.
CONDITIONS = {
    "If_None_Match": "*",
    "If_Modified_Since": "Sun, 01 Jan 2034 00:00:00 GMT",
    "Range": "bytes=0-9",
    "Accept_Encoding": "gzip",
}


def assert_next_works(asked: Asked, expected: bytes) -> None:
    answer = asked.get(PATH, FEW)
    assert (answer.status, answer.body) == (200, expected)
    asked.ends.settle()
    assert asked.ends.outcomes()[-1] == "succeeded"


@pytest.mark.parametrize("name", HARMLESS)
def test_it_works(asked, expected, name):
    answer = asked.get(PATH, FEW, name, **CONDITIONS)
    assert (answer.status, answer.broken) == (200, False)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Accept-Ranges"] == "none"
    assert answer.file == expected
    assert_next_works(asked, expected)


@pytest.mark.parametrize("name", DROPPING)
def test_a_stream_that_is_dropped_is_closed_at_once(asked, expected, name):
    before = len(asked.ends.outcomes())
    answer = asked.get(PATH, MANY, name)
    assert answer.status == DROPPING[name]
    asked.ends.settle()
    assert asked.ends.outcomes()[before:] == ["cancelled"]
    assert_next_works(asked, expected)


@pytest.mark.parametrize(("outer", "inner"), list(permutations(MIDDLEWARE, 2)))
def test_two_at_once(asked, expected, outer, inner):
    """The whole file or nothing of it."""
    before = len(asked.ends.outcomes())
    answer = asked.get(PATH, FEW, outer, inner, **CONDITIONS)
    asked.ends.settle()
    [outcome] = asked.ends.outcomes()[before:]
    if answer.file == expected:
        assert (answer.status, answer.broken, outcome) == (200, False, "succeeded")
        assert outer not in DROPPING or (outer, inner) == ("reads-content", "reads-all")
    else:
        assert answer.status in (200, 304, 500)
        assert not answer.file.startswith(expected[:20])
        assert {outer, inner} & DROPPING.keys() or (outer, inner) == ("conditional", "reads-all")
        # What was read to its end before it was thrown away had been handed over.
        assert outcome == ("succeeded" if inner == "reads-all" else "cancelled")


@pytest.mark.parametrize("name", ["wraps", "gzip", "conditional"])
def test_one_that_breaks_inside(asked, expected, name):
    before = len(asked.ends.outcomes())
    answer = asked.get(BREAKING, BROKEN, name)
    assert (answer.status, answer.broken) == (200, True)
    asked.ends.settle()
    assert asked.ends.outcomes()[before:] == ["failed"]
    assert_next_works(asked, expected)


@pytest.mark.postgresql
@pytest.mark.parametrize("name", ["wraps", "gzip", "conditional"])
def test_one_that_breaks_inside_of_a_copy(asked, expected, name):
    before = len(asked.ends.outcomes())
    with asked.open(PATH, MANY, name) as response:
        assert response.read(1)
        asked.ends.cancel()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            response.read()
    asked.ends.settle()
    assert asked.ends.outcomes()[before:] == ["failed"]
    assert_next_works(asked, expected)


@pytest.mark.parametrize("name", ["wraps", "gzip", "conditional"])
def test_a_client_that_leaves(asked, expected, name):
    before = len(asked.ends.outcomes())
    with asked.open(PATH, MANY, name) as response:
        assert response.read(10)
    asked.ends.settle()
    assert asked.ends.outcomes()[before:] == ["cancelled"]
    assert_next_works(asked, expected)


def test_reading_all_of_one_that_breaks_is_an_error(asked, expected):
    before = len(asked.ends.outcomes())
    answer = asked.get(BREAKING, BROKEN, "reads-all")
    assert answer.status == 500
    asked.ends.settle()
    assert asked.ends.outcomes()[before:] == ["failed"]
    assert_next_works(asked, expected)
