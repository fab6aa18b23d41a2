"""Several credentials in one request: the first one present decides, in the order of the setting."""

import itertools

import pytest

from tests.credentials.asking import ask
from tests.credentials.test_table import PLACES, headers, right

# Which one is asked first does not depend on the database.
pytestmark = pytest.mark.sqlite

ORDER = ("developmentHeader", "apiKey", "jwt", "oauth2", "nextAuth", "session")
# What one request can hold: one Authorization header. Of the two cookies see below.
PAIRS = [pair for pair in itertools.combinations(ORDER, 2) if PLACES[pair[0]][0] != PLACES[pair[1]][0]]


def joined(*parts: dict[str, str]) -> dict[str, str]:
    """One request's headers; cookies stand together."""
    cookies = "; ".join(part["Cookie"] for part in parts if "Cookie" in part)
    together = {name: value for part in parts for name, value in part.items()}
    return together | ({"Cookie": cookies} if cookies else {})


def wrong(kind: str) -> dict[str, str]:
    return headers(kind, "nobody")


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_first_decides(server, world, first, second):
    good, bad = headers(first, right(world, first)), wrong(first)
    stranger = headers(second, "user-456") if second == "developmentHeader" else None
    if second in world.made:
        stranger = headers(second, world.made[second]["stranger"])
    answer = ask(server.url, headers=joined(good, stranger or headers(second, right(world, second))))
    assert (answer.status, answer.json["user_id"]) == (200, "user-123")
    assert ask(server.url, headers=joined(good, wrong(second))).status == 200
    assert ask(server.url, headers=joined(bad, headers(second, right(world, second)))).status == 401


def test_both_cookies_may_come(server, world):
    session = headers("session", world.made["session"]["stranger"])
    both = joined(headers("nextAuth", right(world, "nextAuth")), session)
    assert ask(server.url, headers=both).json["user_id"] == "user-123"
    assert ask(server.url, headers=joined(headers("nextAuth", "nobody"), session)).status == 401


def test_a_scheme_that_is_not_in_use_is_no_credential(server, world):
    """A proxy in front may ask for a password of its own."""
    session = headers("session", world.made["session"]["right"])
    assert ask(server.url, headers=session | {"Authorization": "Basic dXNlcjpwYXNz"}).status == 200
    assert ask(server.url, headers={"Authorization": "Basic dXNlcjpwYXNz"}).status == 401
