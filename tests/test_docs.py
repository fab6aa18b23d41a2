"""Documentation held to the code: what there is, is documented, and what is documented, there is."""

import ast
import re
import sys
from argparse import ArgumentParser
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest
from django.urls import resolve

import accounts
import exports
from accounts import authentication
from accounts.api.serializers import APIKeySerializer
from exports import (
    checks,
    conf,
    constraints,
    deployment,
    filters,
    formulas,
    installation,
    keeping,
    options,
    values,
)
from exports.api import schema
from exports.contrib import netscan, telephony
from exports.encoders import ENCODERS, encoder_class, media_types
from exports.encoders.dialects import DIALECTS
from exports.filtering import known_parameters
from exports.models import (
    ExportJob,
    ExportLog,
    ExportMail,
    ExportSchedule,
    ExportTemplate,
    ScheduleRun,
    Webhook,
    WebhookDelivery,
)
from exports.registry import registry
from exports_project import background, credentials, environment, secret_files
from exports_project import checks as project_checks
from exports_project.benchmark.contenders import CONTENDERS
from exports_project.management.commands import bench_exports
from tests.engine.models import Customer, Order
from tests.servers import ROOT

# The texts are the same on every database.
pytestmark = pytest.mark.sqlite

DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.glob("*.md")])
DATASETS = [
    definition.get_name()
    for definition in registry
    if type(definition).__module__.startswith((telephony.__name__, netscan.__name__))
]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """What stands under a heading, its subheadings included."""
    level = heading.partition(" ")[0]
    _, found, rest = f"\n{read(name)}".partition(f"\n{heading}\n")
    assert found, f"{name} has no heading {heading!r}"
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def table(text: str, first_header: str) -> list[list[str]]:
    """The rows of all tables whose first column has this header."""
    rows: list[list[str]] = []
    for block in re.findall(rf"^\| {re.escape(first_header)} \|.*\n(?:\|.*\n)+", text, re.MULTILINE):
        lines = block.splitlines()[2:]
        # `\|` inside a cell is no border
        rows += [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return rows


def coded(text: str) -> list[str]:
    """What stands between backquotes."""
    return re.findall(r"`([^`]+)`", text)


def names(text: str, first_header: str) -> list[str]:
    """The first coded name of each row."""
    return [coded(row[0])[0] for row in table(text, first_header)]


# --- Pictures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("directory", ["screenshots", "pictures"])
def test_every_picture_is_shown(directory):
    text = "".join(page.read_text("utf-8") for page in PAGES)
    shown = re.findall(rf"!\[[^]]+\]\(({directory}/[^)]+)\)", text)
    assert sorted(shown) == sorted(str(path.relative_to(DOCS)) for path in DOCS.glob(f"{directory}/*"))


# --- Settings -----------------------------------------------------------------------------------------------


def test_every_key_of_the_setting_stands_with_its_default():
    rows = table(section("docs/settings.md", "## EXPORTS"), "key")
    documented = {coded(key)[0]: coded(default)[0] for key, default, _ in rows}
    defaults = conf.ExportSettings()
    names = [field.name for field in fields(conf.ExportSettings)]
    assert documented == {name.upper(): repr(getattr(defaults, name)) for name in names}


def variables(source: str) -> set[str]:
    """The environment variables that a module reads by name."""
    readers = re.compile(r"(env\.\w+|(os\.environ|values)\.get)")
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=func, args=[ast.Constant(value=str(name)), *_]):
                if readers.fullmatch(ast.unparse(func)):
                    found.add(name)
            case ast.Subscript(value=mapping, slice=ast.Constant(value=str(name))):
                if ast.unparse(mapping) == "os.environ":
                    found.add(name)
    return found


def test_every_variable_of_the_environment_is_documented():
    modules = sorted((ROOT / "exports_project").rglob("*.py"))
    used = set(environment.REQUIRED).union(*(variables(path.read_text(encoding="utf-8")) for path in modules))
    used |= {name + secret_files.SUFFIX for name in secret_files.NAMES} | {*background.OF_A_BUCKET.values()}
    documented = names(section("docs/settings.md", "## Environment"), "variable")
    assert sorted(documented) == sorted(used)


def test_what_production_requires_stands_in_both_places():
    required = list(environment.REQUIRED)
    assert names(section("docs/settings.md", "### Required in production"), "variable") == required
    assert names(section("README.md", "## Production"), "variable") == required


# --- Declarations -------------------------------------------------------------------------------------------


def test_every_system_check_is_documented():
    used = {
        f"{module.__name__.partition('.')[0]}.{number}"
        for module in (checks, constraints, deployment, installation, keeping, project_checks)
        for number in re.findall(r'"(?:exports\.)?([EW][0-9]{3})"', Path(module.__file__).read_text("utf-8"))
    }
    documented = names(section("docs/declaring.md", "## System checks"), "id")
    assert used
    assert documented == sorted(used)


