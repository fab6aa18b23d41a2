"""What the audit says of a demo's user, by the API."""

import json
from typing import Any

from tests.demo.processes import Demo

USER = "user-123"


def newest_record(demo: Demo, user: str = USER) -> dict[str, Any]:
    return json.loads(demo.get("/api/exports/logs", {"X-User-Id": user}))["results"][0]
