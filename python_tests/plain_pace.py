"""The figures about pace, pipeline and funnel once more, deal by deal in plain Python: loops and definitions, no SQL and no running sums.

How uncertain a figure is comes from moving each share that the curve was made of by a little, not from the formula of the models.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import sqrt

FEW, LEAST_HELD, SHRINKAGE, STALE = 10, 0.5, 25.0, 0.95
Z = 1.959963984540054
Watched = tuple[int, int, str]
"""Age in days at which a deal was found, age at which it was left, and how it left: won, lost, disqualified or open."""

Period = tuple[date | None, date | None]
"""First day, and the day after the last; none of either where all deals count."""


@dataclass(frozen=True)
class PlainDeal:
    key: str
    outcome: str
    created: date | None
    closed: date | None = None
    amount: float | None = None
    segment: str = "unknown"
    reason: str | None = None
    """Category of the loss reason."""
    competitor: str = "unknown"
    pipeline: str = "Direct"


def wilson(rate: float, deals: float) -> tuple[float, float]:
    middle = (rate + Z * Z / (2 * deals)) / (1 + Z * Z / deals)
    half = Z / (1 + Z * Z / deals) * sqrt(rate * (1 - rate) / deals + Z * Z / (4 * deals * deals))
    return middle - half, middle + half


# ---------------------------------------------------------------- the curve


@dataclass(frozen=True)
class Step:
    age: int
    at_risk: int
    won: float
    lost: float
    """Shares of the deals at risk."""


@dataclass(frozen=True)
class Curve:
    steps: tuple[Step, ...]

    def shares(self, age: int) -> tuple[float, float, float]:
        """Won, lost and open by the end of a day of age."""
        won, lost, left = 0.0, 0.0, 1.0
        for step in self.steps:
            if step.age <= age:
                won, lost, left = won + left * step.won, lost + left * step.lost, left * (1 - step.won - step.lost)
        return won, lost, left

    @property
    def end(self) -> float:
        return self.shares(10**9)[0]

    @cached_property
    def chances(self) -> list[float]:
        """Of a deal still open before each day on which deals were decided, and after the last: won that day, or else later."""
        chances = [0.0]
        for step in reversed(self.steps):
            chances.append(step.won + (1 - step.won - step.lost) * chances[-1])
        return chances[::-1]

    def chance(self, age: int) -> float:
        """That a deal open at the end of a day of age is won yet."""
        return self.chances[bisect_right(self.ages, age)]

    @cached_property
    def ages(self) -> list[int]:
        return [step.age for step in self.steps]

    def is_stale(self, age: int) -> bool:
        return self.end > 0 and self.shares(age)[0] >= STALE * self.end

    @property
    def last(self) -> int:
        return self.steps[-1].age

    def variance(self, figure: Callable[[Curve], float]) -> float:
        """Of any figure read off the curve: each day's shares won and lost are moved by a little (delta method)."""
        total = 0.0
        for place, step in enumerate(self.steps):
            slopes = []
            for won, lost in ((1e-6, 0.0), (0.0, 1e-6)):
                moved = [
                    Curve((*self.steps[:place], Step(step.age, step.at_risk, step.won + sign * won, step.lost + sign * lost), *self.steps[place + 1 :]))
                    for sign in (1, -1)
                ]  # fmt: skip
                slopes.append((figure(moved[0]) - figure(moved[1])) / 2e-6)
            by_won, by_lost = slopes
            total += (
                by_won**2 * step.won * (1 - step.won)
                + by_lost**2 * step.lost * (1 - step.lost)
                - 2 * by_won * by_lost * step.won * step.lost
            ) / step.at_risk
        return total


def curve_of(deals: Sequence[Watched]) -> Curve | None:
    decided = [deal for deal in deals if deal[2] != "open"]
    steps, held = [], 0
    for age in sorted({left for _, left, _ in decided}):
        at_risk = sum(entered <= age <= left for entered, left, _ in deals)
        if at_risk < FEW and any(entered > age for entered, _, _ in deals):
            continue
        endings = [how for _, left, how in decided if left == age]
        held += len(endings)
        wins = endings.count("won")
        steps.append(Step(age, at_risk, wins / at_risk, (len(endings) - wins) / at_risk))
    return Curve(tuple(steps)) if decided and steps and held / len(decided) >= LEAST_HELD else None