def test_the_reserved_names():
    [sentence] = re.findall(r"^Reserved names: ([^.]*)\.", read("docs/declaring.md"), re.MULTILINE)
    assert coded(sentence) == sorted(checks.RESERVED_NAMES)


def test_every_filter_class_and_every_attribute_is_documented():
    text = read("docs/declaring.md")
    assert sorted(names(text, "class")) == sorted(filters.__all__)
    public = set(vars(exports.ModelExport)) | set(exports.ModelExport.__annotations__)
    documented = {name.partition("(")[0] for name in names(text, "attribute or method")}
    assert documented == {name for name in public if not name.startswith("_")} - {
        *("model", "get_name", "get_columns")  # set by `register`, and what the engine calls
    }


@pytest.mark.parametrize("name", exports.__all__)
def test_every_public_name_is_documented(name):
    assert any(re.search(rf"\bexports\.{name}\b", page.read_text(encoding="utf-8")) for page in PAGES)


@pytest.fixture
def readme_example(monkeypatch):
    """The declaration of the README, registered for the Order of these tests in place of their own."""
    [source] = re.findall(r"```python\n(.*?)```", section("README.md", "## A declaration"), re.DOTALL)
    shop = ModuleType("shop")
    models = ModuleType("shop.models")
    models.Order = Order  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop", shop)
    monkeypatch.setitem(sys.modules, "shop.models", models)
    others = {name: other for name, other in registry._definitions.items() if name != "orders"}
    monkeypatch.setattr(registry, "_definitions", others)
    exec(compile(source, "README.md", "exec"), {"__name__": "shop.exports"})  # noqa: S102 - our own text
    return registry.get("orders")


def test_the_declaration_of_the_readme_works(readme_example, client, auth_headers, user, stranger):
    assert checks.check_definition(readme_example) == []
    customer = Customer.objects.create(email="c@example.com")
    for number, tenant, status in [
        (2, user, "paid"),
        (1, user, "paid"),
        (3, user, "new"),
        (4, stranger, "paid"),
    ]:
        Order.objects.create(tenant=tenant, customer=customer, number=number, status=status)
    response = client.get("/api/exports/orders?status=paid", headers=auth_headers)
    assert b"".join(response.streaming_content).decode().splitlines() == [
        "number,status,customer",
        "1,paid,c@example.com",
        "2,paid,c@example.com",
    ]
    assert client.get("/api/exports/orders?statuss=paid", headers=auth_headers).status_code == 400


# --- Datasets -----------------------------------------------------------------------------------------------


def test_there_are_the_seven():
    assert len(DATASETS) == 7
    listed = [row[0] for row in table(section("README.md", "## Datasets"), "dataset")]
    assert listed == DATASETS


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_dataset_is_documented_as_declared(dataset):
    definition, text = registry.get(dataset), section("docs/datasets.md", f"## {dataset}")
    assert names(text, "column") == [column.header for column in definition.get_columns()]
    assert names(text, "filter") == list(known_parameters(definition))
    [order] = re.findall(r"^Order: (.*)$", text, re.MULTILINE)
    assert coded(order) == list(definition.ordering)
    new_by = re.findall(r"^New by: `(.*)`$", text, re.MULTILINE)
    assert new_by == ([definition.created_field] if definition.created_field else [])
    rows = table(text, "column")
    chosen = [coded(row[0])[0] for row in rows if row[1].endswith("Only if chosen")]
    assert chosen == [column.header for column in definition.get_columns() if not column.default]
    indexes = {coded(row[0])[0]: coded(row[1].partition(", of rows")[0]) for row in table(text, "index")}
    assert indexes == {index.name: index.fields for index in definition.model._meta.indexes}


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_datasets_filters_take_the_values_documented(dataset):
    definition = registry.get(dataset)
    form = definition.filterset_class(queryset=definition.get_queryset()).form
    rows = table(section("docs/datasets.md", f"## {dataset}"), "filter")
    choices = {coded(row[0])[0]: coded(row[1]) for row in rows}
    for name, field in form.fields.items():
        known = [value for value, _ in getattr(field, "choices", []) if value]
        assert sorted(choices[name][: len(known)] if known else []) == sorted(known)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_datasets_paths_lead_to_it(dataset):
    [line] = re.findall(r"^Paths?: (.*)$", section("docs/datasets.md", f"## {dataset}"), re.MULTILINE)
    [row] = [row for row in table(section("README.md", "## Datasets"), "dataset") if row[0] == dataset]
    assert coded(row[1])[0] == coded(line)[0]
    assert coded(row[2]) == list(known_parameters(registry.get(dataset)))
    for path in coded(line):
        match = resolve(path.partition("?")[0].replace("{scan_id}", "12"))
        assert match.func.view_initkwargs["dataset"] == dataset


# --- CSV ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["CONTROLS", "IGNORED", "TRIGGERS"])
def test_the_code_points(name):
    _, _, text = read("docs/csv.md").partition(f"<!-- code points: {name} -->\n\n")
    documented: list[int] = []
    for points, _ in table(text.partition("\n\n")[0] + "\n", "code points"):
        first, *last = [int(point, 16) for point in re.findall(r"U\+([0-9A-F]{4,6})", points)]
        documented += range(first, (last or [first])[0] + 1)
    meant = re.compile(f"[{getattr(formulas, name)}]")
    assert documented == [point for point in range(sys.maxunicode + 1) if meant.match(chr(point))]


