"""What the report says of why the win rate moved, by what its tables hold."""

from __future__ import annotations

from datetime import date
from typing import Any

from python_tests.report_context import context_of, finding, graded, labels, marks, tables
from winloss.report.charts import Mark, quarters
from winloss.report.document import Chart, Section
from winloss.report.sections.changes import why_it_moved

KEYS = {
    "win_rate_changes": ("comparison", "part"),
    "win_rate_change_segments": ("comparison", "dimension", "segment"),
    "win_rates_by_quarter": ("quarter",),
    "win_rate_trend": ("period",),
    "dim_periods": ("period",),
}

QUARTERS: list[dict[str, Any]] = [
    {
        "quarter": f"2025-Q{number}", "starts_on": date(2025, 3 * number - 2, 1), "closed_deals": 100, "won_deals": won, "win_rate": won / 100,
        "win_rate_low": won / 100 - 0.1, "win_rate_high": won / 100 + 0.1, "center_line": 0.55, "lower_limit": 0.4, "upper_limit": 0.7,
        "is_outside_limits": False, "is_partial": False,
    }
    for number, won in ((3, 50), (4, 62))
]  # fmt: skip
TREND: dict[str, Any] = {
    "period": "quarter", "quarters": 8, "first_win_rate": 0.5, "last_win_rate": 0.62, "z": 2.307, "grade": "directional", "run_quarters": 1,
    "is_shift": False,
}  # fmt: skip

TOTAL: dict[str, Any] = {
    "comparison": "previous_quarter", "part": "total", "quarter": "2025-Q4", "compared_quarter": "2025-Q3", "closed_deals": 400,
    "win_rate": 0.62, "win_rate_low": 0.57, "win_rate_high": 0.67,

    "compared_win_rate": 0.5, "compared_win_rate_low": 0.45, "compared_win_rate_high": 0.55, "change": 0.12, "change_low": 0.05,
    "change_high": 0.19, "is_claimed": False,
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
    "dimension_contribution_high": 0.07, "share": 0.3, "compared_share": 0.12, "contribution": 0.04, "contribution_low": 0.01,
    "contribution_high": 0.07,
}  # fmt: skip

SPACE = "\N{NO-BREAK SPACE}"
POINTS = f"{SPACE}points"
MINUS = "\N{MINUS SIGN}"


def moved(
    total: dict[str, Any] | None = None,
    mix: dict[str, Any] | None = None,
    within: dict[str, Any] | None = None,
    segments: list[dict[str, Any]] | None = None,
    before: list[dict[str, Any]] | None = None,
) -> Section:
    rows = [TOTAL | (total or {}), MIX | (mix or {}), RECORDING, WITHIN | (within or {}), *(before or [])]
    return of(win_rate_changes=rows, win_rate_change_segments=segments or [])


def of(**rows: list[dict[str, Any]]) -> Section:
    return why_it_moved(context_of(KEYS, {"win_rates_by_quarter": QUARTERS, **rows}))


def trend(section: Section) -> Chart:
    return next(block for block in section.blocks if isinstance(block, Chart))


def test_what_chance_could_do_is_split_into_its_parts_and_said_to_be_so() -> None:
    section = moved()
    assert graded(section) == [
        (
            "Directional",
            f"Of +12{POINTS} since Q3{SPACE}2025, +5.0 come from which deals closed, +1.0 from how they were recorded, +6.0 from winning like deals. "
            f"Chance alone could do this: at 400 deals only 10{POINTS} would show.",
        ),
    ]
    assert finding(section) == f"+12{POINTS} since Q3{SPACE}2025: chance alone could do this"


def test_each_claimed_part_is_a_sentence_of_its_own_row() -> None:
    told = graded(moved({"is_claimed": True}, {"is_claimed": True}, {"is_claimed": True}))
    assert told == [
        ("Strong", f"The win rate rose from 50% in Q3{SPACE}2025 to 62% in Q4{SPACE}2025: +12{POINTS} (+5.0 to +19), too much to be chance."),
        ("Strong", f"Since Q3{SPACE}2025, which deals closed moved the win rate by +5.0{POINTS} (+2.0 to +8.0)."),
        ("Strong", f"Since Q3{SPACE}2025, winning like deals more often moved the win rate by +6.0{POINTS} ({MINUS}2.0 to +14)."),
    ]  # fmt: skip


