"""Intervals, tests and effect sizes, as pure functions of counts.

Rates, lifts and probabilities are fractions. Array functions take and return numpy arrays;
a "table" is one segment against other segments inside one stratum: `stratum_deals` N, of which
`stratum_won` W won, and in the segment `deals` n, of which `won` x won.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import fft, special

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

P_DECIMALS = 12
"""Probabilities are rounded to this, so that ties are ties on every machine."""

_MAXIMUM_GRID = 4_000_000


@lru_cache(maxsize=128)
def normal_quantile(probability: float) -> float:
    """z below which `probability` of a standard normal lies."""
    return float(special.ndtri(probability))


def _rounded(probabilities: npt.ArrayLike) -> Floats:
    result: Floats = np.asarray(probabilities, dtype=np.float64).round(P_DECIMALS)
    return result


# ---------------------------------------------------------------- intervals


def wilson_interval(won: float, deals: float, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a win rate (Wilson 1927); counts may be effective, hence floats.

    Raises ValueError unless 0 <= won <= deals and deals > 0.
    """
    if not 0 <= won <= deals or deals <= 0:
        raise ValueError(f"no interval for {won} won of {deals} deals")
    z = normal_quantile(0.5 + confidence / 2)
    rate = won / deals
    centre = (won + z * z / 2) / (deals + z * z)
    half = z / (deals + z * z) * math.sqrt(rate * (1 - rate) * deals + z * z / 4)
    low = 0.0 if won == 0 else max(0.0, centre - half)
    high = 1.0 if won == deals else min(1.0, centre + half)
    return low, high


def newcombe_interval(
    won: float,
    deals: float,
    other_won: float,
    other_deals: float,
    confidence: float = 0.90,
) -> tuple[float, float]:
    """Interval of rate minus other rate: Newcombe's hybrid score (1998, method 10); counts may be effective.

    Raises ValueError when either side has no deals.
    """
    low, high = wilson_interval(won, deals, confidence)
    other_low, other_high = wilson_interval(other_won, other_deals, confidence)
    rate, other_rate = won / deals, other_won / other_deals
    gap = rate - other_rate
    return (
        gap - math.hypot(rate - low, other_high - other_rate),
        gap + math.hypot(high - rate, other_rate - other_low),
    )


def value_weighted_rate(
    amount: float,
    amount_won: float,
    amount_squares: float,
    confidence: float = 0.95,
) -> tuple[float, float, float, float] | None:
    """Share of value won, its interval, and the effective number of deals behind it.

    Wilson on n_eff = (sum a)^2 / sum a^2 (Kish 1965): covers where bootstrap and delta
    method fail on skewed deal sizes. Returns (rate, low, high, n_eff), or None without value.
    """
    if amount <= 0 or amount_squares <= 0:
        return None
    effective = amount * amount / amount_squares
    rate = min(1.0, max(0.0, amount_won / amount))
    low, high = wilson_interval(rate * effective, effective, confidence)
    return rate, low, high, effective


# ---------------------------------------------------------------- stratified tests


@lru_cache(maxsize=8)
def _log_factorials(up_to: int) -> Floats:
    table: Floats = special.gammaln(np.arange(up_to + 1, dtype=np.float64) + 1.0)
    table.setflags(write=False)
    return table