# ---------------------------------------------------------------- deals under watch


def as_watched(deals: Iterable[PlainDeal], period: Period, as_of: date) -> list[tuple[PlainDeal, Watched]]:
    """The deals that were open on a day of the period, from the first close on but for one in a thousand."""
    deals = list(deals)
    closes = sorted(deal.closed for deal in deals if deal.outcome != "open" and deal.closed)
    if not closes:
        return []
    first = next(day for day in closes if sum(close <= day for close in closes) > len(closes) / 1000)
    starts = max(period[0] or first, first)
    ends = min(date.fromordinal(period[1].toordinal() - 1) if period[1] else as_of, as_of)
    if starts > ends:
        return []
    watched = []
    for deal in deals:
        if deal.created is None or deal.created > ends:
            continue
        is_closed = deal.outcome != "open"
        if is_closed and (
            deal.closed is None or deal.closed < deal.created or deal.closed > as_of or deal.closed < starts
        ):
            continue
        is_over = is_closed and deal.closed is not None and deal.closed <= ends
        until = deal.closed if is_over and deal.closed else ends
        entered = max(0, (starts - deal.created).days)
        watched.append((deal, (entered, (until - deal.created).days, deal.outcome if is_over else "open")))
    return watched


# ---------------------------------------------------------------- definitions


def ending(deal: PlainDeal, classes: dict[str, str], stale_after: int | None, as_of: date) -> tuple[str, date | None]:
    if deal.outcome == "open":
        grown = None
        if stale_after is not None and deal.created:
            grown = date.fromordinal(deal.created.toordinal() + stale_after)
        return ("stale" if grown and grown <= as_of else "open"), grown
    if deal.outcome != "lost":
        return deal.outcome, deal.closed
    said = classes.get(deal.reason or "unspecified", "unknown")
    return {"no_decision": "no_decision", "unknown": "unstated"}.get(said, "decided"), deal.closed


LOSSES = ("decided", "no_decision", "unstated")
COUNTED = {
    "buyer_decided": ("closed", ("decided", "unstated")),
    "closed": ("closed", LOSSES),
    "all_closed": ("closed", (*LOSSES, "disqualified")),
    "all_closed_and_stale": ("closed", (*LOSSES, "disqualified", "stale")),
    "created_decided": ("created", LOSSES),
    "created_closed": ("created", (*LOSSES, "disqualified")),
    "created": ("created", (*LOSSES, "disqualified", "stale", "open")),
}


def definition_counts(
    deals: Iterable[PlainDeal], classes: dict[str, str], stale_after: int | None, period: Period, as_of: date
) -> dict[str, tuple[int, int]]:
    """Won, and all that count, of each definition by number of deals; all periods hold deals without a day too, if they are closed."""
    found = {name: [0, 0] for name in COUNTED}
    for deal in deals:
        how, ended = ending(deal, classes, stale_after, as_of)
        for name, (basis, others) in COUNTED.items():
            day = deal.created if basis == "created" else ended
            if period[0] is None and period[1] is None:
                inside = day is not None or (basis == "closed" and deal.outcome != "open")
            else:
                inside = (
                    day is not None
                    and (period[0] is None or day >= period[0])
                    and (period[1] is None or day < period[1])
                )
            if inside and (how == "won" or how in others):
                found[name][0] += how == "won"
                found[name][1] += 1
    return {name: (won, counted) for name, (won, counted) in found.items()}


# ---------------------------------------------------------------- open deals


@dataclass(frozen=True)
class Pace:
    """How much faster than all deals a segment's are won and lost, and what both ratios are known from."""

    won: float
    lost: float
    wins: int
    expected_wins: float
    known_won: float
    known_lost: float


def pace_of(curve: Curve, watched: Sequence[Watched]) -> Pace:
    won, lost = (sum(how in ways for *_, how in watched) for ways in (("won",), ("lost", "disqualified")))
    expected_won = expected_lost = 0.0
    for entered, left, _ in watched:
        for step in curve.steps:
            if entered <= step.age <= left:
                expected_won, expected_lost = expected_won + step.won, expected_lost + step.lost
    weight_won, weight_lost = SHRINKAGE * curve.end, SHRINKAGE * (1 - curve.end)

    def ratio(seen: float, expected: float, weight: float) -> float:
        return (seen + weight) / (expected + weight) if expected + weight else 1.0

    return Pace(
        ratio(won, expected_won, weight_won),
        ratio(lost, expected_lost, weight_lost),
        won,
        expected_won,
        won + weight_won,
        lost + weight_lost,
    )