def test_a_claimed_mix_names_the_segment_whose_share_moved_it_most() -> None:
    segments = [
        SEGMENT,
        SEGMENT | {"segment": "Event", "contribution": 0.05, "contribution_low": -0.01, "contribution_high": 0.11},
        SEGMENT | {"segment": "Referral", "contribution": -0.06, "contribution_low": -0.1, "contribution_high": -0.02},
        SEGMENT | {"segment": "unknown", "contribution": 0.07},
        SEGMENT | {"segment": "Outbound", "contribution": None, "contribution_low": None, "contribution_high": None},
    ]
    named = f"+5.0{POINTS} (+2.0 to +8.0): Partner (lead source) made 30% of deals, 12% before."
    assert graded(moved(mix={"is_claimed": True}, segments=segments)) == [
        ("Strong", f"Since Q3{SPACE}2025, which deals closed moved the win rate by {named}")
    ]
    # nor one without the other
    assert "Partner" not in str(graded(moved(segments=segments)))


def test_where_lines_of_a_decision_count_once_it_is_said() -> None:
    note = "lines of a split opportunity are, count once: 90 of the 100 of Q4"
    parts = [part | {"closed_deals": 90} for part in (TOTAL, MIX, RECORDING, WITHIN)]
    assert note in str(of(win_rate_changes=parts))
    assert "count once" not in str(of(win_rate_changes=[part | {"closed_deals": 100} for part in parts]))


def test_a_claimed_mix_is_drawn_by_field_the_one_that_moved_most_first() -> None:
    segments = [
        SEGMENT,
        SEGMENT | {"segment": "Event"},
        SEGMENT
        | {
            "dimension": "deal_type",
            "dimension_contribution": -0.06,
            "dimension_contribution_low": -0.1,
            "dimension_contribution_high": -0.02,
        },
    ]

    steps, fields = tables(moved(mix={"is_claimed": True}, segments=segments))
    assert labels(steps)[0].startswith("Q3") and labels(fields) == ["Deal type", "Lead source"]
    # bars that go from zero to either side
    assert marks(fields) == ((Mark("step", -0.06, -0.1, -0.02, 0.0),), (Mark("step", 0.04, 0.01, 0.07, 0.0),))
    assert len(tables(moved(segments=segments))) == 1


def test_the_field_that_was_filled_in_otherwise_is_named() -> None:
    segments = [
        SEGMENT | {"segment": "unknown", "dimension": name, "contribution": moves}
        for name, moves in (("country", 0.002), ("lead_source", -0.02), ("product", 0))
    ]
    [(grade, words)] = graded(moved({"verdict": "recording"}, segments=[*segments, SEGMENT]))
    assert (grade, words.partition("other deals. ")[2]) == (
        "Fix the data",
        "Compare again when lead source is complete.",
    )


def test_other_records_are_no_change_and_must_be_completed_first() -> None:
    assert graded(moved({"verdict": "recording"})) == [
        (
            "Fix the data",
            f"Since Q3{SPACE}2025, +1.0{POINTS} of +12 come from fields filled in more or less often, not from other deals. "
            "Compare again when fields are complete.",
        )
    ]


def test_a_segment_that_moved_otherwise_is_named_with_the_others_beside_it() -> None:
    told = graded(moved(segments=[SEGMENT | {"is_changed": True}, SEGMENT | {"segment": "Event"}]))
    assert told[1:] == [
        (
            "Strong",
            f"Partner (lead source) since Q3{SPACE}2025: {MINUS}30{POINTS}, other deals +5.0; the difference is {MINUS}35{POINTS} ({MINUS}63 to {MINUS}7.0).",
        )
    ]


def test_every_segment_against_the_total_is_strong_only_where_the_mix_is_claimed_with_its_sign() -> None:
    text = (
        f"Every value of lead source with deals enough was won less often than in Q3{SPACE}2025, yet the total rose: "
        "more deals came from where we win more often."
    )
    simpson = [SEGMENT | {"is_simpson": True}, SEGMENT | {"segment": "Event", "is_simpson": True}]
    assert graded(moved(segments=simpson))[1:] == [("Directional", text)]
    assert graded(moved(mix={"is_claimed": True}, segments=simpson))[1:] == [("Strong", text)]
    against = {"is_claimed": True, "change": -0.05, "change_low": -0.08, "change_high": -0.02}
    assert graded(moved(mix=against, segments=simpson))[1:] == [("Directional", text)]


