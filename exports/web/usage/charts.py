"""Bar charts as SVG: where each bar and text stands. `exports/chart.html` draws them.

Bars and texts are placed from the left, and mirrored where the reader's language is written from the right.
Coordinates are texts: a template would write numbers as the reader's language does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.text import Truncator
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

COLUMNS_WIDTH: Final = 960
ROWS_WIDTH: Final = 520
_FONT: Final = 12
_LABEL_LENGTH: Final = 20


@dataclass(frozen=True, kw_only=True)
class Point:
    """One bar: its label, how long it is, and its number as people read it."""

    label: str
    value: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    told: str


@dataclass(frozen=True, kw_only=True)
class Label:
    x: str
    y: str
    anchor: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A chart with a title, and a sentence for who does not see it."""

    name: str
    """What its ids begin with."""

    title: str
    description: str
    width: int
    height: int
    bars: Sequence[Bar]
    labels: Sequence[Label]
    lines: Sequence[str] = ()
    """The heights of lines across it."""

    @property
    def box(self) -> str:
        return f"0 0 {self.width} {self.height}"


def columns(name: str, title: str, points: Sequence[Point]) -> Picture:
    """Bars beside each other, in an order of their own, such as days: some have their label below."""
    top, floor, height = 24, 164, 188
    slot = max(COLUMNS_WIDTH / len(points), 8)
    page = _Page(round(slot * len(points)))
    most = _most(points)
    gap = min(slot / 4, 6)
    bars = [
        page.bar(
            left=number * slot + gap / 2,
            top=floor - _share(point, most) * (floor - top),
            width=slot - gap,
            height=_share(point, most) * (floor - top),
            point=point,
        )
        for number, point in enumerate(points)
        if point.value
    ]
    step = max(round(96 / slot), 1)
    labels = [
        page.label(number * slot + gap / 2, floor + _FONT + 6, point.label)
        for number, point in enumerate(points)
        if number % step == 0 and number * slot + 84 <= page.width
    ]
    if most:
        labels.append(page.label(0, top - 6, next(point.text for point in points if point.value == most)))
    return Picture(
        name=name,
        title=title,
        description=_told(points, most),
        width=page.width,
        height=height,
        bars=bars,
        labels=labels,
        lines=[str(top), str(floor)],
    )


def rows(name: str, title: str, points: Sequence[Point]) -> Picture:
    """Bars below each other: the label before each, and its number after it."""
    row, thickness, start, end = 26, 16, 152, ROWS_WIDTH - 80
    page, most = _Page(ROWS_WIDTH), _most(points)
    bars, labels = [], []
    for number, point in enumerate(points):
        top = number * row + (row - thickness) / 2
        baseline = top + thickness / 2 + _FONT / 3
        length = _share(point, most) * (end - start)
        if point.value:
            bars.append(page.bar(left=start, top=top, width=length, height=thickness, point=point))
        labels.append(page.label(0, baseline, Truncator(point.label).chars(_LABEL_LENGTH)))
        labels.append(page.label(start + length + 6, baseline, point.text))
    return Picture(
        name=name,
        title=title,
        description=_told(points, most),
        width=ROWS_WIDTH,
        height=row * len(points),
        bars=bars,
        labels=labels,
    )


class _Page:
    """Places things from the left, or from the right where that is how one reads."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.mirrored = get_language_bidi()

    def bar(self, *, left: float, top: float, width: float, height: float, point: Point) -> Bar:
        width, height = max(width, 1), max(height, 1)  # what is little is seen all the same
        return Bar(
            x=_text(self.width - left - width if self.mirrored else left),
            y=_text(top),
            width=_text(width),
            height=_text(height),
            told=f"{point.label}: {point.text}",
        )

    def label(self, left: float, baseline: float, text: str) -> Label:
        return Label(
            x=_text(self.width - left if self.mirrored else left),
            y=_text(baseline),
            anchor="end" if self.mirrored else "start",
            text=text,
        )


def _most(points: Sequence[Point]) -> int:
    return max((point.value for point in points), default=0)


def _share(point: Point, most: int) -> float:
    return point.value / most if most else 0


def _told(points: Sequence[Point], most: int) -> str:
    if not most:
        return _("There is nothing to show.")
    largest = next(point for point in points if point.value == most)
    return _("The most: %(number)s, %(label)s. The table has every number.") % {
        "number": largest.text,
        "label": largest.label,
    }


def _text(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
