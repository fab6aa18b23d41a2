"""A whole run in short: everybody takes part and gives the rows, and it is told. Not how fast."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from exports_project.benchmark.contenders import CONTENDERS, Served
from exports_project.benchmark.databases import Postgres
from exports_project.benchmark.packages import MODULES
from tests.servers import ROOT
from tests.tools import need_module

pytestmark = pytest.mark.postgresql

ROWS = 2_000
NAMES = [contender.name for contender in CONTENDERS]
SERVED = [contender.name for contender in CONTENDERS if isinstance(contender, Served)]
OURS = [contender.name for contender in CONTENDERS if contender.group == "ours"]


@dataclass(frozen=True)
class Ran:
    """What a run of the command has left."""

    output: str
    document: dict
    pictures: Path

    def exports(self, name: str) -> dict[int, dict]:
        """Its only measurement at each number of rows."""
        if name in MODULES:
            need_module(MODULES[name])
        [contender] = [found for found in self.document["contenders"] if found["name"] == name]
        assert contender["missing"] == ""
        return {taken["rows"]: taken for taken in self.document["measurements"] if taken["contender"] == name}


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", "bench_exports", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> Ran:
    directory = tmp_path_factory.mktemp("bench")
    path, pictures = directory / "figures.json", directory / "pictures"
    done = bench("--rows", ROWS, "--rounds", 1, "--json", path, "--pictures", pictures)
    assert done.returncode == 0, done.stderr
    return Ran(done.stdout, json.loads(path.read_text("utf-8")), pictures)


@pytest.mark.parametrize("name", NAMES)
def test_everybody_exports_all_rows(ran, name):
    exports = ran.exports(name)
    assert list(exports) == [1_000, ROWS]
    for export in exports.values():
        assert export["seconds"] > 0
        assert export["peak_bytes"] > 1_000_000
        assert (export["first_byte_seconds"] is None) == name.startswith("psql")


@pytest.mark.parametrize("name", [contender.name for contender in CONTENDERS if contender.same_file])
def test_our_file_is_the_same_by_every_way(ran, name):
    reference = ran.exports("export")
    for rows, export in ran.exports(name).items():
        assert export["size"] == reference[rows]["size"] > 100 * rows
        assert export["sha256"] == reference[rows]["sha256"]


@pytest.mark.parametrize("name", OURS)
def test_how_rows_were_fetched_is_told(ran, name):
    for export in ran.exports(name).values():
        assert export["source"]
        assert name != "orm" or export["source"].startswith("orm")


def test_the_settings_are_the_same_for_everybody(ran):
    settings = ran.document["postgresql"]
    assert (settings["jit"], settings["max_parallel_workers_per_gather"]) == ("off", "0")
    assert settings["server_version"]


def test_everybody_stands_in_the_table(ran):
    for contender in CONTENDERS:
        assert f"\n{contender.title}  " in ran.output


@pytest.mark.parametrize("name", ["time.svg", "memory.svg"])
def test_the_pictures_are_xml(ran, name):
    assert ElementTree.fromstring((ran.pictures / name).read_text("utf-8")).tag.endswith("svg")


def test_on_a_server_that_is_there_no_database_is_left(new_database):
    done = bench("--rows", 1_000, "--rounds", 1, "--only", "psql", "--database-url", new_database)
    assert done.returncode == 0, done.stderr
    assert "psql, raw columns, no order  1,000" in done.stdout
    with Postgres(new_database).connect() as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'bench%'").fetchall()
    assert found == []
