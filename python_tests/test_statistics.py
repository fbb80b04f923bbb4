"""Formulas against scipy, statsmodels, brute-force enumeration and worked examples."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from winloss.advice import statistics
from winloss.advice.counts import StrataCounts, sums_of
from winloss.advice.parameters import Parameters

# The same examples on every run, and no time limit: neither chance nor a busy machine decides.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

won_of_deals = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@st.composite
def strata(draw: st.DrawFn, largest: int = 9, most: int = 3) -> list[tuple[int, int, int, int]]:
    """Strata as (segment deals, segment won, all deals, all won)."""
    result = []
    for _ in range(draw(st.integers(1, most))):
        total = draw(st.integers(0, largest))
        won = draw(st.integers(0, total))
        inside = draw(st.integers(0, total))
        low, high = max(0, inside + won - total), min(inside, won)
        result.append((inside, draw(st.integers(low, high)), total, won))
    return result


def answer_of(tables: list[tuple[int, int, int, int]]) -> StrataCounts:
    n, x, big_n, big_w = (np.array(column, dtype=np.int64) for column in zip(*tables))
    return StrataCounts((("value",),), n[None], x[None], big_n, big_w)


def mid_p_by_enumeration(tables: list[tuple[int, int, int, int]]) -> float:
    """All outcomes of all strata, their probabilities from binomial coefficients."""
    supports = [range(max(0, n + w - total), min(n, w) + 1) for n, _, total, w in tables]
    observed = sum(x for _, x, _, _ in tables)
    below = here = above = 0.0
    for outcome in itertools.product(*supports):
        probability = math.prod(
            math.comb(w, k) * math.comb(total - w, n - k) / math.comb(total, n)
            for k, (n, _, total, w) in zip(outcome, tables)
        )
        if sum(outcome) < observed:
            below += probability
        elif sum(outcome) > observed:
            above += probability
        else:
            here += probability
    return min(1.0, 2 * min(below + here / 2, above + here / 2))


@given(won_of_deals)
def test_wilson_interval_equals_statsmodels(counts: tuple[int, int]) -> None:
    won, deals = counts
    expected = proportion_confint(won, deals, alpha=0.05, method="wilson")
    assert statistics.wilson_interval(won, deals) == pytest.approx(expected, abs=1e-12)


def test_three_wins_of_three_may_well_be_44_percent() -> None:
    low, high = statistics.wilson_interval(3, 3)
    assert low == pytest.approx(0.4385, abs=5e-5)
    assert high == 1.0


def test_no_wins_start_at_exactly_nothing() -> None:
    assert statistics.wilson_interval(0, 12)[0] == 0.0


@pytest.mark.parametrize(("won", "deals"), [(1, 0), (-1, 3), (4, 3)])
def test_impossible_counts_have_no_interval(won: int, deals: int) -> None:
    with pytest.raises(ValueError, match="no interval"):
        statistics.wilson_interval(won, deals)


@given(won_of_deals, won_of_deals)
def test_newcombe_interval_equals_statsmodels(one: tuple[int, int], other: tuple[int, int]) -> None:
    expected = confint_proportions_2indep(*one, *other, compare="diff", method="newcomb", alpha=0.10)
    assert statistics.newcombe_interval(*one, *other) == pytest.approx(expected, abs=1e-9)


def test_newcombe_interval_of_the_textbook_example() -> None:
    # Newcombe (1998), table II, case (a): 56/70 against 48/80, method 10.
    low, high = statistics.newcombe_interval(56, 70, 48, 80, 0.95)
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


@given(strata())
@settings(max_examples=150)
def test_exact_mid_p_equals_enumeration(tables: list[tuple[int, int, int, int]]) -> None:
    n, x, big_n, big_w = zip(*tables)
    assert statistics.exact_mid_p([n], [x], big_n, big_w)[0] == pytest.approx(mid_p_by_enumeration(tables), abs=1e-11)


@pytest.mark.parametrize(
    ("won", "deals", "other_won_deals", "rest"),
    [(31, 42, 33, 85), (3, 40, 400, 900), (700, 900, 410, 1000)],
)
def test_mid_p_of_one_table_equals_scipy(won: int, deals: int, other_won_deals: int, rest: int) -> None:
    distribution = stats.hypergeom(deals + rest, won + other_won_deals, deals)
    half = distribution.pmf(won) / 2
    expected = 2 * min(distribution.cdf(won - 1) + half, distribution.sf(won) + half)
    assert statistics.mid_p_2x2(won, deals, other_won_deals, rest) == pytest.approx(expected, abs=1e-11)


def test_mid_p_worked_by_hand() -> None:
    # Lady tasting tea, 4 of 4: P(X = 4) = 1/70, nothing beyond it: mid-p = 2 * (1/70) / 2.
    assert statistics.mid_p_2x2(4, 4, 0, 4) == pytest.approx(1 / 70, abs=1e-12)


@given(st.lists(strata(largest=30, most=4), min_size=1, max_size=6))
@settings(max_examples=40)
def test_many_segments_at_once_equal_one_at_a_time(segments: list[list[tuple[int, int, int, int]]]) -> None:
    width = max(map(len, segments))
    padded = np.array([tables + [(0, 0, 0, 0)] * (width - len(tables)) for tables in segments])
    together = statistics.exact_mid_p(*np.moveaxis(padded, 2, 0))
    alone = [statistics.exact_mid_p(*np.array(tables).T[:, None, :])[0] for tables in segments]
    assert together == pytest.approx(alone, abs=2e-12)


def test_blocks_of_a_large_screen_give_the_same_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    total = rng.integers(20, 40, (30, 6))
    won = rng.binomial(total, 0.4)
    deals = rng.binomial(total, 0.3)
    hits = rng.hypergeometric(won, total - won, deals)
    whole = statistics.exact_mid_p(deals, hits, total, won)
    monkeypatch.setattr(statistics, "_MAXIMUM_GRID", 2_000)
    assert statistics.exact_mid_p(deals, hits, total, won) == pytest.approx(whole, abs=1e-12)


def test_strata_that_cannot_vary_say_nothing() -> None:
    assert statistics.exact_mid_p([[5, 3]], [[5, 0]], [5, 9], [5, 0]).tolist() == [1.0]


@given(strata(largest=40, most=4))
def test_z_form_equals_the_cochran_mantel_haenszel_of_statsmodels(tables: list[tuple[int, int, int, int]]) -> None:
    tables = [table for table in tables if table[2] >= 2]
    sums = sums_of(answer_of(tables)) if tables else None
    if sums is None or sums.variance[0] == 0:
        return
    z = statistics.cochran_mantel_haenszel_z(sums.won - sums.expected, sums.variance)[0]
    two_by_two = [np.array([[x, n - x], [w - x, t - n - w + x]], dtype=float) for n, x, t, w in tables]
    expected = StratifiedTable(two_by_two, shift_zeros=False).test_null_odds(correction=False)
    assert z**2 == pytest.approx(expected.statistic, rel=1e-9)
    assert statistics.two_sided_p(z) == pytest.approx(expected.pvalue, abs=1e-9)


def test_mantel_haenszel_lift_worked_by_hand() -> None:
    # Quarter 1: 10 deals 6 won inside, 10 deals 4 won outside; quarter 2: 5 deals 4 won, 15 deals 6 won.
    # Weights 10*10/20 = 5 and 5*15/20 = 3.75; differences 0.2 and 0.4.
    sums = sums_of(answer_of([(10, 6, 20, 10), (5, 4, 20, 10)]))
    assert sums.harmonic_deals[0] == pytest.approx(8.75)
    assert sums.risk_difference[0] == pytest.approx((5 * 0.2 + 3.75 * 0.4) / 8.75)
    assert (sums.other_closed_deals[0], sums.other_won_deals[0]) == (25, 10)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_values_equal_statsmodels(p_values: list[float]) -> None:
    expected = multipletests(p_values, method="fdr_bh")[1]
    assert statistics.benjamini_hochberg(p_values) == pytest.approx(expected, abs=1e-11)


def test_no_comparisons_have_no_q_values() -> None:
    assert statistics.benjamini_hochberg([]).size == 0


def test_step_down_bounds_worked_by_hand() -> None:
    # q = 0.10, m = 33: 0.1 / (34 - 0.9) and 0.2 / (34 - 1.8); the last step of one may use all of q.
    assert statistics.step_down_bound(1, 33, 0.10) == pytest.approx(0.1 / 33.1)
    assert statistics.step_down_bound(2, 33, 0.10) == pytest.approx(0.2 / 32.2)
    assert statistics.step_down_bound(1, 1, 0.10) == pytest.approx(0.1 / 1.1)


def test_shrunken_lift_worked_by_hand() -> None:
    # 20 points on 25 comparable deals, 25 imaginary ones: half remains, sd = sqrt(.24 / 50).
    expected, low, high = statistics.shrunken_lift(0.20, 25.0, 0.40, 25.0, 1.96)
    assert expected == pytest.approx(0.10)
    assert high - expected == pytest.approx(1.96 * math.sqrt(0.24 / 50))
    assert expected - low == pytest.approx(high - expected)


def test_a_segment_without_deals_to_compare_expects_nothing() -> None:
    assert statistics.shrunken_lift(0.5, 0.0, 0.4, 0.0, 1.96) == (0.0, -1.0, 1.0)
    assert statistics.shrunken_lift(0.5, 0.0, 0.4, 25.0, 1.96)[0] == 0.0


def test_ranking_rate_worked_by_hand() -> None:
    assert statistics.shrunken_rate(3, 3, 0.4, 25) == pytest.approx(13 / 28)


def test_smallest_detectable_lift_matches_the_published_examples() -> None:
    # Base .40, 33 comparisons: a value with 24% of 127 deals needs 39 points, of 500 20, 8% of 500 31.
    for deals, share, lift in [(127, 0.24, 0.39), (500, 0.24, 0.20), (500, 0.08, 0.31), (2000, 0.24, 0.10)]:
        weight = deals * share * (1 - share)
        found = statistics.minimum_detectable_lift(weight, share, 0.40, 33, 0.10, 0.80)
        assert found == pytest.approx(lift, abs=0.01)


@pytest.mark.parametrize(("deals", "share", "base"), [(127, 0.24, 0.25), (127, 0.24, 0.62), (500, 0.08, 0.40)])
def test_smallest_detectable_lift_is_found_as_often_as_promised(deals: int, share: float, base: float) -> None:
    lift = statistics.minimum_detectable_lift(deals * share * (1 - share), share, base, 33, 0.10, 0.80)
    assert lift is not None
    assert _simulated_power(round(deals * share), share, base, lift) == pytest.approx(0.80, abs=0.025)


def _simulated_power(inside: int, share: float, base: float, lift: float) -> float:
    """The share of simulated windows in which the exact test passes the bound of a first claim of 33."""
    rng = np.random.default_rng(8)
    deals = round(inside / share)
    won = rng.binomial(inside, base + (1 - share) * lift, 4_000)
    rest = rng.binomial(deals - inside, base - share * lift, 4_000)
    p = statistics.exact_mid_p(np.full((4_000, 1), inside), won[:, None], [[deals]], (won + rest)[:, None])
    return float((p <= 0.10 / 33).mean())


def test_nothing_is_detectable_without_deals() -> None:
    assert statistics.minimum_detectable_lift(0.0, 0.2, 0.4, 33, 0.1, 0.8) is None
    assert statistics.minimum_detectable_lift(2.0, 0.2, 0.4, 33, 0.1, 0.8) is None


def test_an_impossible_lift_is_never_called_detectable() -> None:
    # Three deals cannot be told from a base of .95 even if all are won: .95^3 = .86.
    assert statistics.minimum_detectable_lift(2.9, 0.04, 0.95, 33, 0.1, 0.8) is None
    # A segment of 90% of the deals cannot be 30 points ahead of a rest that must then win less than none.
    assert statistics.minimum_detectable_lift(20.0, 0.9, 0.25, 33, 0.1, 0.8) is None


@pytest.mark.parametrize(
    ("share", "base", "gap"), [(0.24, 0.40, 0.15), (0.08, 0.25, 0.15), (0.08, 0.80, 0.15), (0.08, 0.92, -0.15)]
)
def test_deals_needed_reveal_the_gap_as_often_as_promised(share: float, base: float, gap: float) -> None:
    # At a base of .92 no segment can win 15 points more; it can win 15 points less.
    missing = statistics.deals_needed(30, share, base, 33, 0.10, 0.80, abs(gap))
    assert missing is not None
    assert _simulated_power(30 + missing, share, base, gap) == pytest.approx(0.80, abs=0.025)


def test_no_deals_are_missing_where_the_gap_is_detectable_already() -> None:
    assert statistics.deals_needed(10_000, 0.24, 0.40, 33, 0.10, 0.80, 0.15) == 0
    assert statistics.deals_needed(10, 1.0, 0.40, 33, 0.10, 0.80, 0.15) is None


def test_value_weighted_rate_of_equal_deals_is_the_plain_one() -> None:
    rate, low, high, effective = statistics.value_weighted_rate(50.0, 20.0, 500.0) or (0, 0, 0, 0)
    assert (rate, effective) == (0.4, 5.0)
    assert (low, high) == pytest.approx(statistics.wilson_interval(2, 5))


def test_one_large_deal_leaves_little_to_learn_from() -> None:
    # Amounts 97, 1, 1, 1: (100)^2 / (9409 + 3) is little more than one deal.
    weighted = statistics.value_weighted_rate(100.0, 97.0, 9412.0)
    assert weighted is not None
    assert weighted[3] == pytest.approx(10_000 / 9412)
    assert statistics.value_weighted_rate(0.0, 0.0, 0.0) is None


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=8))
def test_mann_whitney_on_counts_equals_scipy_on_deals(counts: list[tuple[int, int]]) -> None:
    won, lost = zip(*counts)
    if sum(won) == 0 or sum(lost) == 0:
        assert statistics.mann_whitney(won, lost) == (0.5, 1.0)
        return
    scores = np.arange(len(counts))
    if np.count_nonzero(np.add(won, lost)) < 2:
        return
    expected = stats.mannwhitneyu(
        np.repeat(scores, won), np.repeat(scores, lost), alternative="greater", method="asymptotic"
    )
    auc, p = statistics.mann_whitney(won, lost)
    assert auc == pytest.approx(expected.statistic / (sum(won) * sum(lost)))
    assert p == pytest.approx(expected.pvalue, abs=1e-11)


def test_logistic_fit_equals_a_general_optimiser() -> None:
    rng = np.random.default_rng(3)
    scores = np.arange(0, 1.01, 0.05)
    deals = rng.integers(0, 12, scores.size)
    won = rng.binomial(deals, special.expit(-2 + 3 * scores))
    mean, deviation = np.average(scores, weights=deals), 0.0
    deviation = math.sqrt(np.average((scores - mean) ** 2, weights=deals))

    def loss(parameters: np.ndarray) -> float:
        linear = parameters[0] + parameters[1] * (scores - mean) / deviation
        return float((deals * np.logaddexp(0, linear) - won * linear).sum() + 0.25 / 2 * parameters[1] ** 2)

    best = optimize.minimize(loss, [0.0, 0.0], tol=1e-14).x
    intercept, slope = statistics.logistic_fit(scores, won, deals, 0.25)
    assert slope == pytest.approx(best[1] / deviation, abs=1e-4)
    assert intercept == pytest.approx(best[0] - best[1] * mean / deviation, abs=1e-4)


def test_logistic_fit_of_one_score_is_the_base_rate() -> None:
    assert statistics.logistic_fit([0.5], [2], [8], 0.25) == (pytest.approx(special.logit(0.25)), 0.0)
    with pytest.raises(ValueError, match="won and lost"):
        statistics.logistic_fit([0.1, 0.9], [3, 2], [3, 2], 0.25)


def test_logistic_fit_stays_finite_when_scores_separate_perfectly() -> None:
    intercept, slope = statistics.logistic_fit([0.2, 0.8], [0, 40], [40, 40], 0.25)
    assert math.isfinite(intercept) and 0 < slope < 1_000
    assert -intercept / slope == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [("false_discovery_rate", 1.5), ("minimum_deals", 0), ("minimum_deals", 2.5), ("maximum_segments", 60_000)],
)
def test_parameters_outside_their_range_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Parameters(**{name: value})  # type: ignore[arg-type]


def test_parameters_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match='window_quarters is "4" but must be a whole number'):
        Parameters(window_quarters="4")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="extended_window_quarters"):
        Parameters(window_quarters=8, extended_window_quarters=4)