def exact_mid_p(
    deals: npt.ArrayLike,
    won: npt.ArrayLike,
    stratum_deals: npt.ArrayLike,
    stratum_won: npt.ArrayLike,
) -> Floats:
    """Exact stratified test of each segment, two-sided mid-p, rounded to 12 decimals.

    Arguments are counts of shape (segments, strata) or (strata,); a stratum that a segment
    does not meet may be all zeros. Given the margins, the segment's wins are a sum of
    independent hypergeometrics (Cochran-Mantel-Haenszel, exact form); their distribution is
    the convolution, taken as a product of Fourier transforms. Doubling the smaller tail with
    half the observed point is Lancaster's mid-p (1961). Returns p, shape (segments,).
    """
    n, x, big_n, big_w = np.broadcast_arrays(
        np.atleast_2d(np.asarray(deals, dtype=np.int64)),
        np.asarray(won, dtype=np.int64),
        np.asarray(stratum_deals, dtype=np.int64),
        np.asarray(stratum_won, dtype=np.int64),
    )
    low = np.maximum(0, n + big_w - big_n)
    span = np.minimum(n, big_w) - low
    useful = span.max(axis=0, initial=0) > 0
    if not useful.any():
        return np.ones(n.shape[0])
    n, x, big_n, big_w = n[:, useful], x[:, useful], big_n[:, useful], big_w[:, useful]
    low, span = low[:, useful], span[:, useful]

    length = fft.next_fast_len(int(span.sum(axis=1).max()) + 1, real=True)
    rows = max(1, _MAXIMUM_GRID // (n.shape[1] * length))
    blocks = (slice(start, start + rows) for start in range(0, n.shape[0], rows))
    return np.concatenate([_mid_p_of_block(n[b], x[b], big_n[b], big_w[b], low[b], span[b], length) for b in blocks])


def _mid_p_of_block(
    n: Ints,
    x: Ints,
    big_n: Ints,
    big_w: Ints,
    low: Ints,
    span: Ints,
    length: int,
) -> Floats:
    log_factorial = _log_factorials(1 << int(big_n.max()).bit_length())
    steps = np.arange(int(span.max()) + 1)
    inside = steps <= span[..., None]
    k = np.where(inside, low[..., None] + steps, low[..., None])
    log_probability = (
        (log_factorial[big_w] + log_factorial[big_n - big_w] + log_factorial[n] + log_factorial[big_n - n])[..., None]
        - log_factorial[big_n][..., None]
        - log_factorial[k]
        - log_factorial[big_w[..., None] - k]
        - log_factorial[n[..., None] - k]
        - log_factorial[(big_n - big_w - n)[..., None] + k]
    )
    probability = np.exp(log_probability) * inside
    probability /= probability.sum(axis=-1, keepdims=True)

    transformed = fft.rfft(probability, length, axis=-1).prod(axis=1)
    total = np.clip(fft.irfft(transformed, length, axis=-1), 0.0, None)

    observed = (x - low).sum(axis=1)
    places = np.arange(length)
    here = np.take_along_axis(total, observed[:, None], axis=1)[:, 0]
    below = np.where(places < observed[:, None], total, 0.0).sum(axis=1)
    above = np.where(places > observed[:, None], total, 0.0).sum(axis=1)
    smaller = np.minimum(below, above) + here / 2
    return _rounded(np.minimum(1.0, 2.0 * smaller))


def cochran_mantel_haenszel_z(excess: npt.ArrayLike, variance: npt.ArrayLike) -> Floats:
    """z = (won - expected) / sd, without continuity correction; 0 where there is no variance.

    `variance` is the hypergeometric one, sum of n (N-n) W (N-W) / (N^2 (N-1)): in a single
    stratum this is the "N-1" chi-squared test (Campbell 2007).
    """
    spread = np.sqrt(np.asarray(variance, dtype=np.float64))
    z: Floats = np.divide(np.asarray(excess, dtype=np.float64), spread, out=np.zeros_like(spread), where=spread > 0)
    return z


def two_sided_p(z: npt.ArrayLike) -> Floats:
    """Two-sided normal p of z, rounded to 12 decimals."""
    return _rounded(2.0 * special.ndtr(-np.abs(np.asarray(z, dtype=np.float64))))


def mid_p_2x2(won: int, deals: int, other_won: int, other_deals: int) -> float:
    """Two-sided mid-p of one two-by-two table (exact_mid_p with a single stratum)."""
    return float(exact_mid_p([[deals]], [[won]], [deals + other_deals], [won + other_won])[0])


def benjamini_hochberg(p_values: npt.ArrayLike) -> Floats:
    """Step-up q-values (Benjamini & Hochberg 1995), rounded to 12 decimals."""
    # scipy has this in stats, whose import would cost every build as much as twenty models
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)[::-1]
    q = np.empty_like(p)
    q[order] = np.minimum.accumulate(p[order] * p.size / np.arange(p.size, 0, -1))
    return _rounded(np.minimum(q, 1.0))


