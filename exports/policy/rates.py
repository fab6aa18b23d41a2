"""How often a user, and a credential, may export a dataset: django-ratelimit's counters, in its cache."""

import logging
from collections.abc import Iterator

from django_ratelimit.core import get_usage

from ..caller import Caller, RatedCredential
from ..conf import export_settings
from ..definitions import ModelExport
from ..exceptions import RateLimited, RateUnknown
from ..rate import Rate, RateUsage
from .limits import limits_for

logger = logging.getLogger(__name__)


def take(definition: ModelExport, caller: Caller) -> RateUsage | None:
    """Counts one export of a request that has passed validation. Raises RateLimited.

    The first refusal of a window is the one that is recorded. What is returned is how far the rate is used up
    that leaves the least; None without one.
    """
    return _within(_usages(definition, caller, increment=True), taken=True)


def peek(definition: ModelExport, caller: Caller) -> RateUsage | None:
    """The same for who has been refused in this window already; counts nothing."""
    return _within(_usages(definition, caller, increment=False), taken=False)


def _within(usages: Iterator[RateUsage], *, taken: bool) -> RateUsage | None:
    found = []
    for usage in usages:  # of one that refuses, those behind it count nothing
        if usage.exceeded:
            raise RateLimited(usage, recorded=taken and usage.newly_exceeded)
        found.append(usage)
    return min(found, key=lambda usage: (usage.remaining, -usage.reset), default=None)


def _usages(definition: ModelExport, caller: Caller, *, increment: bool) -> Iterator[RateUsage]:
    """The credential's first: what it is refused is not taken from its user's.

    Of a cache that does not answer nothing more is asked, because each question may take as long as the
    cache's time limit allows.
    """
    try:
        for group, who, rate in _counters(definition, caller):
            yield _usage(group, who, rate, increment=increment)
    except RateUnknown:
        if not export_settings().rate_fail_open:
            raise
        if increment:  # once for each export
            logger.warning(
                "The cache that counts exports does not answer: one of %s by user %s is not counted",
                definition.get_name(),
                caller.user.pk,
            )


def _counters(definition: ModelExport, caller: Caller) -> Iterator[tuple[str, str, Rate]]:
    """What is counted, by group and key, and up to which rate."""
    dataset, credential = definition.get_name(), caller.credential
    if isinstance(credential, RatedCredential) and credential.rate:
        yield f"exports-credential:{dataset}:", str(credential.pk), Rate.parse(credential.rate)
    for rate in limits_for(definition, caller.user).rates:
        yield f"exports:{dataset}:", str(caller.user.pk), rate


def _usage(group: str, who: str, rate: Rate, *, increment: bool) -> RateUsage:
    """django-ratelimit's count. Raises RateUnknown where the cache does not answer."""
    try:
        usage = get_usage(
            None,
            group=group,
            # All is joined in the counter's key: user 1 and a window of 2… are not user 12, nor is dataset
            # `report` with 120/h dataset `report1` with 20/h.
            key=lambda group, request: f":{who}:",
            rate=(rate.count, rate.seconds),
            increment=increment,
        )
    except Exception as error:  # each cache backend has exceptions of its own
        raise RateUnknown from error
    # A count within its limit that is too many: so it says that the counter was not there. The time that
    # is left is negative then, but it is so, too, where the window has ended since the count.
    if usage is None or (usage["should_limit"] and usage["count"] <= usage["limit"]):
        raise RateUnknown
    return RateUsage(rate=rate, count=usage["count"], reset=max(0, usage["time_left"]))
