"""What the audit says of a demo's user, by the API."""

import json
import time
from typing import Any

from tests.demo.processes import Demo

USER = "user-123"
SECONDS = 10


def newest_record(demo: Demo, user: str = USER) -> dict[str, Any]:
    """The user's newest record, once it is closed: the last byte arrives a moment before it is."""
    deadline = time.monotonic() + SECONDS
    while (record := _newest(demo, user))["outcome"] == "running":
        assert time.monotonic() < deadline, record
        time.sleep(0.02)
    return record


def _newest(demo: Demo, user: str) -> dict[str, Any]:
    return json.loads(demo.get("/api/exports/logs?page_size=1", {"X-User-Id": user}))["results"][0]
