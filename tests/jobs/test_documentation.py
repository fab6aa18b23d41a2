"""The page on reliability says by which test each of its sentences on jobs is held."""

import re

import pytest

from tests.servers import ROOT

pytestmark = pytest.mark.sqlite

PAGE = (ROOT / "docs" / "reliability.md").read_text()
NAMED = re.findall(r"^\|.*\| `(tests/\S+\.py)::(\w+)` \|$", PAGE, re.MULTILINE)


def test_it_works():
    assert len(NAMED) > 15


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_there_is_such_a_test(file, name):
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE)
