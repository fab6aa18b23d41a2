"""JSON as PostgreSQL prints `jsonb::text`, for databases that keep JSON as it was written.

jsonb orders keys by length and then by bytes, keeps the last of repeated keys, and stores numbers as
`numeric`: no exponents, no negative zero.
"""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

NUMERIC_DIGITS = 131_072
"""PostgreSQL's `numeric` has at most so many before the point."""

_SURROGATE = re.compile("[\ud800-\udfff]")
# Made once: json.loads and json.dumps with arguments would make one a call.
# Integers as Decimal too: Python refuses to read one of more than 4,300 digits.
_decode = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal).decode
_encode = json.JSONEncoder(ensure_ascii=False).encode


def normalised_json(text: str) -> str:
    """The JSON document `text` in PostgreSQL's spelling; unchanged where it nests too deep for Python."""
    try:
        return _text(_decode(text))
    except RecursionError:
        return text


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
            # Beyond what `numeric` holds, plain digits could be gigabytes of noughts.
            is_huge = abs(value.adjusted()) > NUMERIC_DIGITS
            return str(value) if is_huge else format(value or abs(value), "f")
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
