"""What others wrote is text on the page, and nothing on it needs a looser Content-Security-Policy."""

import re
from typing import Any

import pytest

import exports
from exports.contrib.telephony.exports import CallExport
from tests.admin.door import act, changelist, post
from tests.api import rows

# A page is the same on every database.
pytestmark = pytest.mark.sqlite

SCRIPT = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


def assert_strict(page: Any) -> None:
    """As the policy demands: no inline script, style or handler, and no other host."""
    assert "unsafe" not in page["Content-Security-Policy"]
    for tag in re.findall(r"<script[^>]*>", page.text):
        assert "src=" in tag
    assert "<style" not in page.text
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page.text)
    for address in re.findall(r'(?:src|href|action)="([^"]+)"', page.text):
        assert address.startswith(("/", "#", "?")) or ":" not in address


@pytest.fixture
def nasty(staff, monkeypatch) -> Any:
    monkeypatch.setattr(CallExport, "description", f"Calls {SCRIPT}")
    header = f"room {SCRIPT}"
    monkeypatch.setattr(CallExport, "columns", [exports.Column(header, "livekit_room_name")])
    return rows.call(staff, livekit_room_name=f"cell {SCRIPT}")


def test_it_works(client, nasty):
    page = act(client, "calls", f"q={SCRIPT}")
    for text in ("Calls", "room", "cell"):
        assert f"{text} {ESCAPED}" in page.text
    assert SCRIPT not in page.text
    assert_strict(page)


@pytest.mark.parametrize("name", ["tenant", "formulas", "columns", "_order", "other"])
def test_what_is_posted(client, nasty, allow, name):
    allow(nasty.user, "exports.export_for_other_tenant")
    page = post(client, "calls", f"q={SCRIPT}", ids=[nasty.pk], _preview="1", **{name: SCRIPT})
    assert SCRIPT not in page.text
    assert_strict(page)


def test_ids_that_are_none(client, nasty):
    page = post(client, "calls", ids=[f'"{SCRIPT}'])
    assert (page.status_code, SCRIPT in page.text) == (400, False)
    assert_strict(page)


def test_the_other_pages(client, nasty):
    for path in (changelist("calls"), f"{changelist('calls')}{nasty.pk}/change/"):
        page = client.get(path)
        assert page.status_code == 200
        assert SCRIPT not in page.text
        assert_strict(page)
