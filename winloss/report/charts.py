"""What is drawn: marks in a row of a table, the win rate by quarter, and what was won against what was promised.

No drawing has a view box: places are in percent of the width and in pixels of the height, so that a text keeps its size at any width.
Every element carries presentation attributes besides its class: styles win in a browser (that is how dark mode works), and mail clients
that read no styles still draw it right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

COLOURS = {
    "ink": "#17222c",
    "soft": "#4f5c68",
    "hair": "#d5dce2",
    "band": "#e9eef2",
    "mid": "#6d7b88",
    "muted": "#8794a0",
    "main": "#14506b",
    "good": "#0f6b57",
    "bad": "#a8431a",
    "paper": "#ffffff",
}
"""Colour for viewers that read no styles; the page's style sheet overrides each by its class."""

Shape = Literal["main", "up", "down", "dot", "hollow", "bar", "pale", "lost", "open", "step", "tick"]
"""How a mark is told apart without colour: a filled disc (main; up where it is higher by more than chance), a diamond (lower by more than
chance), a grey disc, a hollow disc, a bar (full, pale, striped, hatched, or a step with its whisker), or a tick."""


@dataclass(frozen=True)
class Mark:
    """A mark at `at`, with a whisker from `low` to `high`; of a bar and a step, what is filled is from `start` to `at`.

    Two marks of a row that would lie over each other stand at the levels -1, the upper, and 1.
    """

    shape: Shape
    at: float
    low: float | None = None
    high: float | None = None
    start: float = 0.0
    level: int = 0


