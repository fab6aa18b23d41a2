"""Imports point down only: the contracts stand in pyproject.toml, `lint-imports` shows each break."""

import grimp
import pytest
from importlinter.cli import lint_imports

from tests.servers import ROOT

# What the datasets, and every other user of the engine, may import of it.
PUBLIC = {"exports", "exports.filters"}


def test_the_contracts_hold(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    broken = lint_imports(cache_dir=None, no_cache=True)
    assert not broken, capsys.readouterr().out


def beyond_the_public_names(graph: grimp.ImportGraph, package: str) -> set[tuple[str, str]]:
    """The imports of engine modules by modules of `package` that go past `exports` and `exports.filters`."""
    importers = graph.find_descendants(package) | {package}
    return {
        (importer, imported)
        for importer in importers
        for imported in graph.find_modules_directly_imported_by(importer)
        if imported.split(".")[0] == "exports" and imported not in PUBLIC | importers
    }


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("exports", cache_dir=None)


@pytest.mark.parametrize("package", ["exports.contrib.telephony", "exports.contrib.netscan"])
def test_datasets_use_the_public_names_of_the_engine_alone(graph, package):
    assert beyond_the_public_names(graph, package) == set()


def test_an_import_past_the_public_names_is_seen():
    graph = grimp.ImportGraph()
    for module in ("exports", "exports.filters", "exports.query", "exports.contrib.shop.exports"):
        graph.add_module(module)
        graph.add_import(importer="exports.contrib.shop.exports", imported=module)
    found = beyond_the_public_names(graph, "exports.contrib.shop.exports")
    assert found == {("exports.contrib.shop.exports", "exports.query")}
