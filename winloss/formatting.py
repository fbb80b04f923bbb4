"""Numbers as people read them. Every format takes a value of a mart and returns text; null is 'n/a'."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from winloss import figures
from winloss.errors import printable

MISSING = "n/a"

MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"

_HYPHEN_BEFORE_NUMBER = re.compile(r"(?<![\w.,)])-(?=[\d$€£])")

# int_currencies says `company currency` where no setting names it: words are no sign
_CURRENCY_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "company currency": ""}

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def typographic(text: str) -> str:
    """A hyphen before a number as a minus sign, so that it lines up and is read aloud as one."""
    return _HYPHEN_BEFORE_NUMBER.sub(MINUS, text)


def percent(value: Any) -> str:
    """A rate as '74%', never 0% or 100% unless it is exactly that."""
    return MISSING if value is None else figures.percent(value)


def percent_short(value: Any) -> str:
    """A rate where space is short: '74%', '>99%', '<1%'."""
    return percent(value).replace("over ", ">").replace("under ", "<")


def percent_bare(value: Any) -> str:
    """A rate where a percent sign stands beside it already: '74', '>99'."""
    return percent_short(value).removesuffix("%")


def percent_text(value: Any) -> str:
    """A rate that a setting holds as text: '0.1' becomes '10%'."""
    return MISSING if value in (None, "") else percent(float(value))


def points_bare(value: Any) -> str:
    """A difference of rates in points as '+24', under 10 with a decimal: '+2.2'."""
    if value is None:
        return MISSING
    shown = f"{value * 100:+.1f}"
    return typographic("0" if float(shown) == 0 else shown if abs(float(shown)) < 10 else f"{value * 100:+.0f}")


def points(value: Any) -> str:
    """A difference of rates as '+2.2 points'."""
    return MISSING if value is None else f"{points_bare(value)}{NO_BREAK}points"


def points_size(value: Any) -> str:
    """The size of a difference of rates, without its sign: '17 points'."""
    return MISSING if value is None else points(abs(value)).removeprefix("+")


def signed(value: Any) -> str:
    """A number with one decimal and its sign: '+2.4'."""
    return MISSING if value is None else typographic(figures.signed(float(value)))


def count(value: Any) -> str:
    """A whole number with thousands separated: '1,042'."""
    return MISSING if value is None else f"{round(value):,}"


def deals(value: Any) -> str:
    """A number of deals: '1 deal', '127 deals'."""
    return MISSING if value is None else f"{count(value)} {'deal' if value == 1 else 'deals'}"


def open_deals(value: Any) -> str:
    return MISSING if value is None else f"{count(value)} open {'deal' if value == 1 else 'deals'}"


def wins(value: Any) -> str:
    """A number of wins, rounded as they are expected in fractions: '1 win' of 1.2."""
    return MISSING if value is None else f"{count(value)} {'win' if round(value) == 1 else 'wins'}"


def closed_deals(value: Any) -> str:
    return MISSING if value is None else f"{count(value)} closed {'deal' if value == 1 else 'deals'}"


def number(value: Any) -> str:
    """A number without needless decimals: '10', '12.5'."""
    return MISSING if value is None else f"{float(value):,g}" if abs(float(value)) < 1e6 else f"{float(value):,.0f}"


def one_decimal(value: Any) -> str:
    return MISSING if value is None else typographic(f"{float(value):.1f}")


def two_decimals(value: Any) -> str:
    return MISSING if value is None else typographic(f"{float(value):.2f}")


def money_format(currency: str | None) -> tuple[Callable[[Any], str], Callable[[Any], str]]:
    """Two formats for amounts of `currency`: in full ('$98,500'; from a trillion on short as well) and short ('$7.8M')."""
    sign = _CURRENCY_SIGNS.get(currency or "", f"{currency}{NO_BREAK}" if currency else "")

    def full(value: Any) -> str:
        if value is None:
            return MISSING
        if abs(value) >= 1e12:
            return short(value)
        return f"{MINUS if round(value) < 0 else ''}{sign}{abs(round(value)):,}"

    def short(value: Any) -> str:
        if value is None:
            return MISSING
        size = abs(float(value))
        for unit, name in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
            # 999,950 is 1M, not 1,000K
            if size >= unit * 0.9995:
                scaled = size / unit
                text = f"{scaled:.1f}" if scaled < 99.95 else f"{scaled:,.0f}"
                return f"{MINUS if value < 0 else ''}{sign}{text.removesuffix('.0')}{name}"
        return full(value)

    return full, short


def day(value: Any) -> str:
    """A date in words: '15 January 2026'. Takes a date or ISO text."""
    if value is None:
        return MISSING
    when = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    return f"{when.day}{NO_BREAK}{_MONTHS[when.month - 1]}{NO_BREAK}{when.year}"


_QUARTER = re.compile(r"\b((?:FY)?\d{4})-(Q[1-4])\b")


def text(value: Any) -> str:
    """Text of a mart as it stands, with quarters as people say them: 'Q4 2025' for 2025-Q4."""
    return MISSING if value is None else _QUARTER.sub(rf"\2{NO_BREAK}\1", typographic(str(value)))


def label(name: Any) -> str:
    """A technical name as a heading: 'lead_source' becomes 'Lead source'."""
    words = str(name).replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def lower_label(name: Any) -> str:
    """A technical name within a sentence: 'lead_source' becomes 'lead source'."""
    return label(name).lower()


_WORD = re.compile(r"[^\W\d_]{4}")
_ANSWERS = ("true", "false", "none")


def segment_name(dimension: str, segment: str) -> str:
    """The segment, behind the name of its dimension where it does not say by itself what it is: a band, Yes, B2, a competitor."""
    if dimension == "competitor":
        # what "Acme won 53 of 137 deals" says is the reverse
        return f"Deals against {segment}"
    is_word = _WORD.search(segment) is not None and segment.lower() not in _ANSWERS
    if is_word and not dimension.endswith("_band"):
        return segment
    return f"{dimension.replace('_', ' ').capitalize()} {segment}"


def listed(parts: list[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def number_short(value: Any) -> str:
    """A number with at most one decimal: '60.2', '10'."""
    return MISSING if value is None else f"{float(value):,.1f}".removesuffix(".0")


FORMULA_STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""A spreadsheet takes a cell that begins with one of these for a formula; the last four are =, +, - and @ as wide as a Chinese character."""


