"""A run as JSON: every measurement, what is told of them, and what they depend on."""

import os
import platform
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import psycopg

from .bars import Bar, bars
from .names import SMALL
from .results import Results
from .running import Run

PACKAGES: Final = (
    *("django", "djangorestframework", "psycopg", "gunicorn", "uvicorn", "h11"),
    *("django-import-export", "djangorestframework-csv", "pyarrow", "xlsxwriter", "openpyxl"),
)


def document(run: Run) -> dict[str, Any]:
    """Of values that JSON has."""
    return {
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": run.plan.rows,
        "rounds": run.plan.rounds,
        "machine": machine(),
        "versions": versions(),
        "postgresql": run.settings,
        "contenders": [_contender(run, contender.name, contender.title) for contender in run.plan.contenders],
        "bars": [_bar(bar) for bar in bars(Results(run.measurements))],
        "measurements": [
            {"contender": taken.contender, "round": taken.round, **asdict(taken.export)}
            for taken in run.measurements
        ],
    }


def _contender(run: Run, name: str, title: str) -> dict[str, Any]:
    results = Results(run.measurements)
    return {
        "name": name,
        "title": title,
        "missing": run.missing.get(name, ""),
        "source": results.source(name),
        "rows_per_second": results.rows_per_second(name),
        "ratio_to_psql": results.ratio(name),
        "first_byte_ratio": results.first_byte_ratio(name, SMALL),
        "sizes": [
            {
                "rows": rows,
                "median_seconds": results.median_seconds(name, rows),
                "least_seconds": min(results.seconds(name, rows)),
                "most_seconds": max(results.seconds(name, rows)),
                "first_byte_seconds": results.first_byte(name, rows),
                "peak_bytes": results.peak(name, rows),
                "file_bytes": results.file_size(name, rows),
            }
            for rows in results.sizes(name)
        ],
    }


def _bar(bar: Bar) -> dict[str, Any]:
    return {**asdict(bar), "met": bar.met}


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    return {
        "system": platform.platform(),
        "processor": platform.machine(),
        "processors": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
    }


def versions() -> dict[str, str | None]:
    """Of what takes part; None of what is not installed. PostgreSQL's stands with its settings."""
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "libpq": str(psycopg.pq.version()),
        **{name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