def step_down_bound(step: int, candidates: int, rate: float) -> float:
    """Largest p that is claimed at this step (1, 2, ...) of `candidates` comparisons.

    q i / (m + 1 - i (1 - q)): Gavrilov, Benjamini & Sarkar (2009), their proof of the
    false-discovery rate for a step-down procedure.
    """
    return rate * step / (candidates + 1 - step * (1 - rate))


# ---------------------------------------------------------------- deals that belong together


@dataclass(frozen=True)
class ClusterSums:
    """Sums over the deals of one dimension and their clusters: accounts, or owners.

    r is a deal's outcome less the win rate of its stratum, x its membership of a segment less the segment's
    share of the stratum. `deals` and `strata` are counts; `squares` is the sum of r^2; `cell_squares` the sum
    of (sum of r)^2 over cells of one cluster and one segment, and `segment_squares` over segments; `cell_pairs`
    and `segment_pairs` count ordered pairs of deals in them. `cells` and `segments` are their numbers.
    `clustered_spread` is the sum of (sum of x)^2 over clusters and segments of at least the minimum of deals,
    `spread` that of x^2. `few_clusters` counts such segments met by fewer than four clusters and half of all at most, of `wide_segments`.
    """

    deals: int
    strata: int
    squares: float
    cell_squares: float
    cell_pairs: float
    segment_squares: float
    segment_pairs: float
    cells: int
    segments: int
    clustered_spread: float
    spread: float
    few_clusters: int
    wide_segments: int


@dataclass(frozen=True)
class DesignEffect:
    """How much less deals of one cluster tell than as many independent ones: `factor`, known with `degrees` of freedom."""

    factor: float = 1.0
    degrees: float = math.inf


INDEPENDENT = DesignEffect()
"""That of deals that share nothing."""


def design_effect(sums: ClusterSums) -> DesignEffect:
    """1 + rho m (Kish 1965), rho taken from pairs of deals.

    rho is how much more alike deals of one cluster and segment are than other deals of that segment, as a share of
    what deals of a segment vary by, so that the segment's own effect cancels; m is the mean number of further deals
    of the same cluster and segment beyond what chance brings together. The degrees of freedom are those of the cells of cluster and segment, more where the
    effect is small (after Satterthwaite 1946).
    """
    other_pairs = sums.segment_pairs - sums.cell_pairs
    if sums.cell_pairs <= 0 or other_pairs <= 0 or sums.squares <= 0 or sums.spread <= 0 or sums.deals <= sums.strata:
        return DesignEffect()
    same = (sums.cell_squares - sums.squares) / sums.cell_pairs
    other = (sums.segment_squares - sums.cell_squares) / other_pairs
    within = sums.squares / (sums.deals - sums.strata) - other
    likeness = min(1.0, max(0.0, same - other) / within) if within > 0 else 0.0
    further = max(0.0, (sums.clustered_spread - sums.spread) / sums.spread)
    factor = 1 + likeness * further
    # the variance of a test inside strata has N - 1 for N; of deals that count for fewer that tells more
    if factor > 1:
        factor = round(factor * (sums.deals - sums.strata) / max(sums.deals - sums.strata * factor, sums.deals / 4), 9)
    freedom = sums.cells - sums.segments
    if factor <= 1 or freedom <= 0:
        return DesignEffect()
    return DesignEffect(factor, freedom * (factor / (factor - 1)) ** 2)