def test_the_examples_of_the_formula_rule():
    examples = [(coded(text)[0], coded(cell)[0]) for text, cell in table(read("docs/csv.md"), "text")]
    assert len(examples) >= 5
    for text, cell in examples:
        assert exports.escape_formula(text) == cell
        assert exports.unescape_formula(cell) == text


@pytest.mark.parametrize("page", ["docs/csv.md", "docs/formats.md"])
def test_every_type_has_its_rendering(page):
    documented = [name for row in table(read(page), "field") for name in coded(row[0])]
    assert sorted(documented) == sorted(field.__name__ for field, _ in values._KINDS)


def test_the_dialects():
    _none, *rows = table(section("docs/csv.md", "## Dialects"), "dialect")
    delimiters = {"comma": ",", "semicolon": ";", "tab": "\t"}
    assert {coded(row[0])[0]: [*row[1:3], *coded(row[3]), *coded(row[4])] for row in rows} == {
        name: [
            next(word for word, delimiter in delimiters.items() if delimiter == dialect.delimiter),
            "yes" if dialect.byte_order_mark else "no",
            f".{dialect.extension}",
            dialect.media_type,
        ]
        for name, dialect in DIALECTS.items()
    }


def test_the_formats():
    rows = table(read("docs/formats.md"), "format")
    documented = {coded(row[0])[0]: coded(row[2]) for row in rows}
    assert documented == {
        name: [f"pip install django-exports[{found.extra}]"] if found.extra else []
        for name, found in ((name, encoder_class(name)) for name in ENCODERS)
    }
    assert list(documented) == list(ENCODERS)
    assert [coded(row[1])[0] for row in rows] == [f".{encoder_class(name).extension}" for name in ENCODERS]
    downloads = section("docs/api.md", "## Downloads")
    assert all(f"`{media_type}`" in downloads for media_type in media_types())


# --- API ----------------------------------------------------------------------------------------------------


def test_the_options_and_the_statuses():
    assert names(section("docs/api.md", "### Options"), "option") == list(options.OPTION_NAMES)
    statuses = [int(row[0]) for row in table(section("docs/api.md", "## Errors"), "status")]
    assert statuses == sorted({*schema.DOWNLOAD_ERRORS, 405})


def test_the_fields_of_the_audit_record():
    text = section("docs/api.md", "## Audit records")
    assert names(text, "field") == [field.name for field in ExportLog._meta.concrete_fields]
    assert names(text, "outcome") == ExportLog.Outcome.values


def test_every_credential_stands_in_the_order_in_which_it_is_asked():
    documented = names(read("docs/credentials.md"), "class in `accounts.authentication`")
    assert documented == [path.rpartition(".")[2] for path in credentials.available()]
    assert sorted(documented) == sorted({*authentication.__all__} - {"in_use"})


def test_the_fields_of_an_api_key():
    documented = [
        name
        for row in table(section("docs/credentials.md", "## API keys"), "field")
        for name in coded(row[0])
    ]
    assert sorted(documented) == sorted(APIKeySerializer.Meta.fields)


def test_the_permissions():
    documented = names(section("docs/security.md", "### Permissions"), "permission")
    own = [codename for model in (ExportLog, ExportSchedule) for codename, _ in model._meta.permissions]
    kept = [ExportLog, ExportJob, ExportTemplate, ExportSchedule, ScheduleRun]
    kept += [ExportMail, Webhook, WebhookDelivery]
    viewing = [f"view_{model._meta.model_name}" for model in kept]
    assert documented == [f"exports.{codename}" for codename in own + viewing]


# --- The benchmark ------------------------------------------------------------------------------------------


def test_everybody_who_is_measured():
    rows = table(section("docs/performance.md", "## Who takes part"), "name")
    documented = [name for row in rows for name in coded(row[0])]
    assert documented == [contender.name for contender in CONTENDERS]


def test_the_arguments_of_the_benchmark():
    parser = ArgumentParser(add_help=False)
    bench_exports.Command().add_arguments(parser)
    documented = names(section("docs/commands.md", "## bench_exports"), "argument")
    assert sorted(documented) == sorted(action.option_strings[0] for action in parser._actions)


# --- The whole ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("package", "heading"),
    [(exports, "## Modules of the engine"), (accounts, "## Modules of the accounts")],
)
def test_the_modules(package, heading):
    directory = Path(package.__file__).parent
    modules = {
        path.stem for path in directory.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    documented = names(section("docs/architecture.md", heading), "module")
    assert set(documented) == modules - {"__init__", "contrib", "migrations"}


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_resolve(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent == DOCS], ids=lambda page: page.name)
def test_the_readme_leads_to_every_page(page):
    assert f"](docs/{page.name})" in read("README.md")
