"""Effects that add up on the log odds, fitted to counts: what is left over is interaction.

Pure functions over folded deals; no deal is held. A factor is one array of codes, one code per row of alike deals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from winloss.advice.statistics import Floats, Ints

_PENALTY = 1e-6
"""Ridge that keeps a segment of wins only finite; too small to move any other."""

_STEPS = 50


@dataclass(frozen=True)
class Additive:
    """A fitted model: `rates` per row, and what the score test of a further effect needs."""

    rates: Floats
    weights: Floats
    inverse: Floats
    factors: tuple[Ints, ...]
    starts: tuple[int, ...]


def fit(factors: Sequence[Ints], deals: Ints, won: Ints) -> Additive:
    """Logistic regression of wins on factors that add up, by Newton's method.

    `factors` holds one array of codes from 0 per factor, each of shape (rows,). A small ridge makes the model
    estimable although each factor carries all of its values.
    """
    sizes = [int(codes.max(initial=-1)) + 1 for codes in factors]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
    width = int(starts[-1])
    number, wins = deals.astype(np.float64), won.astype(np.float64)
    places = [codes + start for codes, start in zip(factors, starts)]
    effects = np.zeros(width)
    total, total_won = number.sum(), wins.sum()
    effects[: sizes[0]] = special.logit((total_won + 0.5) / (total + 1))
    inverse: Floats = np.eye(width)
    rates = weights = np.zeros(number.size)
    for _ in range(_STEPS):
        score = np.zeros(number.size)
        for place in places:
            score += effects[place]
        rates = special.expit(score)
        weights = number * rates * (1 - rates)
        hessian = np.zeros((width, width))
        gradient = -_PENALTY * effects
        rest = wins - number * rates
        for i, first in enumerate(places):
            gradient += np.bincount(first, weights=rest, minlength=width)
            rows = slice(starts[i], starts[i + 1])
            for j in range(i, len(places)):
                columns = slice(starts[j], starts[j + 1])
                block = np.bincount(
                    factors[i] * sizes[j] + factors[j], weights=weights, minlength=sizes[i] * sizes[j]
                ).reshape(sizes[i], sizes[j])
                hessian[rows, columns] = block
                hessian[columns, rows] = block.T
        inverse = np.asarray(np.linalg.inv(hessian + _PENALTY * np.eye(width)), dtype=np.float64)
        change = inverse @ gradient
        # far from the solution a full step may overshoot
        effects += change * min(1.0, 4.0 / max(1e-12, float(np.abs(change).max())))
        if float(np.abs(change).max(initial=0.0)) < 1e-9:
            break
    return Additive(rates, weights, inverse, tuple(factors), tuple(int(start) for start in starts))


def interaction_z(model: Additive, cell: Ints, cells: int, deals: Ints, won: Ints) -> Floats:
    """Rao's score test of one further effect per cell, as z, shape (cells,).

    `cell` is the code of each row's cell. z is the wins of a cell beyond those of the additive model by the standard
    deviation of that excess, the fitted effects accounted for (Rao 1948). 0 where nothing is left to vary.
    """
    excess = np.bincount(cell, weights=won - deals * model.rates, minlength=cells)
    own = np.bincount(cell, weights=model.weights, minlength=cells)
    shared = np.zeros((cells, model.inverse.shape[0]))
    for codes, start, stop in zip(model.factors, model.starts, model.starts[1:]):
        size = stop - start
        shared[:, start:stop] = np.bincount(cell * size + codes, weights=model.weights, minlength=cells * size).reshape(
            cells, size
        )
    variance = own - np.einsum("ij,jk,ik->i", shared, model.inverse, shared)
    usable = variance > 1e-6 * np.maximum(own, 1.0)
    z: Floats = np.divide(excess, np.sqrt(np.maximum(variance, 1e-300)), out=np.zeros(cells), where=usable)
    return z