def with_design_effect(z: npt.ArrayLike, p: npt.ArrayLike, design: DesignEffect) -> tuple[Floats, Floats]:
    """z and two-sided p of tests that took deals of one cluster for independent: p of Student's t of z / sqrt(factor).

    The exact p is turned into the z that a normal would have; where it is rounded to nothing, z itself serves.
    """
    raw, stated = np.asarray(z, dtype=np.float64), np.asarray(p, dtype=np.float64)
    if design.factor <= 1:
        return raw, stated
    size = np.where(stated > 1e-11, -special.ndtri(np.clip(stated, 1e-12, 1.0) / 2), np.abs(raw))
    size = np.maximum(size, 0.0) / math.sqrt(design.factor)
    return raw / math.sqrt(design.factor), _rounded(2.0 * special.stdtr(design.degrees, -size))


# ---------------------------------------------------------------- size of an effect


def shrunken_lift(
    risk_difference: float,
    harmonic_deals: float,
    base_rate: float,
    shrinkage_deals: float,
    z: float,
) -> tuple[float, float, float]:
    """Expected lift and its bounds: as if `shrinkage_deals` average deals had been added.

    `harmonic_deals` is sum of n (N-n) / N, the weight of the Mantel-Haenszel risk
    difference. Without any deals to compare the expectation is 0.
    """
    weight = harmonic_deals + shrinkage_deals
    if weight <= 0:
        return 0.0, -1.0, 1.0
    expected = risk_difference * harmonic_deals / weight
    half = z * math.sqrt(base_rate * (1 - base_rate) / weight)
    return expected, expected - half, expected + half


PRIOR_DEVIATIONS = (0.05, 0.10, 0.20, 0.35)
"""Standard deviations of true differences at a win rate of 40 %, equally likely: what companies were seen to have."""


def posterior_interval(estimate: float, harmonic_deals: float, base_rate: float, z: float) -> tuple[float, float]:
    """Interval of a true difference under a scale mixture of normals with `PRIOR_DEVIATIONS`.

    It reaches farther from zero than `shrunken_lift` where an effect is large: a normal prior of one width draws large
    effects too far towards zero. `z` is the half-width of a normal interval of the same confidence.
    """
    variance = base_rate * (1 - base_rate) / harmonic_deals
    prior = np.square(PRIOR_DEVIATIONS) * base_rate * (1 - base_rate) / 0.24
    total = prior + variance
    log_weight = -0.5 * (np.log(total) + estimate**2 / total)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    centre, deviation = estimate * prior / total, np.sqrt(prior * variance / total)

    def quantile(probability: float) -> float:
        low, high = float((centre - 9 * deviation).min()), float((centre + 9 * deviation).max())
        for _ in range(60):
            middle = (low + high) / 2
            if float((weight * special.ndtr((middle - centre) / deviation)).sum()) < probability:
                low = middle
            else:
                high = middle
        return (low + high) / 2

    tail = float(special.ndtr(-z))
    return quantile(tail), quantile(1 - tail)


def expected_difference(
    difference: float, harmonic_deals: float, base_rate: float, shrinkage_deals: float, z: float, is_claimed: bool
) -> tuple[float, float, float]:
    """A difference drawn to zero, with its interval inside -1 to 1.

    For a claim the end far from zero is that of a prior with room for large effects, where that reaches farther.
    """
    expected, low, high = shrunken_lift(difference, harmonic_deals, base_rate, shrinkage_deals, z)
    if is_claimed and harmonic_deals > 0 and 0 < base_rate < 1:
        wide_low, wide_high = posterior_interval(difference, harmonic_deals, base_rate, z)
        low, high = (low, max(high, wide_high)) if expected > 0 else (min(low, wide_low), high)
    return expected, max(-1.0, low), min(1.0, high)


def shrunken_rate(won: float, deals: float, base_rate: float, shrinkage_deals: float) -> float:
    """Win rate to rank segments by: (won + K0 base) / (deals + K0)."""
    return (won + shrinkage_deals * base_rate) / (deals + shrinkage_deals)


