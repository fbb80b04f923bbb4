"""SVG by hand: elements, the width of a text, and labels that keep apart.

Every element carries presentation attributes besides its class: the page's styles win in a browser
(that is how dark mode works), and mail clients and PDF tools that read no styles still draw it right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from unicodedata import bidirectional, combining, east_asian_width

FONT = "ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Noto Sans', sans-serif"

# Colour for viewers that read no styles; the page's style sheet overrides each by its class.
COLOURS = {
    "ink": "#17222c",
    "soft": "#55626e",
    "grid": "#dde3e8",
    "band": "#eef2f5",
    "mid": "#6d7b88",
    "main": "#14506b",
    "muted": "#a9b4bd",
    "good": "#0f6b57",
    "bad": "#a8431a",
    "paper": "#ffffff",
}

_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"

_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff"
RIGHT_TO_LEFT_RUN = re.compile(f"[{_RIGHT_TO_LEFT}](?:[^A-Za-z0-9]*[{_RIGHT_TO_LEFT}])*")
"""A stretch of right-to-left writing, inner spaces and signs included."""

_NARROW, _WIDE = set("iljtfrI.,:;'|!()[]/ -"), set("mwMW@%—…")


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Width of `text` in user units, a little on the large side for every common sans-serif face."""
    total = 0.0
    for letter in text:
        if combining(letter) or letter in "\u200d\ufe0f\u2068\u2069":
            continue
        if east_asian_width(letter) in "WF" or ord(letter) > 0x1F000:
            total += 1.25
        elif letter in _NARROW:
            total += 0.36
        elif letter in _WIDE:
            total += 0.95
        elif letter.isupper():
            total += 0.72
        elif bidirectional(letter) in ("R", "AL"):
            total += 0.66
        else:
            total += 0.6
    return total * size * (1.07 if bold else 1.0)


def fitted(text: str, width: float, size: float, bold: bool = False) -> str:
    """`text`, cut with an ellipsis where it is wider than `width`."""
    if text_width(text, size, bold) <= width:
        return text
    kept = text
    while kept and text_width(kept.rstrip() + "…", size, bold) > width:
        kept = kept[:-1]
        # never leave half of a joined or accented character behind
        while kept and (combining(kept[-1]) or kept[-1] in "\u200d\ufe0f"):
            kept = kept[:-1]
    return kept.rstrip() + "…"


def isolated(text: str) -> str:
    """Right-to-left stretches set apart, so that numbers beside them stay where they belong."""
    return RIGHT_TO_LEFT_RUN.sub(lambda run: f"{_FIRST_STRONG_ISOLATE}{run[0]}{_POP_ISOLATE}", text)


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """`positions` moved as little as needed so that neighbours are `gap` apart, within `low` and `high` while they fit."""
    order = sorted(range(len(positions)), key=lambda index: (positions[index], index))
    placed = [min(max(positions[index], low), high) for index in order]
    for index in range(1, len(placed)):
        placed[index] = max(placed[index], placed[index - 1] + gap)
    overflow = placed[-1] - high if placed else 0.0
    if overflow > 0:
        placed[-1] = high
        for index in range(len(placed) - 2, -1, -1):
            placed[index] = min(placed[index], placed[index + 1] - gap)
    result = [0.0] * len(positions)
    for index, position in zip(order, placed):
        result[index] = position
    return result


def _number(value: float) -> str:
    return (
        f"{value:.1f}".removesuffix(".0").replace("-0", "0") if abs(value) < 0.05 else f"{value:.1f}".removesuffix(".0")
    )


def line(x1: float, y1: float, x2: float, y2: float, tone: str = "grid", width: float = 1, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line class="s-{tone}" x1="{_number(x1)}" y1="{_number(y1)}" x2="{_number(x2)}" y2="{_number(y2)}" '
        f'stroke="{COLOURS[tone]}" stroke-width="{_number(width)}" stroke-linecap="butt" fill="none"{dashed}/>'
    )


