"""What the report says of the win rate that is meant, the pace of winning and the quarters of creation, by what their tables hold."""

from __future__ import annotations

from typing import Any

import pytest

from python_tests.report_context import context_of, finding, labels, marks, said, tables
from winloss.report.charts import Drawing, Mark, Shape, counts, plot
from winloss.report.context import Context
from winloss.report.document import Figure, Figures, Pair, Report, Section, Sentence, Source, table
from winloss.report.render import as_markdown
from winloss.report.sections.rates import which_rate
from winloss.report.sections.segments import all_segments, where_we_win
from winloss.settings import declared

KEYS = {
    "dim_periods": ("period",),
    "win_rate_definitions": ("period", "definition"),
    "win_rates_by_quarter": ("quarter",),
    "win_rate_curves": ("period", "dimension", "segment", "age_weeks"),
    "win_rates_by_cohort": ("created_quarter",),
    "open_pipeline": ("dimension", "segment"),
}


def context(**tables: list[dict[str, Any]]) -> Context:
    return context_of(KEYS, {"dim_periods": [{"period": "quarter", "last_quarter": "2025-Q4"}], **tables})


# of ten deals four are won and three lost; three are open for ever
CLOSED: dict[str, Any] = {
    "period": "quarter", "definition": "closed", "definition_order": 2, "label": "Won or lost", "counted_deals": 70, "won_deals": 40,
    "added_deals": None, "within_days": None,
    "win_rate": 40 / 70, "win_rate_low": 0.455, "win_rate_high": 0.681, "step": None, "pace_gap": 40 / 70 - 0.4, "grade": None,
    "who_uses_it": "most teams", "missing_reason": None,
}  # fmt: skip
PACE: dict[str, Any] = {
    **CLOSED, "definition": "pace", "definition_order": 5, "label": "At the pace", "counted_deals": None, "won_deals": None,
    "win_rate": 0.4, "win_rate_low": 0.31, "win_rate_high": 0.5, "pace_gap": None, "who_uses_it": "this report",
}  # fmt: skip
OPEN = {"dimension": "all", "segment": "all deals", "stale_deals": 30, "open_deals": 32}


def section_of(closed: dict[str, Any], pace: dict[str, Any], **others: list[dict[str, Any]]) -> Section:
    window = {"period": "window"}
    rows = [CLOSED | closed | {"grade": None}, PACE | pace, CLOSED | closed | window, PACE | pace | window]
    return which_rate(context(win_rate_definitions=rows, open_pipeline=[OPEN], win_rate_curves=CURVE, **others))


def of_definitions(closed: dict[str, Any], pace: dict[str, Any], **others: list[dict[str, Any]]) -> list[Sentence]:
    return said(section_of(closed, pace, **others))


def test_a_closed_rate_above_the_pace_flatters_and_the_likely_cause_is_named() -> None:
    section = section_of({"grade": "strong"}, {})
    verdict, cause = said(section)
    assert (verdict.grade, verdict.text) == (
        "Strong",
        "The win rate of closed deals flatters: +17\N{NO-BREAK SPACE}points against the pace of the trailing quarters, 40% (31 to 50).",
    )
    assert finding(section) == "57% of closed deals; 40% when open deals count for as long as they were watched"
    assert (cause.grade, cause.text) == (
        "Fix the data",
        "Likely cause: 30 of 32 open deals are stale. Close or re-qualify them.",
    )


def test_a_closed_rate_below_the_pace_is_too_dark_and_stale_deals_are_not_its_cause() -> None:
    told = of_definitions({"grade": "strong", "pace_gap": -0.1}, {})
    assert len(told) == 1
    assert told[0].text.startswith("The win rate of closed deals is too dark: \N{MINUS SIGN}10\N{NO-BREAK SPACE}points")


def test_what_passes_95_percent_alone_may_flatter() -> None:
    assert [(told.grade, told.text.partition(":")[0]) for told in of_definitions({"grade": "directional"}, {})] == [
        ("Directional", "The win rate of closed deals may flatter"),
        ("Fix the data", "Likely cause"),
    ]
    (dark,) = of_definitions({"grade": "directional", "pace_gap": -0.1}, {})
    assert (dark.grade, dark.text.partition(":")[0]) == ("Directional", "The win rate of closed deals may be too dark")