def minimum_detectable_lift(
    harmonic_deals: float,
    share: float,
    base_rate: float,
    candidates: int,
    rate: float,
    power: float,
) -> float | None:
    """Smallest true lift that these deals would reveal with `power`; None when no possible one would.

    The lift d with d sqrt(n_h) = z_a sqrt(v) + z_b sqrt(v'): a is the level q / (2 m) that the first
    of m claims must pass, its z moved by the skewness of the exact distribution (Cornish & Fisher's
    first term); v = p (1-p) is the variance without a lift, v' the one with it, inside and outside.
    `harmonic_deals` is that of the stratified test: deals without others to compare them with in
    their quarter count for nothing. `share` is the segment's share of the deals it is among.
    """
    if harmonic_deals <= 0 or candidates < 1 or not 0 < base_rate < 1 or not 0 < share < 1:
        return None
    if base_rate ** (harmonic_deals / (1 - share)) > rate / candidates:
        return None  # not even winning every deal would be claimed
    root, z_power = math.sqrt(harmonic_deals), normal_quantile(power)
    z_level, skew = _claim_level(share, base_rate, candidates, rate)
    variance, linear, square = _spread_with_lift(share, base_rate)
    threshold = z_level * math.sqrt(variance) + skew / root
    # v' = v + linear d - square d^2, so that d is the larger root of a quadratic equation.
    first = harmonic_deals + z_power**2 * square
    half = threshold * root + z_power**2 * linear / 2
    inner = half**2 - first * (threshold**2 - z_power**2 * variance)
    if inner < 0:
        return None
    lift = (half + math.sqrt(inner)) / first
    is_possible = base_rate + (1 - share) * lift < 1 and base_rate - share * lift > 0
    return lift if is_possible else None


def deals_needed(
    deals: int,
    share: float,
    base_rate: float,
    candidates: int,
    rate: float,
    power: float,
    gap: float,
) -> int | None:
    """Further deals of the segment until a lift of `gap` is detectable; None when it never is.

    The equation of `minimum_detectable_lift`, solved for the deals. `share` is the segment's share
    of the deals it is compared among. Where the base rate leaves no room for such a lift, the gap
    is one downwards.
    """
    if candidates < 1 or not 0 < base_rate < 1 or not 0 < share < 1:
        return None
    if base_rate + (1 - share) * gap >= 1:
        base_rate = 1 - base_rate
    z_level, skew = _claim_level(share, base_rate, candidates, rate)
    variance, linear, square = _spread_with_lift(share, base_rate)
    spread = max(0.0, variance + linear * gap - square * gap**2)
    reach = z_level * math.sqrt(variance) + normal_quantile(power) * math.sqrt(spread)
    root = (reach + math.sqrt(max(0.0, reach**2 + 4 * gap * skew))) / (2 * gap)
    return max(0, math.ceil(root**2 / (1 - share)) - deals)


def _claim_level(share: float, base_rate: float, candidates: int, rate: float) -> tuple[float, float]:
    """z that the first of the claims must pass, and its shift times sqrt(v n_h) by skewness."""
    z = normal_quantile(1 - rate / (2 * candidates))
    return z, (z * z - 1) / 6 * (1 - 2 * base_rate) * (1 - 2 * share)


def _spread_with_lift(share: float, base_rate: float) -> tuple[float, float, float]:
    """v, b and c of the variance v + b d - c d^2 of deals whose segment wins by d more often."""
    return (
        base_rate * (1 - base_rate),
        (1 - 2 * base_rate) * (1 - 2 * share),
        1 - 3 * share + 3 * share**2,
    )


# ---------------------------------------------------------------- scores


