"""How often a user may export a dataset: django-ratelimit's counters, in the default cache."""

from typing import Any

from django_ratelimit.core import get_usage

from ..conf import export_settings
from ..exceptions import RateLimited


def take(user: Any, dataset: str) -> None:
    """Counts one export of a request that has passed validation. Raises RateLimited.

    The first refusal of a window is the one that is recorded.
    """
    _check(user, dataset, increment=True)


def peek(user: Any, dataset: str) -> None:
    """Raises RateLimited for a user who has been refused in this window already; counts nothing."""
    _check(user, dataset, increment=False)


def _check(user: Any, dataset: str, *, increment: bool) -> None:
    usage = get_usage(
        None,
        group=f"exports:{dataset}",
        key=lambda group, request: f":{user.pk}:",
        rate=export_settings().rate,
        increment=increment,
    )
    if usage is None or not usage["should_limit"]:
        return
    first = increment and usage["count"] == usage["limit"] + 1
    raise RateLimited(max(1, usage["time_left"]), recorded=first)
