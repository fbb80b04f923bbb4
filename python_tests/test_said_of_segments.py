"""What is said of segments, held against its counts: the check itself sees every kind of contradiction."""

from __future__ import annotations

import pytest

from benchmarks.accuracy.words import contradictions, faults, texts_of
from python_tests.test_ordered_cuts import SEARCHED, STEP, counted
from winloss.advice.selection import select
from winloss.rows import Row


def told() -> tuple[Row, str]:
    """The side of a cut that wins more: 89 of 161 against 51 of 140, of 301 deals."""
    return texts_of(select(counted(STEP), SEARCHED))[0]


def test_what_is_said_of_a_cut_agrees_with_its_counts() -> None:
    row, text = told()
    assert (row["won_deals"], row["closed_deals"], row["action"]) == (89, 161, "target_more")
    assert "again wins more than 36% of its closed deals" in text
    assert contradictions(select(counted(STEP), SEARCHED)) == []


@pytest.mark.parametrize(
    ("changed", "old", "new", "fault"),
    [
        ({}, "(55%)", "", "does not show its evidence"),
        ({}, "won 89 of 161", "won 88 of 161", "does not show its evidence"),
        ({}, "against 36%", "against 63%", "points against the counts printed"),
        ({"expected_lift": -0.1}, "", "", "points against its record"),
        ({"other_win_rate": 0.7}, "", "", "points against its record"),
        ({}, "wins by +", "wins by -", "prints a change that points the other way"),
        ({}, "Target more", "Deprioritise", "says neither, or both, of more and less"),
        ({"difference_low": -0.01}, "", "", "claims although the interval of difference holds zero"),
        ({"expected_lift_low": 0.0}, "", "", "claims although the interval of expected_lift holds zero"),
        ({"extra_wins_low": -0.01}, "", "", "claims although the interval of extra_wins holds zero"),
        ({"other_closed_deals": 9}, "", "", "claims on a handful of deals"),
        ({"shift_points": 54.0}, "", "", "speaks of moving more deals than the segment holds"),
        ({"dimension": "employee_band"}, "", "", "does not name the dimension"),
        ({"dimension": "up_sale", "segment": "Yes"}, "", "", "does not name the dimension"),
    ],
)
def test_every_contradiction_is_seen(changed: Row, old: str, new: str, fault: str) -> None:
    row, text = told()
    assert faults(row, text, 301) == []
    assert fault in faults({**row, **changed}, text.replace(old, new) if old else text, 301)
