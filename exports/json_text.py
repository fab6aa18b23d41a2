"""JSON as PostgreSQL prints `jsonb::text`, for databases that keep JSON as it was written.

jsonb orders keys by length and then by bytes, keeps the last of repeated keys, and stores numbers as
`numeric`: no exponents, no negative zero.
"""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")
# Made once: json.loads and json.dumps with arguments would make one a call.
_decode = json.JSONDecoder(parse_float=Decimal).decode
_encode = json.JSONEncoder(ensure_ascii=False).encode


def normalised_json(text: str) -> str:
    """The JSON document `text` in PostgreSQL's spelling."""
    return _text(_decode(text))


def jsonb_text(value: Any) -> str:
    """The spelling of a Python value; what JSON does not know stands as its `str()`."""
    return normalised_json(json.dumps(value, default=str))


def _text(value: Any) -> str:
    match value:
        case str():
            return _string(value)
        case dict():
            return "{" + ", ".join(f"{_string(key)}: {_text(value[key])}" for key in _ordered(value)) + "}"
        case list():
            return "[" + ", ".join(map(_text, value)) + "]"
        case Decimal():
            return format(value or abs(value), "f")
        case _:
            return _encode(value)


def _ordered(keys: Iterable[str]) -> list[str]:
    by_bytes = sorted((key.encode("utf-8", "surrogatepass"), key) for key in keys)
    return [key for _bytes, key in sorted(by_bytes, key=lambda pair: len(pair[0]))]


def _string(text: str) -> str:
    """A JSON string with non-ASCII as itself; half a surrogate pair, which is no character, stays escaped."""
    encoded = _encode(text)
    if text.isascii():
        return encoded
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", encoded)
