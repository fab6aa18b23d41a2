"""The catalogues of translations, read as what they are: lists of a text and its German."""

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from gettext import GNUTranslations
from pathlib import Path

from tests.servers import ROOT

SOURCES = ("accounts", "exports", "exports_project", "templates")
"""The directories whose texts people see."""

CATALOGUES = sorted(
    str(path.relative_to(ROOT)) for source in SOURCES for path in (ROOT / source).rglob("django.po")
)

_FIELD = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[[0-9]\])?) ((?:".*"\n?)+)', re.MULTILINE)
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|\{\w*\}")


@dataclass(frozen=True)
class Entry:
    """One text. `english` and `german` hold the singular and, where it has one, the plural."""

    context: str | None
    english: tuple[str, ...]
    german: tuple[str, ...]
    fuzzy: bool

    @property
    def key(self) -> tuple[str | None, ...]:
        return self.context, *self.english


def entries(path: Path) -> Iterator[Entry]:
    """Those of a .po file, without its header; an obsolete one has neither text nor translation."""
    _, *blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    for block in blocks:
        texts = {
            name: "".join(ast.literal_eval(line) for line in lines.splitlines())
            for name, lines in _FIELD.findall(block)
        }
        yield Entry(
            context=texts.pop("msgctxt", None),
            english=tuple(text for name, text in texts.items() if name.startswith("msgid")),
            german=tuple(text for name, text in texts.items() if name.startswith("msgstr")),
            fuzzy=bool(re.search("^#.*fuzzy", block, re.MULTILINE)),
        )


def placeholders(text: str) -> list[str]:
    """Such as `%(number)s` and `{names}`."""
    return sorted(PLACEHOLDER.findall(text))


def compiled(path: Path) -> dict[object, str]:
    """The translations of a .mo file, as Python looks them up."""
    with path.open("rb") as file:
        found: dict[object, str] = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return found


def compile_catalogue(msgfmt: str, source: Path, target: Path) -> None:
    """By gettext's own program, which refuses what is malformed."""
    subprocess.run([msgfmt, "--check-format", "--output-file", target, source], check=True)
