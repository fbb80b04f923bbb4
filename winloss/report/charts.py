"""The shapes a chart may have, and how each is drawn at a given width.

A chart that fills the page is drawn twice, for wide and for narrow screens; the page shows one of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from winloss.formatting import MINUS
from winloss.report import svg

WIDE, NARROW = 720.0, 340.0

Fill = Literal["full", "pale", "striped", "empty"]
"""How a part of a bar is filled, told apart without colour."""

TEXT, SMALL = 12.0, 12.0


@dataclass(frozen=True)
class TrendPoint:
    label: str
    """Quarter, such as 2025-Q4."""
    rate: float | None
    low: float | None
    high: float | None
    lower_limit: float | None
    upper_limit: float | None
    is_outside: bool = False
    is_partial: bool = False


@dataclass(frozen=True)
class Trend:
    """Rates by quarter with their intervals, the average and the control limits (a p-chart)."""

    points: tuple[TrendPoint, ...]
    center: float | None
    last_label: str
    center_label: str


@dataclass(frozen=True)
class Row:
    """A row of a row chart: a value with its interval, or a bar, and texts to its right."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    other: float | None = None
    """A second value: a tick on a bar, a hollow dot beside a dot."""
    shape: str = "dot"
    """dot, main, up, down, hollow, bar, muted_bar or pair."""
    right: tuple[str, ...] = ()
    is_bold: bool = False
    parts: tuple[tuple[float, Fill], ...] = ()
    """Lengths of a bar end to end, under the value if there is one."""


@dataclass(frozen=True)
class RowChart:
    rows: tuple[Row, ...]
    right_titles: tuple[str, ...]
    domain: tuple[float, float]
    ticks: tuple[tuple[float, str], ...]
    reference: tuple[float, str] | None = None
    widths: tuple[float, ...] = (WIDE, NARROW)


@dataclass(frozen=True)
class Curve:
    """Shares by score threshold or by age, with at most two marked places: the score threshold to use and today's."""

    lines: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]
    cut: float | None
    cut_label: str
    today: float | None
    today_label: str
    at_cut: tuple[tuple[float, str], ...] = ()
    x_title: str = "score threshold on the qualification score"
    x_ticks: tuple[tuple[float, str], ...] = tuple((number / 10, f"{number / 10:.1f}") for number in range(0, 11, 2))
    band: tuple[tuple[float, float, float], ...] = ()
    """Places with the two ends of the first line's interval."""


Spec = Trend | RowChart | Curve


def drawings(spec: Spec, identity: str, title: str, description: str) -> list[str]:
    """One drawing per width the chart is made for, the wide one first."""
    widths = spec.widths if isinstance(spec, RowChart) else (WIDE, NARROW)
    result = []
    for width in widths:
        css_class = "only" if len(widths) == 1 else "wide" if width >= 500 else "narrow"
        body, height = _draw(spec, width)
        result.append(
            svg.document(body, width, height, f"{identity}-{css_class}", title, description, f"chart {css_class}")
        )
    return result


def _draw(spec: Spec, width: float) -> tuple[list[str], float]:
    if isinstance(spec, Trend):
        return _trend(spec, width)
    if isinstance(spec, Curve):
        return _curve(spec, width)
    return _rows(spec, width)


def _scale(domain: tuple[float, float], low: float, high: float) -> Callable[[float], float]:
    span = (domain[1] - domain[0]) or 1.0

    def place(value: float) -> float:
        inside = min(max(value, domain[0]), domain[1])
        return low + (inside - domain[0]) / span * (high - low)

    return place


# ---------------------------------------------------------------- trend


