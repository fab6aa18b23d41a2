"""JSON as PostgreSQL prints `jsonb::text`, for databases that keep JSON as it was written.

jsonb orders keys by length and then by bytes, keeps the last of repeated keys, and stores numbers as
`numeric`: no exponents, no negative zero.
"""

import json
import re
from decimal import Decimal
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")


def normalised_json(text: str) -> str:
    """The JSON document `text` in PostgreSQL's spelling."""
    return _text(json.loads(text, parse_float=Decimal))


def jsonb_text(value: Any) -> str:
    """The spelling of a Python value; what JSON does not know stands as its `str()`."""
    return normalised_json(json.dumps(value, default=str))


def _text(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_string(key)}: {_text(value[key])}" for key in _ordered(value)) + "}"
        case list():
            return "[" + ", ".join(map(_text, value)) + "]"
        case str():
            return _string(value)
        case Decimal():
            return format(value if value else abs(value), "f")
        case _:
            return json.dumps(value)


def _ordered(keys: dict[str, Any]) -> list[str]:
    return sorted(keys, key=lambda key: (len(_bytes(key)), _bytes(key)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _string(text: str) -> str:
    """A JSON string with non-ASCII as itself; half a surrogate pair, which is no character, stays escaped."""
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))
