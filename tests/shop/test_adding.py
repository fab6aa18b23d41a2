"""docs/adding.md by doing it: each example as it stands there, and every door has it."""

import sys
from types import ModuleType

import pytest

from exports import checks, encoders, sources
from exports.models import ExportLog
from exports.registry import registry
from tests.shop import models
from tests.shop.doors import DOORS
from tests.walkthrough import Block, blocks

pytestmark = pytest.mark.django_db
PAGE = "docs/adding.md"


@pytest.fixture
def new_file(monkeypatch):
    """Makes a block the module that its path says, for as long as the test runs."""
    shop = ModuleType("shop")
    monkeypatch.setitem(sys.modules, "shop", shop)
    monkeypatch.setitem(sys.modules, "shop.models", models)

    def make(block: Block) -> ModuleType:
        name = block.path.removesuffix(".py").replace("/", ".")
        module = ModuleType(name)
        module.__package__ = name.rpartition(".")[0]
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(block.text, PAGE, "exec"), vars(module))  # noqa: S102 - our own text
        return module

    return make


@pytest.fixture
def dataset(monkeypatch, new_file) -> ModuleType:
    """The example of a dataset, in place of the tests' own for that model."""
    [block] = blocks(PAGE, "A dataset")
    others = {name: other for name, other in registry._definitions.items() if name != "products"}
    monkeypatch.setattr(registry, "_definitions", others)
    return new_file(block)


@pytest.fixture
def used(monkeypatch, dataset, new_file):
    """The new file of a section, and what its other block, which is an excerpt of the dataset, comes to."""

    def use(heading: str, name: str) -> object:
        file, excerpt = blocks(PAGE, heading)
        assert excerpt.path == "shop/exports.py"
        namespace = vars(dataset) | vars(new_file(file))
        exec(compile(excerpt.text, PAGE, "exec"), namespace)  # noqa: S102 - our own text
        return namespace[name]

    return use


@pytest.fixture
def products(ada, grace, stock) -> list[models.Product]:
    """Ada's three; of grace's there is one more."""
    [bread], _, [cake, salt] = stock(ada, "Bread"), stock(grace, "Coal"), stock(ada, "Cake", "Salt | pepper")
    models.Product.objects.filter(pk=cake.pk).update(in_stock=False)
    return [bread, cake, salt]


@pytest.fixture
def download(client, ada):
    """The lines of ada's file, which every door gives alike."""

    def get(**params: str) -> list[str]:
        [file] = {door(client, ada, **params) for door in DOORS.values()}
        return file.decode().splitlines()

    return get


@pytest.fixture
def refused(client, ada):
    """The parameters that a request is refused for."""

    def get(**params: str) -> list[str]:
        client.force_login(ada)
        response = client.get("/api/exports/products", params)
        assert response.status_code == 400
        return [error["attr"] for error in response.json()["errors"]]

    return get


def test_a_dataset(dataset, products, download, refused):
    assert checks.check_definition(registry.get("products")) == []
    bread, cake, salt = products
    header = "id,name,price"
    assert download(in_stock="true") == [header, f"{bread.pk},Bread,2.50", f"{salt.pk},Salt | pepper,2.50"]
    assert download(in_stock="false") == [header, f"{cake.pk},Cake,2.50"]
    assert refused(instock="true") == ["instock"]


def test_a_filter(monkeypatch, dataset, used, products, grace, stock, download, refused):
    monkeypatch.setattr(dataset.ProductExport, "filterset_class", used("A filter", "ProductFilterSet"))
    assert checks.check_definition(registry.get("products")) == []
    _bread, cake, salt = (product.pk for product in products)
    [hers] = stock(grace, "Ash")
    assert download(ids=f"{salt},{hers.pk},{cake}", columns="name") == ["name", "Cake", "Salt | pepper"]
    assert download(ids=f"{salt},{cake}", in_stock="false", columns="name") == ["name", "Cake"]
    assert download(ids="9" * 18, columns="name") == ["name"]
    for wrong in ("", "1,", "one", "1;2", "٣"):
        assert refused(ids=wrong) == ["ids"]


def test_a_column(monkeypatch, dataset, used, products, download):
    monkeypatch.setattr(dataset.ProductExport, "columns", used("A column", "columns"))
    assert checks.check_definition(registry.get("products")) == []
    words = download(columns="available,name")
    assert words == ["available,name", "yes,Bread", "no,Cake", "yes,Salt | pepper"]
    assert download()[0] == "id,name,price,available"


def test_a_format(monkeypatch, new_file, products, download, client):
    file, line = blocks(PAGE, "A format")
    new_file(file)
    [(name, path)] = eval(f"{{{line.text}}}").items()  # noqa: S307 - our own text
    monkeypatch.setitem(encoders.ENCODERS, name, path)
    expected = [
        *("| name | supplier |", "| --- | --- |", "| Bread | Mill & Sons |", "| Cake | Mill & Sons |"),
        r"| Salt \| pepper | Mill & Sons |",
    ]
    assert download(format="markdown", columns="name,supplier") == expected
    response = client.get("/api/exports/products?columns=name,supplier", headers={"Accept": "text/markdown"})
    assert response.getvalue().decode().splitlines() == expected
    assert response["Content-Type"] == "text/markdown"
    assert response["Content-Disposition"].endswith('.md"')
    assert set(ExportLog.objects.values_list("format", flat=True)) == {"markdown"}


def test_a_source(monkeypatch, new_file, products, download, settings):
    plain = download()
    file, line = blocks(PAGE, "A source")
    new_file(file)
    monkeypatch.setattr(sources, "SOURCES", (*eval(f"({line.text})"), *sources.SOURCES))  # noqa: S307
    for limits, source in [
        ({}, "orm"),
        ({"MAX_ROWS": 3, "CHUNK_SIZE": 2}, "orm"),
        ({"MAX_ROWS": 3, "CHUNK_SIZE": 3}, "brief"),
    ]:
        settings.EXPORTS = settings.EXPORTS | limits
        ExportLog.objects.all().delete()
        assert download() == plain
        used = ExportLog.objects.values_list("source", flat=True)
        assert {text.partition(":")[0] for text in used} == {source}