def test_a_closed_rate_outside_the_interval_of_lines_alone_is_not_said_to_agree() -> None:
    """Few decisions in many lines: the interval shown is of lines, the grade of decisions."""
    (verdict,) = of_definitions({}, {})
    assert (verdict.grade, verdict.text) == (
        None,
        "Whether the closed rate flatters cannot be told of so few distinct deals: 57% against the pace of 40% (31 to 50).",
    )


def test_a_closed_rate_inside_the_interval_is_no_finding() -> None:
    (verdict,) = of_definitions({}, {"win_rate": 0.55, "win_rate_low": 0.5, "win_rate_high": 0.6})
    assert (verdict.grade, verdict.text) == (
        None,
        "The closed rate does not flatter us: over the trailing quarters 57% agrees with the pace of 55% (50 to 60).",
    )


def test_without_a_pace_the_report_says_why_and_what_to_export() -> None:
    (told,) = of_definitions({}, {"win_rate": None, "missing_reason": "no deal states when it was created"})
    assert (told.grade, told.text) == (
        "Fix the data",
        "How many of all deals are won cannot be told: no deal states when it was created. Export open deals too, and when each deal was created.",
    )


def test_a_quarter_without_a_win_rate_is_one_sentence_and_no_chart() -> None:
    rows = [CLOSED | {"win_rate": None, "missing_reason": "no such deals in this period"}, PACE]
    section = which_rate(context(win_rate_definitions=rows))
    assert [block.kind for block in section.blocks] == ["paragraph"]
    assert said(section)[0].text == "No win rate of the quarter can be told: no such deals in this period."


def test_a_setting_of_an_older_file_is_as_declared_and_a_stated_one_as_stated() -> None:
    keys = {"dim_settings": ("setting",)}
    assert context_of(keys, {"dim_settings": []}).whole("minimum_deals") == declared()["minimum_deals"].default == 10
    assert context_of(keys, {"dim_settings": [{"setting": "minimum_deals", "value": "25"}]}).minimum_deals == 25


def test_without_the_table_there_is_no_section() -> None:
    assert which_rate(context()).blocks == ()


CURVE = [
    {"period": "window", "dimension": "all", "segment": "all deals", "age_weeks": week, "won_share": won, "won_share_low": won,
     "won_share_high": won, "lost_share": lost, "open_share": 1 - won - lost, "missing_reason": None}
    for week, won, lost in ((1, 0.0, 0.0), (2, 0.1, 0.1), (3, 0.25, 0.2), (4, 0.4, 0.3))
]  # fmt: skip


def test_half_of_the_wins_have_come_in_the_first_week_that_holds_half_of_the_last_share() -> None:
    curve = tables(section_of({}, {}))[1]
    assert curve.title.text == "Half of the wins come by week 3; by week 4, 30% are still open"  # type: ignore[union-attr]
    assert labels(curve)[-1] == "4"
    assert marks(curve)[-1] == (Mark("bar", 0.4), Mark("lost", 0.7, start=0.4), Mark("open", 1.0, start=0.7))


def test_the_time_before_is_compared_at_an_age_that_both_curves_reach() -> None:
    """The curve of the time before ends a week earlier, so both are read off at week 3; a tick marks it in the drawing."""
    before = [{**row, "period": "window_before", "won_share": row["won_share"] / 2} for row in CURVE[:3]]
    before[2] |= {"won_share_low": 0.1, "won_share_high": 0.2}
    section = which_rate(context(win_rate_definitions=[CLOSED, PACE], win_rate_curves=[*CURVE, *before]))
    assert (
        "As fast as before? By week 3, 25% (25 to 25) of all deals are won; in as many quarters before, 12% (10 to 20) were."
        in [sentence.text for sentence in said(section)]
    )
    drawn = tables(section)[1]
    ticks = {
        label: [mark.at for mark in row if mark.shape == "tick"] for label, row in zip(labels(drawn), marks(drawn))
    }
    assert ticks == {"1": [0.0], "2": [0.05], "3": [0.125], "4": []}
    # without it nothing is compared
    alone = which_rate(context(win_rate_definitions=[CLOSED, PACE], win_rate_curves=CURVE))
    assert not [sentence for sentence in said(alone) if "before" in sentence.text]
    assert not [mark for row in marks(tables(alone)[1]) for mark in row if mark.shape == "tick"]