def _trend(spec: Trend, width: float) -> tuple[list[str], float]:
    is_narrow = width < 500
    points = spec.points[-6:] if is_narrow else spec.points[-12:]
    size = SMALL if is_narrow else TEXT
    height = 230.0 if is_narrow else 270.0
    right_words = [spec.last_label, spec.center_label, "upper limit", "lower limit"]
    left, right = 40.0, width - 14 - max(svg.text_width(words, size, bold=True) for words in right_words)
    top, bottom = 12.0, height - 42
    seen = [
        value
        for point in points
        for value in (point.low, point.high, point.lower_limit, point.upper_limit)
        if value is not None
    ]
    floor = max(0.0, math.floor((min(seen) - 0.02) * 10) / 10) if seen else 0.0
    ceiling = min(1.0, math.ceil((max(seen) + 0.02) * 10) / 10) if seen else 1.0
    y = _scale((floor, ceiling), bottom, top)
    step = (right - left) / max(len(points), 1)
    body: list[str] = []

    for index, point in enumerate(points):
        if point.lower_limit is not None and point.upper_limit is not None:
            x, upper, lower = left + index * step, y(point.upper_limit), y(point.lower_limit)
            body.append(svg.rect(x, upper, step, lower - upper, "band"))
            body.append(svg.line(x, upper, x + step, upper, "mid", 1, "2 3"))
            body.append(svg.line(x, lower, x + step, lower, "mid", 1, "2 3"))
    tick_step = 0.1 if ceiling - floor <= 0.5 else 0.2
    for number in range(round((ceiling - floor) / tick_step) + 1):
        value = floor + number * tick_step
        if value <= ceiling + 1e-9:
            body.append(svg.line(left, y(value), right, y(value), "grid"))
            body.append(svg.text(left - 6, y(value) + 4, f"{round(value * 100)}%", size, "end", "soft"))
    if spec.center is not None:
        body.append(svg.line(left, y(spec.center), right, y(spec.center), "ink", 1.2, "6 4"))

    xs = [left + (index + 0.5) * step for index in range(len(points))]
    # a quarter without a closed deal breaks the line
    run: list[tuple[float, float]] = []
    for x, point in zip(xs, points):
        if point.rate is None:
            if len(run) > 1:
                body.append(svg.polyline(run))
            run = []
        else:
            run.append((x, y(point.rate)))
    if len(run) > 1:
        body.append(svg.polyline(run))
    for index, (x, point) in enumerate(zip(xs, points)):
        if point.rate is not None:
            if point.low is not None and point.high is not None:
                body.append(svg.line(x, y(point.low), x, y(point.high), "main", 3))
            shape = "hollow" if point.is_partial else "diamond" if point.is_outside else "main"
            body.append(svg.mark(shape, x, y(point.rate), 5.5 if index == len(points) - 1 else 4.5))
        year, _, quarter = point.label.rpartition("-")
        body.append(
            svg.text(
                x,
                bottom + 17,
                quarter or point.label,
                size,
                "middle",
                "ink" if index == len(points) - 1 else "soft",
                index == len(points) - 1,
            )
        )
        if year and (index == 0 or points[index - 1].label.rpartition("-")[0] != year):
            body.append(svg.text(x, bottom + 33, year, size, "middle", "soft"))

    last = points[-1] if points else None
    labels: list[tuple[float, str, str, bool]] = []
    if last and last.rate is not None:
        labels.append((y(last.rate), spec.last_label, "ink", True))
    if spec.center is not None:
        labels.append((y(spec.center), spec.center_label, "soft", False))
    if last and last.upper_limit is not None and last.lower_limit is not None:
        labels.append((y(last.upper_limit), "upper limit", "soft", False))
        labels.append((y(last.lower_limit), "lower limit", "soft", False))
    places = svg.spread([position for position, *_ in labels], size * 1.3, top, bottom)
    for place, (_, words, tone, bold) in zip(places, labels):
        body.append(svg.text(right + 8, place + 4, words, size, "start", tone, bold))
    return body, height


# ---------------------------------------------------------------- rows