def test_the_steps_lead_from_one_rate_to_the_other_and_both_comparisons_share_a_scale() -> None:
    year = {"comparison": "year_before", "compared_quarter": "2024-Q4"}
    first, second = tables(moved(before=[row | year for row in (TOTAL, MIX, RECORDING, WITHIN)]))
    assert labels(first) == [
        f"Q3{SPACE}2025", "Mix (which deals closed)", "Recording (which fields were filled in)", "Within (winning like deals)", f"Q4{SPACE}2025",
    ]  # fmt: skip
    # .5 + .05 = .55, + .01 = .56, + .06 = .62
    assert [round(mark.at, 9) for row in marks(first) for mark in row] == [0.5, 0.55, 0.56, 0.62, 0.62]
    assert [round(mark.start, 9) for row in marks(first)[1:4] for mark in row] == [0.5, 0.55, 0.56]
    assert first.spec and second.spec and first.spec.scale == second.spec.scale


def test_a_claimed_step_is_the_title_of_its_chart() -> None:
    # the interval of the mix, +2 to +8, leaves out zero
    promising = f"Since Q3{SPACE}2025: no step is proven; mix may have moved it by +5.0{POINTS}"
    assert tables(moved())[0].title.text == promising  # type: ignore[union-attr]
    none = tables(moved(mix={"change_low": -0.02}))[0]
    assert none.title.text == f"Since Q3{SPACE}2025: no step is larger than chance"  # type: ignore[union-attr]
    claimed = tables(moved(within={"is_claimed": True}))[0]
    assert claimed.title.text == f"Since Q3{SPACE}2025: within moved it by +6.0{POINTS}"  # type: ignore[union-attr]


def test_without_an_earlier_quarter_the_control_chart_stands_alone() -> None:
    told = of(win_rate_changes=[])
    assert graded(told) == [
        (None, "There is no earlier quarter with closed deals to compare with. Export older deals too.")
    ]
    refused = of(win_rate_changes=[TOTAL | {"change": None, "missing_reason": "the quarter has not ended"}])
    assert graded(refused) == [(None, "Why it moved cannot be told: the quarter has not ended.")]
    assert tables(refused) == [] and trend(refused)
    undated = why_it_moved(context_of(KEYS, {"dim_periods": [{"period": "window", "has_undated_deals": True}]}))
    assert graded(undated) == [(None, "No deal has a closed date, so there are no two quarters to compare.")]
    unclosed = why_it_moved(context_of(KEYS, {}))
    assert graded(unclosed) == [(None, "No deal is closed, so there are no two quarters to compare.")]
    assert len(undated.blocks) == len(unclosed.blocks) == 1
    assert undated.finding is None


def test_the_quarter_told_beside_the_chart_has_ended() -> None:
    going_on = {**QUARTERS[1], "quarter": "2026-Q1", "starts_on": date(2026, 1, 1), "win_rate": 0.4, "is_partial": True}
    chart = trend(of(win_rates_by_quarter=[*QUARTERS, going_on]))
    assert chart.description.text == f"Win rate by quarter; in Q4{SPACE}2025 62%, where the average is 55%."


def test_a_trend_is_worded_by_its_grade() -> None:
    def worded(quarters: list[dict[str, Any]] | None = None, **row: Any) -> tuple[str | None, str]:
        title = trend(of(win_rate_trend=[TREND | row], win_rates_by_quarter=quarters or QUARTERS)).title
        return title.grade, title.text  # type: ignore[union-attr]

    start = "From 50% to 62% in 8 quarters: "
    assert worded() == ("Directional", f"{start}a steady rise is likelier than not, not proven (z = 2.31)")
    assert worded(z=-2.9, grade="strong") == ("Strong", f"{start}a steady fall, by more than chance (z = {MINUS}2.90)")
    assert worded(z=0.4, grade="no difference") == ("No difference", f"{start}no trend (z = 0.40)")
    assert worded(is_shift=True)[0] == "Strong"
    assert worded(z=None, grade="too few deals") == (None, "Too few quarters have ended to judge a trend")
    outside = [QUARTERS[0], QUARTERS[1] | {"is_outside_limits": True}]
    assert worded(outside)[1].startswith(
        f"Q4{SPACE}2025 lies outside its limits: 62% where chance alone gives 40% to 70%"
    )


def test_a_quarter_outside_its_limits_is_a_diamond_and_one_without_deals_is_left_open() -> None:
    empty = QUARTERS[0] | {"win_rate": None, "win_rate_low": None, "win_rate_high": None, "closed_deals": 0}
    chart = trend(of(win_rates_by_quarter=[empty, QUARTERS[1] | {"is_outside_limits": True}]))
    drawn = quarters(chart.spec, "t", "t", "d")
    assert drawn.count("<polygon") == 1 and "<circle" not in drawn
