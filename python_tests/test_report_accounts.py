"""What the report says of accounts that fit and of what the advice is worth, by what their tables hold."""

from __future__ import annotations

import math
from typing import Any

from python_tests.report_context import charts, context_of, finding, graded, labels, marks, tables
from winloss.report.charts import Mark, Promise
from winloss.report.context import Context
from winloss.report.document import Section, shown
from winloss.report.sections.accounts import is_it_worth_it, which_accounts

KEYS = {
    "field_completeness": ("period", "outcome", "field"),
    "scorecard_quality": (),
    "account_tiers": ("tier",),
    "account_points": ("dimension", "segment"),
    "advice_values": ("rank",),
    "icp_recommendations": ("rank",),
}


def context(**tables: list[dict[str, Any]]) -> Context:
    return context_of(KEYS, tables)


# ---------------------------------------------------------------- accounts

QUALITY: dict[str, Any] = {"is_allowed": True, "judged_deals": 200, "deals_missing": None, "missing_reason": None}


def tier(name: str, deals: int, won: int, low: float, high: float) -> dict[str, Any]:
    return {
        "tier": name, "judged_deals": deals, "judged_won_deals": won, "judged_win_rate": won / deals if deals else None,
        "judged_win_rate_low": low, "judged_win_rate_high": high, "promised_win_rate": 0.5, "accounts": None,
        "whitespace_accounts": None, "open_deals": None, "missing_reason": None,
    }  # fmt: skip


A, D = tier("A", 50, 40, 0.67, 0.89), tier("D", 100, 30, 0.22, 0.4)
BEST: dict[str, Any] = {"accounts": 1200, "whitespace_accounts": 300, "open_deals": 9}


def of_tiers(*tiers: dict[str, Any], **tables: list[dict[str, Any]]) -> Section:
    return which_accounts(context(scorecard_quality=[QUALITY], account_tiers=list(tiers), **tables))


def test_tiers_apart_on_unseen_deals_are_a_claim_and_accounts_without_a_deal_are_counted() -> None:
    section = of_tiers(A | BEST, tier("B", 0, 0, 0, 0), D)
    assert graded(section) == [
        (
            "Strong",
            "On 200 deals the scores had not seen, tier A won 80% (67 to 89), tier D 30% (22 to 40).",
        ),
        (None, "300 of 1,200 accounts of tier A have no deal yet."),
    ]
    assert finding(section) == "Tier A accounts won 80% of deals the ranking had not seen, tier D 30%"
    (drawn,) = charts(section)
    assert drawn.spec.promises == (Promise("A 80%", 0.5, 0.8, 0.67, 0.89), Promise("D 30%", 0.5, 0.3, 0.22, 0.4))
    assert labels(drawn.table) == ["Tier A", "Tier D"]
    assert drawn.description.text == (
        "Win rate by tier of accounts: tier A, promised 50%, won 80%; tier D, promised 50%, won 30%."
    )


def test_accounts_without_a_deal_are_hatched_and_few_accounts_are_not_drawn() -> None:
    hidden = tier("D", 100, 30, 0.22, 0.4) | {"missing_reason": "few accounts: their number is not shown"}
    partly = tier("B", 0, 0, 0, 0) | {"accounts": 900, "missing_reason": hidden["missing_reason"]}
    full = tier("C", 0, 0, 0, 0) | {"accounts": 40, "whitespace_accounts": 0}
    (drawn,) = tables(of_tiers(A | BEST, partly, full, hidden))
    assert marks(drawn) == (
        (Mark("bar", 900), Mark("open", 1200, start=900)),
        (Mark("pale", 900),),
        (Mark("bar", 40),),
        (),
    )
    assert [[shown(cell) for cell in row] for row in drawn.rows] == [
        ["Tier A", "1,200", "300"],
        ["Tier B", "900", "–"],
        ["Tier C", "40", "0"],
        ["Tier D (few accounts: their number is not shown)", "–", "–"],
    ]
    assert tables(of_tiers(A, hidden)) == []


def test_tiers_whose_intervals_meet_are_no_claim() -> None:
    assert graded(of_tiers(tier("A", 10, 8, 0.39, 0.94), D))[0][0] == "Directional"


