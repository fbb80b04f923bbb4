"""Rates, differences and counts as short text, rounded so that no figure says more than it knows."""

from __future__ import annotations

from winloss.rows import Value


def percent(rate: Value) -> str:
    """A rate as '74%', never 0% or 100% unless it is exactly that."""
    if not isinstance(rate, (int, float)):
        return "n/a"
    rounded = round(rate * 100)
    if rounded == 100 and rate < 1:
        return "over 99%"
    if rounded == 0 and rate > 0:
        return "under 1%"
    return f"{rounded}%"


def signed(number: Value) -> str:
    """A number with one decimal and its sign: '+2.0', '-0.4', '0.0'; with two where one would make it nothing."""
    if not isinstance(number, (int, float)):
        return "n/a"
    rounded = round(float(number), 1)
    if rounded:
        return f"{rounded:+.1f}"
    return f"{number:+.2f}" if round(float(number), 2) else "0.0"


def points(fraction: Value) -> str:
    """A gap of rates as whole points with its sign: '+20', '-3', '0'."""
    if not isinstance(fraction, (int, float)):
        return "n/a"
    rounded = round(fraction * 100)
    return f"{rounded:+d}" if rounded else "0"


def plain(number: Value) -> str:
    """A number without needless decimals: '10', '12.5'."""
    return f"{number:g}" if isinstance(number, (int, float)) else "n/a"


def thousands(number: Value) -> str:
    """A count with thousands separated by commas."""
    return f"{number:,}" if isinstance(number, int) else "n/a"
