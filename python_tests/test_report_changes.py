"""What the report says of why the win rate moved, by what its tables hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from python_tests.report_context import graded
from winloss.report.charts import RowChart
from winloss.report.context import Context
from winloss.report.document import Chart, Section
from winloss.report.marts import Marts, Record
from winloss.report.sections.changes import why_it_moved

KEYS = {
    "win_rate_changes": ("comparison", "part"),
    "win_rate_change_segments": ("comparison", "dimension", "segment"),
}

TOTAL: dict[str, Any] = {
    "comparison": "previous_quarter", "part": "total", "quarter": "2025-Q4", "compared_quarter": "2025-Q3", "closed_deals": 400,
    "win_rate": 0.62, "compared_win_rate": 0.5, "change": 0.12, "change_low": 0.05, "change_high": 0.19, "is_claimed": False,
    "verdict": "chance", "visible_change": None, "missing_reason": None,
}  # fmt: skip
# .12 = .05 + .01 + .06
MIX = TOTAL | {"part": "mix", "change": 0.05, "change_low": 0.02, "change_high": 0.08, "verdict": None}
RECORDING = TOTAL | {"part": "recording", "change": 0.01, "change_low": -0.01, "change_high": 0.03, "verdict": None}
WITHIN = TOTAL | {
    "part": "within",
    "change": 0.06,
    "change_low": -0.02,
    "change_high": 0.14,
    "verdict": None,
    "visible_change": 0.104,
}

SEGMENT: dict[str, Any] = {
    "comparison": "previous_quarter", "dimension": "lead_source", "segment": "Partner", "compared_quarter": "2025-Q3",
    "rate_change": -0.3, "other_rate_change": 0.05, "difference": -0.35, "difference_low": -0.63, "difference_high": -0.07,
    "q_value": 0.001, "is_changed": False, "is_simpson": False, "dimension_contribution": 0.04, "dimension_contribution_low": 0.01,
    "dimension_contribution_high": 0.07,
}  # fmt: skip

POINTS = "\N{NO-BREAK SPACE}points"
MINUS = "\N{MINUS SIGN}"


def moved(
    total: dict[str, Any] | None = None,
    mix: dict[str, Any] | None = None,
    within: dict[str, Any] | None = None,
    segments: list[dict[str, Any]] | None = None,
    before: list[dict[str, Any]] | None = None,
) -> Section:
    rows = [TOTAL | (total or {}), MIX | (mix or {}), RECORDING, WITHIN | (within or {}), *(before or [])]
    tables = {"win_rate_changes": rows, "win_rate_change_segments": segments or []}
    return why_it_moved(
        Context(
            Marts(
                Path("nowhere"),
                {name: tuple(Record(name, KEYS[name], row) for row in listed) for name, listed in tables.items()},
            )
        )
    )


def test_what_chance_could_do_is_split_into_its_parts_and_said_to_be_so() -> None:
    assert graded(moved()) == [
        (
            "Directional",
            f"+12{POINTS} since 2025-Q3: +5 from which deals closed, +1 from how they were recorded, +6 from winning like deals.",
        ),
        (None, f"Chance alone could do this: at 400 deals only a change of 10{POINTS} would show."),
    ]


def test_each_claimed_part_is_a_sentence_of_its_own_row() -> None:
    told = graded(moved({"is_claimed": True}, {"is_claimed": True}, {"is_claimed": True}))
    assert told == [
        ("Strong", f"The win rate rose from 50% in 2025-Q3 to 62% in 2025-Q4: +12{POINTS} (+5 to +19), too much to be chance."),
        ("Strong", f"Since 2025-Q3, which deals closed moved the win rate by +5{POINTS} (+2 to +8)."),
        ("Strong", f"Since 2025-Q3, winning like deals more often moved the win rate by +6{POINTS} ({MINUS}2 to +14)."),
    ]  # fmt: skip


def test_other_records_are_no_change_and_must_be_completed_first() -> None:
    assert graded(moved({"verdict": "recording"})) == [
        (
            "Fix the data",
            f"Since 2025-Q3, +1{POINTS[:-1]} of +12 come from fields filled in more or less often, not from other deals. "
            "Compare again when fields are complete.",
        )
    ]


def test_a_segment_that_moved_otherwise_is_named_with_the_others_beside_it() -> None:
    told = graded(moved(segments=[SEGMENT | {"is_changed": True}, SEGMENT | {"segment": "Event"}]))
    assert told[2:] == [
        (
            "Strong",
            f"Partner (Lead source) since 2025-Q3: {MINUS}30{POINTS}, other deals +5; the difference is {MINUS}35{POINTS} ({MINUS}63 to {MINUS}7).",
        )
    ]


def test_every_segment_against_the_total_is_strong_only_where_the_mix_is_claimed_with_its_sign() -> None:
    text = "Every value of Lead source with deals enough was won less often than in 2025-Q3, yet the total rose: more deals came from where we win more often."
    simpson = [SEGMENT | {"is_simpson": True}, SEGMENT | {"segment": "Event", "is_simpson": True}]
    assert graded(moved(segments=simpson))[2:] == [("Directional", text)]
    assert graded(moved(mix={"is_claimed": True}, segments=simpson))[1:] == [("Strong", text)]
    against = {"is_claimed": True, "change": -0.05, "change_low": -0.08, "change_high": -0.02}
    assert graded(moved(mix=against, segments=simpson))[1:] == [("Directional", text)]


def test_dimensions_are_drawn_only_where_the_mix_is_claimed() -> None:
    def ids(section: Section) -> list[str]:
        return [block.id for block in section.blocks if isinstance(block, Chart)]

    assert ids(moved(segments=[SEGMENT])) == ["why-moved"]
    assert ids(moved(mix={"is_claimed": True}, segments=[SEGMENT])) == ["why-moved", "mix-previous-quarter"]


def test_a_claimed_part_is_drawn_with_a_triangle() -> None:
    chart = next(block for block in moved(within={"is_claimed": True}).blocks if isinstance(block, Chart))
    assert isinstance(chart.spec, RowChart)
    assert [row.shape for row in chart.spec.rows] == ["main", "dot", "dot", "up"]


def test_what_is_as_true_of_the_year_before_is_said_once() -> None:
    year = {"comparison": "year_before", "compared_quarter": "2024-Q4"}
    before = [row | year for row in (TOTAL, MIX, RECORDING, WITHIN)]
    told = graded(moved(before=before))
    assert [text[:11] for _, text in told] == [
        "+12\N{NO-BREAK SPACE}points ",
        "Chance alon",
        "+12\N{NO-BREAK SPACE}points ",
    ]


def test_without_an_earlier_quarter_there_is_one_sentence_and_no_chart() -> None:
    empty = why_it_moved(Context(Marts(Path("nowhere"), {"win_rate_changes": ()})))
    assert graded(empty) == [
        (None, "There is no earlier quarter with closed deals to compare with. Export older deals too.")
    ]
    refused = TOTAL | {"change": None, "missing_reason": "the quarter has not ended"}
    told = why_it_moved(
        Context(
            Marts(
                Path("nowhere"),
                {"win_rate_changes": (Record("win_rate_changes", KEYS["win_rate_changes"], refused),)},
            )
        )
    )
    assert graded(told) == [(None, "Why the win rate moved cannot be told: the quarter has not ended.")]
    assert why_it_moved(Context(Marts(Path("nowhere"), {}))).blocks == ()