def at_pace(curve: Curve, faster: float, slower: float) -> Curve:
    steps = []
    for step in curve.steps:
        won, lost = min(1.0, step.won * faster), step.lost * slower
        most = max(1.0, won + lost)
        steps.append(Step(step.age, step.at_risk, won / most, lost / most))
    return Curve(tuple(steps))


def expected_wins(
    curve: Curve, watched: Sequence[Watched], everyone: Sequence[Watched], ages: Sequence[int]
) -> tuple[float, float]:
    """Wins of open deals of these ages at the pace of a segment, and their standard error: chance, its ratios, and what these cannot
    mend, which is the shape of the curve of everyone."""
    pace = pace_of(curve, watched)

    def wins(by: Curve, faster: float = 1.0, slower: float = 1.0) -> float:
        own = at_pace(by, pace.won * faster, pace.lost * slower)
        return sum(own.chance(age) for age in ages)

    chances = [at_pace(curve, pace.won, pace.lost).chance(age) for age in ages]
    variance = sum(chance * (1 - chance) for chance in chances)
    shape = curve.variance(wins)
    for which, known, seen in ((0, pace.known_won, ("won",)), (1, pace.known_lost, ("lost", "disqualified"))):
        moved = [wins(curve, *((1 + by, 1.0), (1.0, 1 + by))[which]) for by in (1e-6, -1e-6)]
        slope = (moved[0] - moved[1]) / 2e-6
        variance += slope**2 / known if known else 0.0
        decided = sum(how in seen for *_, how in everyone)
        shape -= slope**2 / decided if decided else 0.0
    return sum(chances), sqrt(variance + max(0.0, shape))


# ---------------------------------------------------------------- funnel


def furthest_stages(
    deals: Iterable[PlainDeal], moves: Iterable[tuple[str, str, date | None]], order: Sequence[str]
) -> dict[str, dict[str, object]]:
    """Of each deal with a known stage: the place of the furthest one, and the days on which it first entered each."""
    known: dict[str, dict[str, date | None]] = {}
    by_key = {deal.key: deal for deal in deals}
    for key, stage, day in moves:
        deal = by_key.get(key)
        if deal is None or stage not in order or (day and deal.closed and day > deal.closed):
            continue
        entered = known.setdefault(key, {})
        before = entered.get(stage)
        entered[stage] = min(day, before) if day and before else day or before
    return {
        key: {"deal": by_key[key], "entered": entered, "furthest": max(order.index(stage) for stage in entered)}
        for key, entered in known.items()
    }


def funnel_counts(
    deals: Iterable[PlainDeal], moves: Iterable[tuple[str, str, date | None]], order: Sequence[str], period: Period
) -> dict[str, dict[str, int]]:
    """Reached, skipped, advanced, lost, disqualified, open and won deals of each stage, by the day it was reached in the period; without
    any moment a deal is in all periods together only, and nothing is known to have been passed over."""
    found = {
        stage: dict.fromkeys(("reached", "skipped", "advanced", "lost", "disqualified", "open", "won"), 0)
        for stage in order
    }
    for entry in furthest_stages(deals, moves, order).values():
        deal, entered, furthest = entry["deal"], entry["entered"], entry["furthest"]
        assert isinstance(deal, PlainDeal) and isinstance(entered, dict) and isinstance(furthest, int)
        for place, stage in enumerate(order):
            if place > furthest and deal.outcome != "won":
                continue
            later = [entered[name] for name in order[place + 1 :] if entered.get(name)]
            is_dated = any(entered.values())
            day = (entered.get(stage) or (min(later) if later else deal.closed)) if is_dated else None
            if period != (None, None) and not (day and period[0] and period[1] and period[0] <= day < period[1]):
                continue
            counts = found[stage]
            counts["reached"] += 1
            counts["skipped"] += is_dated and stage not in entered
            counts["won"] += deal.outcome == "won"
            counts["advanced" if place < furthest or deal.outcome == "won" else deal.outcome] += 1
    return found
