"""Somebody else's object has to be answered as one that does not exist."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any


def assert_hidden(
    ask: Callable[..., Any], path: str, theirs: str, doors: Iterable[tuple[str, str, Any]]
) -> None:
    """Each door (method, what follows the id, body) answers 404 for both, alike in body and headers."""
    for method, door, body in doors:
        foreign = ask(path + theirs + door, body, method=method)
        missing = ask(path + str(uuid.uuid4()) + door, body, method=method)
        assert (foreign.status, missing.status) == (404, 404), f"{method} {door}"
        assert foreign.body == missing.body
        assert without_id(foreign) == without_id(missing)
        if method != "head":
            assert foreign.errors == [("not_found", None)]


def without_id(answer: Any) -> dict[str, str]:
    """The headers but for the request's own."""
    return {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}


def assert_no_ids(ask: Callable[..., Any], path: str, doors: Iterable[tuple[str, str, Any]]) -> None:
    """What is no id, or no UUID, is 404 at each door."""
    for pk in ("-" * 36, "0" * 36, "00000000-0000-0000-0000-00000000000g", "x"):
        for method, door, body in doors:
            assert ask(path + pk + door, body, method=method).status == 404, f"{method} {pk}{door}"


def assert_signed_in_only(client: Any, path: str, doors: Iterable[tuple[str, str, Any]]) -> None:
    """Without credentials each door is 401, whatever the id."""
    for method, door, _body in doors:
        answer = getattr(client, method)(path + str(uuid.uuid4()) + door)
        assert answer.status_code == 401, f"{method} {door}"
        assert answer.headers["WWW-Authenticate"]
