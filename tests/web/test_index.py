"""`/exports/`: the datasets, the number of own rows, the last export."""

import pytest

from exports.models import ExportLog
from exports.registry import registry
from tests.api import rows
from tests.api.rows import DATASETS, TABLES

pytestmark = pytest.mark.django_db


@pytest.fixture
def cards(read):
    def cards(**options):
        page = read("/exports/", **options)
        found = page.all("li", class_="exports-dataset")
        return {card.one("h2").words: card for card in found}

    return cards


def test_it_works(cards, mine_and_theirs):
    mine = mine_and_theirs[0]
    found = cards()
    # What these two ask for, the user has not (tests/policy/exports.py).
    names = [definition.get_name() for definition in registry]
    assert list(found) == [name for name in names if name not in ("secrets", "sensitive")]
    for dataset in DATASETS:
        card = found[dataset]
        assert card.links()[dataset] == f"/exports/{dataset}/"
        assert card.one("p").words == registry.get(dataset).description
        number = "needs a filter" if dataset == "scans" else str(len(mine.rows[dataset]))
        assert card.facts()["Your rows"] == number


def test_numbers_are_grouped_as_people_read_them(cards, user, monkeypatch):
    monkeypatch.setattr("exports.web.views.row_count", lambda definition, user: 1_234_567)
    assert cards()["calls"].facts()["Your rows"] == "1,234,567"


def test_the_last_export_of_each(cards, export, user):
    rows.calls(user, 2)
    assert cards()["calls"].facts()["Last export"] == "None yet. Open the dataset to download it."
    export("calls", outcome="busy")
    export("calls")
    export("agents")
    newest = ExportLog.objects.filter(export_type="calls").latest("timestamp")
    card = cards()["calls"]
    assert card.facts()["Last export"].endswith("UTC succeeded 2 rows")
    [address] = [address for words, address in card.links().items() if words != "calls"]
    assert address == f"/exports/history/{newest.pk}/"
    assert cards()["agents"].facts()["Last export"].endswith("succeeded 0 rows")


def test_a_refused_one_is_no_export(cards, visit, export, user):
    export("calls")
    visit("/exports/calls/download", {"formulas": "raw"})
    assert "succeeded" in cards()["calls"].facts()["Last export"]


def test_empty_states_say_what_to_do(cards, read, monkeypatch):
    assert cards()["calls"].facts()["Your rows"].startswith("None yet.")
    monkeypatch.setattr("exports.web.views.registry", [])
    assert "nothing to export yet" in read("/exports/").words


def test_a_stranger_sees_nothing_of_it(cards, export, stranger, user):
    rows.filled(user, "mine")
    export("calls")
    for dataset, card in cards(visitor=stranger).items():
        facts = card.facts()
        assert facts["Last export"].startswith("None yet."), dataset
        assert facts["Your rows"].startswith(("None yet.", "needs a filter")), dataset


def test_one_query_a_dataset_and_one_for_the_records(queries, export, mine_and_theirs):
    counted = [TABLES[name] for name in DATASETS if name != "scans"]
    for _ in range(3):
        found = queries("/exports/")
        assert sorted(name for name in found if name.split()[1] in TABLES.values()) == sorted(
            f"SELECT {table}" for table in counted
        )
        # whether one was lost with its process, and the last ones
        assert found.count("SELECT exports_exportlog") == 2
        assert len(found) == len(list(registry)) - 1 + 2
        export("calls")


def test_a_user_of_whom_no_tenant_is_known_is_told_so(visit, settings):
    settings.EXPORTS = {"SCOPE_RESOLVER": "tests.engine.test_declarations.nobody"}
    for path in ("/exports/", "/exports/calls/"):
        answer = visit(path)
        assert answer.status_code == 403
        assert "The scope resolver names no tenant." in answer.content.decode()
