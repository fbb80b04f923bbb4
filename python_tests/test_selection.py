"""The selection: what it claims, what it must never claim, and that every engine counts alike."""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from winloss.advice.counts import Cell, DealCounts, QuarterCounts, Question
from winloss.advice.deals import window_deals
from winloss.advice.evidence import OTHER_VALUES, Evidence, Selection, evidence_rows, leak_rows, run_row
from winloss.advice.parameters import Parameters
from winloss.advice.recommendations import (
    MAXIMUM_WORDS,
    no_claim_sentence,
    rationale,
    recommendation_rows,
    segment_label,
)
from winloss.advice.selection import choose_window, select
from winloss.figures import percent
from winloss.quoting import text_literal
from winloss.rows import Reader

# The same examples on every run, and no time limit: neither chance nor a busy machine decides.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

Columns = dict[str, list[str]]

NASTY = ["O'Brien; drop table deals", '100% "sure"', "back\\slash", "naïve ☕", "{{ jinja }}", "-- comment", "%s"]

seeds = st.integers(0, 2**20)


class Deals:
    """Synthetic closed deals that can be counted in memory or by DuckDB."""

    def __init__(self, columns: Columns, won: list[int], quarter: list[str], amount: list[float | None]) -> None:
        self.columns, self.won, self.quarter, self.amount = columns, won, quarter, amount

    def memory(self, window: Sequence[str] | None = None) -> DealCounts:
        return DealCounts(self.columns, self.won, self.quarter, self.amount, window)

    def sql(self, window: Sequence[str] | None = None) -> DealCounts:
        """The same out of the marts, where deals say neither account nor owner nor day of creation."""
        connection = duckdb.connect()
        names = list(self.columns)
        unnested = ", ".join(f"unnest(?) as {name}" for name in ["closed_quarter", "is_won", "amount", *names])
        connection.execute(
            f"""create table fct_closed_deals as
select
    *, cast(row_number() over () as varchar) as deal_key, 'unknown' as deal_type, cast(null as varchar) as account_key,
    'unknown' as owner, cast(null as date) as created_on, cast(null as integer) as cycle_days, date '2025-12-31' as closed_on, 1 as decision_line
from (select {unnested})""",
            [self.quarter, self.won, self.amount, *self.columns.values()],
        )
        keys = ", ".join(["closed_quarter", "deal_type", *names])
        connection.execute(
            f"""create table int_deal_cells as
select
    {keys}, count(*) as deals, sum(is_won) as won, count(*) as decisions, sum(is_won) as won_decisions, sum(coalesce(amount, 0)) as amount,
    sum(case when is_won = 1 then coalesce(amount, 0) else 0 end) as won_amount,
    cast(sum(cast(coalesce(amount, 0) as decimal(18, 2)) * cast(coalesce(amount, 0) as decimal(18, 2))) as double) as squared_amount
from fct_closed_deals
group by {keys}"""
        )

        def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
            answer = connection.execute(sql)
            return [column[0] for column in answer.description or ()], answer.fetchall()

        reader = Reader(query, lambda name: name)
        return window_deals(reader, list(names), window or sorted(set(self.quarter)), Parameters())

    def changed(self, order: Sequence[int] | None = None, swap: bool = False) -> Deals:
        """The same deals in another order, or with won and lost exchanged."""
        places = list(range(len(self.won))) if order is None else list(order)
        return Deals(
            {name: [values[i] for i in places] for name, values in self.columns.items()},
            [1 - self.won[i] if swap else self.won[i] for i in places],
            [self.quarter[i] for i in places],
            [self.amount[i] for i in places],
        )


def make(
    seed: int,
    deals: int = 300,
    effects: dict[tuple[str, str], float] | None = None,
    base: float = -0.4,
    labels: Sequence[str] = ("A", "B", "C", "D", "E"),
    unknown: float = 0.05,
) -> Deals:
    """Three dimensions of three to five values, and a log-odds effect for the values named."""
    rng = np.random.default_rng(seed)
    effects = effects or {}
    columns: Columns = {}
    odds = np.full(deals, base)
    for name, size in (("industry", 5), ("region", 3), ("product", 4)):
        shares = np.arange(size, 0, -1) + 1.0
        values = np.array(labels[:size], dtype=object)[rng.choice(size, deals, p=shares / shares.sum())]
        for (dimension, value), effect in effects.items():
            if dimension == name:
                odds = odds + effect * (values == value)
        values[rng.random(deals) < unknown] = "unknown"
        columns[name] = values.tolist()
    won = (rng.random(deals) < 1 / (1 + np.exp(-odds))).astype(int).tolist()
    quarter = [f"2025-Q{number}" for number in rng.integers(1, 5, deals)]
    amount = [None if rng.random() < 0.1 else round(float(value), 2) for value in np.exp(rng.normal(10, 1, deals))]
    return Deals(columns, won, quarter, amount)


DIMENSIONS = ["industry", "region", "product"]


def of(selection: Selection, dimension: str, value: str) -> Evidence:
    return next(e for e in selection.evidence if e.cell == ((dimension, value),))


def claimed(selection: Selection) -> dict[Any, int]:
    return {claim.cell: claim.sign for claim in (*selection.claims, *selection.pair_claims)}


# ---------------------------------------------------------------- hand-worked


def test_first_claim_is_the_exact_test_of_one_quarter() -> None:
    # Referral won 31 of 42, the two others 17 of 42 and 16 of 43, all in one quarter.
    source = [("Referral", 42, 31), ("Outbound", 42, 17), ("Event", 43, 16)]
    columns = {"lead_source": [name for name, n, _ in source for _ in range(n)]}
    won = [int(i < wins) for _, n, wins in source for i in range(n)]
    result = select(DealCounts(columns, won, ["2025-Q4"] * 127), ["lead_source"])

    distribution = stats.hypergeom(127, 64, 42)
    expected = 2 * (distribution.sf(31) + distribution.pmf(31) / 2)
    assert result.comparisons == 3
    assert [(claim.cell, claim.sign, claim.step) for claim in result.claims] == [((("lead_source", "Referral"),), 1, 1)]
    assert result.claims[0].p_value == pytest.approx(expected, abs=1e-11)

    referral = of(result, "lead_source", "Referral")
    weight = 42 * 85 / 127
    assert referral.adjusted_difference == pytest.approx(31 / 42 - 33 / 85)
    assert referral.expected_lift == pytest.approx((31 / 42 - 33 / 85) * weight / (weight + 20))
    assert referral.action == "target_more"
    row = next(row for row in evidence_rows(result) if row["segment"] == "Referral")
    # 85 of 127 deals are others: so much of ten deals moved from the average leaves another source
    gain = (31 / 42 - 33 / 85) * weight / (weight + 20) * 85 / 127
    assert row["extra_wins_per_100"] == pytest.approx(10 * gain)
    # Set aside, the two others are compared with each other only: 17 of 42 against 16 of 43.
    outbound = of(result, "lead_source", "Outbound")
    assert outbound.adjusted_difference == pytest.approx(17 / 42 - 16 / 43)
    # What segments are ranked by keeps the sibling in: 17 of 42 against 47 of 85, over the average deal.
    assert outbound.expected_gain == pytest.approx((17 / 42 - 47 / 85) * weight / (weight + 20) * 85 / 127)