@dataclass(frozen=True)
class Scale:
    """The ends of an axis, its labelled ticks, and a dashed line with its label."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    reference: float | None = None
    reference_label: str = ""

    def place(self, value: float) -> str:
        """Where a value is, in percent of the width."""
        inside = min(max(value, self.low), self.high)
        return f"{(inside - self.low) / ((self.high - self.low) or 1.0) * 100:.1f}%".replace(".0%", "%")


@dataclass(frozen=True)
class Drawing:
    """The plot of a table: its scale, the marks of each row, the column it stands before, and the rows set off."""

    scale: Scale
    marks: tuple[tuple[Mark, ...], ...]
    before: int
    marked: tuple[int, ...] = ()


RATES = Scale(0.0, 1.0, ((0.0, "0%"), (0.5, "50%"), (1.0, "100%")))
"""The scale all win rates share."""


def rates(reference: float | None = None, label: str = "") -> Scale:
    return Scale(0.0, 1.0, RATES.ticks, reference, label)


def differences(marks: Sequence[Mark]) -> Scale:
    """A scale of points about zero, 20 to each side or, where an interval is longer, as many more as hold it."""
    ends = [abs(end) for mark in marks for end in (mark.low, mark.high, mark.at) if end is not None]
    limit = next((size for size in (0.2, 0.4, 0.6, 1.0) if max(ends, default=0.0) <= size), 1.0)
    shown = round(limit * 100)
    return Scale(-limit, limit, ((-limit, f"−{shown}"), (0.0, "0"), (limit, f"+{shown}")), 0.0)


def counts(most: float) -> Scale:
    return Scale(0.0, most or 1.0, ((0.0, "0"), (most or 1.0, f"{most:,.0f}")))


def _paint(fill: str = "", stroke: str = "", width: float = 1.0, dash: str = "") -> str:
    names = " ".join([f"f-{fill}" if fill in COLOURS else "", f"s-{stroke}" if stroke else ""]).strip()
    filled = COLOURS.get(fill, f"url(#{fill})" if fill else "none")
    lined = f' stroke="{COLOURS[stroke]}" stroke-width="{width:g}"' if stroke else ' stroke="none"'
    return f'class="{names}" fill="{filled}"{lined}' + (f' stroke-dasharray="{dash}"' if dash else "")


def _line(x1: str, x2: str, y1: str, y2: str, stroke: str, width: float = 1.0, dash: str = "") -> str:
    return f'<line x1="{x1}" x2="{x2}" y1="{y1}" y2="{y2}" {_paint("", stroke, width, dash)}/>'


def _text(x: str, y: str, words: str, anchor: str = "middle", tone: str = "soft", css: str = "") -> str:
    bold = f' class="f-{tone} {css}"'.replace(' "', '"')
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{COLOURS[tone]}"{bold}>{escape(words, quote=False)}</text>'
    )


def _disc(x: str, y: str, fill: str, stroke: str, size: float = 4.3, width: float = 1.2) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{size:g}" {_paint(fill, stroke, width)}/>'


_DIAMOND = "0,-5.6 5.6,0 0,5.6 -5.6,0"


def _symbol(shape: Shape, x: str, y: str = "50%") -> str:
    if shape == "down":
        # a nested drawing places by percent what has no place of its own
        return f'<svg x="{x}" y="{y}" overflow="visible"><polygon points="{_DIAMOND}" {_paint("bad", "paper")}/></svg>'
    if shape == "hollow":
        return _disc(x, y, "paper", "mid", width=1.8)
    return _disc(x, y, {"up": "good", "main": "main"}.get(shape, "mid"), "paper")


_WHISKERS = {"up": "good", "down": "bad", "main": "main", "step": "ink", "bar": "ink"}
_BARS = {"bar": "main", "pale": "muted", "lost": "lost", "open": "hatch", "step": "muted"}


def _mark(mark: Mark, scale: Scale) -> str:
    at, y = scale.place(mark.at), f"{50 + 22 * mark.level}%"
    drawn = ""
    if mark.shape in _BARS:
        start, end = sorted((mark.start, mark.at))
        left, right = (float(scale.place(value).rstrip("%")) for value in (start, end))
        drawn += f'<rect x="{left:g}%" y="24%" width="{max(right - left, 0.2):.4g}%" height="52%" {_paint(_BARS[mark.shape])}/>'
    if mark.low is not None and mark.high is not None:
        tone = _WHISKERS.get(mark.shape, "mid")
        drawn += _line(scale.place(mark.low), scale.place(mark.high), y, y, tone, 2.2 if tone != "ink" else 1.6)
    if mark.shape == "tick":
        return drawn + _line(at, at, "18%", "82%", "ink", 2)
    return drawn if mark.shape in _BARS else drawn + _symbol(mark.shape, at, y)


def plot(drawing: Drawing, row: int) -> str:
    """The marks of a row over the lines of its scale."""
    scale = drawing.scale
    ends = [scale.low + (scale.high - scale.low) * step / 4 for step in range(5)]
    lines = "".join(f'<line x1="{scale.place(end)}" x2="{scale.place(end)}" y2="100%"/>' for end in ends)
    dashed = ""
    if scale.reference is not None:
        place = scale.place(scale.reference)
        dashed = _line(place, place, "0", "100%", "ink", 1.2, "3 3")
    marks = "".join(_mark(mark, scale) for mark in drawing.marks[row])
    grid = f'<g class="s-hair" fill="none" stroke="{COLOURS["hair"]}">{lines}</g>'
    return f'<svg width="100%" height="24" aria-hidden="true" focusable="false">{grid}{dashed}{marks}</svg>'


def axis(drawing: Drawing) -> str:
    """The labels of a scale, and above them that of its dashed line."""
    scale, drawn = drawing.scale, ""
    last = len(scale.ticks) - 1
    for place, (value, words) in enumerate(scale.ticks):
        anchor = "start" if place == 0 else "end" if place == last else "middle"
        drawn += _text(scale.place(value), "30", words, anchor, css="mt" if 0 < place < last else "")
    if scale.reference is not None and scale.reference_label:
        share = float(scale.place(scale.reference).rstrip("%"))
        anchor = "start" if share < 30 else "end" if share > 70 else "middle"
        drawn += _text(f"{share:g}%", "13", scale.reference_label, anchor, "ink", "b mt")
    return f'<svg width="100%" height="34" aria-hidden="true" focusable="false">{drawn}</svg>'


BADGES = {
    "strong": '<circle cx="5" cy="5" r="4.2" fill="currentColor"/>',
    "directional": '<circle cx="5" cy="5" r="4.2" fill="none" stroke="currentColor" stroke-width="1.5"/>'
    '<path d="M5 .8a4.2 4.2 0 0 0 0 8.4z" fill="currentColor"/>',
    "too-few-deals": '<circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2 1.6"/>',
    "no-difference": '<path d="M1 3h8M1 7h8" fill="none" stroke="currentColor" stroke-width="1.8"/>',
    "not-judged": '<path d="M1 5h8" fill="none" stroke="currentColor" stroke-width="1.8"/>',
    "fix-the-data": '<path d="M5 1 9.3 9H.7z" fill="none" stroke="currentColor" stroke-width="1.5"/>',
}


def badge(grade: str) -> str:
    """The shape of a grade."""
    return f'<svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true" focusable="false">{BADGES[grade]}</svg>'


# ---------------------------------------------------------------- quarters


@dataclass(frozen=True)
class Quarter:
    """A rate with its interval, the control limits around the average, and how it is marked."""

    label: str
    year: str
    rate: float | None
    low: float | None
    high: float | None
    lower_limit: float | None
    upper_limit: float | None
    shape: Shape = "hollow"


@dataclass(frozen=True)
class Quarters:
    quarters: tuple[Quarter, ...]
    center: float | None


def quarters(spec: Quarters, identity: str, title: str, description: str) -> str:
    """A control chart: a dot per quarter with its interval, the average dashed, the limits shaded."""
    seen = [
        end
        for quarter in spec.quarters
        for end in (quarter.low, quarter.high, quarter.lower_limit, quarter.upper_limit)
        if end is not None
    ]
    # 40 to 80 %, as changes are drawn, or as much more as holds every interval
    floor = min(0.4, int(min(seen, default=0.4) * 10) / 10)
    ceiling = max(0.8, -(-round(max(seen, default=0.8) * 100) // 10) / 10)
    top, bottom, left = 22.0, 148.0, 7.0

    def y(value: float) -> str:
        inside = min(max(value, floor), ceiling)
        return f"{bottom - (inside - floor) / (ceiling - floor) * (bottom - top):.1f}"

    width = (100 - left) / max(len(spec.quarters), 1)
    body = ""
    for place, quarter in enumerate(spec.quarters):
        if quarter.lower_limit is not None and quarter.upper_limit is not None:
            high, low = y(quarter.upper_limit), y(quarter.lower_limit)
            body += (
                f'<rect x="{left + place * width:.2f}%" width="{width:.2f}%" y="{high}" height="{float(low) - float(high):.1f}" '
                f"{_paint('band')}/>"
            )
    for step in range(3):
        value = floor + (ceiling - floor) * step / 2
        body += _line(f"{left}%", "100%", y(value), y(value), "hair") + _text(
            "0", f"{float(y(value)) + 4:.1f}", f"{value:.0%}", "start"
        )
    if spec.center is not None:
        body += _line(f"{left}%", "100%", y(spec.center), y(spec.center), "ink", 1.2, "3 3")
    for place, quarter in enumerate(spec.quarters):
        x = f"{left + (place + 0.5) * width:.2f}%"
        is_last = place == len(spec.quarters) - 1
        css, tone = ("b", "ink") if is_last else ("", "soft")
        body += _text(x, "166", quarter.label, tone=tone, css=css)
        if place == 0 or quarter.year != spec.quarters[place - 1].year:
            body += _text(x, "181", quarter.year)
        if quarter.rate is None:
            continue
        if quarter.low is not None and quarter.high is not None:
            body += _line(x, x, y(quarter.low), y(quarter.high), "main" if is_last else "mid", 2.4)
            body += _text(
                x, f"{float(y(quarter.high)) - 6:.1f}", f"{quarter.rate:.0%}".rstrip("%"), tone="ink", css=css
            )
        body += _symbol(quarter.shape, x, y(quarter.rate))
    return _titled(186, identity, title, description, body)


def _titled(height: int, identity: str, title: str, description: str, body: str) -> str:
    """A drawing that stands by itself, with its words for who does not see it."""
    return (
        f'<svg class="c" width="100%" height="{height}" role="img" aria-labelledby="{identity}-t {identity}-d" focusable="false">'
        f'<title id="{identity}-t">{escape(title, quote=False)}</title><desc id="{identity}-d">{escape(description, quote=False)}</desc>{body}</svg>'
    )


# ---------------------------------------------------------------- promised and won


@dataclass(frozen=True)
class Promise:
    """What was promised and what was won of the same deals, with its interval."""

    label: str
    promised: float
    won: float
    low: float
    high: float


@dataclass(frozen=True)
class Promises:
    promises: tuple[Promise, ...]

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of both axes: tens of percent that hold every interval."""
        seen = [end for one in self.promises for end in (one.promised, one.low, one.high)]
        # rounded first, so that 0.3 is no 0.30000000000000004
        tens = [round(end * 10, 6) for end in seen]
        first = math.floor(min(tens))
        return first / 10, max(math.ceil(max(tens)), first + 1) / 10