def mann_whitney(won: npt.ArrayLike, lost: npt.ArrayLike) -> tuple[float, float]:
    """Area under the ROC curve and one-sided p that won deals score higher.

    `won` and `lost` are counts by score, scores ascending. Normal approximation with tie
    and continuity correction (Mann & Whitney 1947), the same as scipy's on the deals
    themselves, which need not be shipped. Returns (0.5, 1.0) when a side is empty.
    """
    won_counts = np.asarray(won, dtype=np.float64)
    lost_counts = np.asarray(lost, dtype=np.float64)
    winners, losers = won_counts.sum(), lost_counts.sum()
    total = winners + losers
    if winners == 0 or losers == 0:
        return 0.5, 1.0
    lost_below = np.cumsum(lost_counts) - lost_counts
    u = float((won_counts * (lost_below + lost_counts / 2)).sum())
    ties = won_counts + lost_counts
    variance = winners * losers / 12 * (total + 1 - float((ties**3 - ties).sum()) / (total * (total - 1)))
    auc = u / (winners * losers)
    if variance <= 0:
        return auc, 1.0
    z = (u - winners * losers / 2 - 0.5) / math.sqrt(variance)
    return auc, round(float(special.ndtr(-z)), P_DECIMALS)


def auc_of_groups(groups: Sequence[tuple[int, int]]) -> float:
    """Area under the ROC curve of the win rates of groups, each as (deals, won); 0.5 where all are won or lost.

    0.5 + the sum over pairs of s s' |p - p'| / (2 P (1 - P)), s a group's share of deals and p its rate, P that of all.
    Of each squared difference its variance is taken away: ordered by their own rates, many small groups would
    seem to tell won from lost by chance alone.
    """
    deals = np.array([group[0] for group in groups], dtype=np.float64)
    won = np.array([group[1] for group in groups], dtype=np.float64)
    total = float(deals.sum())
    rate = float(won.sum()) / max(1.0, total)
    if not 0 < rate < 1:
        return 0.5
    spread = rate * (1 - rate)
    difference = np.subtract.outer(won / deals, won / deals)
    beyond = np.sqrt(np.maximum(0.0, difference**2 - spread * np.add.outer(1 / deals, 1 / deals)))
    np.fill_diagonal(beyond, 0.0)
    return 0.5 + float((np.outer(deals, deals) * beyond).sum()) / (2 * total**2) / (2 * spread)


def logistic_fit(
    scores: npt.ArrayLike,
    won: npt.ArrayLike,
    deals: npt.ArrayLike,
    penalty: float,
) -> tuple[float, float]:
    """Intercept and slope (per unit of score) of a ridge logistic regression on counts.

    The score is standardised, the slope penalised by penalty / 2 * slope^2, the intercept
    not; Newton's method. Returns (logit of the win rate, 0.0) when scores do not vary.
    Raises ValueError when all deals were won, or all lost.
    """
    score = np.asarray(scores, dtype=np.float64)
    wins = np.asarray(won, dtype=np.float64)
    count = np.asarray(deals, dtype=np.float64)
    total, total_won = count.sum(), wins.sum()
    if not 0 < total_won < total:
        raise ValueError("a logistic fit needs won and lost deals")
    mean = float((count * score).sum() / total)
    deviation = math.sqrt(float((count * (score - mean) ** 2).sum() / total))
    base = float(special.logit(total_won / total))
    if deviation < 1e-12:
        return base, 0.0
    standard = (score - mean) / deviation
    intercept, slope = base, 0.0
    for _ in range(100):
        rate = special.expit(intercept + slope * standard)
        weight = count * rate * (1 - rate)
        residual = wins - count * rate
        gradient = np.array([residual.sum(), (residual * standard).sum() - penalty * slope])
        hessian = np.array(
            [
                [weight.sum(), (weight * standard).sum()],
                [(weight * standard).sum(), (weight * standard**2).sum() + penalty],
            ]
        )
        change = np.linalg.solve(hessian + 1e-12 * np.eye(2), gradient)
        intercept, slope = intercept + float(change[0]), slope + float(change[1])
        if float(np.abs(change).max()) < 1e-12:
            break
    return intercept - slope * mean / deviation, slope / deviation