@pytest.mark.parametrize(
    ("quarters", "told"),
    [
        (("2023-Q4",), "in Q4\N{NO-BREAK SPACE}2023, all that the export holds before"),
        (
            ("2023-Q3", "2023-Q4"),
            "in Q3\N{NO-BREAK SPACE}2023 to Q4\N{NO-BREAK SPACE}2023, all that the export holds before",
        ),
        (("2023-Q2", "2023-Q3", "2023-Q4"), "in as many quarters before"),
    ],
)
def test_a_time_before_that_the_export_holds_in_part_is_named(quarters: tuple[str, ...], told: str) -> None:
    # the window is of three quarters, so three before it are as many; a quarter without closed deals is none
    starts = {
        "2023-Q1": "2023-01-01",
        "2023-Q2": "2023-04-01",
        "2023-Q3": "2023-07-01",
        "2023-Q4": "2023-10-01",
        "2024-Q1": "2024-01-01",
    }
    rows = {
        "dim_periods": [{"period": "window", "starts_on": "2024-01-01", "quarter_count": 3}],
        "win_rates_by_quarter": [
            {"quarter": name, "starts_on": day, "closed_deals": 9 if name in (*quarters, "2024-Q1") else 0}
            for name, day in starts.items()
        ],
        "win_rate_curves": [*CURVE, *({**row, "period": "window_before"} for row in CURVE)],
    }
    section = which_rate(context(win_rate_definitions=[CLOSED, PACE], **rows))
    (sentence,) = [sentence.text for sentence in said(section) if sentence.text.startswith("As fast as before?")]
    assert sentence.endswith(f"of all deals are won; {told}, 40% (40 to 40) were.")
    assert str(tables(section)[1].caption).endswith(f"Tick: won by then {told}.")


def test_without_a_curve_the_reason_is_told() -> None:
    none = {
        **dict.fromkeys(CURVE[0]),
        "period": "window",
        "dimension": "all",
        "age_weeks": 0,
        "missing_reason": "too few",
    }
    rows = [CLOSED, PACE]
    told = said(which_rate(context(win_rate_definitions=rows, win_rate_curves=[none])))
    assert told[-1].text == "How fast deals are won cannot be told: too few. Export when each deal was created."


COHORT: dict[str, Any] = {
    "created_deals": 100, "won_deals": 40, "lost_deals": 30, "open_deals": 30, "stale_deals": 0, "win_rate_so_far": 0.4,
    "final_win_rate": 0.55, "final_win_rate_low": 0.45, "final_win_rate_high": 0.65, "matured_share": 40 / 55, "maturity": "young",
    "missing_reason": None,
}  # fmt: skip


def cohorts(*maturities: str) -> list[dict[str, Any]]:
    quarters = ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1"]
    rows = [{**COHORT, "created_quarter": q, "starts_on": q, "maturity": m} for q, m in zip(quarters, maturities)]
    return [{**row, "final_win_rate": None} if row["maturity"] == "cut off" else row for row in rows]


def test_the_quarter_under_review_is_told_with_where_it_ends() -> None:
    section = which_rate(
        context(
            win_rate_definitions=[CLOSED, PACE],
            win_rates_by_cohort=cohorts("mature", "mature", "mature", "young", "young"),
        )
    )
    drawn = tables(section)[-1]
    assert drawn.title.text == (  # type: ignore[union-attr]
        "Deals created in Q4\N{NO-BREAK SPACE}2025: 40% won so far, 55% (45 to 65) when all are decided"
    )
    assert marks(drawn)[0] == (Mark("main", 0.55, 0.45, 0.65), Mark("hollow", 0.4))


