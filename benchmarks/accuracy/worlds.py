"""Companies as they are: several deals per account, sellers with habits, renewals, young products, fields filled in late.

A world is a company of `scenarios` whose deals are created over eight quarters, take their time, and belong to
accounts and owners. What is judged is the window of the last four quarters, with all that the method may look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from scipy import special

from benchmarks.accuracy import scenarios as sc
from benchmarks.accuracy.scenarios import DIMENSIONS, LABELS, SHARES, Company, Floats, Ints
from winloss.advice.counts import DealCounts, grouped_types

QUARTER = 91.25
QUARTERS = 8
AS_OF = QUARTERS * QUARTER
LATENT_VARIANCE = float(np.pi**2 / 3)
OF_ACCOUNT = ("industry", "revenue_band", "employee_band", "region")
RENEWAL, NEW = 1, 0


@dataclass(frozen=True)
class World:
    """How deals hang together and how long they take; the company says what matters."""

    deals_per_account: float = 1.0
    account_likeness: float = 0.0
    sellers: int = 0
    seller_deviation: float = 0.0
    renewals: float = 0.0
    renewal_rate: float = 0.90
    win_days: float = 75.0
    loss_days: float = 75.0
    share_of_product: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    """By product: how many times its deals are created at the start and at the end of the eight quarters."""

    launched: Mapping[int, float] = field(default_factory=dict)
    """By product: the day it was launched."""

    slow: Mapping[int, float] = field(default_factory=dict)
    """By product: how many times as long its deals take."""


@dataclass(frozen=True)
class Drawn:
    """One company's deals of the window, and those of the cohort that had time to be won."""

    source: DealCounts
    deals: int
    won: int
    labels: Mapping[str, list[str]]


def draw(
    rng: np.random.Generator,
    company: Company,
    deals: int,
    world: World = World(),
    further: Mapping[str, object] | None = None,
) -> Drawn:
    """Deals of the world, about `deals` of which closed in the last four quarters.

    `further` names fields that know the outcome: each a function of generator and outcome that gives codes and labels.
    """
    total = round(deals * QUARTERS / 4 * 1.15)
    created = np.sort(rng.random(total) * AS_OF)
    accounts = max(1, round(total / world.deals_per_account))
    account = np.arange(total) if world.deals_per_account <= 1 else rng.integers(0, accounts, total)
    codes = sc.draw_codes(rng, company, total)
    if world.deals_per_account > 1:
        of_account = sc.draw_codes(rng, company, accounts)
        codes |= {dimension: of_account[dimension][account] for dimension in OF_ACCOUNT}
    score = np.full(total, company.intercept)
    owner = np.arange(total)
    if world.sellers:
        by_region = np.arange(world.sellers) % SHARES["region"].size
        # each seller works one region, of each region's deals a like share
        owner = np.empty(total, dtype=np.int64)
        for region in range(SHARES["region"].size):
            inside = codes["region"] == region
            owner[inside] = rng.choice(np.nonzero(by_region == region)[0], int(inside.sum()))
        score = score + rng.normal(0, world.seller_deviation, world.sellers)[owner]
    if world.account_likeness:
        variance = LATENT_VARIANCE * world.account_likeness / (1 - world.account_likeness)
        score = score + rng.normal(0, np.sqrt(variance), int(account.max()) + 1)[account]
    kind = (rng.random(total) < world.renewals).astype(np.int64)
    if world.renewals:
        mix = SHARES["industry"][::-1]
        codes["industry"] = np.where(kind == RENEWAL, rng.choice(mix.size, total, p=mix), codes["industry"])
    keep = np.ones(total, dtype=bool)
    for product, (first, last) in world.share_of_product.items():
        # of a growing product early deals are few
        largest = max(first, last)
        chance = (first + (last - first) * created / AS_OF) / largest
        keep &= (codes["product"] != product) | (rng.random(total) < chance)
    for product, day in world.launched.items():
        keep &= (codes["product"] != product) | (created >= day)
    score = score + sum(company.effects[d][codes[d]] for d in DIMENSIONS)
    chance = np.where(kind == RENEWAL, world.renewal_rate, special.expit(score))
    won = (rng.random(total) < chance).astype(np.int64)
    pace = np.ones(total)
    for product, times in world.slow.items():
        pace[codes["product"] == product] = times
    days = rng.gamma(4.0, np.where(won == 1, world.win_days, world.loss_days) / 4.0) * pace
    closed = created + days
    labels = dict(LABELS)
    for name, make in (further or {}).items():
        codes[name], labels[name] = make(rng, won)  # type: ignore[operator]

    in_window = keep & (closed > AS_OF / 2) & (closed <= AS_OF)
    slowest = float(np.quantile(days[in_window & (won == 1)], 0.9)) if (in_window & (won == 1)).any() else 0.0
    end = AS_OF - slowest
    in_cohort = keep & (created > end - 4 * QUARTER) & (created <= end) & (closed <= AS_OF)

    def counts(inside: Ints, moment: Floats, cohort: DealCounts | None) -> DealCounts:
        quarter = np.clip((moment[inside] / QUARTER).astype(np.int64), 0, QUARTERS - 1)
        clusters = [account[inside]] if world.deals_per_account > 1 else []
        clusters += [owner[inside]] if world.sellers else []
        return DealCounts.from_codes(
            {name: code[inside] for name, code in codes.items()},
            labels,
            won[inside],
            quarter,
            [f"{2023 + q // 4}-Q{q % 4 + 1}" for q in range(QUARTERS)],
            types=grouped_types(kind[inside], np.ones(int(inside.sum()), dtype=np.int64), 2),
            clusters=clusters,
            cohort=cohort,
        )

    cohort = counts(in_cohort, created - (end - 4 * QUARTER), None)
    window = counts(in_window, closed, cohort)
    return Drawn(window.cut(sc.CUTS), int(in_window.sum()), int(won[in_window].sum()), labels)


