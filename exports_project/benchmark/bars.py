"""What is promised of the speed and memory of exports, beside what a run has found."""

from dataclasses import dataclass
from typing import Final

from .names import MEMORY, SMALL
from .results import Results

FEW: Final = MEMORY[0]


@dataclass(frozen=True, kw_only=True)
class Bar:
    """`value` has to be `limit` at most, or at least; it is None where nothing was measured for it."""

    text: str
    limit: float
    value: float | None
    at_least: bool = False
    unit: str = "x"

    @property
    def met(self) -> bool | None:
        """None where nothing was measured."""
        if self.value is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit


# Text, whose time a row, beside whose, and how many times that at most.
TIMES: Final = (
    ("safe CSV, ordered, in process, beside psql's raw copy in no order", "export", "psql", 1.35),
    ("the same beside psql on the same SQL", "export", "psql-same-sql", 1.05),
    ("through gunicorn, beside psql's raw copy", "gunicorn", "psql", 1.40),
    ("through gunicorn, telephone numbers checked by the database", "gunicorn-checked", "psql", 1.30),
    ("through gunicorn with 2 connections", "gunicorn-2", "psql", 1.15),
    ("through uvicorn", "uvicorn", "psql", 1.50),
    ("gzip, beside the same uncompressed", "gunicorn-gzip", "gunicorn", 1.25),
    ("zstd, beside the same uncompressed", "gunicorn-zstd", "gunicorn", 1.25),
    ("by the ORM source, in process", "orm", "psql", 4.2),
)
# How many times our time in process a row takes others, at least.
FASTER: Final = (("django-import-export", 25), ("djangorestframework-csv", 12), ("echo", 6))
SERVERS: Final = ("gunicorn", "gunicorn-2", "uvicorn")
GROWTH_MEGABYTES: Final = 5
FIRST_BYTE: Final = 1.5


def bars(results: Results) -> list[Bar]:
    """All of them, in the order of the report."""
    return [
        *(
            Bar(text=text, limit=limit, value=results.ratio(name, other))
            for text, name, other, limit in TIMES
        ),
        *(
            Bar(text=f"faster than {name}", limit=limit, value=results.ratio(name, "export"), at_least=True)
            for name, limit in FASTER
        ),
        *(_growth(results, name) for name in SERVERS),
        *(_first_byte(results, name) for name in SERVERS),
    ]


def _growth(results: Results, name: str) -> Bar:
    grown = results.growth(name, FEW)
    return Bar(
        text=f"growth of {name}'s memory from {FEW:,} rows to all",
        limit=GROWTH_MEGABYTES,
        value=None if grown is None else grown / 1e6,
        unit="MB",
    )


def _first_byte(results: Results, name: str) -> Bar:
    return Bar(
        text=f"first byte of all rows by {name}, beside that of {SMALL:,}",
        limit=FIRST_BYTE,
        value=results.first_byte_ratio(name, SMALL),
    )