def test_fewer_than_three_mature_quarters_are_not_compared() -> None:
    few = cohorts("cut off", "mature", "mature")
    section = which_rate(context(win_rate_definitions=[CLOSED, PACE], win_rates_by_cohort=few))
    assert not [drawn for drawn in tables(section) if "Deals created" in str(drawn.title)]


@pytest.mark.parametrize(("shape", "sign"), [("bar", "#14506b"), ("lost", "url(#lost)"), ("open", "url(#hatch)")])
def test_parts_of_a_bar_differ_without_colour(shape: Shape, sign: str) -> None:
    """A part is filled, striped or hatched."""
    drawing = Drawing(counts(10.0), ((Mark(shape, 5.0),),), 1)
    assert plot(drawing, 0).count(f'fill="{sign}"') == 1


def where(p_value: float | None, action: str = "not_enough_data", types: tuple[dict[str, Any], ...] = ()) -> list[str]:
    """What is said beside the charts of segments where Tech, 17 of 19 won, was tested or not, and nothing is claimed."""
    names = {
        "dim_dimensions": ("dimension",), "win_rate_baseline": ("period",), "win_rates_by_dimension": ("period", "dimension", "segment"),
        "icp_recommendations": ("dimension", "segment"), "win_rates_by_segment_pair": ("period",),
    }  # fmt: skip
    segments = [
        {"period": "window", "dimension": "industry", "segment": segment, "closed_deals": deals}
        for segment, deals in (("Tech", 19), ("Retail", 45))
    ]
    advised = {
        "dimension": "industry",
        "segment": "Tech",
        "second_segment": None,
        "segment_label": "Tech",
        "rank": 1,
        "action": action,
        "grade": "too few deals",
        "p_value": p_value,
    }
    rows = {
        "dim_dimensions": [
            {"dimension": "industry", "is_recommendable": True, "is_person": False},
            *([{"dimension": "deal_type", "is_recommendable": False, "is_person": False}] if types else []),
        ],
        "win_rate_baseline": [{"period": "window", "closed_deals": 64}],
        "win_rates_by_dimension": [*segments, *types],
        "icp_recommendations": [advised],
        "win_rates_by_segment_pair": [{"period": "window"}],
    }
    return [sentence.text for sentence in said(where_we_win(context_of(names, rows)))]


def test_of_segments_that_were_not_tested_no_gap_is_called_chance() -> None:
    assert where(None)[1:] == ["Too few deals to test: industry."]
    assert where(0.3)[1:] == [
        "No signal: industry. Every gap there could be chance.",
        "No combination of two segments does better than its parts predict.",
    ]


def test_a_dimension_that_a_bet_stands_on_is_not_called_without_signal() -> None:
    assert where(0.01, "keep_testing")[1:] == [
        "Not proven, but worth a test: Tech.",
        "No combination of two segments does better than its parts predict.",
    ]


def of_type(segment: str, won: int, closed: int, low: float, high: float) -> dict[str, Any]:
    return {
        "period": "window", "dimension": "deal_type", "segment": segment, "closed_deals": closed, "won_deals": won, "win_rate": won / closed,
        "win_rate_low": 0.3, "win_rate_high": 0.5, "shrunken_win_rate": won / closed, "other_win_rate": 0.41, "difference": (low + high) / 2,
        "difference_low": low, "difference_high": high, "has_few_deals": False,
    }  # fmt: skip


def test_a_deal_type_is_told_of_only_where_it_differs() -> None:
    # 115 of 270 against 41 % is a gap that chance makes; 90 of 100 is none
    alike = (of_type("New", 115, 270, -0.07, 0.10), of_type("Add-on", 102, 247, -0.10, 0.07))
    assert where(0.3, types=alike)[2:] == ["Not tested: deal type.", *where(0.3)[2:]]
    apart = (of_type("New", 115, 270, -0.58, -0.38), of_type("Renewal", 90, 100, 0.38, 0.58))
    assert where(0.3, types=apart)[3] == (
        "Renewal deals won 90 of 100 (90%; 30 to 50), all other types 41%. Every rate here counts both."
    )


NOT_SHOWN = "figures of fewer than 5 deals, and those that would give one away, are not shown"


