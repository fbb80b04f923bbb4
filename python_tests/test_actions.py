"""Which plays the marts call for, and that no play is put more strongly than its grade."""

import csv
from typing import Any

import pytest

from python_tests.conftest import ROOT
from winloss.advice.actions import Findings, action_items
from winloss.rows import Row

with (ROOT / "seeds" / "playbook.csv").open(encoding="utf-8", newline="") as file:
    PLAYBOOK: list[Row] = list(csv.DictReader(file))

SEGMENT: Row = {
    "rank": 1,
    "action": "target_more",
    "best_bet": False,
    "segment_label": "Bank",
    "rationale": "Bank won 30 of 40.",
    "other_win_rate": 0.4,
    "window_deals": 120,
}
REASON: Row = {
    "category": "price",
    "label": "Price or value",
    "lost_deals": 19,
    "all_lost_deals": 48,
    "share": 19 / 48,
    "share_low": 0.27,
    "share_high": 0.54,
}
THRESHOLD: Row = {
    "is_predictive": True,
    "score_threshold": 0.75,
    "current_score_threshold": 0.8,
    "win_rate_above_low": 0.94,
    "scored_deals": 100,
    "closed_deals": 120,
    "missing_reason": "",
    "rationale": "At 0.75 and above 90 of 95 deals were won.",
}
COVERAGE: Row = {"won_deals_with_contacts": 30, "lost_deals_with_contacts": 20, "won_share": 0.9, "lost_share": 0.4}


def items(**findings: Any) -> list[Row]:
    return action_items(Findings(due="2026-Q1", playbook=PLAYBOOK, **findings))


def of_kind(kind: str, **findings: Any) -> list[Row]:
    return [row for row in items(**findings) if row["kind"] == kind]


def test_twenty_deals_without_anything_else_still_give_three_actions() -> None:
    assert [row["grade"] for row in items()] == ["directional", "fix the data", "fix the data", "directional"]


def test_a_claim_is_targeted_and_names_its_evidence() -> None:
    [row] = of_kind("targeting", recommendations=[SEGMENT])
    assert (row["grade"], row["title"], row["evidence"]) == ("strong", "Target more: Bank", "Bank won 30 of 40.")
    assert row["how_we_will_know"] == "Bank again wins more than 40% of its closed deals in 2026-Q1."


def test_a_bet_is_called_a_bet_and_only_without_a_claim() -> None:
    bet = SEGMENT | {"rank": 2, "action": "keep_testing", "best_bet": True, "segment_label": "Shop"}
    [row] = of_kind("targeting", recommendations=[bet])
    assert row["grade"] == "directional" and "bet" in str(row["action"])
    assert [row["grade"] for row in of_kind("targeting", recommendations=[SEGMENT, bet])] == ["strong"]


def test_a_segment_that_loses_is_not_given_a_campaign() -> None:
    weak = SEGMENT | {"action": "keep_testing", "segment_label": "Shop", "expected_lift": -0.08}
    better = weak | {"rank": 2, "segment_label": "Farm", "expected_lift": 0.05}
    assert [row["title"] for row in of_kind("targeting", recommendations=[weak])] == ["Learn before aiming"]
    assert [row["title"] for row in of_kind("targeting", recommendations=[weak, better])] == ["Test Farm"]


def test_nothing_to_tell_apart_asks_for_more_deals() -> None:
    [row] = of_kind("targeting", recommendations=[SEGMENT | {"action": "not_enough_data"}])
    assert row["grade"] == "directional" and "120 closed deals" in str(row["evidence"])


def test_the_commonest_reason_is_a_test() -> None:
    [row] = of_kind("loss_reason", loss_reasons=[REASON])
    assert (row["grade"], row["title"]) == ("directional", "Price: 19 of 48 losses")
    assert "40% (27% to 54%)" in str(row["evidence"])


def test_a_reason_without_a_play_of_its_own_gets_the_general_one() -> None:
    [row] = of_kind("loss_reason", loss_reasons=[REASON | {"category": "no_response", "label": "No response"}])
    assert row["title"] == "No response: 19 of 48 losses"