def disarmed(value: object) -> object:
    """A value of a CSV file that no spreadsheet takes for a formula: a text that begins like one has an apostrophe before it."""
    is_formula = isinstance(value, str) and value.lstrip(" \u00a0").startswith(tuple(FORMULA_STARTS))
    return f"'{value}" if is_formula else value


_JOINER = "\N{WORD JOINER}"
_REACTING = re.compile(r"@(?=\w)|(?<=\w):(?=//)|\bwww(?=\.)|<(?=[!@#/?a-z])|\](?=\()", re.IGNORECASE)


def inert(text: str) -> str:
    """Text of an export as one line that no mail or chat program makes anything of: no link, no mention, no tag, no control character.

    An invisible word joiner keeps apart what such programs look for together: "@" and a name, "https:" and "//".
    """
    return _REACTING.sub(lambda found: found[0] + _JOINER, printable(text))


_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"

_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff"
RIGHT_TO_LEFT_RUN = re.compile(f"[{_RIGHT_TO_LEFT}](?:[^A-Za-z0-9]*[{_RIGHT_TO_LEFT}])*")
"""A stretch of right-to-left writing, inner spaces and signs included."""


def isolated(text: str) -> str:
    """Right-to-left stretches set apart, so that numbers beside them stay where they belong."""
    return RIGHT_TO_LEFT_RUN.sub(lambda run: f"{_FIRST_STRONG_ISOLATE}{run[0]}{_POP_ISOLATE}", text)


_MARKDOWN_SIGNS = re.compile(r"[\\|<>*_`\[\]~&]")
_MARKDOWN_START = re.compile(r"^(#|-|\+|=|\d{1,9}(?=[.)]))")


def markdown(text: str) -> str:
    """Text as Markdown shows it: its signs mean nothing, at the beginning of a line either, and no address becomes a link."""
    escaped = _MARKDOWN_SIGNS.sub(r"\\\g<0>", _REACTING.sub(lambda found: found[0] + _JOINER, " ".join(text.split())))
    start = _MARKDOWN_START.match(escaped)
    # a number that begins a list is told from one that does not by the sign behind it
    return (
        escaped if not start else f"{start[0]}\\{escaped[start.end() :]}" if start[0][0].isdigit() else f"\\{escaped}"
    )
