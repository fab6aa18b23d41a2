"""A run: rows, contenders that take turns, and every measurement of them."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from exports_project.demo.environment import ROOT

from .contenders import Contender, Place, Turn
from .databases import postgres, sqlite_url
from .environment import environment
from .measuring import BenchmarkError, Export, Measurement
from .names import SMALL, sizes

type Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is measured: so many rows, so many times, by these contenders, on that server (None: an own)."""

    rows: int
    rounds: int
    contenders: Sequence[Contender]
    database_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """All that was measured; `missing` tells why a contender was not, by its name."""

    plan: Plan
    settings: dict[str, str]
    measurements: Sequence[Measurement]
    missing: dict[str, str]


def run(plan: Plan, say: Say) -> Run:
    """Fill the databases and measure. Raises BenchmarkError, ServerError or EmbeddedPostgresError."""
    missing = {contender.name: why for contender in plan.contenders if (why := contender.missing())}
    present = [contender for contender in plan.contenders if contender.name not in missing]
    with _place(plan, present, say) as place, ExitStack() as stack:
        turns = [(contender, stack.enter_context(contender.ready(place))) for contender in present]
        measurements = list(rounds(plan, turns, say))
        return Run(plan=plan, settings=place.postgres.settings(), measurements=measurements, missing=missing)


@contextmanager
def _place(plan: Plan, contenders: Iterable[Contender], say: Say) -> Iterator[Place]:
    wanted = sorted({SMALL}.union(*(sizes(plan.rows, contender.most_rows) for contender in contenders)))
    with postgres(plan.database_url) as database, tempfile.TemporaryDirectory(prefix="bench-") as directory:
        place = Place(database, sqlite_url(Path(directory)))
        say(f"Making {plan.rows:,} calls of one tenant, and those of others …")
        _fill(plan.rows, wanted, environment(database.url))
        if any(contender.sqlite for contender in contenders):
            say("Copying them to SQLite …")
            _fill(plan.rows, wanted, environment(place.sqlite_url, database.environment()))
        yield place


def _fill(rows: int, wanted: Sequence[int], variables: dict[str, str]) -> None:
    command = [sys.executable, "-m", "exports_project.benchmark.filling", str(rows), *map(str, wanted)]
    done = subprocess.run(
        command, env=variables, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise BenchmarkError(f"The rows could not be made:\n{done.stderr}")


def rounds(plan: Plan, turns: Sequence[tuple[Contender, Turn]], say: Say) -> Iterator[Measurement]:
    """Everybody takes a turn in each round: what the machine does besides falls upon all of them alike."""
    files: dict[int, str] = {}
    for number in range(1, plan.rounds + 1):
        for contender, turn in turns:
            # Upwards: a server's memory at few rows is that before it has seen many.
            for size in sizes(plan.rows, contender.most_rows):
                export = turn(size)
                _require_same_file(contender, export, files)
                what = f"{contender.title}, {size:,} rows: {export.seconds:.3f} s"
                say(f"Round {number} of {plan.rounds}: {what}")
                yield Measurement(contender=contender.name, round=number, export=export)


def _require_same_file(contender: Contender, export: Export, files: dict[int, str]) -> None:
    """Raises BenchmarkError where it differs from the first file of the same rows: speed is no use then."""
    if (
        contender.same_file
        and export.sha256
        and files.setdefault(export.rows, export.sha256) != export.sha256
    ):
        raise BenchmarkError(
            f"{contender.title}: the file of {export.rows:,} rows differs from that of the others."
        )
