"""What is in the wheel, and what is not."""

import zipfile
from fnmatch import fnmatch

import pytest

from tests.servers import ROOT

# It is the same wheel on every database.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def names(wheel) -> set[str]:
    """The files of the wheel but its own description."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_it_holds_the_engine_without_the_datasets_and_nothing_else(names):
    engine = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "exports").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == {name for name in engine if not name.startswith("exports/contrib/")}


@pytest.mark.parametrize(
    "pattern",
    [
        "exports/py.typed",
        "exports/migrations/0001_initial.py",
        "exports/templates/exports/*.html",
        "exports/static/exports/*.css",
        "exports/management/commands/export.py",
        "exports/management/commands/clean_exports.py",
    ],
)
def test_it_holds_what_is_no_module_too(names, pattern):
    assert any(fnmatch(name, pattern) for name in names)


def test_it_holds_each_translation_compiled(names):
    for catalogue in (ROOT / "exports" / "locale").rglob("*.po"):
        assert catalogue.with_suffix(".mo").relative_to(ROOT).as_posix() in names


def test_it_asks_for_what_the_engine_imports_and_not_for_what_the_project_does(wheel):
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith("METADATA")]
        text = archive.read(metadata).decode()
    required = [line.removeprefix("Requires-Dist: ") for line in text.splitlines() if "Requires-Dist" in line]
    assert any(line.startswith("django<6.2,>=5.2") for line in required)
    assert not any(line.startswith(("django-environ", "gunicorn", "whitenoise")) for line in required)
