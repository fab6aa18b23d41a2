"""docs/adding.md by doing it: each example as it stands there, asked for through the API."""

import sys
from types import ModuleType

import pytest

from exports import checks, encoders, sources
from exports.models import ExportLog
from exports.registry import registry
from tests.shop import models
from tests.shop.models import Product, Shop, Supplier
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
def products(user, stranger) -> list[Product]:
    """The user's three; of the stranger's there is one more."""
    supplier = Supplier.objects.create(name="Mill & Sons")
    return [
        Product.objects.create(
            shop=Shop.objects.get_or_create(owner=owner)[0],
            supplier=supplier,
            name=name,
            price="2.50",
            in_stock=name != "Cake",
        )
        for owner, name in [(user, "Bread"), (stranger, "Coal"), (user, "Cake"), (user, "Salt | pepper")]
    ]


@pytest.fixture
def download(client, auth_headers):
    def get(**params: str) -> list[str]:
        response = client.get("/api/exports/products", params, headers=auth_headers)
        assert response.status_code == 200, response.content
        return response.getvalue().decode().splitlines()

    return get


def test_a_dataset(dataset, products, download, client, auth_headers):
    assert checks.check_definition(registry.get("products")) == []
    bread, _coal, cake, salt = products
    header = "id,name,price"
    assert download(in_stock="true") == [header, f"{bread.pk},Bread,2.50", f"{salt.pk},Salt | pepper,2.50"]
    assert download(in_stock="false") == [header, f"{cake.pk},Cake,2.50"]
    refused = client.get("/api/exports/products", {"instock": "true"}, headers=auth_headers)
    assert refused.status_code == 400


def test_a_filter(monkeypatch, dataset, used, products, download, client, auth_headers):
    monkeypatch.setattr(dataset.ProductExport, "filterset_class", used("A filter", "ProductFilterSet"))
    assert checks.check_definition(registry.get("products")) == []
    _bread, coal, cake, salt = (product.pk for product in products)
    assert download(ids=f"{salt},{coal},{cake}", columns="name") == ["name", "Cake", "Salt | pepper"]
    assert download(ids=f"{salt},{cake}", in_stock="false", columns="name") == ["name", "Cake"]
    assert download(ids="9" * 18, columns="name") == ["name"]
    for wrong in ("", "1,", "one", "1;2", "٣"):
        refused = client.get("/api/exports/products", {"ids": wrong}, headers=auth_headers)
        assert [error["attr"] for error in refused.json()["errors"]] == ["ids"]


def test_a_column(monkeypatch, dataset, used, products, download):
    monkeypatch.setattr(dataset.ProductExport, "columns", used("A column", "columns"))
    assert checks.check_definition(registry.get("products")) == []
    assert download(columns="available,name") == [
        *("available,name", "yes,Bread", "no,Cake", "yes,Salt | pepper")
    ]
    assert download(columns="id,name,price,available")[0] == download()[0]


def test_a_format(monkeypatch, new_file, products, client, auth_headers):
    file, line = blocks(PAGE, "A format")
    new_file(file)
    [(name, path)] = eval(f"{{{line.text}}}").items()  # noqa: S307 - our own text
    monkeypatch.setitem(encoders.ENCODERS, name, path)
    expected = [
        *("| name | supplier |", "| --- | --- |", "| Bread | Mill & Sons |", "| Cake | Mill & Sons |"),
        r"| Salt \| pepper | Mill & Sons |",
    ]
    address = "/api/exports/products?columns=name,supplier"
    for query, accept in [("&format=markdown", "*/*"), ("", "text/markdown")]:
        response = client.get(address + query, headers=auth_headers | {"Accept": accept})
        assert response.getvalue().decode().splitlines() == expected
        assert response["Content-Type"] == "text/markdown"
        assert response["Content-Disposition"].endswith('.md"')
    assert set(ExportLog.objects.values_list("format", flat=True)) == {"markdown"}


def test_a_source(monkeypatch, new_file, products, download, settings):
    plain = download()
    file, line = blocks(PAGE, "A source")
    new_file(file)
    monkeypatch.setattr(sources, "SOURCES", (*eval(f"({line.text})"), *sources.SOURCES))  # noqa: S307
    assert download() == plain
    settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": 3, "CHUNK_SIZE": 2}
    assert download() == plain
    settings.EXPORTS = settings.EXPORTS | {"CHUNK_SIZE": 3}
    assert download() == plain
    records = ExportLog.objects.order_by("timestamp").values_list("source", flat=True)
    assert [source.partition(":")[0] for source in records] == ["orm", "orm", "orm", "brief"]
