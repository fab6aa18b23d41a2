"""What a run has found: medians and spread, and how contenders compare."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from .measuring import Measurement

REFERENCE: Final = "psql"


class Results:
    """Answers by a contender's name; None where nothing was measured that could answer."""

    def __init__(self, measurements: Sequence[Measurement]) -> None:
        self._measurements = measurements

    def sizes(self, name: str) -> list[int]:
        """The numbers of rows that it has exported."""
        return sorted({taken.export.rows for taken in self._measurements if taken.contender == name})

    def most(self, name: str) -> int | None:
        """The greatest of them: what is told of its speed is told of that."""
        return max(self.sizes(name), default=None)

    def seconds(self, name: str, rows: int | None) -> list[float]:
        """The time of each round."""
        return [
            taken.export.seconds
            for taken in self._measurements
            if taken.contender == name and taken.export.rows == rows
        ]

    def median_seconds(self, name: str, rows: int | None) -> float | None:
        return _median(self.seconds(name, rows))

    def seconds_per_row(self, name: str) -> float | None:
        rows = self.most(name)
        seconds = self.median_seconds(name, rows)
        return None if not rows or seconds is None else seconds / rows

    def rows_per_second(self, name: str) -> float | None:
        seconds = self.seconds_per_row(name)
        return 1 / seconds if seconds else None

    def ratio(self, name: str, to: str = REFERENCE) -> float | None:
        """How many times the other's time a row takes."""
        return _divided(self.seconds_per_row(name), self.seconds_per_row(to))

    def first_byte(self, name: str, rows: int | None) -> float | None:
        """The median, in seconds."""
        found = [
            taken.export.first_byte_seconds
            for taken in self._measurements
            if taken.contender == name and taken.export.rows == rows
        ]
        return _median([seconds for seconds in found if seconds is not None])

    def first_byte_ratio(self, name: str, few: int) -> float | None:
        """The first byte of the most rows, as a multiple of that of `few`."""
        return _divided(self.first_byte(name, self.most(name)), self.first_byte(name, few))

    def peak(self, name: str, rows: int | None) -> int | None:
        """Bytes, in the first round: later a server's memory is what it was before, whatever it does."""
        for taken in self._measurements:
            if taken.contender == name and taken.export.rows == rows:
                return taken.export.peak_bytes
        return None

    def file_size(self, name: str, rows: int | None) -> int | None:
        """Bytes of the file, which is the same in every round."""
        for taken in self._measurements:
            if taken.contender == name and taken.export.rows == rows:
                return taken.export.size
        return None

    def growth(self, name: str, few: int) -> int | None:
        """By how many bytes the peak of the most rows exceeds that of `few`."""
        more, less = self.peak(name, self.most(name)), self.peak(name, few)
        return None if more is None or less is None else more - less

    def source(self, name: str) -> str | None:
        """How rows were fetched, in the engine's words."""
        return next((taken.export.source for taken in self._measurements if taken.contender == name), None)


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _divided(value: float | None, by: float | None) -> float | None:
    return value / by if value is not None and by else None
