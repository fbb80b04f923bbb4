"""Segments that have an order, cut at the edges of their bands: when a side of a cut is claimed, and that its counts add up."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_tests.small_marts import reader_over
from python_tests.test_deals_that_belong_together import WINDOW, clusters_of
from winloss.advice.backtest import _counts
from winloss.advice.counts import DealCounts, bands_of, is_cut
from winloss.advice.deals import closed_deals, window_deals
from winloss.advice.evidence import Selection, evidence_rows, run_row
from winloss.advice.parameters import Parameters
from winloss.advice.recommendations import no_claim_sentence, recommendation_rows
from winloss.advice.selection import select

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

BANDS = ("tiny", "small", "middling", "large", "huge")
CUTS = {
    "size cut at middling": {b: "below middling" if b in BANDS[:2] else "middling and above" for b in BANDS},
    "size cut at large": {b: "below large" if b in BANDS[:3] else "large and above" for b in BANDS},
}
DIMENSIONS = ["industry", "size"]
SEARCHED = [*DIMENSIONS, *CUTS]


def counted(wins: dict[str, tuple[int, int]], more: dict[str, list[str]] | None = None) -> DealCounts:
    """Deals of bands with so many won of so many, spread alike over four quarters and two industries."""
    size, won = [], []
    for band, (won_deals, deals) in wins.items():
        size += [band] * deals
        won += [1] * won_deals + [0] * (deals - won_deals)
    industry = [("Bank", "Shop")[i % 2] for i in range(len(won))]
    quarter = [WINDOW[i // 2 % 4] for i in range(len(won))]
    return DealCounts({"size": size, "industry": industry, **(more or {})}, won, quarter).cut(CUTS)


def said(selection: Selection) -> dict[str, str]:
    return {row["segment"]: row["action"] for row in evidence_rows(selection) if row["claim_step"]}  # type: ignore[misc]


# 36 % against 55 %: a step between the second band and the third
STEP = {"tiny": (22, 60), "small": (29, 80), "middling": (39, 70), "large": (33, 60), "huge": (17, 31)}


def test_what_no_band_shows_a_cut_does() -> None:
    assert said(select(counted(STEP), DIMENSIONS)) == {}
    found = select(counted(STEP), SEARCHED)
    assert said(found) == {"below middling": "deprioritise", "middling and above": "target_more"}
    rows = {row["segment"]: row for row in evidence_rows(found) if row["dimension"] == "size"}
    # 22 + 29 of 60 + 80, and 39 + 33 + 17 of 70 + 60 + 31
    assert [rows["below middling"][n] for n in ("won_deals", "closed_deals")] == [51, 140]
    assert [rows["middling and above"][n] for n in ("won_deals", "closed_deals")] == [89, 161]
    assert rows["middling and above"]["other_win_rate"] == pytest.approx(51 / 140)
    # a cut that is not claimed has no row; five bands, and both sides of the other one
    assert set(rows) == {*BANDS, "below middling", "middling and above"}
    advice = recommendation_rows(evidence_rows(found), run_row(found))
    assert [(row["dimension"], row["segment_label"]) for row in advice[:2]] == [
        ("size", "middling and above"),
        ("size", "below middling"),
    ]
    # industry is one comparison, bands five and cuts two
    assert (run_row(found)["comparisons"], run_row(select(counted(STEP), DIMENSIONS))["comparisons"]) == (8, 6)


def test_a_single_band_that_explains_it_better_is_claimed_and_no_cut() -> None:
    lone = {"tiny": (24, 60), "small": (32, 80), "middling": (28, 70), "large": (24, 60), "huge": (30, 40)}
    assert said(select(counted(lone), SEARCHED)) == {"huge": "target_more"}


def test_a_band_beyond_its_side_is_claimed_beside_the_cut() -> None:
    graded = {"tiny": (45, 150), "small": (72, 150), "middling": (90, 150), "large": (90, 150), "huge": (120, 150)}
    found, by_bands = (select(counted(graded), dimensions) for dimensions in (SEARCHED, DIMENSIONS))
    assert said(found)["tiny"] == "deprioritise" and said(found)["huge"] == "target_more"
    assert {"middling and above", "below middling"} <= set(said(found))
    # what moved deals gain is told against all others, not against those on the same side of the cut
    huge, alone = (next(row for row in evidence_rows(each) if row["segment"] == "huge") for each in (found, by_bands))
    assert alone["action"] == "target_more"
    assert huge["extra_wins_per_100"] == alone["extra_wins_per_100"]


# 30 % but for the two bands in the middle, which win 60 %, and the last, of which 15 of 40 tell little
MIDDLE = {"tiny": (45, 150), "small": (45, 150), "middling": (90, 150), "large": (90, 150), "huge": (15, 40)}


def test_a_side_that_holds_a_band_that_does_not_win_more_is_not_told() -> None:
    found = said(select(counted(MIDDLE), SEARCHED))
    # above "middling" 195 of 340 are won against 90 of 300 below, but of "huge" 38 %, which may be as few as below
    assert "middling and above" not in found and "huge" not in found
    # "tiny" and "small" each win 30 % against the 57 % above
    assert found["below middling"] == "deprioritise"


def test_nothing_is_said_of_a_band_beside_the_contrary_of_its_side() -> None:
    # huge wins more than each band below but less than those beside it
    for wins in range(24, 72, 4):
        told = said(select(counted(MIDDLE | {"huge": (wins, 80)}), SEARCHED))
        for side, bands in (
            ("middling and above", BANDS[2:]),
            ("below middling", BANDS[:2]),
            ("large and above", BANDS[3:]),
        ):
            for band in bands:
                assert told.get(side) is None or told.get(band, told[side]) == told[side], (wins, side, band)
        # of sides that overlap, the contrary is not said either
        assert {told.get("middling and above"), told.get("below large")} != {"target_more", "deprioritise"}


def test_a_band_of_few_deals_does_not_speak_against_its_side() -> None:
    few = STEP | {"huge": (1, 9)}
    assert said(select(counted(few), SEARCHED)) == {
        "below middling": "deprioritise",
        "middling and above": "target_more",
    }


def test_a_band_inside_what_is_claimed_has_no_verdict_of_its_own() -> None:
    graded = {"tiny": (75, 500), "small": (175, 500), "middling": (200, 500), "large": (225, 500), "huge": (350, 500)}
    rows = {
        row["segment"]: row for row in evidence_rows(select(counted(graded), SEARCHED)) if row["dimension"] == "size"
    }
    # 200 of 500 against 825 of 2,000 elsewhere: within ten points either way, and part of a side that is claimed
    assert rows["middling"]["action"] == "not_enough_data" and rows["middling"]["not_judged"] == "part_of_claim"
    assert "part of what is claimed" in str(rows["middling"]["caveats"])
    alone = {row["segment"]: row for row in evidence_rows(select(counted(graded), DIMENSIONS))}
    assert alone["middling"]["action"] == "no_difference"


def test_a_cut_that_parts_the_deals_as_a_band_does_is_no_further_comparison() -> None:
    three = {"tiny": (22, 60), "middling": (39, 70), "huge": (17, 31)}
    found = select(counted(three), SEARCHED)
    # tiny against the others, and huge against the others, are said by the bands
    assert run_row(found)["comparisons"] == 4
    assert not any(is_cut(e.cell[0][0]) for e in found.evidence)


def test_a_cut_of_a_field_that_knows_the_outcome_is_not_claimed() -> None:
    told = {"tiny": (4, 60), "small": (5, 80), "middling": (35, 70), "large": (54, 60), "huge": (38, 40)}
    found = select(counted(told), SEARCHED)
    assert said(found) == {}
    answered = select(counted(told), SEARCHED, known_before=["size"])
    assert "middling and above" in said(answered)


def test_counts_are_those_of_the_bands_and_value_is_told_of_bands_alone() -> None:
    rng = np.random.default_rng(5)
    deals = 900
    size = rng.choice(BANDS, deals)
    won = (rng.random(deals) < np.where(np.isin(size, BANDS[2:]), 0.6, 0.35)).astype(int)
    source = DealCounts(
        {"size": size.tolist(), "industry": rng.choice(["A", "B", "C"], deals).tolist()},
        won.tolist(),
        rng.choice(WINDOW, deals).tolist(),
        rng.integers(1, 900, deals).astype(float).tolist(),
    )
    rows = [row for row in evidence_rows(select(source.cut(CUTS), SEARCHED)) if row["dimension"] == "size"]
    by_segment = {str(row["segment"]): row for row in rows}
    sides = [name for name in by_segment if name not in BANDS]
    assert sides
    for side in sides:
        for name in ("closed_deals", "won_deals", "lost_deals"):
            assert by_segment[side][name] == sum(
                int(by_segment[band][name] or 0) for band in bands_of(CUTS, "size", side)
            )
        # beside those of its bands they would tell one that is hidden
        assert by_segment[side]["value_weighted_win_rate"] is None and by_segment[side]["effective_deals"] is None


@given(st.integers(0, 2**20), st.permutations(BANDS))
@settings(max_examples=25)
def test_neither_the_names_of_bands_nor_the_order_of_deals_decide_a_claim(seed: int, names: list[str]) -> None:
    rng = np.random.default_rng(seed)
    deals = 600
    size = rng.choice(5, deals)
    industry = rng.choice(["A", "B", "C"], deals)
    odds = rng.normal(0, 0.5, 5)[size]
    won = (rng.random(deals) < 1 / (1 + np.exp(-odds))).astype(int)
    quarter = rng.choice(WINDOW, deals)

    def search(labels: list[str], order: Any, dimensions: list[str]) -> Selection:
        cuts = {
            name: {labels[BANDS.index(band)]: side for band, side in side_of.items()} for name, side_of in CUTS.items()
        }
        columns = {"size": [labels[place] for place in size[order]], "industry": industry[order].tolist()}
        return select(DealCounts(columns, won[order].tolist(), quarter[order].tolist()).cut(cuts), dimensions)

    one = search(list(BANDS), np.arange(deals), SEARCHED)
    other = search(list(names), rng.permutation(deals), SEARCHED[::-1])
    renamed = dict(zip(BANDS, names))
    advised = {e.cell: (e.action, e.best_bet, e.closed_deals, e.won_deals) for e in other.evidence}
    assert {
        tuple((dimension, renamed.get(value, value)) for dimension, value in e.cell): (
            e.action,
            e.best_bet,
            e.closed_deals,
            e.won_deals,
        )
        for e in one.evidence
    } == advised


@given(st.lists(st.integers(10, 60), min_size=5, max_size=5))
@settings(max_examples=25)
def test_exchanging_won_and_lost_turns_what_is_said_of_sides_round(won: list[int]) -> None:
    wins = dict(zip(BANDS, won))
    one, other = (
        said(select(counted({band: (n if keep else 70 - n, 70) for band, n in wins.items()}), SEARCHED))
        for keep in (True, False)
    )
    turned = {"target_more": "deprioritise", "deprioritise": "target_more"}
    assert other == {segment: turned.get(action, action) for segment, action in one.items()}


def marts(seed: int) -> tuple[duckdb.DuckDBPyConnection, list[dict[str, Any]]]:
    """Deals of accounts with one size each, in the tables that the advice reads."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([*BANDS, "unknown"], 90)
    rows = [
        {
            "deal_key": f"d{number}",
            "account_key": f"a{account}",
            "owner": f"o{account % 8}",
            "size": str(sizes[account]),
            "is_won": int(rng.random() < 0.3 + 0.1 * (account % 3)),
            "closed_quarter": WINDOW[number % 4],
        }
        for number, account in enumerate(rng.integers(0, 90, 400))
    ]
    connection = duckdb.connect()
    connection.execute(
        "create table fct_closed_deals (deal_key varchar, account_key varchar, owner varchar, size varchar, is_won integer, "
        "closed_quarter varchar, deal_type varchar default 'unknown', created_on date, closed_on date, cycle_days integer, decision_line integer default 1)"
    )
    connection.executemany(
        "insert into fct_closed_deals (deal_key, account_key, owner, size, is_won, closed_quarter) values (?, ?, ?, ?, ?, ?)",
        [list(row.values()) for row in rows],
    )
    connection.execute(
        "create table int_deal_cells as select closed_quarter, deal_type, size, count(*) as deals, sum(is_won) as won, count(*) as decisions, "
        "sum(is_won) as won_decisions, 0 as amount, 0 as won_amount, 0 as squared_amount from fct_closed_deals group by all"
    )
    return connection, rows