def test_tiers_of_few_deals_are_no_headline() -> None:
    """Ten deals are the minimum of a rate that is compared: 3 of 6 against 0 of 3 says nothing, the tiers between do."""
    best, worst = tier("A", 6, 3, 0.19, 0.81), tier("D", 3, 0, 0.0, 0.56)
    good, poor = tier("B", 10, 7, 0.4, 0.89), tier("C", 100, 30, 0.22, 0.39)
    section = of_tiers(best, good, poor, worst)
    assert graded(section) == [
        ("Strong", "On 200 deals the scores had not seen, tier B won 70% (40 to 89), tier C 30% (22 to 39)."),
        (None, "Too few deals to tell of tiers A and D."),
    ]
    assert finding(section) == "Tier B accounts won 70% of deals the ranking had not seen, tier C 30%"
    few = of_tiers(best, poor)
    assert graded(few) == [
        (
            "Too few deals",
            "Of 200 deals the scores had not seen, too few are in more than one tier to tell whether tiers differ.",
        ),
    ]
    assert finding(few) == "Tiers of accounts"


def test_one_tier_ranks_no_account() -> None:
    assert graded(of_tiers(A)) == [(None, "On 200 deals they had not seen, scores put all accounts into one tier.")]


def test_few_accounts_are_not_counted() -> None:
    hidden = BEST | {"accounts": None, "whitespace_accounts": None}
    assert len(graded(of_tiers(A | hidden, D))) == 1
    some = BEST | {"whitespace_accounts": None}
    assert graded(of_tiers(A | some, D))[1][1] == "1,200 accounts are in tier A, with 9 deals open."


def test_accounts_to_avoid_are_named_by_what_they_are() -> None:
    anti = [
        {"dimension": dimension, "segment": segment, "points": points, "points_low": points - 0.1, "points_high": points + 0.06, "is_anti": True}
        for dimension, segment, points in (("industry", "Retail", -0.12), ("region", "North", -0.08), ("region", "South", -0.07))
    ]  # fmt: skip
    minus, space = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"
    assert graded(of_tiers(A, D, account_points=anti))[1][1] == (
        f"Accounts to avoid: Retail (industry, {minus}12{space}points of win rate, {minus}22 to {minus}6.0) and "
        f"North (region, {minus}8.0{space}points of win rate, {minus}18 to {minus}2.0)."
    )


def test_refused_tiers_are_one_sentence_with_the_reason() -> None:
    def refused(**quality: Any) -> Section:
        return which_accounts(context(scorecard_quality=[QUALITY | {"is_allowed": False} | quality]))

    few = refused(deals_missing=80, missing_reason="80 more are needed")
    alike = refused(missing_reason="ranking accounts did no better than treating all alike")
    assert graded(few) == [("Too few deals", "No tiers: 80 more are needed.")]
    assert graded(alike) == [(None, "No tiers: ranking accounts did no better than treating all alike.")]
    assert len(few.blocks) == len(alike.blocks) == 1


def test_without_their_tables_both_sections_are_left_out() -> None:
    assert which_accounts(context()).blocks == is_it_worth_it(context()).blocks == ()


# ---------------------------------------------------------------- worth

BOTH: dict[str, Any] = {
    "rank": 1, "dimension": "industry", "segment": "Retail", "segment_label": "Retail", "action": "target_more", "agreement": "both",
    "expected_lift": 0.15, "won_deals": 60, "value_ratio": 2.0, "value_ratio_low": 1.25, "value_ratio_high": 3.2,
    "day_ratio": None, "day_ratio_low": None, "day_ratio_high": None, "shift_points": 10.0, "extra_amount_per_100": 50_000.0,
    "extra_amount_per_100_low": 10_000.0, "extra_amount_per_100_high": 90_000.0, "price_sentence": "value says the same as the win rate",
    "value_missing_reason": None,
}  # fmt: skip
RATE_ONLY = BOTH | {"rank": 2, "segment_label": "Media", "agreement": "rate only", "value_ratio_low": 0.9}
CONFLICT = BOTH | {
    "rank": 3, "segment_label": "Energy", "agreement": "conflict", "value_ratio": 0.4, "value_ratio_low": 0.25, "value_ratio_high": 0.64,
}  # fmt: skip