@lru_cache(maxsize=4)
def _nodes(variance: float) -> tuple[Floats, Floats]:
    points, weights = np.polynomial.hermite_e.hermegauss(21)
    return points * np.sqrt(variance), weights / weights.sum()


def true_rates(company: Company, world: World) -> dict[tuple[str, int], float]:
    """Win rate of new business if every deal had this value and all else stayed, accounts and sellers as they are."""
    variance = world.seller_deviation**2 if world.sellers else 0.0
    if world.account_likeness:
        variance += LATENT_VARIANCE * world.account_likeness / (1 - world.account_likeness)
    points, mass = _nodes(variance)
    rates = {}
    for dimension in DIMENSIONS:
        others, weights = points, mass
        for other in DIMENSIONS:
            if other != dimension:
                values, where = np.unique(company.effects[other], return_inverse=True)
                share = np.bincount(where, weights=SHARES[other])
                others = (others[:, None] + values).ravel()
                weights = (weights[:, None] * share).ravel()
        for value, effect in enumerate(company.effects[dimension]):
            rates[dimension, value] = float((weights * special.expit(company.intercept + others + effect)).sum())
    return rates


# ---------------------------------------------------------------- fields that know the outcome


def _leak(
    shares_won: list[float],
    shares_lost: list[float],
    name: str,
) -> object:
    def make(rng: np.random.Generator, won: Ints) -> tuple[Ints, list[str]]:
        size = len(shares_won)
        codes = np.where(
            won == 1, rng.choice(size, won.size, p=shares_won), rng.choice(size, won.size, p=shares_lost)
        ).astype(np.int64)
        return codes, [f"{name} {place}" for place in range(size)]

    return make


LEAKS: dict[str, object] = {
    "probability": _leak([0.02, 0.05, 0.13, 0.80], [0.55, 0.30, 0.10, 0.05], "probability"),
    "forecast_category": _leak([0.70, 0.20, 0.08, 0.02], [0.08, 0.17, 0.35, 0.40], "forecast_category"),
    "stage_before": _leak([0.03, 0.07, 0.30, 0.60], [0.40, 0.30, 0.20, 0.10], "stage_before"),
    "discount": _leak([0.65, 0.25, 0.10], [0.15, 0.25, 0.60], "discount"),
    "customer_status": _leak([0.80, 0.20], [0.05, 0.95], "customer_status"),
}
"""What CRMs fill in on the way to the close, as shares of won and of lost deals."""


def ordered(odds: list[float], base: float = 0.40) -> Company:
    """Revenue matters in grades and nothing else does."""
    effects = sc.no_effects()
    effects["revenue_band"] = np.log(odds)
    return sc.calibrated(Company(base, effects))