@pytest.mark.parametrize("seed", [1, 2])
def test_a_cut_has_a_design_effect_of_its_own_summed_by_the_engine_like_memory(seed: int) -> None:
    connection, rows = marts(seed)
    one = window_deals(reader_over(connection), ["size"], WINDOW, Parameters(), cuts=CUTS)
    other = DealCounts(
        {"size": [row["size"] for row in rows]},
        [row["is_won"] for row in rows],
        [row["closed_quarter"] for row in rows],
        clusters=clusters_of(rows),
    ).cut(CUTS)
    assert evidence_rows(select(one, ["size", *CUTS])) == evidence_rows(select(other, ["size", *CUTS]))
    for name in ("size", *CUTS):
        for found, expected in zip(
            one._cluster_sums(name, Parameters()), other._cluster_sums(name, Parameters()), strict=True
        ):
            assert vars(found) == pytest.approx(vars(expected), abs=1e-7), name
    factors = {name: one.design([name], Parameters()).factor for name in ("size", *CUTS)}
    assert len(set(factors.values())) > 1, factors


def test_the_backtest_counts_a_side_of_a_cut_as_its_bands() -> None:
    connection, rows = marts(1)
    inside = Counter((row["is_won"]) for row in rows if row["size"] in BANDS[3:] and row["closed_quarter"] == "2025-Q2")
    closed = closed_deals(reader_over(connection), ["size"], WINDOW)
    found = _counts(closed, CUTS, "2025-Q2", [("size", "large and above")])
    assert found[:2] == (inside.total(), inside[1])