def test_first_claim_must_pass_the_bound_of_the_first_step() -> None:
    # 32 of 42 against 48 of 85: p = .0312. Of three comparisons the bound is .06 / 3.06 = .0196;
    # with the whole rate it would be .10 / 3.1 = .0323.
    source = [("Referral", 42, 32), ("Outbound", 42, 24), ("Event", 43, 24)]
    columns = {"lead_source": [name for name, n, _ in source for _ in range(n)]}
    won = [int(i < wins) for _, n, wins in source for i in range(n)]
    deals = DealCounts(columns, won, ["2025-Q4"] * 127)
    assert select(deals, ["lead_source"]).claims == ()
    assert len(select(deals, ["lead_source"], Parameters(step_down_share=1.0, interval_z=1.0)).claims) == 1
    assert Parameters().step_down_rate == pytest.approx(0.06)


def test_quarters_are_compared_within_themselves() -> None:
    # Event exists only in the bad quarter: 10 of 40 there against 10 of 40, 60 of 80 in the good one.
    sources = [("Event", 40), ("Inbound", 20), ("Outbound", 20), ("Inbound", 40), ("Outbound", 40)]
    columns = {"lead_source": [name for name, count in sources for _ in range(count)]}
    won = [1] * 10 + [0] * 30 + ([1] * 5 + [0] * 15) * 2 + ([1] * 30 + [0] * 10) * 2
    quarter = ["2025-Q1"] * 80 + ["2025-Q2"] * 80
    result = select(DealCounts(columns, won, quarter), ["lead_source"])
    event = of(result, "lead_source", "Event")
    assert event.difference == pytest.approx(10 / 40 - 70 / 120)
    assert event.adjusted_difference == pytest.approx(0.0)
    assert not result.claims


def test_two_valued_dimension_is_one_comparison_with_a_mirrored_record() -> None:
    deals = make(3, 300, {("industry", "A"): 1.8})
    deals.columns["kind"] = ["new" if value == "A" else "old" for value in deals.columns["industry"]]
    result = select(deals.memory(), ["kind"], with_pairs=False)
    new, old = of(result, "kind", "new"), of(result, "kind", "old")
    assert result.comparisons == 1
    assert len(result.claims) == 1
    assert (new.action, old.action) == ("target_more", "deprioritise")
    assert new.expected_lift == pytest.approx(-(old.expected_lift or 0))
    assert new.p_value == old.p_value


# ---------------------------------------------------------------- what it must do


def test_a_strong_segment_is_claimed_and_its_siblings_are_not_echoed() -> None:
    # At this size every sibling of the one winner is far below 'the rest', which holds the winner.
    deals = make(11, 6_000, {("industry", "A"): 1.2}, unknown=0)
    result = select(deals.memory(), DIMENSIONS)
    assert not result.is_exact
    assert claimed(result) == {(("industry", "A"),): 1}
    for value in "BCDE":
        sibling = of(result, "industry", value)
        assert (sibling.difference_high or 0) < 0
        assert sibling.action in ("no_difference", "not_enough_data")


def test_a_field_without_effect_is_not_credited_with_what_it_is_confounded_with() -> None:
    rng = np.random.default_rng(2)
    deals = make(2, 1_900, {("region", "A"): 1.5}, unknown=0)
    deals.columns["industry"] = [
        "A" if region == "A" and rng.random() < 0.6 else str(rng.choice(list("BCDE")))
        for region in deals.columns["region"]
    ]
    result = select(deals.memory(), DIMENSIONS)
    assert set(claimed(result)) == {(("region", "A"),)}
    industry = of(result, "industry", "A")
    assert (industry.difference_low or 0) > 0.1
    assert industry.explained_by == ((("region", "A"),),)
    assert industry.action not in ("target_more", "deprioritise")


def test_a_gap_that_the_claims_leave_as_it_was_is_not_explained_by_them() -> None:
    # Referrals win 9 of 18 shop deals against 3 of 18, elsewhere 9 of 16 against 12 of 27: within 34 and 12 points more, over all 45 of 82
    # against 204 of 504, which is 14 points. That shops win less explains nothing of it.
    cells = [
        ((region, source), deals, wins)
        for region, referral, other in (
            ("Shop", (18, 9), (18, 3)),
            *((name, (16, 9), (27, 12)) for name in ("Farm", "Bank", "Mine", "Port")),
        )
        for source, (deals, wins) in (
            ("Referral", referral),
            *((name, other) for name in ("Web", "Event", "Call", "Mail")),
        )
    ]
    deals = counted_company(cells, ["region", "lead_source"]).memory()
    result = select(deals, ["region", "lead_source"], Parameters(step_down_share=0.1), with_pairs=False)
    assert claimed(result) == {(("region", "Shop"),): -1}
    referral = of(result, "lead_source", "Referral")
    assert (referral.won_deals, referral.closed_deals) == (45, 82)
    assert (referral.q_value or 1) < 0.1
    assert (referral.adjusted_difference or 0) > (referral.difference or 0)
    assert (referral.action, referral.explained_by, referral.caveats) == ("keep_testing", (), ())


def test_a_first_claim_that_later_ones_explain_is_taken_back() -> None:
    # Industry A only gathers the deals of two good values, so it looks best of all at first.
    deals = make(1, 1_900, {("region", "B"): 1.1, ("product", "B"): 1.1}, unknown=0)
    rng = np.random.default_rng(1)
    deals.columns["industry"] = [
        "A" if "B" in pair and rng.random() < 0.8 else str(rng.choice(list("BCDE")))
        for pair in zip(deals.columns["region"], deals.columns["product"])
    ]
    unasked = Parameters(backward_p=1.0, all_rest_p=1.0, interval_z=0.1)
    unchecked = select(deals.memory(), DIMENSIONS, unasked, with_pairs=False)
    assert unchecked.claims[0].cell == (("industry", "A"),)
    result = select(deals.memory(), DIMENSIONS, Parameters(all_rest_p=1.0), with_pairs=False)
    assert claimed(result) == {(("product", "B"),): 1, (("region", "B"),): 1}
    assert of(result, "industry", "A").explained_by


def test_a_caveat_names_the_dimension_in_words() -> None:
    cells = [(("B", "1"), 300, 240), (("B", "2"), 300, 240), (("A", "0"), 1200, 360), (("C", "0"), 1200, 360)]
    names = ["lead_source", "a_flag"]
    flag = of(select(counted_company(cells, names).memory(), names, with_pairs=False), "a_flag", "0")
    assert [caveat.text for caveat in flag.caveats] == ["a flag 0 is explained by lead source B."]


def test_better_or_worse_than_the_leftovers_is_not_enough() -> None:
    # Once D and E are set aside, C is the worst of what is left; against all others it is average.
    effects = {("industry", "A"): 1.0, ("industry", "B"): 1.0, ("industry", "D"): -0.7, ("industry", "E"): -0.7}
    deals = make(7, 1_900, effects, unknown=0)
    unchecked = select(deals.memory(), DIMENSIONS, Parameters(all_rest_p=1.0, interval_z=0.1), with_pairs=False)
    assert (("industry", "C"),) in claimed(unchecked)
    # C is never chosen, so that A and B are asked again and found.
    assert claimed(select(deals.memory(), DIMENSIONS, with_pairs=False)) == {
        (("industry", "A"),): 1,
        (("industry", "B"),): 1,
        (("industry", "D"),): -1,
        (("industry", "E"),): -1,
    }


