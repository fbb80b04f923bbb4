"""Simulated companies: closed deals with known win probabilities.

Thirty-three values in six dimensions with fixed shares; effects are additive on the log
odds. A company is drawn first (which values matter), then its deals, quarter by quarter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

from winloss.advice.counts import CUT, DealCounts
from winloss.rows import Row

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHARES: dict[str, Floats] = {
    "industry": np.array([0.24, 0.19, 0.15, 0.13, 0.11, 0.08, 0.06, 0.04]),
    "revenue_band": np.array([0.22, 0.28, 0.24, 0.16, 0.10]),
    "employee_band": np.array([0.21, 0.28, 0.25, 0.17, 0.09]),
    "region": np.array([0.45, 0.27, 0.18, 0.10]),
    "lead_source": np.array([0.28, 0.22, 0.18, 0.15, 0.11, 0.06]),
    "product": np.array([0.35, 0.25, 0.18, 0.13, 0.09]),
}
DIMENSIONS = tuple(SHARES)
VALUES: tuple[tuple[str, int], ...] = tuple((d, v) for d in DIMENSIONS for v in range(SHARES[d].size))
LABELS = {d: [f"{d} {v}" for v in range(SHARES[d].size)] for d in DIMENSIONS}
CUTS = {
    f"{d}{CUT}{edge}": {f"{d} {v}": f"{d} {'from' if v >= edge else 'below'} {edge}" for v in range(SHARES[d].size)}
    for d in ("revenue_band", "employee_band")
    for edge in range(2, SHARES[d].size - 1)
}
"""The two dimensions whose values have an order, cut where two values or more lie on either side."""

SEARCHED = (*DIMENSIONS, *CUTS)
LOG_ODDS = float(np.log(2.5))


@dataclass(frozen=True)
class Company:
    """The truth: a log-odds effect per value, and how firmographics hang together."""

    base: float
    effects: dict[str, Floats]
    is_collinear: bool = False
    is_confounded: bool = False
    late_source: int | None = None
    base_by_quarter: Floats | None = None
    intercept: float = field(default=0.0)

    @property
    def true_values(self) -> dict[tuple[str, int], int]:
        """Values with an effect, and its sign."""
        return {(d, v): int(np.sign(self.effects[d][v])) for d, v in VALUES if self.effects[d][v] != 0}

    @cached_property
    def true_rates(self) -> dict[tuple[str, int], float]:
        """Win rate if every deal had this value and all else stayed: what moving deals would buy."""
        rates: dict[tuple[str, int], float] = {}
        for dimension in DIMENSIONS:
            others, weights = np.zeros(1), np.ones(1)
            for other in DIMENSIONS:
                if other == dimension:
                    continue
                values, where = np.unique(self.effects[other], return_inverse=True)
                mass = np.bincount(where, weights=SHARES[other])
                others = (others[:, None] + values).ravel()
                weights = (weights[:, None] * mass).ravel()
            for value, effect in enumerate(self.effects[dimension]):
                rates[dimension, value] = float((weights * special.expit(self.intercept + others + effect)).sum())
        return rates


@dataclass(frozen=True)
class Sample:
    """Closed deals as codes, with the win probability behind each."""

    codes: dict[str, Ints]
    quarter: Ints
    won: Ints
    odds: Floats

    def source(self, quarters: list[int] | None = None) -> DealCounts:
        """The deals, or those of some quarters, as the selection sees them."""
        keep = np.ones(self.won.size, dtype=bool) if quarters is None else np.isin(self.quarter, quarters)
        labels = [f"{2020 + q // 4}-Q{q % 4 + 1}" for q in range(int(self.quarter.max(initial=0)) + 1)]
        return DealCounts.from_codes(
            {d: codes[keep] for d, codes in self.codes.items()}, LABELS, self.won[keep], self.quarter[keep], labels
        )


def no_effects() -> dict[str, Floats]:
    return {d: np.zeros(SHARES[d].size) for d in DIMENSIONS}


def calibrated(company: Company) -> Company:
    """The same with the intercept that makes the overall win rate the base."""
    others = np.zeros(1)
    weights = np.ones(1)
    for dimension in DIMENSIONS:
        effect, share = company.effects[dimension], SHARES[dimension]
        values, where = np.unique(effect, return_inverse=True)
        mass = np.bincount(where, weights=share)
        others = (others[:, None] + values).ravel()
        weights = (weights[:, None] * mass).ravel()
    intercept = optimize.brentq(lambda a: float((weights * special.expit(a + others)).sum()) - company.base, -12, 12)
    return Company(
        company.base,
        company.effects,
        company.is_collinear,
        company.is_confounded,
        company.late_source,
        company.base_by_quarter,
        intercept,
    )


def null(base: float = 0.40) -> Company:
    """Nothing matters."""
    return calibrated(Company(base, no_effects()))


def sparse(rng: np.random.Generator, base: float = 0.40, count: int = 3) -> Company:
    """Some of the 33 values matter, each with an odds ratio of 2.5 up or down."""
    effects = no_effects()
    for place in rng.choice(len(VALUES), count, replace=False):
        dimension, value = VALUES[place]
        effects[dimension][value] = LOG_ODDS * rng.choice([-1, 1])
    return calibrated(Company(base, effects))


def dense(rng: np.random.Generator, spread: float, base: float = 0.40) -> Company:
    """Every value matters a little: log odds normal with this standard deviation."""
    return calibrated(Company(base, {d: rng.normal(0, spread, SHARES[d].size) for d in DIMENSIONS}))


def confounded(base: float = 0.40) -> Company:
    """Revenue matters in grades; industry does not, but industries differ in revenue."""
    effects = no_effects()
    effects["revenue_band"] = np.log([2.5, 1.5, 1.0, 0.67, 0.4])
    return calibrated(Company(base, effects, is_collinear=True, is_confounded=True))


def time_confounded(quarters: int = 8) -> Company:
    """Nothing matters, but the win rate falls from .60 to .25 while a source is launched late."""
    return Company(0.40, no_effects(), late_source=0, base_by_quarter=np.linspace(0.60, 0.25, quarters))


INDUSTRY_TILT = np.array([0.75, 0.5, 0.25, 0.0, 0.0, -0.25, -0.5, -0.75])
"""How much an industry leans to small (+) or large (-) revenue, per band."""


def draw_codes(rng: np.random.Generator, company: Company, deals: int) -> dict[str, Ints]:
    """Values of all dimensions for new deals."""
    codes = {d: rng.choice(SHARES[d].size, deals, p=SHARES[d]) for d in DIMENSIONS}
    if company.is_confounded:
        bands = np.arange(5) - 2
        table = SHARES["revenue_band"] * np.exp(-INDUSTRY_TILT[:, None] * bands)
        table = np.cumsum(table / table.sum(axis=1, keepdims=True), axis=1)
        codes["revenue_band"] = (rng.random(deals)[:, None] > table[codes["industry"]]).sum(axis=1).clip(max=4)
    if company.is_collinear:
        same = rng.random(deals) < 0.60
        codes["employee_band"] = np.where(same, codes["revenue_band"], codes["employee_band"])
    return codes


def draw(rng: np.random.Generator, company: Company, deals: int, quarters: int = 4) -> Sample:
    """Closed deals spread over the quarters at random."""
    quarter = rng.integers(0, quarters, deals)
    codes = draw_codes(rng, company, deals)
    if company.late_source is not None:
        late = (quarter >= quarters // 2) & (rng.random(deals) < 0.5)
        others = rng.choice(np.arange(1, 6), deals, p=SHARES["lead_source"][1:] / SHARES["lead_source"][1:].sum())
        codes["lead_source"] = np.where(late, company.late_source, others)
    odds = np.full(deals, company.intercept)
    if company.base_by_quarter is not None:
        odds = special.logit(company.base_by_quarter)[quarter]
    odds = odds + sum(company.effects[d][codes[d]] for d in DIMENSIONS)
    won = (rng.random(deals) < special.expit(odds)).astype(np.int64)
    return Sample(codes, quarter, won, odds)


def overall_rate(company: Company) -> float:
    """Win rate over all deals of the company as it is."""
    rates = company.true_rates
    dimension = DIMENSIONS[0]
    return float(sum(SHARES[dimension][v] * rates[dimension, v] for v in range(SHARES[dimension].size)))


def true_lift(company: Company, value: tuple[str, int], left_out: frozenset[tuple[str, int]] = frozenset()) -> float:
    """True gap to the rest of the dimension, the values in `left_out` aside."""
    rates = company.true_rates
    dimension, code = value
    rest = [v for v in range(SHARES[dimension].size) if v != code and (dimension, v) not in left_out]
    if not rest:
        return 0.0
    weights = SHARES[dimension][rest]
    return rates[value] - float((weights * [rates[dimension, v] for v in rest]).sum() / weights.sum())


# ---------------------------------------------------------------- the other analyses


TITLE_SHARES = np.array([0.16, 0.14, 0.12, 0.11, 0.10, 0.08, 0.07, 0.06, 0.05, 0.04, 0.04, 0.03])


@dataclass(frozen=True)
class ContactCounts:
    """Personas as the marts count them."""

    presence: list[Row]
    contacts: list[Row]
    coverage: Row


def contacts(rng: np.random.Generator, deals: int, extra_on_won: float, base: float = 0.40) -> ContactCounts:
    """Deals with contacts of twelve titles, none of which matters; won deals carry more of them."""
    won = rng.random(deals) < base
    count = 1 + rng.poisson(2.0, deals) + np.where(won, rng.poisson(extra_on_won, deals), 0)
    deal = np.repeat(np.arange(deals), count)
    title = rng.choice(TITLE_SHARES.size, deal.size, p=TITLE_SHARES)
    present = np.zeros((deals, TITLE_SHARES.size), dtype=bool)
    present[deal, title] = True
    presence: list[Row] = []
    totals: list[Row] = []
    for size in np.unique(count):
        inside = count == size
        totals.append({"contact_count": int(size), "deals": int(inside.sum()), "won": int((inside & won).sum())})
        for place in range(TITLE_SHARES.size):
            has = inside & present[:, place]
            if has.any():
                presence.append(
                    {
                        "persona_type": "title",
                        "persona": f"title {place}",
                        "contact_count": int(size),
                        "deals": int(has.sum()),
                        "won": int((has & won).sum()),
                    }
                )
    wins = int(won.sum())
    coverage: Row = {
        "won_deals": wins,
        "won_deals_with_contacts": wins,
        "lost_deals": deals - wins,
        "lost_deals_with_contacts": deals - wins,
    }
    return ContactCounts(presence, totals, coverage)


@dataclass(frozen=True)
class ScoreModel:
    """A qualification score of four and seven yes/no items, answered a little better on won deals."""

    scores: Floats
    given_won: Floats
    given_lost: Floats

    @property
    def auc(self) -> float:
        below = np.cumsum(self.given_lost) - self.given_lost
        return float((self.given_won * (below + self.given_lost / 2)).sum())

    def youden(self, cut: float) -> float:
        above = self.scores >= cut - 1e-9
        return float(self.given_won[above].sum() - self.given_lost[above].sum())


def score_model(auc: float) -> ScoreModel:
    """The items' honesty chosen so that the score has this area under the ROC curve."""
    shift = 0.0 if auc <= 0.5 else optimize.brentq(lambda d: _scores(d).auc - auc, 0.0, 0.4)
    return _scores(shift)


