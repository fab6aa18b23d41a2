"""Rates: so many exports in so long a time."""

import re
from dataclasses import dataclass
from typing import Final, Self

_PERIODS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_RATE: Final = re.compile(r"([0-9]{1,9})/([1-9][0-9]{0,5})?([smhd])")


@dataclass(frozen=True)
class Rate:
    """`count` exports in `seconds`, as django-ratelimit writes it: `10/h`, `5/10m`; `0/d` allows none."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for what is no rate."""
        match = _RATE.fullmatch(text)
        if not match:
            raise ValueError(f"{text!r} is no rate, such as 10/h or 5/10m.")
        return cls(int(match[1]), int(match[2] or 1) * _PERIODS[match[3]])


@dataclass(frozen=True, kw_only=True)
class RateUsage:
    """How far a rate is used up: `count` exports in the window that ends in `reset` seconds."""

    rate: Rate
    count: int
    reset: int

    @property
    def remaining(self) -> int:
        """How many are left of the window."""
        return max(0, self.rate.count - self.count)

    @property
    def exceeded(self) -> bool:
        return self.count > self.rate.count

    @property
    def newly_exceeded(self) -> bool:
        """Whether this was the first one too many."""
        return self.count == self.rate.count + 1
