"""The login page in a browser."""

import pytest

# A page is the same on every database.
pytestmark = pytest.mark.sqlite


def test_it_works(open_window):
    window = open_window()
    window.sign_in("user-123")
    window.page.get_by_role("button", name="Log out").click()
    window.arrive("/login/")


def test_a_wrong_password(open_window):
    window = open_window()
    window.open("/login/")
    window.page.get_by_label("Username").fill("user-123")
    window.page.get_by_label("Password").fill("wrong")
    window.page.keyboard.press("Enter")
    window.page.get_by_role("alert").wait_for()
    assert window.faults() == []