def _rows(spec: RowChart, width: float) -> tuple[list[str], float]:
    is_narrow = width < 500
    size = SMALL if is_narrow else TEXT
    # a phone has room for a label or for its bar, not for both on one line
    is_stacked = is_narrow and len(spec.widths) > 1
    row_height = 38.0 if is_stacked else 22.0 if is_narrow else 25.0
    gap = 10.0 if is_narrow else 22.0
    columns = range(len(spec.right_titles))
    column_widths = [
        max(
            [svg.text_width(spec.right_titles[c], size)]
            + [svg.text_width(row.right[c], size, bold=True) for row in spec.rows]
        )
        for c in columns
    ]
    rights: list[float] = []
    edge = width
    for c in reversed(columns):
        rights.insert(0, edge)
        edge -= column_widths[c] + gap
    plot_right = edge - 2
    longest = max((svg.text_width(row.label, size, row.is_bold) for row in spec.rows), default=0.0)
    label_width = min(longest, 230.0 if not is_narrow else (plot_right - 8) * 0.52)
    if is_stacked:
        label_width = min(longest, width)
    plot_left = 2.0 if is_stacked else label_width + 14
    x = _scale(spec.domain, plot_left, plot_right)
    top = 24.0
    bottom = top + row_height * len(spec.rows)
    body: list[str] = []

    for value, _ in spec.ticks:
        body.append(svg.line(x(value), top - 2, x(value), bottom, "grid"))
    tick_places = [x(value) for value, _ in spec.ticks]
    for place, (_, words), is_first, is_last in zip(
        tick_places,
        spec.ticks,
        (n == 0 for n in range(len(spec.ticks))),
        (n == len(spec.ticks) - 1 for n in range(len(spec.ticks))),
    ):
        # labels at the ends stay inside the plot, clear of the columns beside it
        anchor = "start" if is_first else "end" if is_last else "middle"
        body.append(svg.text(place, bottom + 14, words, size - 1, anchor, "soft"))
    for c in columns:
        body.append(svg.text(rights[c], 14, spec.right_titles[c], size - 0.5, "end", "soft"))
    if spec.reference:
        value, words = spec.reference
        half = svg.text_width(words, size - 0.5) / 2
        middle = min(max(x(value), half), max(plot_right - half, half))
        body.append(svg.text(middle, 14, words, size - 0.5, "middle", "soft"))
        body.append(svg.line(x(value), top - 4, x(value), bottom, "ink", 1.2, "5 3"))

    for index, row in enumerate(spec.rows):
        y = top + row_height * (index + 0.5) + (9 if is_stacked else 0)
        shown = svg.fitted(row.label, label_width + 1, size, row.is_bold)
        body.append(svg.text(0, y - 14 if is_stacked else y + 4, shown, size, "start", "ink", row.is_bold, row.label))
        body.extend(_row_marks(row, x, y, 22.0 if is_stacked else row_height))
        for c in columns:
            body.append(
                svg.text(
                    rights[c], y + 4, row.right[c], size, "end", "ink" if c == 0 or row.is_bold else "soft", row.is_bold
                )
            )
    return body, bottom + 22


def _parts(row: Row, x: Callable[[float], float], y: float, thickness: float) -> list[str]:
    """The parts of a bar end to end: full, pale, with stripes, or an empty frame."""
    marks: list[str] = []
    start, top = 0.0, y - thickness / 2
    for length, fill in row.parts:
        left, right = x(start), x(start + length)
        start += length
        if right - left < 0.05:
            continue
        if fill in ("full", "pale"):
            marks.append(svg.rect(left, top, right - left, thickness, "main" if fill == "full" else "muted"))
            continue
        bottom = top + thickness
        frame = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        marks.append(svg.polyline(frame, "bad" if fill == "striped" else "mid", 1))
        if fill == "striped":
            # a dashed line as thick as the bar is high
            marks.append(svg.line(left, y, right, y, "bad", thickness, "1.5 2.5"))
    return marks


def _row_marks(row: Row, x: Callable[[float], float], y: float, row_height: float) -> list[str]:
    if row.parts:
        bare = replace(row, parts=())
        return _parts(row, x, y, row_height * 0.62) + _row_marks(bare, x, y, row_height)
    if row.value is None:
        return []
    if row.shape in ("bar", "muted_bar"):
        thickness = row_height * 0.52
        marks = [
            svg.rect(
                x(0), y - thickness / 2, x(row.value) - x(0), thickness, "main" if row.shape == "bar" else "muted", 1.5
            )
        ]
        if row.low is not None and row.high is not None:
            marks.append(svg.line(x(row.low), y, x(row.high), y, "ink", 1.4))
            marks.append(svg.line(x(row.low), y - 3, x(row.low), y + 3, "ink", 1.4))
            marks.append(svg.line(x(row.high), y - 3, x(row.high), y + 3, "ink", 1.4))
        if row.other is not None:
            marks.append(
                svg.line(x(row.other), y - row_height * 0.42, x(row.other), y + row_height * 0.42, "paper", 4.5)
            )
            marks.append(svg.line(x(row.other), y - row_height * 0.42, x(row.other), y + row_height * 0.42, "bad", 2))
        return marks
    if row.shape == "pair":
        marks = []
        if row.other is not None:
            marks.append(svg.line(x(row.value), y, x(row.other), y, "muted", 3))
            marks.append(svg.mark("hollow", x(row.other), y, 5))
        marks.append(svg.mark("main", x(row.value), y, 4))
        return marks
    tone = {"up": "good", "down": "bad", "main": "main"}.get(row.shape, "mid")
    marks = []
    if row.low is not None and row.high is not None:
        marks.append(svg.line(x(row.low), y, x(row.high), y, tone, 2.6))
    if row.other is not None:
        marks.append(svg.mark("hollow", x(row.other), y, 5.5))
    marks.append(svg.mark(row.shape, x(row.value), y))
    return marks


# ---------------------------------------------------------------- curve


