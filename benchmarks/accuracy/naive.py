"""The rules most win/loss reports use, built from their description: what to be better than.

Fixed thresholds on raw rates, at least three deals, no comparison with the base rate, no
chance. Personas are counted in won deals only; a loss reason changed when its share moved by
five points; the score threshold is the one with the best accuracy on the data shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from benchmarks.accuracy.scenarios import SHARES, VALUES, Sample
from winloss.advice.statistics import Floats, Ints

Value = tuple[str, int]

MINIMUM_DEALS = 3
STRONG, IDEAL, POOR = 0.70, 0.60, 0.30
SEED_DIMENSIONS = ("industry", "revenue_band")


def rates(sample: Sample) -> dict[Value, tuple[int, int]]:
    """Deals and wins of every value."""
    found: dict[Value, tuple[int, int]] = {}
    for dimension, codes in sample.codes.items():
        size = SHARES[dimension].size
        deals = np.bincount(codes, minlength=size)
        won = np.bincount(codes[sample.won == 1], minlength=size)
        found |= {(dimension, v): (int(deals[v]), int(won[v])) for v in range(size)}
    return found


def claims(sample: Sample, dimensions: Iterable[str] = tuple(SHARES)) -> dict[Value, int]:
    """'Strong fit' from 70% on, 'poor fit' below 30%."""
    wanted = set(dimensions)
    signs: dict[Value, int] = {}
    for value, (deals, won) in rates(sample).items():
        if value[0] in wanted and deals >= MINIMUM_DEALS:
            rate = won / deals
            if rate >= STRONG or rate < POOR:
                signs[value] = 1 if rate >= STRONG else -1
    return signs


def ideal_profile(sample: Sample) -> list[Value]:
    """Industries and revenue bands that win 60% or more."""
    return [
        value
        for value, (deals, won) in rates(sample).items()
        if value[0] in SEED_DIMENSIONS and deals >= MINIMUM_DEALS and won / deals >= IDEAL
    ]


def best_raw_rate(sample: Sample) -> Value:
    """The value with the highest raw win rate."""
    found = {v: won / deals for v, (deals, won) in rates(sample).items() if deals >= MINIMUM_DEALS}
    return max(VALUES, key=lambda value: found.get(value, -1.0))


def personas(presence: Sequence[Mapping[str, object]]) -> set[str]:
    """Titles seen in three or more won deals."""
    seen: dict[str, int] = {}
    for row in presence:
        seen[str(row["persona"])] = seen.get(str(row["persona"]), 0) + int(row["won"])  # type: ignore[call-overload]
    return {value for value, won in seen.items() if won >= MINIMUM_DEALS}


def threshold(scores: Floats, deals: Ints, won: Ints) -> float:
    """Grid of 0.05 steps, the lowest of the most accurate."""
    grid = np.round(np.arange(0.30, 0.951, 0.05), 2)
    right = [int(won[scores >= cut - 1e-9].sum() + (deals - won)[scores < cut - 1e-9].sum()) for cut in grid]
    return float(grid[int(np.argmax(right))])


def reason_changes(losses: Ints, previous: Ints) -> int:
    """Reasons whose share moved by five points or more."""
    return int((np.abs(losses / losses.sum() - previous / previous.sum()) >= 0.05).sum())