def test_claims_that_cannot_be_told_apart_carry_the_caveat() -> None:
    deals = make(4, 700, {("region", "A"): 1.6}, unknown=0)
    regions = deals.columns["region"]
    deals.columns["office"] = ["North" if region == "A" else f"S{i % 3}" for i, region in enumerate(regions)]
    result = select(deals.memory(), ["region", "office"])
    assert len(result.claims) == 1
    codes = [code for e in result.evidence if e.claim_step for code in [c.code for c in e.caveats]]
    assert codes == [
        "no_creation_dates",
        "not_separable:" + ({"region", "office"} - {result.claims[0].cell[0][0]}).pop(),
    ]


def test_small_segments_are_never_tested() -> None:
    deals = make(5, 400)
    for i in range(9):
        deals.columns["industry"][i], deals.won[i] = "Tiny", 1
    result = select(deals.memory(), DIMENSIONS)
    tiny = of(result, "industry", "Tiny")
    assert (tiny.action, tiny.is_candidate, tiny.p_value) == ("not_enough_data", False, None)
    assert (tiny.deals_needed or 0) > 50


def test_unknown_is_reported_and_never_a_candidate() -> None:
    deals = make(6, 400, unknown=0)
    for i in range(120):
        deals.columns["region"][i], deals.won[i] = "unknown", int(i < 108)
    result = select(deals.memory(), DIMENSIONS)
    unknown = of(result, "region", "unknown")
    assert (unknown.closed_deals, unknown.won_deals) == (120, 108)
    assert (unknown.action, unknown.is_candidate, unknown.other_closed_deals) == ("not_enough_data", False, 0)
    assert all(("region", "unknown") not in cell for cell in claimed(result))
    assert of(result, "region", "A").other_closed_deals == 280 - of(result, "region", "A").closed_deals