_NEAR = 15.0
"""Percent of the width of a phone under which the labels of two dots would meet."""


def promises(spec: Promises, identity: str, title: str, description: str) -> str:
    """A dot per promise, from left to right what was promised, upwards what was won; on the dashed diagonal both are the same."""
    low, high = spec.ends
    top, bottom, left, right = 24.0, 158.0, 9.0, 98.0

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - top)

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    body = ""
    for step in range(3):
        value = low + (high - low) * step / 2
        body += _line(f"{left}%", f"{right}%", f"{y(value):.1f}", f"{y(value):.1f}", "hair")
        body += _line(f"{x(value):.2f}%", f"{x(value):.2f}%", f"{top}", f"{bottom}", "hair")
        body += _text("0", f"{y(value) + 4:.1f}", f"{value:.0%}", "start")
        body += _text(f"{x(value):.2f}%", "174", f"{value:.0%}", ("start", "middle", "end")[step])
    body += _text("0", "10", "won", "start", "ink") + _text(f"{(left + right) / 2}%", "190", "promised", tone="ink")
    body += _line(f"{left}%", f"{right}%", f"{bottom}", f"{top}", "ink", 1.2, "3 3")
    above, below = -100.0, -100.0
    for one in sorted(spec.promises, key=lambda one: (one.promised, one.label)):
        at = x(one.promised)
        body += _line(f"{at:.2f}%", f"{at:.2f}%", f"{y(one.low):.1f}", f"{y(one.high):.1f}", "main", 2.2)
        body += _symbol("main", f"{at:.2f}%", f"{y(one.won):.1f}")
        # beneath its interval where the label of a neighbour is too near, unless one beneath is nearer still
        is_above = at - above >= min(_NEAR, at - below)
        above, below = (at, below) if is_above else (above, at)
        place = y(one.high) - 6 if is_above else y(one.low) + 14
        body += _text(f"{at:.2f}%", f"{place:.1f}", one.label, tone="ink", css="b")
    return _titled(194, identity, title, description, body)
