"""What is measured of one export, and how the memory of a process is read."""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")


@dataclass(frozen=True, kw_only=True)
class Export:
    """One export of that many rows.

    `first_byte_seconds` is None where bytes cannot be watched as they come, `peak_bytes` where the process
    that does the work is gone or not ours; `size`, `sha256` and `source` (how rows were fetched) where the
    contender is none of ours.
    """

    rows: int
    seconds: float
    first_byte_seconds: float | None = None
    peak_bytes: int | None = None
    size: int | None = None
    sha256: str | None = None
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """An export, whose it was, and in which round."""

    contender: str
    round: int
    export: Export


class BenchmarkError(RuntimeError):
    """There is nothing to measure, or what was measured is no whole export; the text says what happened."""


def reset_peak(pid: int | str = "self") -> None:
    """Set the process's high-water mark of resident memory back to what it holds now."""
    (PROC / str(pid) / "clear_refs").write_text("5")


def peak(pid: int | str = "self") -> int:
    """The greatest resident size (bytes) of the process since `reset_peak`, as the kernel counts it."""
    status = (PROC / str(pid) / "status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise BenchmarkError(f"Process {pid} has ended: nothing is known of its memory.")
    return int(found[1]) * 1024


class Watch:
    """Times bytes that come and are dropped: a sink that costs next to nothing."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self.first_byte_seconds: float | None = None
        self.size = 0

    def drop(self, chunks: Iterable[bytes]) -> None:
        """Take all of these chunks."""
        source: Iterator[bytes] = iter(chunks)
        for chunk in source:
            if chunk:
                self.first_byte_seconds = self.seconds
                self.size = len(chunk)
                break
        self.size += sum(map(len, source))

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._begun
