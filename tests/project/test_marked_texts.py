"""Texts that people see are marked for translation, in a way that xgettext finds."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from tests.project.catalogues import SOURCES
from tests.servers import ROOT

# The texts are the same on every database.
pytestmark = pytest.mark.sqlite

MARKS = {"_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2, "ngettext_lazy": 2}
MARKS |= {"pgettext": 2, "pgettext_lazy": 2, "npgettext": 3, "npgettext_lazy": 3}
"""The functions that mark a text, and how many texts each takes."""

SHOWN = {"help_text", "label", "search_help_text", "verbose_name", "verbose_name_plural"}
"""Names of arguments and attributes whose values people read."""

SHOWN_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title"}
NAMES = {"SHA-256", "GET", "Authorization: Api-Key"}
"""The same in every language."""

NO_TEXTS = (
    r"{%\s*(comment|blocktranslate)\b.*?{%\s*end\1\s*%}",
    r"{%\s*block bodyclass\b.*?{%\s*endblock\s*%}",  # the value of an attribute
    r"{[%#].*?[%#]}",
    r"{{.*?}}",
)


def sources(pattern: str) -> Iterator[tuple[str, str]]:
    """Name and content of each such file."""
    for path in sorted(path for source in SOURCES for path in (ROOT / source).rglob(pattern)):
        if "migrations" not in path.parts:  # which keep the English texts
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def test_templates_hold_no_text_that_is_not_marked():
    found = [(name, text) for name, source in sources("*.html") for text in texts(source) - NAMES]
    assert found == []


def texts(template: str) -> set[str]:
    found: set[str] = set()

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            found.add(data.strip())

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.update(value or "" for name, value in attrs if name in SHOWN_ATTRIBUTES)

    Reader().feed(re.sub("|".join(NO_TEXTS), "", template, flags=re.DOTALL))
    return {text for text in found if re.search("[^\\W\\d_]", text)}


def test_labels_and_help_texts_are_marked():
    found = [
        (name, ast.unparse(value))
        for name, source in sources("*.py")
        for value in shown(ast.parse(source))
        if isinstance(value, ast.Constant | ast.JoinedStr) and ast.unparse(value) != "''"
    ]
    assert found == []


def shown(tree: ast.Module) -> Iterator[ast.expr]:
    """The values of the arguments and attributes that people read."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in SHOWN:
            yield node.value
        elif isinstance(node, ast.Assign):
            names = {target.id for target in node.targets if isinstance(target, ast.Name)}
            if names & (SHOWN - {"label"}):  # the label of an AppConfig is a name
                yield node.value


def test_xgettext_sees_every_text_that_is_marked():
    """It reads literal strings alone, and looks into no f-string."""
    calls = [(name, *found) for name, source in sources("*.py") for found in marking(ast.parse(source))]
    assert calls
    assert [(name, ast.unparse(call)) for name, call, seen in calls if not seen] == []


def marking(tree: ast.AST, seen: bool = True) -> Iterator[tuple[ast.Call, bool]]:
    """Each call that marks a text, and whether xgettext sees it."""
    seen = seen and not isinstance(tree, ast.JoinedStr)
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in MARKS:
        given = tree.args[: MARKS[tree.func.id]]
        yield tree, seen and all(isinstance(text, ast.Constant) for text in given)
    for node in ast.iter_child_nodes(tree):
        yield from marking(node, seen)