def test_what_is_only_not_shown_has_no_remedy() -> None:
    none = {"period": "window", "dimension": "all", "segment": "all deals", "age_weeks": 0, "won_share": None}
    rows = {
        "win_rate_definitions": [CLOSED, PACE | {"win_rate": None, "missing_reason": NOT_SHOWN}],
        "win_rate_curves": [none | {"missing_reason": NOT_SHOWN}],
    }
    told = [(sentence.grade, sentence.text) for sentence in said(which_rate(context(**rows)))]
    assert (None, f"How many of all deals are won cannot be told: {NOT_SHOWN}.") in told
    assert (None, f"How fast deals are won cannot be told: {NOT_SHOWN}.") in told


def test_pairs_name_the_dimension_of_a_band_and_a_profile_says_what_is_not_exported() -> None:
    names = {
        "win_rate_baseline": ("period",), "win_rates_by_dimension": ("period", "dimension", "segment"), "dim_dimensions": ("dimension",),
        "icp_recommendations": ("dimension", "segment"), "win_rates_by_segment_pair": ("segment",), "icp_profile": ("profile_field",),
        "field_completeness": ("field", "outcome"),
    }  # fmt: skip
    counted = {"won_deals": 6, "closed_deals": 9, "win_rate": 6 / 9, "win_rate_low": 0.3, "win_rate_high": 0.9}
    pair = {
        "dimension": "revenue_band",
        "segment": "$10M to $50M",
        "second_dimension": "employee_band",
        "second_segment": "1 to 49",
    }
    words = {
        "dimension": "industry",
        "segment": "Retail",
        "second_dimension": "lead_source",
        "second_segment": "Web form",
    }
    field = {"current_value": None, "recommended_value": None, "deprioritised_value": None, "grade": "too few deals"}
    rows = {
        "win_rates_by_segment_pair": [counted | pair, counted | words],
        "icp_profile": [field | {"profile_field": name} for name in ("sales_region", "industry", "score_threshold")],
        "field_completeness": [
            {"field": name, "outcome": "won", "missing_reason": reason}
            for name, reason in (
                ("sales region", "not exported"),
                ("industry", None),
                ("qualification score", "not exported"),
            )
        ],
    }
    pairs, profile = tables(all_segments(context_of(names, rows)))
    assert [row[0] for row in pairs.rows] == [
        "Revenue band $10M to $50M × Employee band 1 to 49",
        "Retail × Web form",
    ]
    assert [(row[2], row[4]) for row in profile.rows] == [
        ("not in the export", "–"),
        ("nothing yet", "Too few deals"),
        ("not in the export", "–"),
    ]


def source(text: str) -> Source:
    return Source("win_rates_by_quarter", {}, "win_rate", 0.46, text)


def test_the_report_without_drawings_reads_as_text() -> None:
    """Intervals stand in brackets behind their figure; of what a drawing shows by signs neither labels nor a legend are left."""
    tile = Figure(
        "Win rate",
        source("46%"),
        Sentence("35 to 56"),
        (Sentence("37 of 81 won"), Sentence("up")),
        (source("Q4 2025"), source("Q3 2025")),
    )
    rows = [(Pair("1", "–"), "9")]
    legend = "Shaded: what chance does; a diamond is outside. Dashed: all deals, 39%. Shares: won (full), lost (striped). Hatched: open."
    drawn = table("By week", ["Week", ">Lost"], rows, legend, Drawing(counts(1.0), ((),), 1))
    section = Section("a", "At a glance", None, (Figures((tile,)), drawn))
    report = Report("2025-Q4", Sentence("We won"), (Sentence("81 closed deals."),), (section,), company="Example")
    assert as_markdown(report).replace("\N{NO-BREAK SPACE}", " ") == (
        "# We won\n\nWin/loss report Q4 2025, Example\n\n81 closed deals.\n\n## At a glance\n\n"
        "- **Win rate: 46%** (35 to 56). 37 of 81 won; up\n\n"
        "**By week**\n\n| Week | Lost |\n|---|---:|\n| 1 | 9 |\n\nAll deals, 39%. Shares: won, lost.\n"
    )
