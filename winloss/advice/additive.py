"""Effects that add up on the log odds, fitted to counts: what is left over is interaction.

Pure functions over folded deals; no deal is held. A factor is one array of codes, one code per row of alike deals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import special

from winloss.advice.statistics import Floats, Ints

_PENALTY = 1e-6
"""Ridge that keeps a segment of wins only finite; too small to move any other."""

_STEPS = 50

_SETTLED = 1e-12
"""No log odds of a row move by more in the last step. Effects themselves say less: all of a factor can rise while all of another fall."""


@dataclass(frozen=True)
class Additive:
    """A fitted model: `rates` per row, and what the score test of a further effect needs.

    Effects of the widest factor, `widest`, are eliminated from those of the others: a row has one value of it, so its part of the
    information is a diagonal, and as many values as there are cost no matrix of their own. `crossed` is its information with the
    others, shape (values, width), and `inverse` that of the others once it is accounted for (Schur complement), shape (width, width).
    """

    rates: Floats
    weights: Floats
    widest: Ints
    diagonal: Floats
    crossed: Floats
    others: tuple[Ints, ...]
    starts: tuple[int, ...]
    inverse: Floats


def fit(factors: Sequence[Ints], deals: Ints, won: Ints) -> Additive:
    """Logistic regression of wins on factors that add up, by Newton's method.

    `factors` holds one array of codes from 0 per factor, each of shape (rows,). A small ridge makes the model
    estimable although each factor carries all of its values.
    """
    sizes = [int(codes.max(initial=-1)) + 1 for codes in factors]
    place = sizes.index(max(sizes))
    widest, values = factors[place], sizes[place]
    others = [codes for i, codes in enumerate(factors) if i != place]
    sizes = [size for i, size in enumerate(sizes) if i != place]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
    width = int(starts[-1])
    number, wins = deals.astype(np.float64), won.astype(np.float64)
    of_widest: Floats = np.zeros(values)
    effects: Floats = np.zeros(width)
    total, total_won = number.sum(), wins.sum()
    (of_widest if place == 0 else effects[: sizes[0]])[:] = special.logit((total_won + 0.5) / (total + 1))
    inverse: Floats = np.eye(width)
    rates: Floats = np.zeros(number.size)
    weights: Floats = np.zeros(number.size)
    diagonal: Floats = np.ones(values)
    crossed = np.zeros((values, width))
    bounds = [slice(start, stop) for start, stop in pairwise(starts)]
    cells_of_widest = [widest * size + codes for codes, size in zip(others, sizes)]
    blocks = [(i, j, others[i] * sizes[j] + others[j]) for i in range(len(others)) for j in range(i, len(others))]
    for _ in range(_STEPS):
        rates = special.expit(_added_up(widest, of_widest, others, starts, effects))
        weights = number * rates * (1 - rates)
        rest = wins - number * rates
        diagonal = _PENALTY + np.bincount(widest, weights=weights, minlength=values).astype(np.float64)
        gradient_of_widest = np.bincount(widest, weights=rest, minlength=values) - _PENALTY * of_widest
        information = _PENALTY * np.eye(width)
        gradient = -_PENALTY * effects
        for i, (rows, cells) in enumerate(zip(bounds, cells_of_widest)):
            gradient[rows] += np.bincount(others[i], weights=rest, minlength=sizes[i])
            crossed[:, rows] = _sums(cells, (values, sizes[i]), weights)
        for i, j, cells in blocks:
            block = _sums(cells, (sizes[i], sizes[j]), weights)
            information[bounds[i], bounds[j]] += block
            if j > i:
                information[bounds[j], bounds[i]] += block.T
        share = crossed / diagonal[:, None]
        inverse = np.asarray(np.linalg.inv(information - crossed.T @ share), dtype=np.float64)
        change = inverse @ (gradient - share.T @ gradient_of_widest)
        change_of_widest = gradient_of_widest / diagonal - share @ change
        largest = float(np.abs(np.concatenate([change_of_widest, change])).max(initial=0.0))
        # far from the solution a full step may overshoot
        length = min(1.0, 4.0 / max(1e-12, largest))
        effects += change * length
        of_widest += change_of_widest * length
        moved = _added_up(widest, change_of_widest, others, starts, change)
        if float(np.abs(moved).max(initial=0.0)) < _SETTLED:
            break
    return Additive(rates, weights, widest, diagonal, crossed, tuple(others), tuple(map(int, starts)), inverse)


def _added_up(widest: Ints, of_widest: Floats, others: Sequence[Ints], starts: Ints, effects: Floats) -> Floats:
    """The effects of each row's values, added up: its log odds, shape (rows,)."""
    total = of_widest[widest]
    for codes, start in zip(others, starts):
        total += effects[codes + start]
    return total


def _sums(cells: Ints, shape: tuple[int, int], weights: Floats) -> Floats:
    """Sums of weights by the cells of a table of this shape, numbered row by row."""
    return np.bincount(cells, weights=weights, minlength=shape[0] * shape[1]).astype(np.float64).reshape(shape)


def interaction_z(model: Additive, cell: Ints, cells: int, deals: Ints, won: Ints) -> Floats:
    """Rao's score test of one further effect per cell, as z, shape (cells,).

    `cell` is the code of each row's cell, -1 where it is of none that is asked about. z is the wins of a cell beyond those of the
    additive model by the standard deviation of that excess, the fitted effects accounted for (Rao 1948). 0 where nothing is left to vary.
    """
    asked = cell >= 0
    cell, weights = cell[asked], model.weights[asked]
    excess = np.bincount(cell, weights=(won - deals * model.rates)[asked], minlength=cells)
    own = np.bincount(cell, weights=weights, minlength=cells)
    shared = np.zeros((cells, model.inverse.shape[0]))
    for codes, start, stop in zip(model.others, model.starts, model.starts[1:]):
        shared[:, start:stop] = _sums(cell * (stop - start) + codes[asked], (cells, stop - start), weights)
    # a cell of two dimensions has rows of one value of the widest factor, or of few
    met, row = np.unique(cell * model.diagonal.size + model.widest[asked], return_inverse=True)
    of_cell, value = np.divmod(met, model.diagonal.size)
    information = np.bincount(row, weights=weights, minlength=met.size)
    share = information / model.diagonal[value]
    np.subtract.at(shared, of_cell, share[:, None] * model.crossed[value])
    explained = np.bincount(of_cell, weights=information * share, minlength=cells)
    explained += np.einsum("ij,ij->i", shared @ model.inverse, shared)
    variance = own - explained
    usable = variance > 1e-6 * np.maximum(own, 1.0)
    z: Floats = np.divide(excess, np.sqrt(np.maximum(variance, 1e-300)), out=np.zeros(cells), where=usable)
    return z