def _curve(spec: Curve, width: float) -> tuple[list[str], float]:
    is_narrow = width < 500
    size = SMALL if is_narrow else TEXT
    height = 250.0 if is_narrow else 290.0
    left, right, top, bottom = 42.0, width - 12, 62.0, height - 42
    x = _scale((spec.x_ticks[0][0], spec.x_ticks[-1][0]), left, right)
    y = _scale((0.0, 1.0), bottom, top)
    body: list[str] = []
    if spec.band:
        edge = [(x(at), y(high)) for at, _, high in spec.band] + [(x(at), y(low)) for at, low, _ in reversed(spec.band)]
        body.append(svg.polygon(edge, "band"))
    for number in range(0, 101, 25):
        body.append(svg.line(left, y(number / 100), right, y(number / 100), "grid"))
        body.append(svg.text(left - 6, y(number / 100) + 4, f"{number}%", size, "end", "soft"))
    for at, words in spec.x_ticks:
        body.append(svg.text(x(at), bottom + 17, words, size, "middle", "soft"))
    body.append(svg.text((left + right) / 2, height - 6, spec.x_title, size, "middle", "soft"))

    key = left
    for (name, _), dash, tone in zip(spec.lines, ("", "6 4", "2 3"), ("main", "bad", "mid")):
        body.append(svg.line(key, 11, key + 26, 11, tone, 2.4, dash))
        body.append(svg.text(key + 32, 15, name, size, "start", "ink"))
        key += 32 + svg.text_width(name, size) + 16
    marked = (
        (spec.cut, spec.cut_label, "ink", "", 34.0, True),
        (spec.today, spec.today_label, "mid", "3 3", 50.0, False),
    )
    for value, words, tone, dash, label_y, bold in marked:
        if value is None:
            continue
        body.append(svg.line(x(value), label_y + 5, x(value), bottom, tone, 1.4, dash))
        half = svg.text_width(words, size, bold) / 2
        middle = min(max(x(value), half), width - half)
        body.append(svg.text(middle, label_y, words, size, "middle", "ink" if bold else "soft", bold))
    for (_, path), dash, tone in zip(spec.lines, ("", "6 4", "2 3"), ("main", "bad", "mid")):
        if len(path) > 1:
            body.append(svg.polyline([(x(a), y(b)) for a, b in path], tone, 2.4, dash))
    if spec.cut is not None and spec.at_cut:
        heights = [y(value) for value, _ in spec.at_cut]
        places = svg.spread(heights, size * 1.5, top, bottom - 22)
        widest = max(svg.text_width(words, size, True) for _, words in spec.at_cut)
        # both curves fall, so below and left of them there is room
        is_left = x(spec.cut) - widest - 14 > left
        for place, y_mark, (_, words) in zip(places, heights, spec.at_cut):
            body.append(svg.mark("main", x(spec.cut), y_mark, 4.5))
            at = x(spec.cut) - 9 if is_left else x(spec.cut) + 9
            body.append(
                svg.text(at, place + 17, words, size, "end" if is_left else "start", "ink", True, has_halo=True)
            )
    return body, height


# ---------------------------------------------------------------- the small interval in a figure


def interval_strip(
    low: float, value: float, high: float, scale: tuple[float, float], identity: str, title: str, description: str
) -> str:
    """A thin track with the interval and the value on it."""
    width, height = 220.0, 16.0
    x = _scale(scale, 6, width - 6)
    body = [svg.line(6, 8, width - 6, 8, "grid", 2)]
    if scale[0] < 0 < scale[1]:
        body.append(svg.line(x(0), 1, x(0), 15, "mid", 1.4))
    body.append(svg.line(x(low), 8, x(high), 8, "main", 5))
    body.append(svg.mark("main", x(value), 8, 5.5))
    return svg.document(body, width, height, identity, title, description, "strip")


def points_scale(rows: Iterable[Row]) -> tuple[tuple[float, float], tuple[tuple[float, str], ...]]:
    """Domain and ticks for differences of rates, the same to both sides of zero."""
    reach = max((abs(end) for row in rows for end in (row.low, row.value, row.high) if end is not None), default=0.0)
    edge = next(size for size in (0.2, 0.4, 0.6, 0.8, 1.0, 2.0) if reach <= size)
    shown = round(edge * 100)
    return (-edge, edge), ((-edge, f"{MINUS}{shown}"), (0.0, "0"), (edge, f"+{shown}"))


def percent_ticks(values: Sequence[float]) -> tuple[tuple[float, str], ...]:
    return tuple((value, f"{round(value * 100)}%") for value in values)
