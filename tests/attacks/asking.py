"""One request, and of its answer all that a client could tell from another one."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlencode

from tests.attacks.table import Aim
from tests.attacks.world import World
from tests.web.html import Element, parse

SENDING = ("POST", "PUT", "PATCH", "DELETE")
BY_CHANCE = (
    # Made anew for each answer.
    (re.compile(r'(csrfmiddlewaretoken" value=)"[^"]+"'), r"\1"),
    (re.compile(r"""nonce(-|=")[^"']+"""), "nonce"),
    (re.compile(r'<div class="readonly">[0-9a-f-]{36}</div>'), "new id"),
    # Of the clock.
    (re.compile(r"_\d{8}_\d{6}"), "_time"),
    (re.compile(r'value="\d\d:\d\d:\d\d"'), "time"),
)
COUNTED_ELSEWHERE = {
    *("X-Export-Id", "X-Export-Cursor", "X-Request-ID", "Expires"),
    *("RateLimit-Remaining", "RateLimit-Reset"),
}
"""Headers of each answer's own: of its audit record, line in the log, of the clock and the rate."""


@dataclass(frozen=True)
class Answer:
    """What is told of an object, its id put out of sight."""

    status: int
    headers: Mapping[str, str]
    cookies: frozenset[str]
    way: tuple[tuple[str, int], ...]
    body: str

    def differences(self, other: "Answer") -> list[str]:
        """What is not as in the other one, in words for whoever reads of it."""
        mine, others = asdict(self), asdict(other)
        found = [
            f"{name}: {mine[name]!r} is not {others[name]!r}"
            for name in ("status", "headers", "cookies", "way")
            if mine[name] != others[name]
        ]
        lines = difflib.unified_diff(self.body.splitlines(), other.body.splitlines(), lineterm="", n=0)
        return found + list(lines)


def ask(
    client: Any,
    method: str,
    aim: Aim,
    world: World,
    key: object,
    *,
    form: Mapping[str, str] | None = None,
    follow: bool = True,
) -> Answer:
    """The answer to `aim` for the object `key`, with whatever pages it leads to."""
    names = {"id": key, "type": world.types.get(aim.kind, 0), "scan": world.mine["scan"]}
    names |= {"webhook": world.mine["webhook"]}
    address = aim.address.format(**names)
    options: dict[str, Any] = {
        "headers": {name: text.format(**names) for name, text in aim.headers.items()},
        "follow": follow,
    }
    if method in SENDING:
        sent = dict(form or {}) | {name: value.format(**names) for name, value in aim.sent.items()}
        if address.startswith("/api/"):
            options |= {"data": sent, "content_type": "application/json"}
        elif method == "POST":
            options["data"] = sent
        else:
            options |= {"data": urlencode(sent), "content_type": "application/x-www-form-urlencoded"}
    return seen(getattr(client, method.lower())(address, **options), key)


def seen(response: Any, key: object) -> Answer:
    def hidden(text: str) -> str:
        for spelled in {str(key), str(key).replace("-", ""), quote(str(key), safe="")}:
            text = text.replace(spelled, "ID")
        for pattern, instead in BY_CHANCE:
            text = pattern.sub(instead, text)
        return text

    body = response.getvalue().decode()
    headers = {
        name: hidden(value) for name, value in response.headers.items() if name not in COUNTED_ELSEWHERE
    }
    if body:  # which is compared itself; that of a HEAD is known by its length alone
        headers.pop("Content-Length", None)
    way = tuple((hidden(address), status) for address, status in getattr(response, "redirect_chain", []))
    return Answer(response.status_code, headers, frozenset(response.cookies), way, hidden(body))


def filled_form(page: str) -> dict[str, str]:
    """What the form of an admin's page of an object sends when nothing is changed in it."""
    [form] = [found for found in parse(page).all("form") if found.attrs.get("id", "").endswith("_form")]
    values = {}
    for found in form.below():
        name = found.attrs.get("name", "")
        if name and not name.startswith("_") and name != "csrfmiddlewaretoken":
            values |= _value(found, name)
    return values


def _value(found: Element, name: str) -> dict[str, str]:
    if found.tag == "textarea":
        return {name: found.text}
    if found.tag == "select":
        chosen = [option["value"] for option in found.all("option") if "selected" in option.attrs]
        return {name: chosen[0]} if chosen else {}
    if found.tag != "input" or (found.attrs.get("type") == "checkbox" and "checked" not in found.attrs):
        return {}
    return {name: found.attrs.get("value", "on" if found.attrs.get("type") == "checkbox" else "")}
