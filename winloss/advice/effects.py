"""What segments that overlap add to the win rate, in points, from counts alone: behind the account of a change and the scorecard.

A ridge regression of won (0 or 1) on all segments, each quarter with a level of its own. It takes deals and wins by quarter and segment,
and the deals that each two segments share: a few thousand numbers for any number of deals. `additive` fits the same sum on the log odds,
without a prior, for a test; here the sum must come out exactly, and a segment of few deals is drawn to the average (empirical Bayes:
Morris 1983).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from winloss.advice.parameters import UNKNOWN, Parameters
from winloss.advice.statistics import Floats

_DECIMALS = 9

Segment = tuple[str, str]
"""Dimension and value."""

Counts = Mapping[Segment, tuple[int, int]]
"""Closed and won deals of each segment."""


@dataclass(frozen=True)
class Estimate:
    """A change in points with its standard error."""

    change: float
    error: float


@dataclass(frozen=True)
class Part:
    """A part of a change: `drawn` to zero, which is what is told, and `plain`, to where its interval reaches as well."""

    drawn: Estimate
    plain: Estimate

    @property
    def change(self) -> float:
        return self.drawn.change

    @property
    def error(self) -> float:
        """The larger of the two standard errors."""
        return max(self.drawn.error, self.plain.error)

    def bounds(self, z: float) -> tuple[float, float]:
        """The interval that holds those of both, `z` standard errors to either side."""
        both = self.drawn, self.plain
        return min(one.change - z * one.error for one in both), max(one.change + z * one.error for one in both)

    def is_clear(self, z: float) -> bool:
        """Whether the interval leaves out zero."""
        low, high = self.bounds(z)
        return low > 0 or high < 0


@dataclass(frozen=True)
class Effects:
    """`effect` of each of `segments` with its `covariance`; `deals` of each in the window.

    `variance` is that of one deal's outcome, p (1 - p), and `prior` the average deals imagined in every segment.
    `plain_effect` and `plain_covariance` are those of the setting `effect_plain_prior`: where shares move towards what is won more
    often on all fields at once, a sum drawn to zero is too small whatever its error.
    """

    segments: tuple[Segment, ...]
    effect: Floats
    covariance: Floats
    plain_effect: Floats
    plain_covariance: Floats
    deals: Floats
    variance: float
    base_rate: float
    prior: float

    def centre(self, dimension: str) -> Floats:
        """Weights of the average known deal of a dimension, over all segments; those of all deals where no value is known."""
        own = np.array([name == dimension for name, _ in self.segments], dtype=np.float64) * self.deals
        known = own * np.array([value != UNKNOWN for _, value in self.segments], dtype=np.float64)
        chosen = known if known.sum() > 0 else own
        weights: Floats = chosen / max(1.0, float(chosen.sum()))
        return weights

    def average(self, dimension: str) -> Floats:
        """Weights of the average deal of a dimension, empty fields included."""
        own = np.array([name == dimension for name, _ in self.segments], dtype=np.float64) * self.deals
        weights: Floats = own / max(1.0, float(own.sum()))
        return weights

    def spread(self, weights: Floats) -> float:
        """Standard error of the sum of effects so weighted."""
        return _deviation(weights, self.covariance)

    def part(self, weights: Floats) -> Part:
        """The sum of effects so weighted."""
        drawn = Estimate(float(weights @ self.effect), self.spread(weights))
        plain = Estimate(float(weights @ self.plain_effect), _deviation(weights, self.plain_covariance))
        return Part(drawn, plain)


def _deviation(weights: Floats, covariance: Floats) -> float:
    return math.sqrt(max(0.0, float(weights @ covariance @ weights)))


def fit(
    quarters: Mapping[str, Counts],
    overlaps: Iterable[tuple[Segment, Segment, int]],
    also: Iterable[Segment] = (),
    prior: float | None = None,
    design: float = 1.0,
    constants: Parameters = Parameters(),
) -> Effects | None:
    """Effects over `quarters`, whose segments of each dimension add up to all deals; None where all deals end alike, or none is.

    `overlaps` are deals of all quarters together that two segments of different dimensions share. `also` names segments
    without a deal there, whose effect is nothing known. Deals count for fewer by `design`, the design effect. Without
    `prior` it is the likeliest of the setting `effect_priors`, the larger of two that tie.
    """
    segments = tuple(sorted({segment for counts in quarters.values() for segment in counts} | set(also)))
    place = {segment: i for i, segment in enumerate(segments)}
    deals, won = np.zeros((len(quarters), len(segments))), np.zeros((len(quarters), len(segments)))
    for row, name in enumerate(sorted(quarters)):
        for segment, (number, wins) in quarters[name].items():
            deals[row, place[segment]], won[row, place[segment]] = number, wins
    one = [i for i, segment in enumerate(segments) if segment[0] == segments[0][0]]
    total, total_won = deals[:, one].sum(axis=1), won[:, one].sum(axis=1)
    if not 0 < total_won.sum() < total.sum():
        return None
    shared = np.diag(deals.sum(axis=0))
    for first, second, number in overlaps:
        shared[place[first], place[second]] = shared[place[second], place[first]] = number
    deals, won, live = deals / design, won / design, total > 0
    share = deals[live].T / total[live]
    gram = shared / design - share @ (deals[live] * design)
    cross = won[live].sum(axis=0) - share @ total_won[live]
    base = float(total_won.sum() / total.sum())
    variance = base * (1 - base)
    values, vectors = np.linalg.eigh(gram)
    values = np.maximum(values, 0.0)
    seen = vectors.T @ cross
    chosen = prior if prior is not None else _likeliest(values, seen, variance, constants.priors)

    def drawn(prior: float) -> Floats:
        effect: Floats = (vectors @ (seen / (values + prior))).round(_DECIMALS)
        return effect

    def covariance(prior: float) -> Floats:
        found: Floats = variance * (vectors / (values + prior)) @ vectors.T
        return found

    return Effects(
        segments,
        drawn(chosen),
        covariance(min(chosen, constants.effect_interval_prior)),
        drawn(constants.effect_plain_prior),
        covariance(constants.effect_plain_prior),
        deals.sum(axis=0) * design,
        variance,
        base,
        chosen,
    )


def _likeliest(values: Floats, seen: Floats, variance: float, priors: Sequence[float]) -> float:
    """The prior with the largest marginal likelihood of what was seen."""

    def evidence(prior: float) -> float:
        fitted = (seen**2 / (values + prior)).sum() / variance
        return round(float(fitted - np.log1p(values / prior).sum()) / 2, _DECIMALS)

    return max(sorted(priors, reverse=True), key=evidence)


@dataclass(frozen=True)
class Account:
    """A change of the win rate told apart: total = mix + recording + within, and mix by dimension and segment."""

    total: float
    mix: Part
    recording: Part
    within: Part
    dimensions: Mapping[str, Part]
    segments: Mapping[Segment, Part]
    effects: Mapping[Segment, float]


def account(effects: Effects, before: Counts, now: Counts, design: float = 1.0) -> Account:
    """The change of the win rate from `before` to `now`; both sides have deals, and all of their segments an effect.

    Mix is what other shares of the known segments explain, recording what a field filled in more or less often does, within the
    rest: how often like deals were won. `design` is how much less deals of one quarter tell than as many independent ones.
    """
    dimensions = sorted({dimension for dimension, _ in effects.segments})
    sizes = [sum(number for (name, _), (number, _) in side.items() if name == dimensions[0]) for side in (before, now)]
    wins = [sum(won for (name, _), (_, won) in side.items() if name == dimensions[0]) for side in (before, now)]
    shift = np.array(
        [now.get(s, (0, 0))[0] / sizes[1] - before.get(s, (0, 0))[0] / sizes[0] for s in effects.segments],
        dtype=np.float64,
    )
    by_dimension: dict[str, Part] = {}
    by_segment: dict[Segment, Part] = {}
    centred: dict[Segment, float] = {}
    mix, recording = np.zeros(shift.size), np.zeros(shift.size)
    for dimension in dimensions:
        centre = effects.centre(dimension)
        own_mix = np.zeros(shift.size)
        for place, segment in enumerate(effects.segments):
            if segment[0] != dimension:
                continue
            weights = -centre.copy()
            weights[place] += 1
            centred[segment] = float(weights @ effects.effect)
            by_segment[segment] = effects.part(shift[place] * weights)
            if segment[1] == UNKNOWN:
                recording += shift[place] * weights
            else:
                own_mix += shift[place] * weights
        by_dimension[dimension] = effects.part(own_mix)
        mix += own_mix
    total = wins[1] / sizes[1] - wins[0] / sizes[0]
    parts = effects.part(mix), effects.part(recording)
    noise = math.sqrt(effects.variance * design * (1 / sizes[0] + 1 / sizes[1]))
    of_shares = effects.part(shift)
    within = Part(
        Estimate(total - parts[0].change - parts[1].change, math.hypot(noise, of_shares.drawn.error)),
        Estimate(total - parts[0].plain.change - parts[1].plain.change, math.hypot(noise, of_shares.plain.error)),
    )
    return Account(total, *parts, within, by_dimension, by_segment, centred)


def counts_by_quarter(rows: Iterable[tuple[str, Segment, int, int]]) -> dict[str, dict[Segment, tuple[int, int]]]:
    """Rows of quarter, segment, closed and won deals as `fit` takes them; rows of the same quarter and segment are added."""
    found: dict[str, dict[Segment, tuple[int, int]]] = {}
    for quarter, segment, deals, won in rows:
        before = found.setdefault(quarter, {}).get(segment, (0, 0))
        found[quarter][segment] = before[0] + deals, before[1] + won
    return found


def folded(counts: Sequence[tuple[Segment, int]], maximum: int, rest: str) -> dict[Segment, Segment]:
    """Segments beyond the `maximum` largest of their dimension, as `rest`; `unknown` stays. `counts`: deals of each."""
    names: dict[Segment, Segment] = {}
    for dimension in sorted({segment[0] for segment, _ in counts}):
        own = sorted((-deals, segment) for segment, deals in counts if segment[0] == dimension)
        known = [segment for _, segment in own if segment[1] != UNKNOWN]
        names |= dict.fromkeys(known[maximum:], (dimension, rest))
    return names
