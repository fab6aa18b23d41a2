"""Runs whose figures are made up: what is told of a run does not depend on how fast this machine is."""

from collections.abc import Iterable, Mapping

from exports_project.benchmark.contenders import CONTENDERS, Contender
from exports_project.benchmark.measuring import Export, Measurement
from exports_project.benchmark.names import sizes
from exports_project.benchmark.running import Plan, Run

SETTINGS = {"server_version": "18.0", "shared_buffers": "1GB", "jit": "off"}


def contender(name: str) -> Contender:
    return next(contender for contender in CONTENDERS if contender.name == name)


def measurement(name: str, rows: int, seconds: float, *, round: int = 1, **figures) -> Measurement:
    return Measurement(contender=name, round=round, export=Export(rows=rows, seconds=seconds, **figures))


def measurements(per_row: Mapping[str, float], rows: int = 1_000_000) -> list[Measurement]:
    """One round of these contenders at all their sizes, each of so many microseconds a row."""
    return [
        measurement(
            name,
            size,
            size * microseconds / 1e6,
            first_byte_seconds=None if name.startswith("psql") else 0.02,
            peak_bytes=80_000_000 + size,
        )
        for name, microseconds in per_row.items()
        for size in sizes(rows, contender(name).most_rows)
    ]


def run(taken: Iterable[Measurement], missing: Mapping[str, str] | None = None, rows: int = 1_000_000) -> Run:
    plan = Plan(rows=rows, rounds=1, contenders=CONTENDERS)
    return Run(plan=plan, settings=SETTINGS, measurements=list(taken), missing=dict(missing or {}))
