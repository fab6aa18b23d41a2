"""The German catalogues: whole, in step with the code, and no other than what their .mo files say."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import django
import pytest

from exports_project.django_texts import TEXTS
from tests.project.catalogues import (
    CATALOGUES,
    PLACEHOLDER,
    SOURCES,
    Entry,
    compile_catalogue,
    compiled,
    entries,
    placeholders,
)
from tests.servers import ROOT
from tests.tools import need

# The texts are the same on every database.
pytestmark = pytest.mark.sqlite

DJANGO = Path(django.__file__).parent

EXTRACT = "makemessages --locale de --no-location --no-wrap --no-obsolete --ignore tests"
COMPILE = "compilemessages --locale de --ignore .venv"


def all_entries() -> list[Entry]:
    return [entry for path in CATALOGUES for entry in entries(ROOT / path)]


def test_there_is_a_catalogue_for_each_app():
    apps = {path.partition("/locale/de/LC_MESSAGES/")[0] for path in CATALOGUES}
    contrib = {f"exports/contrib/{app}" for app in ("netscan", "telephony")}
    assert apps == {"accounts", "exports", "exports_project"} | contrib


@pytest.fixture(scope="module")
def extracted(tmp_path_factory) -> Path:
    """A copy of the checkout whose catalogues the documented command has refreshed."""
    need("xgettext")
    copy = tmp_path_factory.mktemp("checkout")
    for source in SOURCES:
        shutil.copytree(ROOT / source, copy / source, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", copy)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "exports_project.settings", "PYTHONPATH": str(copy)}
    subprocess.run([sys.executable, "manage.py", *EXTRACT.split()], cwd=copy, env=environment, check=True)
    return copy


@pytest.mark.parametrize("path", CATALOGUES)
def test_the_texts_of_the_code_are_those_of_the_catalogue(extracted, path):
    committed, found = ([entry.key for entry in entries(top / path)] for top in (ROOT, extracted))
    assert (set(found) - set(committed), set(committed) - set(found)) == (set(), set())
    assert len(committed) == len(set(committed))


@pytest.mark.parametrize("path", CATALOGUES)
def test_no_path_no_line_number_and_nothing_obsolete_stands_in_a_catalogue(path):
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith(("#:", "#~", "#|"))] == []


@pytest.mark.parametrize("path", CATALOGUES)
def test_every_text_is_translated(path):
    found = list(entries(ROOT / path))
    assert found
    assert [entry.key for entry in found if not all(entry.english) or not all(entry.german)] == []
    assert [entry.key for entry in found if len(entry.english) != len(entry.german)] == []
    assert [entry.key for entry in found if entry.fuzzy] == []


@pytest.mark.parametrize("path", CATALOGUES)
def test_what_is_compiled_is_what_is_written(path, tmp_path):
    made = tmp_path / "django.mo"
    compile_catalogue(need("msgfmt"), ROOT / path, made)
    assert compiled((ROOT / path).with_suffix(".mo")) == compiled(made)


def test_placeholders_agree():
    for entry in all_entries():
        for english, german in zip(entry.english, entry.german, strict=True):
            assert placeholders(german) == placeholders(english), entry


@pytest.fixture(scope="module")
def django_s() -> dict[object, set[str]]:
    """Django's own translations of each text; it may have several, for several of its apps."""
    found: dict[object, set[str]] = {}
    for path in DJANGO.rglob("locale/de/LC_MESSAGES/django.mo"):
        for text, translated in compiled(path).items():
            found.setdefault(text, set()).add(translated)
    assert found
    return found


def test_one_text_has_one_translation_which_is_django_s_where_it_has_one(django_s):
    """All catalogues are one at run time: another word of ours would stand in Django's pages too."""
    ours: dict[tuple[str | None, ...], tuple[str, ...]] = {}
    for entry in all_entries():
        assert ours.setdefault(entry.key, entry.german) == entry.german
        if entry.context is None and len(entry.english) == 1:
            [german] = entry.german
            assert german in django_s.get(entry.english[0], {german}), entry


def test_what_is_translated_for_django_is_a_text_of_django_s_that_it_does_not_translate(django_s):
    known = {
        text
        for path in DJANGO.rglob("locale/en/LC_MESSAGES/django.po")
        for entry in entries(path)
        for text in entry.english
    }
    assert set(TEXTS) <= known
    assert set(TEXTS) & set(django_s) == set()


def test_german_has_its_own_quotes_and_words():
    for entry in all_entries():
        text = re.sub(PLACEHOLDER, "", " ".join(entry.german))
        assert not set("\"'") & set(text), entry
        assert text.count("„") == text.count("“"), entry
        assert not re.search(r"\b([Dd](u|eine?[mnrs]?|ich|ir)|[Dd]ataset|[Tt]enant)\b", text), entry


@pytest.mark.parametrize("command", [EXTRACT, COMPILE])
def test_the_documented_commands_are_these(command):
    assert f"manage.py {command}\n" in (ROOT / "docs/translations.md").read_text(encoding="utf-8")
