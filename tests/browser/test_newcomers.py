"""The first export of somebody who has read nothing: from signing in to the file on their disk.

By mouse, by the keyboard alone, by touch on a telephone, in the dark, and in German. Everything is found as
people find it: by what it is called.
"""

import csv
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.keyboard import tab_to
from tests.browser.records import USER, newest_record
from tests.browser.windows import NARROW, WIDE, Window

# A page is the same on every database.
pytestmark = pytest.mark.sqlite

COLUMNS: Final = ("id", "startedAt", "outcome")
CHOICE: Final = f"outcome=completed&columns={','.join(COLUMNS)}"
"""What they choose, in the words of the API."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What things are called in the reader's language."""

    username: str
    password: str
    sign_in: str
    outcome: str
    completed: str
    no_columns: str
    rows: str
    preview: str
    download: str
    complete: str


WORDS: Final = {
    "en-GB": Words(
        username="Username",
        password="Password",
        sign_in="Log in",
        outcome="Outcome",
        completed="Completed",
        no_columns="None",
        rows="{:,} rows",
        preview="Preview",
        download="Download",
        complete="The file is complete.",
    ),
    "de-DE": Words(
        username="Benutzername",
        password="Passwort",
        sign_in="Anmelden",
        outcome="Ergebnis",
        completed="Abgeschlossen",
        no_columns="Keine",
        rows="{:,} Zeilen",
        preview="Vorschau",
        download="Herunterladen",
        complete="Die Datei ist vollständig.",
    ),
}


class Mouse:
    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, wanted: Locator) -> None:
        wanted.click()

    def type(self, field: Locator, text: str) -> None:
        self.press(field)
        self.page.keyboard.type(text)

    def choose(self, field: Locator, label: str) -> None:
        """From a list, which the browser shows in a window that belongs to no page."""
        field.select_option(label)


class Keyboard(Mouse):
    def press(self, wanted: Locator) -> None:
        tab_to(self.page, wanted)
        self.page.keyboard.press("Space" if wanted.get_attribute("type") == "checkbox" else "Enter")

    def type(self, field: Locator, text: str) -> None:
        tab_to(self.page, field)
        self.page.keyboard.type(text)

    def choose(self, field: Locator, label: str) -> None:
        self.type(field, label)


class Touch(Mouse):
    def press(self, wanted: Locator) -> None:
        wanted.tap()


type Hands = Mouse | Keyboard | Touch

WAYS: Final[dict[str, tuple[Callable[[Page], Hands], dict[str, Any]]]] = {
    "mouse": (Mouse, {"width": WIDE}),
    "keyboard": (Keyboard, {"width": WIDE}),
    "telephone": (Touch, {"width": NARROW, "has_touch": True, "is_mobile": True}),
    "dark": (Mouse, {"width": WIDE, "color_scheme": "dark"}),
    "German": (Mouse, {"width": WIDE, "locale": "de-DE"}),
}


def choose_rows(window: Window, hands: Hands, words: Words) -> None:
    """From the login page to a choice of some rows and columns."""
    page = window.open("/")
    hands.type(page.get_by_label(words.username), USER)
    hands.type(page.get_by_label(words.password), USER)
    hands.press(page.get_by_role("button", name=words.sign_in))
    hands.press(page.get_by_role("main").get_by_role("link", name="calls", exact=True).last)
    hands.choose(page.get_by_role("combobox", name=words.outcome), words.completed)
    hands.press(page.get_by_role("button", name=words.no_columns, exact=True))
    for name in COLUMNS:
        hands.press(page.get_by_role("checkbox", name=name, exact=True))


def seen_rows(page: Page, words: Words) -> list[list[str]]:
    """The header and the rows of the preview, once it is that of the columns chosen."""
    preview = page.get_by_role("region", name=words.preview)
    preview.get_by_role("columnheader").nth(len(COLUMNS)).wait_for(state="detached")
    preview.get_by_role("columnheader", name=COLUMNS[-1], exact=True).wait_for()
    return [
        row.get_by_role("columnheader").or_(row.get_by_role("cell")).all_inner_texts()
        for row in preview.get_by_role("row").all()
    ]


@pytest.mark.parametrize("way", WAYS)
def test_it_works(open_window, demo, way):
    """They see what they will get, get it, and it is what a program gets."""
    make_hands, options = WAYS[way]
    window, words = open_window(**options), WORDS[options.get("locale", "en-GB")]
    page, hands = window.page, make_hands(window.page)
    choose_rows(window, hands, words)
    seen = seen_rows(page, words)
    button = page.get_by_role("button", name=words.download, exact=True)
    with page.expect_download() as expected:
        hands.press(button)
    file = expected.value.path().read_bytes()
    assert file == demo.get(f"/api/exports/calls?{CHOICE}", {"X-User-Id": USER})
    rows = list(csv.reader(io.StringIO(file.decode(), newline="")))
    assert seen == rows[:21]
    # The page has told how many there are, and says that all of them are there.
    count = words.rows.format(len(rows) - 1).replace(",", "." if options.get("locale") else ",")
    page.get_by_text(words.complete).wait_for()
    assert count in window.text
    assert hashlib.sha256(file).hexdigest() in window.text
    assert page.evaluate("document.documentElement.scrollWidth") <= options["width"]


def test_they_find_it_again(open_window, demo):
    """The day after, from where they were led when they signed in."""
    window, words = open_window(USER), WORDS["en-GB"]
    page = window.open(f"/exports/calls/?{CHOICE}")
    with page.expect_download() as first:
        page.get_by_role("button", name=words.download, exact=True).click()
    page.get_by_text(words.complete).wait_for()
    newest_record(demo)
    page = window.open("/exports/")
    with page.expect_download() as again:
        page.get_by_role("link", name="Download calls again").or_(
            page.get_by_role("button", name="Download calls again")
        ).first.click()
    assert again.value.path().read_bytes() == first.value.path().read_bytes()
