"""What the audit table holds once all exports are over."""

import time
from collections import Counter

from tests.processes.services import TIMEOUT, Service


def outcomes(service: Service, user: str) -> Counter[str]:
    """How many of the user's records have which outcome. The last byte arrives before one is closed."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        page = service.json("/api/exports/logs?page_size=500", user)
        assert page["next"] is None
        found = Counter(record["outcome"] for record in page["results"])
        if not found["running"]:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
