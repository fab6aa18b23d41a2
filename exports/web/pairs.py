"""Recorded parameters, for people."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def pairs(recorded: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and text of each value; a name that was given more than once comes as often."""
    for name, value in recorded.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
