"""The page that shows a new API key, on whichever side of the house, and a program that uses it."""

from django.test import Client

from tests.web.html import Element, parse

INFO = "/api/exports/info"


def read(answer) -> Element:
    assert answer.status_code == 200
    return parse(answer.content.decode())


def text_of(answer) -> str:
    """The new key, as the page shows it."""
    return read(answer).one("code", id="new-key").text


def use(text: str) -> tuple[int, str | None]:
    """What a program gets with this key: the status, and whose rows it could export."""
    answer = Client().get(INFO, headers={"Authorization": f"Api-Key {text}"})
    return answer.status_code, answer.json().get("user_id")