def test_a_grown_reason_is_a_claim_unless_reasons_are_doubtful() -> None:
    change: Row = {
        "category": "price",
        "is_changed": True,
        "direction": "up",
        "change": 0.2,
        "previous_share": 0.2,
        "rationale": "Price grew.",
    }
    assert of_kind("loss_reason", loss_reasons=[REASON], loss_reason_changes=[change])[0]["grade"] == "strong"
    doubt: list[Row] = [
        {"measure": "overall", "is_doubtful": True, "meaning": "any"},
        {"measure": "bulk_closes", "is_doubtful": True, "meaning": "share of losses closed on one day"},
    ]
    grades = [
        row["grade"]
        for row in of_kind("loss_reason", loss_reasons=[REASON], loss_reason_changes=[change], reliability=doubt)
    ]
    assert grades == ["directional", "fix the data"]


def test_unspecified_reasons_are_repaired_and_never_worked_on() -> None:
    doubt: list[Row] = [
        {"measure": "unusable_reasons", "is_doubtful": True, "meaning": "unusable"},
        {"measure": "overall", "is_doubtful": True, "meaning": "any"},
    ]
    [row] = of_kind("loss_reason", loss_reasons=[REASON | {"category": "unspecified"}], reliability=doubt)
    assert (row["grade"], row["evidence"]) == ("fix the data", "19 of 48 lost deals state no usable reason.")


@pytest.mark.parametrize(
    ("change", "grade", "title"),
    [
        ({}, "strong", "Move the score threshold to 0.75"),
        ({"current_score_threshold": None}, "strong", "Set a score threshold at 0.75"),
        ({"current_score_threshold": 0.75}, "strong", "Keep the score threshold at 0.75"),
        ({"is_predictive": False}, "directional", "Rework the score"),
        ({"is_predictive": False, "scored_deals": 10}, "fix the data", "Score every deal"),
    ],
)
def test_the_cut_off(change: Row, grade: str, title: str) -> None:
    [row] = of_kind("score_threshold", threshold=[THRESHOLD | change])
    assert (row["grade"], row["title"]) == (grade, title)


def test_personas_that_cannot_be_compared_are_repaired_first() -> None:
    person: Row = {
        "persona_type": "persona",
        "persona": "CFO",
        "action": "target_more",
        "expected_lift": 0.2,
        "is_refused": True,
        "rationale": "CFO",
    }
    [row] = of_kind("personas", personas=[person], coverage=[COVERAGE])
    assert row["grade"] == "fix the data" and "90% of won and 40% of lost" in str(row["evidence"])
    [row] = of_kind("personas", personas=[person | {"is_refused": False}], coverage=[COVERAGE])
    assert (row["grade"], row["title"]) == ("strong", "Bring in CFO")


def test_a_quarter_outside_its_limits_comes_first_in_process() -> None:
    quarter: Row = {
        "quarter": "2025-Q4",
        "is_outside_limits": True,
        "won_deals": 10,
        "closed_deals": 40,
        "win_rate": 0.25,
        "lower_limit": 0.4,
        "upper_limit": 0.8,
    }
    [row] = of_kind("process", quarters=[quarter])
    assert row["grade"] == "strong" and "usual limits 40% to 80%" in str(row["evidence"])


def test_a_word_the_playbook_makes_up_is_named_with_what_is_known() -> None:
    book = [row | {"title": "Go {nowhere}"} if row["situation"] == "target_more" else row for row in PLAYBOOK]
    with pytest.raises(ValueError, match="nowhere is not known here; known: due, rest_rate, segment"):
        action_items(Findings(recommendations=[SEGMENT], playbook=book))


def test_a_segment_named_like_a_placeholder_stays_as_it_is() -> None:
    [row] = of_kind("targeting", recommendations=[SEGMENT | {"segment_label": "{due}"}])
    assert row["title"] == "Target more: {due}"


def test_of_equally_empty_fields_the_same_is_named_whatever_the_order() -> None:
    rows: list[Row] = [
        {"field": field, "outcome": outcome, "filled_share": 0.0, "filled_deals": 0, "deals": 48}
        for field in ("revenue band", "region")
        for outcome in ("won", "lost")
    ]
    named = {
        tuple(row["evidence"] for row in of_kind("process", completeness=order))
        for order in (rows, rows[::-1], [rows[1], rows[3], rows[0], rows[2]])
    }
    assert named == {("0 of 48 lost deals have the region.",)}