def _scores(shift: float) -> ScoreModel:
    first, second = np.meshgrid(np.arange(5), np.arange(8), indexing="ij")
    exact = np.round(0.7 * first / 4 + 0.3 * second / 7, 2).ravel()
    scores, where = np.unique(exact, return_inverse=True)

    def distribution(rate: float) -> Floats:
        joint = np.outer(stats.binom.pmf(np.arange(5), 4, rate), stats.binom.pmf(np.arange(8), 7, rate)).ravel()
        return np.bincount(where, weights=joint).astype(np.float64)

    return ScoreModel(scores, distribution(0.5 + shift / 2), distribution(0.5 - shift / 2))


REASON_SHARES = np.array([0.28, 0.20, 0.15, 0.13, 0.10, 0.07, 0.04, 0.03])


# ---------------------------------------------------------------- people with dates, sellers with habits


@dataclass(frozen=True)
class DatedContacts:
    """Deals with the days they were open, and contacts with the day of the deal on which they were added."""

    won: Ints
    cycle_days: Ints
    deal: Ints
    title: Ints
    day: Ints


def dated_contacts(
    rng: np.random.Generator,
    deals: int,
    late: bool = False,
    signer: bool = False,
    odds_ratio: float = 1.0,
    base: float = 0.40,
    habit: Floats | float = 0.0,
    met: Floats | float = 1.5,
) -> DatedContacts:
    """Won deals live 90 days on average and lost ones 40; contacts of twelve titles are met early, some later.

    The first title matters by `odds_ratio` where it is met in the first two weeks. With `late` a thirteenth arrives on two of
    five deals still open on day 45, with `signer` it is added to four of five won deals on the day of winning: neither matters.
    `habit` is what accounts add to the log odds of their deals, and `met` how many people more than one are met early.
    """
    count = 1 + rng.poisson(met, deals)
    deal = np.repeat(np.arange(deals), count)
    title = rng.choice(TITLE_SHARES.size, deal.size, p=TITLE_SHARES)
    day = rng.integers(0, 15, deal.size)
    has_first = np.bincount(deal[title == 0], minlength=deals) > 0
    share = has_first.mean()
    effect = np.log(odds_ratio) * (has_first - share)
    won = (rng.random(deals) < special.expit(special.logit(base) + effect + habit)).astype(np.int64)
    cycle = np.maximum(1, np.round(np.where(won == 1, rng.gamma(3, 30, deals), rng.gamma(3, 40 / 3, deals)))).astype(
        np.int64
    )
    # further contacts come while a deal is open, so that won deals, which live longer, end with more of them
    more = rng.poisson(cycle / 60)
    further = np.repeat(np.arange(deals), more)
    parts = [(deal, title, day)]
    parts.append(
        (
            further,
            rng.choice(TITLE_SHARES.size, further.size, p=TITLE_SHARES),
            (rng.random(further.size) * cycle[further]).astype(np.int64),
        )
    )
    if late:
        arrival = 45 + rng.integers(0, 15, deals)
        where = np.flatnonzero((cycle >= arrival) & (rng.random(deals) < 0.4))
        parts.append((where, np.full(where.size, TITLE_SHARES.size), arrival[where]))
    if signer:
        where = np.flatnonzero((won == 1) & (rng.random(deals) < 0.8))
        parts.append((where, np.full(where.size, TITLE_SHARES.size), cycle[where]))
    deal, title, day = (np.concatenate(column) for column in zip(*parts))
    kept = day <= cycle[deal]
    return DatedContacts(won, cycle, deal[kept], title[kept], day[kept])


SELLERS = 12


def reasons_of_sellers(rng: np.random.Generator, losses: int, moved: bool = False) -> list[Row]:
    """Losses of two quarters by reason and seller: each seller has habits, and who loses the deals moves at random.

    With `moved` the third reason rises from 15% to 32% with every seller alike, by the odds.
    """
    habits = rng.dirichlet(6 * REASON_SHARES, SELLERS)
    rows: dict[tuple[int, int], list[int]] = {}
    for quarter in (0, 1):
        told = habits.copy()
        if moved and quarter == 0:
            told[:, 2] *= (0.32 / 0.68) / (0.15 / 0.85)
            told /= told.sum(axis=1, keepdims=True)
        of_sellers = rng.multinomial(losses, rng.dirichlet(np.full(SELLERS, 3.0)))
        for seller, number in enumerate(of_sellers):
            for reason, lost in enumerate(rng.multinomial(number, told[seller])):
                if lost:
                    rows.setdefault((reason, seller), [0, 0])[quarter] += int(lost)
    return [
        {"reason": f"reason {reason}", "owner": f"seller {seller}", "losses": now, "previous_losses": before}
        for (reason, seller), (now, before) in rows.items()
    ]
