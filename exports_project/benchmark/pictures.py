"""Two pictures of a run, as SVG: time and memory against rows, on logarithmic axes.

They stand by themselves in a page, light or dark: a title and a description for those who do not see them,
colours by who it is (psql, ours, others), and the name of each line at its end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from pathlib import Path
from typing import Final

from .contenders import Contender, Group
from .results import Results
from .running import Run

WIDTH: Final = 760
HEIGHT: Final = 460
LEFT: Final = 72
RIGHT: Final = 520
TOP: Final = 56
BOTTOM: Final = 412
LABEL_HEIGHT: Final = 17

STYLE: Final = """
    text { font: 13px system-ui, sans-serif; fill: var(--ink); }
    text.title { font-size: 16px; font-weight: 600; }
    text.tick { fill: var(--faint); font-size: 12px; }
    rect { fill: var(--paper); }
    .grid { stroke: var(--grid); stroke-width: 1; }
    .leader { stroke: var(--faint); stroke-width: 1; stroke-dasharray: 1 3; fill: none; }
    polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
    .psql { --line: var(--psql); } .ours { --line: var(--ours); } .others { --line: var(--others); }
    .psql polyline { stroke-dasharray: 6 4; }
    g polyline { stroke: var(--line); } g circle { fill: var(--line); } g text { fill: var(--line); }
    svg { --paper: #fff; --ink: #1f2328; --faint: #656d76; --grid: #e4e7eb;
          --psql: #57606a; --ours: #0550ae; --others: #a04100; }
    @media (prefers-color-scheme: dark) {
      svg { --paper: #0d1117; --ink: #e6edf3; --faint: #8d96a0; --grid: #262c36;
            --psql: #b1bac4; --ours: #79b8ff; --others: #ffa657; }
    }
"""


@dataclass(frozen=True)
class Line:
    """One contender's points: rows, and what is drawn of them."""

    title: str
    group: Group
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """A logarithmic scale from a value at one place to another value at another."""

    least: float
    most: float
    start: float
    end: float

    def place(self, value: float) -> float:
        share = log10(value / self.least) / log10(self.most / self.least)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Powers of ten; twice and five times of them too where there are few."""
        steps = (1, 2, 5) if self.most / self.least < 1_000 else (1,)
        found = [step * 10.0**power for power in range(-4, 10) for step in steps]
        return [value for value in found if self.least <= value * 1.0001 and value <= self.most * 1.0001]


def write(run: Run, directory: Path) -> list[Path]:
    """Write `time.svg` and `memory.svg` into that directory, which is made if missing."""
    directory.mkdir(parents=True, exist_ok=True)
    files = {"time.svg": time_picture(run), "memory.svg": memory_picture(run)}
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    return [directory / name for name in files]


def time_picture(run: Run) -> str:
    """Seconds, the median of the rounds."""
    results = Results(run.measurements)
    return _picture(
        "Time of an export against its rows",
        "s",
        _lines(run, results, results.median_seconds),
    )


def memory_picture(run: Run) -> str:
    """The most that the process held, in megabytes."""
    results = Results(run.measurements)

    def megabytes(name: str, rows: int) -> float | None:
        size = results.peak(name, rows)
        return None if size is None else size / 1e6

    return _picture("Peak memory of an export against its rows", "MB", _lines(run, results, megabytes))


def _lines(run: Run, results: Results, value: Callable[[str, int], float | None]) -> list[Line]:
    return [
        Line(contender.title, contender.group, points)
        for contender in run.plan.contenders
        if contender.pictured and (points := _points(contender, results, value))
    ]


def _points(
    contender: Contender, results: Results, value: Callable[[str, int], float | None]
) -> list[tuple[float, float]]:
    found = ((rows, value(contender.name, rows)) for rows in results.sizes(contender.name))
    return [(rows, measured) for rows, measured in found if measured]


def _picture(title: str, unit: str, lines: Sequence[Line]) -> str:
    across = Axis(*_span([rows for line in lines for rows, _ in line.points]), LEFT, RIGHT)
    upwards = Axis(*_span([value for line in lines for _, value in line.points]), BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        'role="img" aria-labelledby="title description">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="description">{escape(_description(unit, lines))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}"/>',
        f'<text class="title" x="{LEFT}" y="28">{escape(title)}</text>',
        *_grid(across, upwards, unit),
        *_drawn(lines, across, upwards),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _span(values: Sequence[float]) -> tuple[float, float]:
    """A little more than what there is to show; something also where there is one value, or none."""
    least, most = min(values, default=1), max(values, default=10)
    return least / 1.15, max(most * 1.15, least * 2)


def _description(unit: str, lines: Sequence[Line]) -> str:
    ends = (
        f"{line.title} {line.points[-1][1]:,.3g} {unit} at {line.points[-1][0]:,.0f} rows" for line in lines
    )
    return f"Lines on logarithmic axes. At their ends: {'; '.join(ends)}."


def _grid(across: Axis, upwards: Axis, unit: str) -> list[str]:
    parts = []
    for value in upwards.ticks():
        y = upwards.place(value)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{RIGHT}"/>')
        parts.append(
            f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,g} {unit}</text>'
        )
    for value in Axis(across.least, max(across.most, across.least * 1_000), 0, 1).ticks():
        if value <= across.most:
            x = across.place(value)
            parts.append(f'<path class="grid" d="M{x:.1f} {TOP}V{BOTTOM}"/>')
            parts.append(
                f'<text class="tick" x="{x:.1f}" y="{BOTTOM + 18}" text-anchor="middle">{value:,.0f}</text>'
            )
    parts.append(f'<text class="tick" x="{RIGHT}" y="{BOTTOM + 36}" text-anchor="end">rows</text>')
    return parts


def _drawn(lines: Sequence[Line], across: Axis, upwards: Axis) -> list[str]:
    """The lines, and the name of each at the right, as near to the height of its end as there is room."""
    placed = [
        (line, [(across.place(rows), upwards.place(value)) for rows, value in line.points]) for line in lines
    ]
    placed.sort(key=lambda item: item[1][-1][1])
    heights = spread([points[-1][1] for _, points in placed], LABEL_HEIGHT, TOP, BOTTOM)
    parts = []
    for (line, points), height in zip(placed, heights, strict=True):
        (x, y), joined = points[-1], " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
        parts.append(
            f'<g class="{line.group}"><path class="leader" d="M{x:.1f} {y:.1f}L{RIGHT + 14} {height:.1f}"/>'
            f'<polyline points="{joined}"/>{dots}'
            f'<text x="{RIGHT + 18}" y="{height + 4:.1f}">{escape(line.title)}</text></g>'
        )
    return parts


def spread(wanted: Sequence[float], apart: float, least: float, most: float) -> list[float]:
    """Ascending places near the `wanted` ones, which ascend too, so far apart, within where there is room."""
    places: list[float] = []
    for place in wanted:
        places.append(max(place, places[-1] + apart) if places else max(place, least))
    limit = most
    for number in reversed(range(len(places))):
        places[number] = min(places[number], limit)
        limit = places[number] - apart
    return places
