"""How often a user may export a dataset: django-ratelimit's counters, in the default cache."""

from typing import Any

from django_ratelimit.core import get_usage

from ..conf import export_settings
from ..exceptions import RateLimited, RateUnknown


def take(user: Any, dataset: str) -> None:
    """Counts one export of a request that has passed validation. Raises RateLimited.

    The first refusal of a window is the one that is recorded.
    """
    _check(user, dataset, increment=True)


def peek(user: Any, dataset: str) -> None:
    """Raises RateLimited for a user who has been refused in this window already; counts nothing."""
    _check(user, dataset, increment=False)


def remaining(user: Any, dataset: str) -> int | None:
    """How many exports this window has left; None without a limit. Counts nothing."""
    usage = _usage(user, dataset, increment=False)
    return None if usage is None else max(0, usage["limit"] - usage["count"])


def _check(user: Any, dataset: str, *, increment: bool) -> None:
    usage = _usage(user, dataset, increment=increment)
    if usage is None or not usage["should_limit"]:
        return
    first = increment and usage["count"] == usage["limit"] + 1
    raise RateLimited(max(1, usage["time_left"]), recorded=first)


def _usage(user: Any, dataset: str, *, increment: bool) -> dict[str, int] | None:
    """django-ratelimit's count; None without a limit. Raises RateUnknown where the cache does not answer."""
    try:
        usage: dict[str, int] | None = get_usage(
            None,
            group=f"exports:{dataset}",
            # Parted from the other things in the counter's key: user 1 and a window of 2… are not user 12.
            key=lambda group, request: f":{user.pk}:",
            rate=export_settings().rate,
            increment=increment,
        )
    except Exception as error:  # each cache backend has exceptions of its own
        raise RateUnknown from error
    if usage is not None and usage["time_left"] < 0:  # how it says that the counter was not there
        raise RateUnknown
    return usage