def test_a_band_of_a_side_that_differs_too_little_to_act_on_is_judged_by_itself() -> None:
    # 40 % against 43 % of 10,000 deals each: told from chance, and nothing to act on
    slight = {"tiny": (2_000, 5_000), "small": (2_000, 5_000), "middling": (2_150, 5_000), "large": (2_150, 5_000)}
    slight["huge"] = (215, 500)
    found = select(counted(slight), SEARCHED)
    rows = {row["segment"]: row for row in evidence_rows(found) if row["dimension"] == "size"}
    assert rows["below middling"]["claim_step"] and rows["below middling"]["action"] == "no_difference"
    assert {row["not_judged"] for row in rows.values()} == {None}
    assert {rows[band]["action"] for band in BANDS[:4]} == {"no_difference"}
    sentence = no_claim_sentence(run_row(found), list(rows.values()))
    assert sentence is not None and "stands out beyond chance (below middling first)" in sentence


def test_a_field_that_is_asked_about_is_not_passed_over_where_nothing_is_claimed() -> None:
    told = {"tiny": (4, 60), "small": (5, 80), "middling": (35, 70), "large": (54, 60), "huge": (38, 40)}
    found = select(counted(told), SEARCHED)
    sentence = no_claim_sentence(run_row(found), evidence_rows(found))
    # 9 % against 90 % stand out; the field may know the outcome
    assert sentence is not None and "for a reason that its caveat names" in sentence


def test_a_band_of_an_advised_side_is_never_called_no_different() -> None:
    # 30, 33, 38, 44 and 44 %: within its side the first band loses three points more, too little for advice of its own
    wins = dict(zip(BANDS, [(1_200, 4_000), (1_320, 4_000), (1_520, 4_000), (1_760, 4_000), (1_760, 4_000)]))
    rows = {row["segment"]: row for row in evidence_rows(select(counted(wins), SEARCHED, with_pairs=False))}
    assert rows["below middling"]["action"] == "deprioritise" and rows["tiny"]["claim_step"]
    assert (rows["tiny"]["action"], rows["tiny"]["not_judged"]) == ("not_enough_data", "part_of_claim")
