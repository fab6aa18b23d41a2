"""The pages in a language that is written from right to left: mirrored, and as easy to use as the others.

There is no catalogue of ours for it: Django's own texts are Hebrew there, and ours English.
"""

from typing import Final

import pytest

from tests.browser.all_pages import Seen, all_pages
from tests.browser.windows import Window

# A page is the same on every database.
pytestmark = pytest.mark.sqlite

HEBREW: Final = "he"
# What stands first in a row that has to begin at the right, and after it what comes next.
PAIRS = """
() => {
    const pairs = {
        "links of the pages": [".exports-nav li", null],
        "columns of a table": ["#content thead tr th", "#content thead tr th:last-child"],
        "names and values": [".exports-facts dt", ".exports-facts dd"],
        "fields": [".exports-fields > *", null],
        "ticks": [".exports-ticks label > input", null],
    };
    const wrong = [];
    const left = element => element.getBoundingClientRect().left;
    const isBeside = (one, other) => {
        const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
        return a.width && b.width && a.top < b.bottom && b.top < a.bottom;
    };
    for (const [name, [first, second]] of Object.entries(pairs)) {
        for (const one of document.querySelectorAll(first)) {
            if (one.matches(":not(:first-child)") && second) {
                continue;
            }
            const other = second ? one.parentElement.querySelector(second) : one.nextElementSibling;
            if (other && other !== one && isBeside(one, other) && left(one) < left(other)) {
                wrong.push(`${name}: ${one.outerHTML.slice(0, 100)}`);
            }
        }
    }
    const heading = document.querySelector("#content h1");
    const text = document.createRange();
    text.selectNodeContents(heading);
    if (heading.getBoundingClientRect().right - text.getBoundingClientRect().right > 1) {
        wrong.push("the heading does not begin at the right");
    }
    return wrong;
}
"""


@pytest.fixture
def pages(user, stranger, settings) -> dict[str, Seen]:
    settings.LANGUAGES = [*settings.LANGUAGES, (HEBREW, "Hebrew")]
    return all_pages(user, stranger)


def mistakes(window: Window, seen: Seen) -> list[str]:
    page = window.open(seen.path, seen.status)
    assert page.evaluate("[document.documentElement.lang, document.dir]") == [HEBREW, "rtl"]
    found = [f"{seen.path}: {mistake}" for mistake in page.evaluate(PAIRS)]
    return found + window.faults(schemes=["light"])


def test_it_works(visit_site, pages):
    found = []
    for user in dict.fromkeys(seen.user for seen in pages.values()):
        window = visit_site(user, locale="he-IL")
        for seen in pages.values():
            if seen.user == user:
                found += mistakes(window, seen)
    assert found == []


def test_what_has_a_direction_of_its_own_keeps_it(visit_site, user, pages):
    """Addresses, code, and cells as they stand in the file read from left to right, wherever they stand."""
    page = visit_site(user, locale="he-IL").open(pages["dataset"].path)
    for selector in (".exports-preview td", ".exports-address"):
        shown = page.locator(selector).first
        assert shown.evaluate("element => getComputedStyle(element).direction") == "ltr", selector