def rect(x: float, y: float, width: float, height: float, tone: str = "main", radius: float = 0) -> str:
    rounded = f' rx="{_number(radius)}"' if radius else ""
    return (
        f'<rect class="f-{tone}" x="{_number(x)}" y="{_number(y)}" width="{_number(max(width, 0))}" '
        f'height="{_number(height)}" fill="{COLOURS[tone]}" stroke="none"{rounded}/>'
    )


def polyline(points: Sequence[tuple[float, float]], tone: str = "main", width: float = 2, dash: str = "") -> str:
    path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline class="s-{tone}" points="{path}" fill="none" stroke="{COLOURS[tone]}" '
        f'stroke-width="{_number(width)}" stroke-linejoin="round"{dashed}/>'
    )


def polygon(points: Sequence[tuple[float, float]], tone: str = "band") -> str:
    path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    return f'<polygon class="f-{tone}" points="{path}" fill="{COLOURS[tone]}" stroke="none"/>'


def mark(shape: str, x: float, y: float, size: float = 4.5) -> str:
    """A mark that reads without colour: `up` and `down` triangles, a `dot`, a `hollow` dot, a `diamond`."""
    if shape in ("up", "down", "diamond"):
        tone = {"up": "good", "down": "bad", "diamond": "bad"}[shape]
        s = size * 1.35
        corners = {
            "up": [(x, y - s), (x + s, y + s * 0.8), (x - s, y + s * 0.8)],
            "down": [(x, y + s), (x + s, y - s * 0.8), (x - s, y - s * 0.8)],
            "diamond": [(x, y - s), (x + s, y), (x, y + s), (x - s, y)],
        }[shape]
        path = " ".join(f"{_number(a)},{_number(b)}" for a, b in corners)
        return f'<polygon class="f-{tone} s-paper" points="{path}" fill="{COLOURS[tone]}" stroke="{COLOURS["paper"]}" stroke-width="1"/>'
    if shape == "hollow":
        return (
            f'<circle class="f-paper s-mid" cx="{_number(x)}" cy="{_number(y)}" r="{_number(size - 0.5)}" '
            f'fill="{COLOURS["paper"]}" stroke="{COLOURS["mid"]}" stroke-width="1.6"/>'
        )
    tone = "main" if shape == "main" else "mid"
    return (
        f'<circle class="f-{tone} s-paper" cx="{_number(x)}" cy="{_number(y)}" r="{_number(size)}" '
        f'fill="{COLOURS[tone]}" stroke="{COLOURS["paper"]}" stroke-width="1"/>'
    )


def text(
    x: float,
    y: float,
    words: str,
    size: float = 11.5,
    anchor: str = "start",
    tone: str = "ink",
    bold: bool = False,
    full: str = "",
    has_halo: bool = False,
) -> str:
    """A line of text; `full` is what a cut label says in full, shown on hovering."""
    weight = ' font-weight="600"' if bold else ""
    halo = (
        f' stroke="{COLOURS["paper"]}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"'
        if has_halo
        else ""
    )
    title = f"<title>{escape(isolated(full), quote=False)}</title>" if full and full != words else ""
    return (
        f'<text class="f-{tone}{" s-paper" if has_halo else ""}" x="{_number(x)}" y="{_number(y)}" font-size="{_number(size)}" '
        f'text-anchor="{anchor}" fill="{COLOURS[tone]}"{weight}{halo}>{title}{escape(isolated(words), quote=False)}</text>'
    )


def document(
    body: Sequence[str], width: float, height: float, identity: str, title: str, description: str, css_class: str = ""
) -> str:
    """A whole drawing with its title and description, to be read aloud instead of its shapes."""
    return (
        f'<svg class="{css_class}" role="img" aria-labelledby="{identity}-title {identity}-desc" '
        f'viewBox="0 0 {_number(width)} {_number(height)}" width="{_number(width)}" height="{_number(height)}" '
        f'font-family="{escape(FONT)}" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="{identity}-title">{escape(title, quote=False)}</title>'
        f'<desc id="{identity}-desc">{escape(description, quote=False)}</desc>'
        f"{''.join(body)}</svg>"
    )
