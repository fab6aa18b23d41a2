"""What is told of measurements, by ones that are made up."""

import pytest

from exports_project.benchmark.bars import bars
from exports_project.benchmark.results import Results
from tests.benchmark.made_up import measurement, measurements

# The same on every database.
pytestmark = pytest.mark.postgresql


def bar(results: Results, text: str):
    [found] = [bar for bar in bars(results) if text in bar.text]
    return found


def test_it_works():
    results = Results(measurements({"psql": 2, "gunicorn": 2.5}))
    assert results.rows_per_second("psql") == pytest.approx(500_000)
    assert results.ratio("gunicorn") == pytest.approx(1.25)


def test_the_median_of_the_rounds_counts():
    taken = [measurement("psql", 1000, seconds, round=round) for round, seconds in enumerate([9.0, 2.0, 3.0])]
    results = Results(taken)
    assert results.median_seconds("psql", 1000) == 3.0
    assert results.seconds("psql", 1000) == [9.0, 2.0, 3.0]


def test_fewer_rows_are_compared_by_the_time_of_one():
    results = Results(measurements({"psql": 2, "django-import-export": 80}))
    assert results.most("django-import-export") == 50_000
    assert results.ratio("django-import-export") == pytest.approx(40)


def test_memory_is_that_of_the_first_round():
    taken = [
        measurement("gunicorn", rows, 1.0, round=round, peak_bytes=peak)
        for round, rows, peak in [(1, 10_000, 80), (1, 100_000, 83), (2, 10_000, 95), (2, 100_000, 96)]
    ]
    assert Results(taken).growth("gunicorn", 10_000) == 3


def test_what_was_not_measured_is_none():
    results = Results([])
    for answer in (
        results.most("psql"),
        results.median_seconds("psql", 1000),
        results.rows_per_second("psql"),
        results.ratio("gunicorn"),
        results.first_byte("psql", 1000),
        results.first_byte_ratio("psql", 1000),
        results.peak("psql", 1000),
        results.growth("psql", 1000),
        results.source("psql"),
    ):
        assert answer is None
    assert {bar.met for bar in bars(results)} == {None}


@pytest.mark.parametrize(("microseconds", "met"), [(2.7, True), (2.71, False)])
def test_a_bar_of_time(microseconds, met):
    found = bar(Results(measurements({"psql": 2, "export": microseconds})), "in no order")
    assert found.value == pytest.approx(microseconds / 2)
    assert found.met is met


@pytest.mark.parametrize(("microseconds", "met"), [(125.1, True), (124, False)])
def test_a_bar_of_being_faster(microseconds, met):
    taken = measurements({"export": 5, "django-import-export": microseconds})
    assert bar(Results(taken), "django-import-export").met is met


@pytest.mark.parametrize(("seconds", "met"), [(1.24, True), (1.26, False)])
def test_compression_is_compared_with_the_same_uncompressed(seconds, met):
    taken = measurements({"psql": 0.1, "gunicorn": 1, "gunicorn-gzip": seconds})
    assert bar(Results(taken), "gzip").met is met


def test_the_bars_of_memory_and_of_the_first_byte():
    taken = [
        measurement("gunicorn", 1_000, 1.0, first_byte_seconds=0.01, peak_bytes=80_000_000),
        measurement("gunicorn", 10_000, 1.0, first_byte_seconds=0.01, peak_bytes=80_000_000),
        measurement("gunicorn", 1_000_000, 1.0, first_byte_seconds=0.016, peak_bytes=85_000_000),
    ]
    memory = bar(Results(taken), "growth of gunicorn's")
    assert (memory.value, memory.unit, memory.met) == (5, "MB", True)
    first_byte = bar(Results(taken), "by gunicorn,")
    assert first_byte.value == pytest.approx(1.6)
    assert first_byte.met is False
