"""How contenders take turns, and who may not take part."""

import pytest
from django.core.management import CommandError, call_command

from exports_project.benchmark import packages, psql
from exports_project.benchmark.contenders import CONTENDERS, Process, Psql
from exports_project.benchmark.measuring import BenchmarkError, Export
from exports_project.benchmark.names import sizes
from exports_project.benchmark.running import Plan, rounds

pytestmark = pytest.mark.postgresql

ONE = Process(name="one", title="One", job="export", same_file=True)
TWO = Process(name="two", title="Two", job="orm", same_file=True)
PEER = Process(name="peer", title="Peer", job="echo", most_rows=1_000)


def turns(*contenders, digests=None):
    def turn(contender):
        return lambda size: Export(rows=size, seconds=1.0, sha256=(digests or {}).get(contender.name, "same"))

    return [(contender, turn(contender)) for contender in contenders]


def measured(*contenders, number=2, digests=None):
    plan = Plan(rows=2_000, rounds=number, contenders=contenders)
    found = rounds(plan, turns(*contenders, digests=digests), lambda line: None)
    return [(taken.round, taken.contender, taken.export.rows) for taken in found]


def test_it_works():
    assert measured(ONE, PEER) == [
        *[(1, "one", 1_000), (1, "one", 2_000), (1, "peer", 1_000)],
        *[(2, "one", 1_000), (2, "one", 2_000), (2, "peer", 1_000)],
    ]


def test_a_file_that_differs_ends_the_run():
    with pytest.raises(BenchmarkError, match=r"Two: the file of 1,000 rows differs"):
        measured(ONE, TWO, digests={"two": "other"})


def test_others_have_files_of_their_own():
    assert measured(ONE, PEER, number=1, digests={"peer": "other"})


@pytest.mark.parametrize(
    ("rows", "most", "expected"),
    [
        (1_000_000, None, [1_000, 10_000, 100_000, 1_000_000]),
        (1_000_000, 50_000, [1_000, 10_000, 50_000]),
        (1_000_000, 100_000, [1_000, 10_000, 100_000]),
        (5_000, 50_000, [1_000, 5_000]),
        (1_000, None, [1_000]),
    ],
)
def test_the_sizes(rows, most, expected):
    assert sizes(rows, most) == expected


def test_a_package_that_is_missing_is_said(monkeypatch):
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    missing = {
        contender.name for contender in CONTENDERS if "uv sync --group benchmark" in contender.missing()
    }
    assert missing == set(packages.MODULES)


def test_a_missing_psql_is_said(monkeypatch):
    monkeypatch.setattr(psql, "find_psql", lambda: None)
    assert Psql(name="psql", title="psql").missing() == "not installed: psql"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"only": ["psql", "nobody"]}, "There is no nobody. There are: psql"),
        ({"rows": 999}, "--rows must be 1,000 at least"),
        ({"rounds": 0}, "--rounds 1"),
        ({"database_url": "sqlite:///x"}, "PostgreSQL"),
        ({"database_url": "postgres://nobody@/%2Fnowhere/there"}, "cannot be made there"),
    ],
)
def test_what_cannot_be_measured_is_said_at_once(options, why):
    with pytest.raises(CommandError, match=why):
        call_command("bench_exports", **options)


def test_the_place_of_the_figures_must_exist(tmp_path):
    with pytest.raises(CommandError, match="no directory"):
        call_command("bench_exports", json=tmp_path / "nowhere" / "figures.json")