@pytest.mark.parametrize(("deals", "won"), [(39, 20), (200, 9), (200, 191)])
def test_too_few_deals_or_outcomes_give_counts_only(deals: int, won: int) -> None:
    columns = {"region": ["A"] * (deals // 2) + ["B"] * (deals - deals // 2)}
    result = select(DealCounts(columns, [1] * won + [0] * (deals - won), ["2025-Q1"] * deals), ["region"])
    assert result.is_fallback and not result.claims
    assert {e.action for e in result.evidence} == {"not_enough_data"}
    assert not any(e.best_bet for e in result.evidence)
    sentence = no_claim_sentence(run_row(result), evidence_rows(result))
    assert sentence is not None and "too few" in sentence


def test_best_bet_is_the_largest_expected_lift_when_nothing_is_claimed_for_more() -> None:
    result = select(make(23, 130).memory(), DIMENSIONS)
    bets = [e for e in result.evidence if e.best_bet]
    assert not result.claims and len(bets) == 1
    assert bets[0].action == "keep_testing"
    worth_it = [e for e in result.evidence if (e.expected_lift or 0) >= 0.03]
    assert bets[0].expected_gain == max(e.expected_gain or 0 for e in worth_it)

    strong = select(make(23, 600, {("industry", "A"): 2.0}).memory(), DIMENSIONS)
    assert of(strong, "industry", "A").action == "target_more"
    assert not any(e.best_bet for e in strong.evidence)


@given(seeds, st.permutations(["A", "B", "C", "D"]), st.integers(2, 3))
@settings(max_examples=25)
def test_bets_alike_in_every_number_share_their_fate_whatever_their_names(
    seed: int, names: list[str], alike: int
) -> None:
    """The first segments hold the same deals, deal by deal; names and the order of the rows are changed."""
    rng = np.random.default_rng(seed)
    size, rest = int(rng.integers(30, 70)), int(rng.integers(60, 140))
    shape = make(seed, size, base=float(rng.normal(0.1, 0.4)))
    others = make(seed + 1, rest, base=-0.4)
    industry = [value for value in "ABC"[:alike] for _ in range(size)] + ["D"] * rest
    deals = Deals(
        {"industry": industry, "region": shape.columns["region"] * alike + others.columns["region"]},
        shape.won * alike + others.won,
        shape.quarter * alike + others.quarter,
        [None] * len(industry),
    )
    dimensions = ["industry", "region"]
    new = dict(zip("ABCD", names))
    renamed = deals.changed(rng.permutation(len(industry)).tolist())
    renamed.columns["industry"] = [new[value] for value in renamed.columns["industry"]]
    one, other = select(deals.memory(), dimensions), select(renamed.memory(), dimensions[::-1])

    def watched(selection: Selection, mapped: dict[str, str]) -> set[tuple[Cell, str, bool]]:
        return {
            (tuple((d, mapped[v] if d == "industry" and v in mapped else v) for d, v in e.cell), e.action, e.best_bet)
            for e in selection.evidence
        }

    assert watched(one, new) == watched(other, {})
    fates = {(e.action, e.best_bet) for e in one.evidence if e.cell in [(("industry", v),) for v in "ABC"[:alike]]}
    assert len(fates) == 1


def test_equal_segments_are_called_equal_and_a_trifle_is_no_action() -> None:
    # At 60,000 deals even 2 points are beyond chance; they are still not worth an action.
    deals = make(50, 60_000, {("region", "A"): 0.09}, unknown=0)
    result = select(deals.memory(), DIMENSIONS, with_pairs=False)
    region = of(result, "region", "A")
    assert region.claim_step == 1
    assert 0.01 < (region.expected_lift or 0) < 0.03
    assert {e.action for e in result.evidence} == {"no_difference"}


def test_the_watch_list_is_short_and_holds_the_largest() -> None:
    keen = Parameters(keep_testing_probability=0.6, minimum_lift=0.01)
    result = select(make(23, 130).memory(), DIMENSIONS, keen)
    watched = [e for e in result.evidence if e.action == "keep_testing"]
    others = [e for e in result.evidence if e.is_candidate and e.action == "not_enough_data"]
    assert len(watched) == 3
    assert min(abs(e.expected_lift or 0) for e in watched) >= max(abs(e.expected_lift or 0) for e in others)


def test_the_strongest_is_credited_first_even_beyond_the_last_decimal_of_p() -> None:
    result = select(make(40, 9_000, {("industry", "A"): 0.7, ("region", "B"): 1.6}, unknown=0).memory(), DIMENSIONS)
    steps = {claim.cell: claim.step for claim in result.claims}
    assert {claim.p_value for claim in result.claims} == {0.0}
    assert steps == {(("region", "B"),): 1, (("industry", "A"),): 2}


def test_a_lone_good_pair_is_found_beyond_its_parts() -> None:
    deals = make(8, 1_800, unknown=0)
    rng = np.random.default_rng(8)
    for i, (industry, product) in enumerate(zip(deals.columns["industry"], deals.columns["product"])):
        if (industry, product) == ("E", "D"):
            deals.won[i] = int(rng.random() < 0.85)
    result = select(deals.memory(), DIMENSIONS)
    assert claimed(result) == {(("industry", "E"), ("product", "D")): 1}
    row = next(row for row in evidence_rows(result) if row["second_segment"])
    assert (row["dimension"], row["second_dimension"], row["action"]) == ("industry", "product", "target_more")


# ---------------------------------------------------------------- leakage


def test_a_field_filled_after_closing_carries_no_recommendation() -> None:
    deals = make(9, 500)
    deals.columns["extra_1"] = [("X" if i % 3 else "Y") if won else "unknown" for i, won in enumerate(deals.won)]
    result = select(deals.memory(), [*DIMENSIONS, "extra_1"])
    assert [(leak.dimension, leak.rule) for leak in result.leaks] == [("extra_1", "filled_after_closing")]
    assert all(not e.is_candidate for e in result.evidence if e.cell[0][0] == "extra_1")
    names = {row["dimension"] for row in recommendation_rows(evidence_rows(result), run_row(result))}
    assert names == set(DIMENSIONS)
    assert leak_rows(result)[0]["dimension"] == "extra_1"
    assert run_row(result)["leaking_dimensions"] == "extra_1"


def test_a_field_that_decides_the_outcome_carries_no_recommendation() -> None:
    deals = make(10, 500)
    deals.columns["extra_1"] = ["Contract" if won else ("Stopped", "Silent")[i % 2] for i, won in enumerate(deals.won)]
    result = select(deals.memory(), [*DIMENSIONS, "extra_1"])
    assert [(leak.dimension, leak.rule) for leak in result.leaks] == [("extra_1", "decides_outcome")]
    assert all("extra_1" not in dict(cell) for cell in claimed(result))


def test_a_strong_honest_field_is_no_leak() -> None:
    deals = make(12, 900, {("industry", "A"): 2.5, ("industry", "B"): -2.5})
    assert select(deals.memory(), DIMENSIONS).leaks == ()


def test_a_field_recorded_unevenly_carries_a_caveat() -> None:
    deals = make(13, 900, {("industry", "A"): 2.0}, unknown=0)
    for i, won in enumerate(deals.won):
        if not won and i % 10 < 3:
            deals.columns["industry"][i] = "unknown"
    found = of(select(deals.memory(), DIMENSIONS), "industry", "A")
    assert found.action == "target_more"
    assert "recorded_unevenly" in [caveat.code for caveat in found.caveats]


def test_wins_in_small_deals_and_a_turning_trend_are_said() -> None:
    deals = make(14, 900, {("industry", "A"): 2.0}, unknown=0)
    for i, industry in enumerate(deals.columns["industry"]):
        if industry == "A":
            is_late = deals.quarter[i] in ("2025-Q3", "2025-Q4")
            deals.won[i] = int(i % 4 == 0) if is_late else 1
            deals.amount[i] = 1_000.0 if deals.won[i] else 500_000.0
    found = of(select(deals.memory(), DIMENSIONS), "industry", "A")
    assert {"small_deals", "trend"} <= {caveat.code for caveat in found.caveats}


# ---------------------------------------------------------------- properties


@given(seeds, st.booleans())
@settings(max_examples=15)
def test_exchanging_won_and_lost_flips_every_sign(seed: int, is_planted: bool) -> None:
    deals = make(seed, 400, {("industry", "B"): 1.5} if is_planted else None)
    one, other = select(deals.memory(), DIMENSIONS), select(deals.changed(swap=True).memory(), DIMENSIONS)
    assert claimed(other) == {cell: -sign for cell, sign in claimed(one).items()}
    mirrored = {e.cell: e for e in other.evidence}
    for e in one.evidence:
        if e.expected_lift is not None:
            assert mirrored[e.cell].expected_lift == pytest.approx(-e.expected_lift, abs=1e-12)
            assert mirrored[e.cell].p_value == pytest.approx(e.p_value, abs=2e-12)


@given(seeds)
@settings(max_examples=10)
def test_shuffling_the_deals_changes_not_one_byte(seed: int) -> None:
    deals = make(seed, 400, {("region", "A"): 1.0})
    order = np.random.default_rng(seed + 1).permutation(400).tolist()
    one, other = select(deals.memory(), DIMENSIONS), select(deals.changed(order).memory(), DIMENSIONS)
    assert json.dumps(evidence_rows(one)) == json.dumps(evidence_rows(other))
    assert run_row(one) == run_row(other)


@given(seeds)
@settings(max_examples=10)
def test_renaming_segments_changes_only_names(seed: int) -> None:
    names = dict(zip("ABCDE", ["zeta", "Ypsilon", "x'", "w;", "  v"]))
    deals = make(seed, 400, {("region", "A"): 1.2})
    renamed = Deals(
        {d: [names.get(v, v) for v in values] for d, values in deals.columns.items()},
        deals.won,
        deals.quarter,
        deals.amount,
    )
    one, other = select(deals.memory(), DIMENSIONS), select(renamed.memory(), DIMENSIONS)
    expected = {tuple((d, names[v]) for d, v in cell): sign for cell, sign in claimed(one).items()}
    assert claimed(other) == expected
    by_cell = {e.cell: e for e in other.evidence}
    for e in one.evidence:
        twin = by_cell[tuple((d, names.get(v, v)) for d, v in e.cell)]
        assert (twin.action, twin.closed_deals, twin.won_deals, twin.best_bet) == (
            e.action,
            e.closed_deals,
            e.won_deals,
            e.best_bet,
        )
        assert twin.p_value == pytest.approx(e.p_value, abs=2e-12)


@given(seeds, st.sampled_from([0.8, 1.2, -1.5]))
@settings(max_examples=15)
def test_counting_every_deal_twice_weakens_no_claim_by_itself(seed: int, effect: float) -> None:
    """What was claimed stands, unless a further claim accounts for it or its field has come to be asked about."""
    deals = make(seed, 350, {("industry", "A"): effect})
    one = select(deals.memory(), DIMENSIONS, with_pairs=False)
    other = select(deals.changed([*range(350)] * 2).memory(), DIMENSIONS, with_pairs=False)
    before, again = ({claim.cell: claim for claim in found.claims} for found in (one, other))
    for cell, claim in before.items():
        if cell not in again:
            is_asked = any(c.code.startswith("may_know_outcome") for c in of(other, *cell[0]).caveats)
            assert again.keys() - before.keys() or is_asked, cell
            continue
        assert again[cell].sign == claim.sign
        if set(again[cell].adjusted_for) == set(claim.adjusted_for):
            assert again[cell].p_value <= claim.p_value
            assert abs(of(other, *cell[0]).expected_lift or 0) > abs(of(one, *cell[0]).expected_lift or 0)


@given(seeds, st.sampled_from(["unknown", "the only value"]))
@settings(max_examples=8)
def test_an_empty_dimension_changes_nothing(seed: int, value: str) -> None:
    deals = make(seed, 400, {("region", "A"): 1.2})
    before = select(deals.memory(), DIMENSIONS)
    deals.columns["extra_1"] = [value] * 400
    after = select(deals.memory(), [*DIMENSIONS, "extra_1"])
    assert after.evidence[: len(before.evidence)] != ()
    kept = [row for row in evidence_rows(after) if row["dimension"] != "extra_1"]
    assert kept == evidence_rows(before)
    assert after.leaks == before.leaks


# ---------------------------------------------------------------- sentences and counts


def counted_company(cells: Sequence[tuple[Sequence[str], int, int]], dimensions: Sequence[str]) -> Deals:
    """Deals by cell: its values, deals and wins; spread evenly over four quarters."""
    columns: Columns = {dimension: [] for dimension in dimensions}
    won: list[int] = []
    quarter: list[str] = []
    for values, deals, wins in cells:
        for dimension, value in zip(dimensions, values):
            columns[dimension] += [value] * deals
        won += [1] * wins + [0] * (deals - wins)
        quarter += [f"2025-Q{i % 4 + 1}" for i in [*range(wins), *range(deals - wins)]]
    return Deals(columns, won, quarter, [None] * len(won))


def test_a_pair_is_never_advised_against_its_own_counts() -> None:
    # Small deals by partner: 72 of 300 (24 %), more than the 10 % of other small deals, less than the 29 % elsewhere.
    # Large ones by partner: 165 of 300 (55 %), less than the 80 % of other large deals, more than the 24 % elsewhere.
    cells = [
        (("small", "partner"), 300, 72),
        (("small", "direct"), 1200, 120),
        (("large", "partner"), 300, 165),
        (("large", "direct"), 300, 240),
    ]
    # All four cells depart from two effects that add up, by as much; said may be only what the counts say as well.
    deals = counted_company(cells, ["size", "route"]).memory()
    result = select(deals, ["size", "route"], known_before=["size"])
    assert {claim.cell: claim.sign for claim in result.pair_claims} == {(("route", "direct"), ("size", "large")): 1}
    [pair] = [e for e in result.evidence if len(e.cell) == 2]
    assert (pair.closed_deals, pair.won_deals, pair.other_closed_deals) == (300, 240, 1800)
    assert pair.action == "target_more" and (pair.difference or 0) > 0.5


def test_what_holds_zero_in_its_range_is_no_claim_and_only_worth_testing() -> None:
    # 9 of 10 against 160 of 400: p = .002, and yet from -1 point once shrunk towards zero: 0.5 w / (w + 20) less
    # 1.96 sqrt(.242 / (w + 20)) with w = 10 * 400 / 410.
    cells = [(("Referral",), 10, 9), (("Inbound",), 200, 80), (("Event",), 200, 80)]
    result = select(counted_company(cells, ["source"]).memory(), ["source"])
    referral = of(result, "source", "Referral")
    assert referral.claim_step is None and (referral.expected_lift_low or 0) < 0 < (referral.difference_low or 0)
    assert referral.action == "keep_testing"


@given(seeds, st.sampled_from([60, 300, 1_500]), st.floats(-1.5, 1.5))
@settings(max_examples=60)
def test_no_advice_contradicts_the_counts_it_prints(seed: int, size: int, skew: float) -> None:
    rng = np.random.default_rng(seed)
    effects = {(d, v): float(rng.normal(0, 1)) for d, n in (("industry", 5), ("region", 3)) for v in "ABCDE"[:n]}
    deals = make(seed, size, effects)
    # a mix that hides effects: good products are sold where little is won
    good = [value in "AB" for value in deals.columns["region"]]
    deals.columns["product"] = [
        "A" if rng.random() < 1 / (1 + np.exp(-skew if is_good else skew)) else "B" for is_good in good
    ]
    deals.won = [int(won or (v == "A" and rng.random() < 0.25)) for won, v in zip(deals.won, deals.columns["product"])]
    result = select(deals.memory(), DIMENSIONS, Parameters(keep_testing_maximum=100))
    for e in result.evidence:
        if e.action in ("target_more", "deprioritise", "keep_testing"):
            assert (e.difference or 0) * (e.expected_lift or 0) > 0
            assert e.difference == pytest.approx(e.won_deals / e.closed_deals - (e.other_win_rate or 0))
        if e.action in ("target_more", "deprioritise"):
            assert ((e.expected_lift or 0) > 0) == (e.action == "target_more")
            assert (e.difference_low or 0) * (e.difference_high or 0) > 0
            assert (e.expected_lift_low or 0) * (e.expected_lift_high or 0) > 0


# ---------------------------------------------------------------- the end of the search


def test_where_the_limit_ends_the_search_it_is_said() -> None:
    deals = make(21, 1_900, {("industry", "A"): 1.6, ("region", "B"): 1.4}, unknown=0)
    whole = select(deals.memory(), DIMENSIONS, with_pairs=False)
    assert claimed(whole) == {(("industry", "A"),): 1, (("region", "B"),): 1}
    cut = select(deals.memory(), DIMENSIONS, Parameters(maximum_steps=1), with_pairs=False)
    assert len(cut.claims) == 1
    for e in cut.evidence:
        if e.claim_step is None:
            assert (e.action, e.not_judged, e.explained_by) == ("not_enough_data", "search_stopped", ())
            assert (e.min_detectable_difference, e.deals_needed, e.best_bet) == (None, None, False)
            name = f"{e.cell[0][0]} {e.cell[0][1]}"
            assert [caveat.text for caveat in e.caveats] == [
                f"The search stopped after 1 claim: {name} was not reached."
            ]
    rows = recommendation_rows(evidence_rows(cut), run_row(cut))
    assert {row["title"].partition(":")[0] for row in rows} == {"Target more", "Not judged"}
    assert all("ended before" in str(row["rationale"]) for row in rows[1:])


def test_a_search_that_ends_by_itself_at_the_limit_has_reached_everything() -> None:
    deals = make(11, 1_900, {("industry", "A"): 1.6}, unknown=0)
    result = select(deals.memory(), DIMENSIONS, Parameters(maximum_steps=1), with_pairs=False)
    assert len(result.claims) == 1
    assert not any(e.not_judged for e in result.evidence)


def test_the_search_goes_on_as_long_as_it_finds_something() -> None:
    # 20 of 40 values differ, by 20 points and more: the limit of ten claims ended this without a word.
    cells = [((f"segment {i:02}",), 400 + i, (400 + i) * rate // 10) for i, rate in enumerate([6, 4, 2, 4] * 10)]
    deals = counted_company(cells, ["segment"])
    expected = {
        (("segment", values[0]),): 1 if 2 * won > deals else -1
        for values, deals, won in cells
        if not 0.39 < won / deals < 0.41
    }
    assert len(expected) == 20
    for source in (deals.memory(), deals.sql()):
        result = select(source, ["segment"], with_pairs=False)
        assert claimed(result) == expected
        assert not any(e.not_judged == "search_stopped" for e in result.evidence)


def test_sixty_claims_are_strata_of_their_own() -> None:
    rng = np.random.default_rng(5)
    names = [f"v{i:02}" for i in range(64)]
    columns = {
        "one": [names[i] for i in rng.integers(0, 64, 5_000)],
        "two": [names[i] for i in rng.integers(0, 3, 5_000)],
    }
    deals = Deals(
        columns,
        rng.integers(0, 2, 5_000).tolist(),
        [f"{2020 + i // 4}-Q{i % 4 + 1}" for i in rng.integers(0, 20, 5_000)],
        [None] * 5_000,
    )
    # one stratum per quarter and claimed value, and one per quarter for the four values that are not claimed
    strata = len({(quarter, min(value, "v60")) for quarter, value in zip(deals.quarter, columns["one"])})
    flags = tuple((("one", name),) for name in names[:60])
    questions = [Question(("two",), flags), Question(("two",), flags, focus=("v01",))]
    for answer in deals.memory().counts(questions, Parameters()):
        assert answer.stratum_deals.size == strata


def test_the_last_value_of_a_dimension_is_not_called_too_rare() -> None:
    result = select(sources_company({}).memory(), ["source", "region"])
    inbound = of(result, "source", "Inbound")
    assert (inbound.action, inbound.not_judged, inbound.deals_needed) == ("not_enough_data", "siblings_claimed", None)
    text = "The other values of source are accounted for: nothing is left to compare source Inbound with."
    assert [caveat.text for caveat in inbound.caveats] == [text]
    row = next(r for r in recommendation_rows(evidence_rows(result), run_row(result)) if r["segment"] == "Inbound")
    assert (row["title"], "more deals would" in str(row["rationale"])) == ("Not judged: Inbound", False)


def test_a_value_is_preferred_to_its_complement() -> None:
    # "0" marks every deal but those of region B, which alone win more often: at p = 0 both say the same.
    cells = [(("B", "1"), 300, 240), (("B", "2"), 300, 240), (("A", "0"), 1200, 360), (("C", "0"), 1200, 360)]
    result = select(counted_company(cells, ["region", "a_flag"]).memory(), ["region", "a_flag"], with_pairs=False)
    assert claimed(result) == {(("region", "B"),): 1}
    assert of(result, "a_flag", "0").explained_by == ((("region", "B"),),)


# ---------------------------------------------------------------- names


SOURCES = (("Cold", 600, 180), ("Inbound", 150, 77), ("Referral", 150, 114))


def sources_company(names: dict[str, str]) -> Deals:
    """Cold wins 30 %, inbound deals 51 %, referrals 76 %; regions and quarters are spread alike over won and lost."""
    columns: Columns = {"source": [], "region": []}
    won: list[int] = []
    for source, deals, wins in SOURCES:
        for count, outcome in ((wins, 1), (deals - wins, 0)):
            columns["source"] += [names.get(source, source)] * count
            columns["region"] += [("East", "West", "North")[i % 3] for i in range(count)]
            won += [outcome] * count
    quarter = [f"2025-Q{i % 4 + 1}" for i in range(len(won))]
    return Deals(columns, won, quarter, [None] * len(won))


@pytest.mark.parametrize("inbound", ["Inbound", "Web form"])
def test_of_two_mirrored_values_the_one_that_stands_against_all_others_is_claimed(inbound: str) -> None:
    # With Cold set aside, 77 of 150 against 114 of 150 reads as "inbound less" or "referral more", at one and
    # the same p. Against all others only the referrals differ as they do there: inbound wins more than 294 of 750.
    result = select(sources_company({"Inbound": inbound}).memory(), ["source", "region"])
    assert claimed(result) == {(("source", "Cold"),): -1, (("source", "Referral"),): 1}
    assert of(result, "source", "Referral").action == "target_more"
    assert of(result, "source", "Cold").action == "deprioritise"


@given(seeds, st.sampled_from([200, 900, 3_000]), st.permutations(["A", "B", "C", "D", "E"]), st.booleans())
@settings(max_examples=60)
def test_no_name_and_no_order_decides_a_claim(seed: int, size: int, names: list[str], is_halved: bool) -> None:
    rng = np.random.default_rng(seed)
    effects = {(d, v): float(rng.normal(0, 0.7)) for d, n in (("industry", 5), ("region", 3)) for v in "ABCDE"[:n]}
    deals = make(seed, size, effects)
    if is_halved:  # two values, as many deals each: which of them is tested must not show
        half = rng.permutation(size) % 2
        deals.columns["product"] = ["AB"[i] for i in half]
        deals.won = [int(won or (i and rng.random() < 0.3)) for won, i in zip(deals.won, half)]
    new = dict(zip("ABCDE", names))
    order = rng.permutation(size).tolist()
    renamed = deals.changed(order)
    renamed.columns = {d: [new.get(v, v) for v in values] for d, values in renamed.columns.items()}
    one, other = select(deals.memory(), DIMENSIONS), select(renamed.memory(), DIMENSIONS[::-1])

    def mapped(cell: Cell) -> Cell:
        return tuple((d, new.get(v, v)) for d, v in cell)

    advised = {e.cell: (e.action, e.best_bet, e.closed_deals, e.won_deals) for e in other.evidence}
    assert {mapped(e.cell): (e.action, e.best_bet, e.closed_deals, e.won_deals) for e in one.evidence} == advised


@pytest.mark.parametrize("size", [120, 300])
@pytest.mark.parametrize("seed", range(4))
def test_of_values_with_the_same_deals_no_name_decides(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    source, region, quarter = (rng.integers(0, count, size) for count in (4, 3, 4))
    rates = rng.uniform(0.1, 0.6, (4, 3))
    rates[0] = 0.9
    won = (rng.random(size) < rates[source, region]).astype(int)
    # the deals of the first source stand there under a further name
    again = np.concatenate([np.arange(size), np.nonzero(source == 0)[0]])
    value = np.concatenate([source, np.full((source == 0).sum(), 4)])

    def found(names: Sequence[str]) -> set[Any]:
        columns = {"source": [names[v] for v in value], "region": [f"R{r}" for r in region[again]]}
        deals = DealCounts(columns, won[again].tolist(), [f"2025-Q{q + 1}" for q in quarter[again]])
        result = select(deals, ["source", "region"], known_before=["source"])
        numbers = {name: str(number) for number, name in enumerate(names)}

        def told(cell: Cell) -> Cell:
            return tuple((dimension, numbers.get(value, value)) for dimension, value in cell)

        return {(told(claim.cell), claim.sign, claim.step) for claim in (*result.claims, *result.pair_claims)}

    assert found("EBCDA") == found("ABCDE")


def test_of_values_with_the_same_counts_all_are_watched_or_none() -> None:
    # four win 25 of 40 and four 15 of 40: of four that promise the same three would be watched, by their names
    better, worse = ([((name,), 40, wins) for name in names] for names, wins in (("ABCD", 25), ("FGHI", 15)))
    result = select(counted_company([*better, *worse], ["source"]).memory(), ["source"])
    assert {(e.action, e.best_bet) for e in result.evidence} == {("not_enough_data", False)}


@pytest.mark.parametrize("seed", [245, 52])
def test_of_pairs_that_mirror_each_other_no_name_decides(seed: int) -> None:
    """Beside a dimension of two values pairs mirror each other: by the model alone "A and 1 more" is "A and 2 less"."""
    rng = np.random.default_rng(seed)
    deals = int(rng.choice([120, 300, 600, 1500, 2500]))
    sizes = {"a": 3 - seed % 2, "b": 2, "c": 3}
    columns = {name: rng.choice(list("ABCDE")[:size], deals) for name, size in sizes.items()}
    odds = sum((values == value) * rng.normal(0, 0.6) for values in columns.values() for value in "ABC")
    odds = odds + np.where((columns["a"] == "A") == (columns["b"] == "A"), 0.7, -0.7)
    won = (rng.random(deals) < 1 / (1 + np.exp(-odds))).astype(int)
    quarter = rng.choice(["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"], deals)
    found = set()
    for names in ("ABC", "BAC", "CBA"):
        new = dict(zip("ABC", names))
        renamed = {name: [new[value] for value in values] for name, values in columns.items()}
        result = select(DealCounts(renamed, won.tolist(), quarter.tolist()), list(columns))
        old = {value: name for name, value in new.items()}
        found.add(frozenset((tuple((d, old[v]) for d, v in e.cell), e.action) for e in result.evidence))
    assert len(found) == 1
    assert any(len(cell) == 2 for cell, _ in next(iter(found)))


# ---------------------------------------------------------------- engines


@given(seeds, st.sampled_from([120, 400]))
@settings(max_examples=6)
def test_duckdb_counts_exactly_like_memory(seed: int, size: int) -> None:
    deals = make(seed, size, {("industry", NASTY[0]): 1.8, ("region", NASTY[2]): -1.5}, labels=NASTY)
    window = ["2025-Q2", "2025-Q3", "2025-Q4"]
    one, other = select(deals.memory(window), DIMENSIONS), select(deals.sql(window), DIMENSIONS)
    assert evidence_rows(one) == evidence_rows(other)
    assert run_row(one) == run_row(other)


def test_every_kind_of_question_is_counted_as_by_hand() -> None:
    deals = make(32, 220, labels=NASTY)
    questions = [
        Question(("industry",)),
        Question(("industry",), flags=((("region", NASTY[0]),),), left_out=((NASTY[1],),)),
        Question(("industry",), flags=((("region", NASTY[2]),), (("product", NASTY[3]),)), focus=(NASTY[0],)),
        Question(("industry", "region"), flags=((("industry", NASTY[0]),),), left_out=((NASTY[0], NASTY[1]),)),
        Question(
            ("industry", "region"),
            focus=(NASTY[1], NASTY[1]),
            flags=((("industry", NASTY[2]), ("product", NASTY[0])),),
        ),
        Question(("industry",), focus=(NASTY[0],), left_out=((NASTY[1],), (NASTY[2],))),
        Question(("region",), focus=(NASTY[0],), stratify_by="product"),
        Question(("region",), focus=("no such value",)),
    ]
    for question, answer in zip(questions, deals.memory().counts(questions, Parameters())):
        cells: dict[tuple[str, ...], Counter[Any]] = defaultdict(Counter)
        totals: Counter[Any] = Counter()
        for i, won in enumerate(deals.won):
            row = {name: values[i] for name, values in deals.columns.items()}
            values = tuple(row[name] for name in question.dimensions)
            if "unknown" in values or values in question.left_out:
                continue
            flags = tuple(all(row[d] == v for d, v in flag) for flag in question.flags)
            stratum = (deals.quarter[i], flags, row[question.stratify_by] if question.stratify_by else "")
            for outcome in ("deals", *(["won"] if won else [])):
                cells[values][stratum, outcome] += 1
                totals[stratum, outcome] += 1
        named = [v for v in cells if sum(n for (_, o), n in cells[v].items() if o == "deals") >= 10]
        assert answer.values == ((question.focus,) if question.focus else tuple(sorted(named)))
        strata = {stratum for stratum, _ in totals}
        for place, values in enumerate(answer.values):
            expected = sorted(
                tuple(found[s, outcome] for found in (cells[values], totals) for outcome in ("deals", "won"))
                for s in strata
            )
            counted = zip(answer.deals[place], answer.won[place], answer.stratum_deals, answer.stratum_won)
            assert sorted(tuple(map(int, row)) for row in counted) == expected


def test_values_beyond_the_largest_are_counted_together() -> None:
    deals = make(33, 3_000, unknown=0)
    deals.columns["extra_1"] = [f"customer {i % 250}" for i in range(3_000)]
    result = select(deals.sql(), ["extra_1"], with_pairs=False)
    other = of(result, "extra_1", OTHER_VALUES)
    assert sum(e.closed_deals for e in result.evidence) == 3_000
    assert other.closed_deals > 0 and other.action == "not_enough_data" and not other.is_candidate
    assert evidence_rows(result) == evidence_rows(select(deals.memory(), ["extra_1"], with_pairs=False))


def test_texts_become_safe_literals() -> None:
    assert text_literal("it's") == "'it''s'"
    assert text_literal("a\\'b", "spark") == r"'a\\\'b'"
    assert text_literal("a\\b") == "'a\\b'"
    for value in NASTY:
        row = duckdb.connect().execute(f"select {text_literal(value)}").fetchone()
        assert row is not None and row[0] == value


# ---------------------------------------------------------------- window


def quarters(*deals: int) -> list[QuarterCounts]:
    labels = [f"{2022 + i // 4}-Q{i % 4 + 1}" for i in range(len(deals))]
    return [QuarterCounts(label, count, count // 2) for label, count in zip(labels, deals)]


def test_window_is_four_quarters_when_they_hold_enough_deals() -> None:
    assert choose_window(quarters(*[100] * 12)) == ("2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4")


def test_window_is_eight_quarters_when_four_hold_too_few() -> None:
    assert len(choose_window(quarters(*[99] * 12))) == 8


def test_window_ends_at_the_review_quarter_and_skips_empty_ones() -> None:
    assert choose_window(quarters(500, 0, 500, 500, 500), "2022-Q4") == ("2022-Q1", "2022-Q3", "2022-Q4")


def test_undated_deals_count_only_when_all_are() -> None:
    undated = QuarterCounts("unknown", 500, 200)
    assert choose_window([*quarters(500), undated]) == ("2022-Q1",)
    assert choose_window([undated]) == ("unknown",)


def test_windows_that_cannot_be_say_why() -> None:
    with pytest.raises(ValueError, match="no closed deal"):
        choose_window([])
    with pytest.raises(ValueError, match="write it like 2025-Q4"):
        choose_window(quarters(500), "Q4 2025")
    with pytest.raises(ValueError, match="up to 2010-Q1; the data hold 2022-Q1 to 2022-Q1"):
        choose_window(quarters(500), "2010-Q1")


# ---------------------------------------------------------------- recommendations


NUMBER = re.compile(r"[+-]?\d[\d,]*\.?\d*")


def numbers_of(row: dict[str, Any]) -> set[str]:
    """Every way the record's own figures may be written in words."""
    allowed = {"100"}
    for value in row.values():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            for scaled in (value, value * 100):
                allowed |= {
                    f"{scaled:,.0f}",
                    f"{scaled:+.0f}",
                    f"{scaled:.1f}",
                    f"{scaled:+.1f}",
                    f"{scaled:+.2f}",
                    f"{scaled:g}",
                }
    return {text.rstrip(".,") for text in allowed} | {"0", "0.0", "99"}


@given(seeds, st.sampled_from([45, 130, 600]))
@settings(max_examples=10)
def test_rationales_are_short_plain_and_invent_no_number(seed: int, size: int) -> None:
    result = select(make(seed, size, {("industry", "A"): 1.2}).memory(), DIMENSIONS)
    rows = recommendation_rows(evidence_rows(result), run_row(result))
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        text = str(row["rationale"])
        assert len(text.split()) <= MAXIMUM_WORDS
        assert not re.search(r"\b(p|q|FDR|stratum|strata)\b", text)
        allowed = numbers_of(row) | {"15"}
        found = {match.rstrip(".,") for match in NUMBER.findall(text)}
        assert all(number in allowed or number.lstrip("-") in allowed for number in found), text


def test_recommendations_are_ranked_by_what_following_them_brings() -> None:
    result = select(make(23, 900, {("industry", "A"): 1.5, ("region", "C"): 1.5}, unknown=0).memory(), DIMENSIONS)
    evidence = evidence_rows(result)
    first, second = (row for row in evidence if row["action"] == "target_more")
    first |= {"expected_lift": 0.30, "extra_wins_per_100": 1.0}
    second |= {"expected_lift": 0.20, "extra_wins_per_100": 1.5}
    ranked = recommendation_rows(evidence, run_row(result))
    assert [row["segment"] for row in ranked[:2]] == [second["segment"], first["segment"]]


def test_advice_speaks_of_no_more_deals_than_the_segment_holds() -> None:
    # 400 deals: 30 of them are referrals, 7.5 of 100, of which 27 are won; 200 of 370 others
    cells = [(("Referral",), 30, 27), (("Inbound",), 185, 93), (("Event",), 185, 92)]
    result = select(counted_company(cells, ["source"]).memory(), ["source"])
    row = next(r for r in recommendation_rows(evidence_rows(result), run_row(result)) if r["segment"] == "Referral")
    assert (row["action"], row["shift_points"]) == ("target_more", 7.0)
    found = of(result, "source", "Referral")
    assert row["extra_wins_per_100"] == pytest.approx(7 * (found.expected_gain or 0))
    assert "moving 7 of every 100 deals here" in str(row["rationale"])


def test_rationale_of_a_claim_reads_like_a_sentence() -> None:
    source = [("Referral", 42, 31), ("Outbound", 42, 17), ("Event", 43, 16)]
    columns = {"lead_source": [name for name, n, _ in source for _ in range(n)]}
    won = [int(i < wins) for _, n, wins in source for i in range(n)]
    result = select(DealCounts(columns, won, ["2025-Q4"] * 127), ["lead_source"])
    first = recommendation_rows(evidence_rows(result), run_row(result))[0]
    # 35 points * 28.1 / 48.1 = 20.4 points, of which 85 / 127 are gained: 10 of 100 deals bring 1.37; down to
    # (20.4 - 1.96 * 7.21) * 85 / 127 = 4.2 points, up to those of a prior with room for large effects.
    assert first["title"] == "Target more: Referral"
    assert first["rationale"] == (
        "Referral won 31 of 42 closed deals (74%) against 39% in other segments. Allowing for quarter and chance, "
        "moving 10 of every 100 deals here should change wins by +1.4 (+0.4 to +3.2)."
    )


@pytest.mark.parametrize(
    ("cells", "label"),
    [
        ([("industry", "Technology")], "Technology"),
        ([("region", "日本の")], "Region 日本の"),
        ([("revenue_band", "$10M to $50M")], "Revenue band $10M to $50M"),
        ([("employee_band", "tiny business")], "Employee band tiny business"),
        ([("up_sale", "Yes")], "Up sale Yes"),
        ([("is_partner", "False")], "Is partner False"),
        ([("support_plan", "None")], "Support plan None"),
        ([("competitor", "Globex")], "Deals against Globex"),
        ([("industry", "Technology"), ("product", "B2")], "Technology × Product B2"),
    ],
)
def test_a_segment_that_does_not_say_what_it_is_is_named_with_its_dimension(
    cells: list[tuple[str, str]], label: str
) -> None:
    names = [("dimension", "segment"), ("second_dimension", "second_segment")]
    row = {name: text for pair, cell in zip(names, cells) for name, text in zip(pair, cell)}
    assert segment_label(row) == label


def test_long_names_are_shortened_not_the_facts() -> None:
    name = "Administrative and support and waste management and remediation services " * 4
    result = select(make(21, 130, labels=[name + letter for letter in "ABCDE"]).memory(), DIMENSIONS)
    for row in recommendation_rows(evidence_rows(result), run_row(result)):
        assert len(str(row["rationale"]).split()) <= MAXIMUM_WORDS
        assert str(row["won_deals"]) in str(row["rationale"])


def test_nothing_claimed_is_said_with_the_gap_that_could_have_been_seen() -> None:
    result = select(make(23, 130).memory(), DIMENSIONS)
    evidence = evidence_rows(result)
    smallest = min(
        row["min_detectable_difference"] for row in evidence if row["is_candidate"] and row["min_detectable_difference"]
    )
    sentence = no_claim_sentence(run_row(result), evidence)
    assert sentence is not None and f"{round(smallest * 100)} points" in sentence
    strong = select(make(23, 600, {("industry", "A"): 2.0}).memory(), DIMENSIONS)
    assert no_claim_sentence(run_row(strong), evidence_rows(strong)) is None


def test_where_no_gap_could_be_seen_no_segment_is_called_too_small() -> None:
    # 120 deals of which 108 are won: no segment of 30 can be so far ahead that it would be told from chance.
    won = [int(number % 10 > 0) for number in range(120)]
    result = select(DealCounts({"industry": ["A", "B", "C", "D"] * 30}, won, ["2025-Q1"] * 120), ["industry"])
    sentence = no_claim_sentence(run_row(result), evidence_rows(result))
    assert sentence == "No segment stands out beyond chance; with 120 closed deals and 4 comparisons none could."


def test_rates_are_never_rounded_to_certainty() -> None:
    assert (percent(221 / 222), percent(1.0), percent(0.001), percent(0.0)) == ("over 99%", "100%", "under 1%", "0%")


def test_rows_hold_only_plain_values() -> None:
    result = select(make(1, 300, {("industry", "A"): 1.5}).memory(), DIMENSIONS)
    rows = [*evidence_rows(result), run_row(result), *recommendation_rows(evidence_rows(result), run_row(result))]
    for row in rows:
        for name, value in row.items():
            assert value is None or type(value) in (str, int, float, bool), name
            assert not isinstance(value, float) or math.isfinite(value), name


def test_rationale_of_a_row_read_back_from_a_mart_is_the_same() -> None:
    result = select(make(1, 300, {("industry", "A"): 1.5}).memory(), DIMENSIONS)
    for row in evidence_rows(result):
        assert rationale(json.loads(json.dumps(row))) == rationale(row)


def test_many_deals_of_one_outcome_are_not_called_few() -> None:
    run = {"is_fallback": True, "deals": 241, "decisions": 241, "won_decisions": 241, "comparisons": 0}
    evidence = [{"action": "not_enough_data", "dimension": "region", "segment": "North"}]
    assert no_claim_sentence(run, evidence) == (
        "241 of 241 closed deals are won, too few of one outcome to claim anything of segments: at least 10 won and 10 lost are needed."
    )
    few = no_claim_sentence({**run, "deals": 39, "decisions": 39}, evidence)
    assert few is not None and few.startswith("39 closed deals are too few to claim anything of segments: at least 80")
    twice = no_claim_sentence({**run, "deals": 78, "decisions": 39}, evidence)
    assert twice is not None and twice.startswith(
        "39 distinct closed deals are too few to claim anything of segments: at least 80"
    )


def test_a_leak_is_named_where_nothing_else_could_be_compared() -> None:
    run = {"is_fallback": False, "deals": 450, "decisions": 450, "comparisons": 0}
    leaking = {
        "action": "not_enough_data",
        "dimension": "forecast",
        "segment": "Closed",
        "caveat_codes": "leak:decides_outcome",
    }
    assert no_claim_sentence(run, [leaking]) == (
        "What nearly decides the outcome is not judged (forecast); no other segment holds the 10 deals needed to compare it with "
        "other segments."
    )
    assert no_claim_sentence(run, [{**leaking, "caveat_codes": ""}]) == (
        "No segment holds the 10 deals needed to compare it with other segments."
    )
