"""What no one can beat: Bayes' rule with the truth about how companies are drawn.

It knows the base rate, the odds ratio and that exactly three of the 33 values matter, and
weighs all 43,648 such companies by exact likelihood. Not reachable by any honest method.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations, product

import numpy as np
from scipy import special

from benchmarks.accuracy.scenarios import DIMENSIONS, LOG_ODDS, SHARES, VALUES, Sample
from winloss.advice.statistics import Floats, Ints

EFFECTS = 3
_TRIPLES = np.array(list(combinations(range(len(VALUES)), EFFECTS)))
_SIGNS = np.array(list(product((-1, 1), repeat=EFFECTS)))
_CELLS = np.array(list(product((0, 1), repeat=EFFECTS)))


@lru_cache(maxsize=4)
def _log_rates(base: float) -> tuple[Floats, Floats]:
    """Log win and loss probability of each cell, per triple and signs: (triples, signs, cells)."""
    share = np.concatenate([SHARES[d] for d in DIMENSIONS])
    dimension = np.array([DIMENSIONS.index(d) for d, _ in VALUES])
    mass = np.ones((len(_TRIPLES), len(_CELLS)))
    for i, triple in enumerate(_TRIPLES):
        for j, cell in enumerate(_CELLS):
            mass[i, j] = _cell_share(share, dimension, triple, cell)
    shift = LOG_ODDS * _SIGNS @ _CELLS.T
    low, high = np.full((len(_TRIPLES), len(_SIGNS)), -8.0), np.full((len(_TRIPLES), len(_SIGNS)), 8.0)
    for _ in range(60):
        middle = (low + high) / 2
        rate = (mass[:, None, :] * special.expit(middle[..., None] + shift)).sum(axis=-1)
        low, high = np.where(rate < base, middle, low), np.where(rate < base, high, middle)
    odds = low[..., None] + shift
    return special.log_expit(odds), special.log_expit(-odds)


def _cell_share(share: Floats, dimension: Ints, triple: Ints, cell: Ints) -> float:
    """Share of deals that carry exactly the values marked in `cell`."""
    result = 1.0
    for d in set(dimension[triple].tolist()):
        inside = [(int(v), int(c)) for v, c in zip(triple, cell) if dimension[v] == d]
        marked = [v for v, c in inside if c]
        if len(marked) > 1:
            return 0.0
        result *= share[marked[0]] if marked else 1.0 - sum(share[v] for v, _ in inside)
    return result


def posterior(sample: Sample, base: float) -> Floats:
    """Probability that each value matters, (33, 2): downwards, upwards."""
    indicator = np.zeros((sample.won.size, len(VALUES)))
    start = 0
    for dimension in DIMENSIONS:
        indicator[np.arange(sample.won.size), start + sample.codes[dimension]] = 1.0
        start += SHARES[dimension].size
    log_won, log_lost = _log_rates(base)
    likelihood = np.zeros(log_won.shape[:2])
    for outcome, log_rate in ((1, log_won), (0, log_lost)):
        part = indicator[sample.won == outcome]
        likelihood += (_cell_counts(part)[:, None, :] * log_rate).sum(axis=-1)
    weight = np.exp(likelihood - likelihood.max())
    weight /= weight.sum()
    result = np.zeros((len(VALUES), 2))
    for place in range(EFFECTS):
        for column, sign in enumerate((-1, 1)):
            mass = weight[:, _SIGNS[:, place] == sign].sum(axis=1)
            np.add.at(result[:, column], _TRIPLES[:, place], mass)
    return result


def _cell_counts(indicator: Floats) -> Floats:
    """Deals in each of the eight cells of each triple, from single, pair and triple counts."""
    total = float(indicator.shape[0])
    single = indicator.sum(axis=0)
    pair = indicator.T @ indicator
    size = indicator.shape[1]
    joint = ((indicator[:, :, None] * indicator[:, None, :]).reshape(-1, size * size).T @ indicator).reshape(
        size, size, size
    )
    a, b, c = _TRIPLES.T
    abc, ab, ac, bc = joint[a, b, c], pair[a, b], pair[a, c], pair[b, c]
    counts = {
        (1, 1, 1): abc,
        (1, 1, 0): ab - abc,
        (1, 0, 1): ac - abc,
        (0, 1, 1): bc - abc,
        (1, 0, 0): single[a] - ab - ac + abc,
        (0, 1, 0): single[b] - ab - bc + abc,
        (0, 0, 1): single[c] - ac - bc + abc,
    }
    counts[0, 0, 0] = total - sum(counts.values())
    return np.stack([counts[tuple(cell)] for cell in _CELLS.tolist()], axis=1)


def beliefs(sample: Sample, base: float, truth: dict[tuple[str, int], int]) -> list[tuple[float, bool]]:
    """For each value the probability of its likelier sign, and whether that sign is true."""
    probability = posterior(sample, base)
    signs = 2 * probability.argmax(axis=1) - 1
    return [
        (float(best), truth.get(value) == int(sign))
        for value, best, sign in zip(VALUES, probability.max(axis=1), signs)
    ]


def power_at(reports: list[list[tuple[float, bool]]], rate: float = 0.10) -> tuple[float, float]:
    """Power and realised false-discovery rate of the loosest common cut that keeps it at `rate`."""
    best = (0.0, 0.0)
    for cut in np.round(np.arange(0.995, 0.10, -0.005), 3):
        shares, hits = [], []
        for report in reports:
            claimed = [is_true for probability, is_true in report if probability >= cut]
            hits.append(sum(claimed) / EFFECTS)
            shares.append(claimed.count(False) / max(1, len(claimed)))
        if np.mean(shares) > rate:
            break
        best = (float(np.mean(hits)), float(np.mean(shares)))
    return best
