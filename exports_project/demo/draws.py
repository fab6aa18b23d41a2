"""Values drawn by chance, the same for the same key on every machine and database."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final

# Fixed, not "now": two databases seeded alike on different days hold the same.
EPOCH: Final = datetime(2024, 1, 1, tzinfo=UTC)
SPAN: Final = timedelta(days=730)
NASTY_EVERY: Final = 50


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Which rows are asked for: `count` rows of one kind, after the `first` ones that the user has already.

    `first` belongs to the key of the random generator and of ids, so that a second run adds other rows.
    Every `nasty_every`th row takes its text from `nasty`; what a newcomer sees first is ordinary.
    """

    seed: int
    user_id: str
    kind: str
    first: int
    count: int
    nasty_every: int = NASTY_EVERY

    def numbers(self) -> range:
        return range(self.first, self.first + self.count)

    def draws(self) -> "Draws":
        return Draws(f"{self.seed}/{self.user_id}/{self.kind}/{self.first}")

    def nasty(self, number: int) -> int | None:
        """The number of a nasty row among the nasty rows, None for an ordinary one."""
        turn, rest = divmod(number + 1, self.nasty_every)
        return None if rest else turn - 1


class Draws(random.Random):
    """Python's generator with the draws that invented rows need."""

    def uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.getrandbits(128), version=4)

    def hexadecimal(self, digits: int) -> str:
        return f"{self.getrandbits(4 * digits):0{digits}x}"

    def weighted[T](self, values: Sequence[T], cumulative: Sequence[int]) -> T:
        """One of the values; `cumulative` are the running totals of their weights."""
        return self.choices(values, cum_weights=cumulative)[0]

    def missing(self, value: str, *, null: float = 0.05, empty: float = 0.05) -> str | None:
        """The value, or now and then NULL or the empty string: both exist in what comes from elsewhere."""
        chance = self.random()
        if chance < null:
            return None
        return "" if chance < null + empty else value

    def seconds(self, limit: float) -> timedelta:
        """A time of up to that many seconds, of whole seconds as often as not."""
        exact = self.random() * limit
        return timedelta(seconds=int(exact) if self.random() < 0.5 else exact)

    def e164(self) -> str:
        return self.choice(("+49", "+1", "+44", "+81", "+971")) + str(self.randrange(10**8, 10**10))


@dataclass(frozen=True)
class Room:
    """A LiveKit room: calls and events of the same number speak of the same one."""

    name: str
    sid: str

    @classmethod
    def of(cls, batch: Batch, number: int) -> "Room":
        key = f"{batch.seed}/{batch.user_id}/room/{number}".encode()
        digest = blake2b(key, digest_size=10).hexdigest()
        topics = ("support", "sales", "survey", "reminder")
        return cls(f"{topics[number % len(topics)]}-{digest[:8]}", f"RM_{digest[8:]}")