def test_a_conflict_stands_first_then_what_value_bears_out_then_what_is_inconclusive() -> None:
    space = "\N{NO-BREAK SPACE}"
    assert graded(is_it_worth_it(context(advice_values=[BOTH, RATE_ONLY, CONFLICT]))) == [
        (
            "Strong",
            "Energy: wins more often, but earns 0.40 times as much per opportunity (0.25 to 0.64). Move no selling time there unless it is idle.",
        ),
        ("Strong", f"Retail: wins 15{space}points more often, and is worth 2.00 times as much per opportunity (1.25 to 3.20)."),
        (
            "Directional",
            "Media: wins more often; whether it earns more per opportunity is inconclusive on 60 wins (0.90 to 3.20 times).",
        ),
        (None, "Moving 10 of every 100 opportunities to Retail should bring 50K (10K to 90K) per 100."),
    ]  # fmt: skip


def test_a_segment_to_leave_that_earns_more_is_kept() -> None:
    (told,) = graded(
        is_it_worth_it(context(advice_values=[BOTH | {"action": "deprioritise", "agreement": "conflict"}]))
    )
    assert told == (
        "Strong",
        "Retail: wins less often, but earns 2.00 times as much per opportunity (1.25 to 3.20). Do not leave it for its win rate alone.",
    )


def test_a_ratio_away_from_one_on_too_few_wins_is_not_called_inconclusive() -> None:
    few = RATE_ONLY | {"action": "deprioritise", "won_deals": 17, "value_ratio_low": 0.23, "value_ratio_high": 0.72}
    (told,) = graded(is_it_worth_it(context(advice_values=[few])))
    assert told == (
        "Too few deals",
        "Media: wins less often; 17 wins are too few to say what an opportunity there is worth (0.23 to 0.72 times).",
    )


def test_both_panels_name_the_same_segments_and_the_ratio_is_drawn_by_its_logarithm() -> None:
    advised = [
        {"rank": rank, "expected_lift": 0.15, "expected_lift_low": 0.05, "expected_lift_high": 0.25} for rank in (1, 2)
    ]
    section = is_it_worth_it(context(advice_values=[BOTH, RATE_ONLY], icp_recommendations=advised))
    points, ratios = tables(section)
    assert labels(points) == labels(ratios) == ["Retail", "Media"]
    assert marks(points)[0] == (Mark("up", 0.15, 0.05, 0.25),)
    assert [(row[0].shape, row[0].at) for row in marks(ratios)] == [("up", math.log(2)), ("hollow", math.log(2))]


def test_amounts_that_are_all_there_are_not_asked_for() -> None:
    reason = "too few closed or won deals with an amount"
    row = BOTH | {"agreement": None, "value_ratio": None, "value_missing_reason": reason}
    filled = {"period": "window", "outcome": "won", "field": "amount"}
    for share, remedy in ((1.0, ""), (0.9, " Record the amount of each won deal.")):
        section = is_it_worth_it(context(advice_values=[row], field_completeness=[filled | {"filled_share": share}]))
        assert graded(section) == [(None, f"What the advice is worth cannot be told: {reason}.{remedy}")]


def test_what_has_no_value_is_one_sentence_with_the_reason() -> None:
    unvalued = BOTH | {
        "agreement": None,
        "value_ratio": None,
        "value_missing_reason": "under half of the won deals state an amount",
    }
    for rows, words in (
        ([], "No segment is claimed to win more or less often, so there is no advice to value."),
        (
            [unvalued],
            "What the advice is worth cannot be told: under half of the won deals state an amount. Record the amount of each won deal.",
        ),
        (
            [unvalued | {"value_missing_reason": "pairs of segments are not valued"}],
            "What the advice is worth cannot be told: pairs of segments are not valued.",
        ),
        (
            [
                unvalued
                | {
                    "value_missing_reason": "figures of fewer than 5 deals, and those that would give one away, are not shown"
                }
            ],
            "What the advice is worth cannot be told: figures of fewer than 5 deals, and those that would give one away, are not shown.",
        ),
        ([unvalued | {"value_missing_reason": None}], "What the advice is worth cannot be told."),
    ):
        section = is_it_worth_it(context(advice_values=rows))
        assert graded(section) == [(None, words)]
        assert len(section.blocks) == 1
