"""The report, the document and the pictures of a run that is made up."""

import json
from xml.etree import ElementTree

import pytest

from exports_project.benchmark import document, pictures, report
from exports_project.benchmark.bars import bars
from exports_project.benchmark.contenders import CONTENDERS
from exports_project.benchmark.results import Results
from tests.benchmark import made_up

pytestmark = pytest.mark.postgresql

SVG = "{http://www.w3.org/2000/svg}"
MISSING = {"djangorestframework-csv": "not installed: uv sync --group benchmark"}


@pytest.fixture
def run():
    present = [contender.name for contender in CONTENDERS if contender.name not in MISSING]
    return made_up.run(made_up.measurements(dict.fromkeys(present, 2.0)), MISSING)


def line(text: str, title: str) -> str:
    [found] = [line for line in text.splitlines() if line.startswith(f"{title}  ")]
    return " ".join(found.split())


def test_it_works(run):
    text = report.text(run)
    assert line(text, "export, gunicorn") == (
        "export, gunicorn 1,000,000 2.000 2.000-2.000 500,000 1.00 20 ms 20 ms 80.0 80.1 81.0 –"
    )


def test_every_contender_and_every_bar_has_its_line(run):
    text = report.text(run)
    for contender in CONTENDERS:
        line(text, contender.title)
    for bar in bars(Results(run.measurements)):
        line(text, bar.text)


def test_what_is_missing_is_said(run):
    found = line(report.text(run), "djangorestframework-csv")
    assert found == "djangorestframework-csv not installed: uv sync --group benchmark"
    assert "not measured" in report.text(run)


def test_what_bears_fewer_rows_says_so(run):
    assert "django-import-export 50,000 " in line(report.text(run), "django-import-export")


def test_what_can_not_be_watched_has_a_dash(run):
    assert line(report.text(run), "psql, our SQL").count("–") == 3


@pytest.mark.parametrize(("rows", "said"), [(1_000_000, False), (20_000, True)])
def test_of_few_rows_it_says_that_the_bars_are_not_for_them(rows, said):
    run = made_up.run(made_up.measurements({"psql": 2}, rows), rows=rows)
    assert ("meant for 1,000,000 rows" in report.text(run)) is said


def test_a_run_of_which_nothing_is_left_can_be_told(run):
    empty = made_up.run([], {contender.name: "not installed" for contender in CONTENDERS})
    assert "not installed" in report.text(empty)
    for picture in (pictures.time_picture(empty), pictures.memory_picture(empty)):
        ElementTree.fromstring(picture)
    json.dumps(document.document(empty))


def test_the_document(run):
    found = json.loads(json.dumps(document.document(run)))
    assert {"rows", "rounds", "machine", "versions", "postgresql", "contenders", "bars", "measurements"} < {
        *found
    }
    assert found["postgresql"] == made_up.SETTINGS
    assert found["versions"]["python"]
    assert found["machine"]["processors"]
    by_name = {contender["name"]: contender for contender in found["contenders"]}
    assert by_name["gunicorn"]["ratio_to_psql"] == 1
    assert [size["rows"] for size in by_name["gunicorn"]["sizes"]] == [1_000, 10_000, 100_000, 1_000_000]
    assert by_name["djangorestframework-csv"]["missing"]
    assert {bar["met"] for bar in found["bars"]} == {True, False, None}
    assert len(found["measurements"]) == len(run.measurements)


@pytest.mark.parametrize("draw", [pictures.time_picture, pictures.memory_picture])
def test_a_picture_tells_who_does_not_see_it(run, draw):
    root = ElementTree.fromstring(draw(run))
    assert root.tag == f"{SVG}svg"
    names = [root.find(f"{SVG}{tag}") for tag in ("title", "desc")]
    assert root.get("aria-labelledby").split() == [element.get("id") for element in names]
    assert "export, gunicorn" in names[1].text


@pytest.mark.parametrize("draw", [pictures.time_picture, pictures.memory_picture])
def test_every_line_of_a_picture_has_its_name(run, draw):
    root = ElementTree.fromstring(draw(run))
    names = [group.findtext(f"{SVG}text") for group in root.iter(f"{SVG}g")]
    assert sorted(names) == sorted(
        contender.title for contender in CONTENDERS if contender.pictured and contender.name not in MISSING
    )


def test_names_stand_apart():
    assert pictures.spread([10, 11, 50], 17, 0, 100) == [10, 27, 50]
    assert pictures.spread([90, 95, 99], 17, 0, 100) == [66, 83, 100]
    assert pictures.spread([], 17, 0, 100) == []
