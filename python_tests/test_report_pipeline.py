"""What the report says of the funnel and of open deals, by what their tables hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import duckdb

from python_tests.conftest import SampleBuild
from python_tests.report_context import context_of, finding, labels, marks, said, tables
from winloss.report import build_report
from winloss.report.charts import Mark
from winloss.report.context import Context
from winloss.report.document import Sentence
from winloss.report.sections.pipeline import funnel, open_deals

KEYS = {
    "data_quality_findings": ("rule_id",),
    "dim_dimensions": ("dimension",),
    "open_pipeline": ("dimension", "segment"),
    "open_pipeline_by_profile": ("profile_standing",),
    "stage_changes": ("pipeline", "stage"),
    "stage_funnel": ("period", "pipeline", "stage"),
    "win_rate_baseline": ("period",),
}


def context(**tables: list[dict[str, Any]]) -> Context:
    return context_of(KEYS, tables)


# ---------------------------------------------------------------- funnel


def stage(
    order: int, name: str, reached: int, lost: int, share: float | None, pipeline: str = "unknown"
) -> dict[str, Any]:
    return {
        "period": "window", "pipeline": pipeline, "stage": name, "stage_order": order, "reached_deals": reached,
        "advanced_deals": reached - lost - 1, "lost_deals": lost, "disqualified_deals": 0, "open_deals": 1,
        "advance_rate": 0.7, "advance_rate_low": 0.6, "advance_rate_high": 0.8, "median_stage_days": 10,
        "share_of_losses": share, "share_of_losses_low": share and share - 0.1, "share_of_losses_high": share and share + 0.1,
        "missing_reason": None,
    }  # fmt: skip


def test_the_stage_with_the_most_losses_is_told_as_a_fact() -> None:
    section = funnel(context(stage_funnel=[stage(1, "Discovery", 60, 12, 0.3), stage(2, "Proposal", 47, 28, 0.7)]))
    (told,) = said(section)
    assert told.grade is None
    assert (
        told.text
        == "28 lost deals ended in Proposal, 70% (60 to 80) of the losses of the trailing quarters with a known stage."
    )
    assert finding(section) == "Most losses are in Proposal: 70%"
    (drawn,) = tables(section)
    # 47 advanced, 12 lost and 1 open of 60; 18, 28 and 1 of 47
    assert marks(drawn) == (
        (Mark("bar", 47), Mark("lost", 59, start=47), Mark("open", 60, start=59)),
        (Mark("bar", 18), Mark("lost", 46, start=18), Mark("open", 47, start=46)),
    )


def test_of_two_pipelines_each_is_named_the_larger_first() -> None:
    rows = [stage(1, "Quote", 20, 5, 1.0, "Renewals"), stage(1, "Discovery", 60, 1, 1.0, "Sales")]
    first, second = said(funnel(context(stage_funnel=rows)))
    assert (
        first.text
        == "Pipeline Sales: 1 lost deal ended in Discovery, 100% (90 to 110) of the losses of the trailing quarters with a known stage."
    )
    assert second.text.startswith("Pipeline Renewals: 5 lost deals ended in Quote")


def test_a_stage_that_lets_other_shares_of_deals_go_on_is_told_at_equal_age() -> None:
    moved = {
        "pipeline": "Sales", "stage": "Proposal", "stage_order": 2, "within_days": 21, "advance_rate": 0.5, "previous_advance_rate": 0.7,
        "change": -0.2, "change_low": -0.31, "change_high": -0.08, "is_changed": True, "is_promising": False,
    }  # fmt: skip
    rows = [stage(1, "Discovery", 60, 12, 0.3), stage(2, "Proposal", 47, 28, 0.7)]
    changes = [moved, moved | {"stage": "Demo", "is_changed": False, "is_promising": True}]
    told = [(one.grade, one.text) for one in said(funnel(context(stage_funnel=rows, stage_changes=changes)))[1:]]
    end = "in the previous quarter: \N{MINUS SIGN}20\N{NO-BREAK SPACE}points (\N{MINUS SIGN}31 to \N{MINUS SIGN}8.0)."
    assert told == [
        ("Strong", f"Within 21 days 50% of deals went on from Proposal, 70% {end}"),
        ("Directional", f"Within 21 days 50% of deals went on from Demo, 70% {end}"),
    ]


def test_without_stages_the_report_says_what_to_record_and_draws_nothing() -> None:
    unknown = {"rule_id": "stages_unknown", "records": 1042, "remedy": "Export the stage history too."}
    section = funnel(context(stage_funnel=[], data_quality_findings=[unknown]))
    (told,) = said(section)
    assert (told.grade, told.text) == (
        "Fix the data",
        "Where deals are lost cannot be told: for 1,042 deals no stage on the way is known. Export the stage history too.",
    )
    assert tables(section) == []


def test_a_file_without_the_tables_has_neither_section() -> None:
    assert funnel(context()).blocks == open_deals(context()).blocks == ()


# ---------------------------------------------------------------- open deals

ALL: dict[str, Any] = {
    "dimension": "all", "segment": "all deals", "as_of_on": date(2026, 1, 15), "open_deals": 40, "stale_deals": 10, "expected_wins": 12.4,
    "expected_wins_low": 6.6, "expected_wins_high": 18.2, "open_amount": 900_000.0, "expected_amount": 300_000.0,
    "amount_per_won_amount": 3.0, "value_missing_reason": None, "missing_reason": None,
}  # fmt: skip
WINDOW = {"period": "window", "closed_deals": 100}


def test_open_deals_are_told_with_their_wins_to_come_the_stale_and_the_value() -> None:
    section = open_deals(context(open_pipeline=[ALL], win_rate_baseline=[WINDOW]))
    space = "\N{NO-BREAK SPACE}"
    (told,) = said(section)
    assert (told.grade, told.text) == (
        None,
        f"Of 40 deals open on 15{space}January{space}2026, 12 (7 to 18) will be won at the pace of the trailing quarters. "
        "10 are stale, older than almost any deal ever won: close or re-qualify them. "
        "Of 900K open, 300K is to be expected: to win as much again takes 3 times as much pipeline.",
    )
    assert finding(section) == "12 wins to come from 40 open deals, worth 300K"


def test_one_open_deal_is_told_in_the_singular() -> None:
    row = ALL | {
        "open_deals": 1,
        "stale_deals": 1,
        "expected_wins": 0.6,
        "expected_wins_low": 0.1,
        "expected_wins_high": 1.0,
    }
    section = open_deals(context(open_pipeline=[row], win_rate_baseline=[WINDOW]))
    assert "1 is stale, older than almost any deal ever won: close or re-qualify it." in said(section)[0].text
    assert finding(section) == "1 win to come from 1 open deal, worth 300K"


def test_a_pace_of_few_deals_is_graded_so() -> None:
    told = said(open_deals(context(open_pipeline=[ALL], win_rate_baseline=[WINDOW | {"closed_deals": 9}])))
    assert told[0].grade == "Too few deals"


def test_without_expected_wins_the_reason_stands_alone() -> None:
    row = ALL | {"expected_wins": None, "missing_reason": "too few deals were decided"}
    section = open_deals(context(open_pipeline=[row]))
    assert [sentence.text for sentence in said(section)] == [
        "What 40 deals open will bring cannot be told: too few deals were decided."
    ]
    assert len(section.blocks) == 1


def test_the_split_by_profile_is_told_only_where_something_is_advised() -> None:
    standings = [
        {"profile_standing": "target more", "open_deals": 25, "share": 0.625, "stale_deals": 4, "expected_wins": 8.0, "open_amount": None},
        {"profile_standing": "neither", "open_deals": 15, "share": 0.375, "stale_deals": 6, "expected_wins": 4.4, "open_amount": None},
    ]  # fmt: skip
    section = open_deals(context(open_pipeline=[ALL], open_pipeline_by_profile=standings))
    (drawn,) = tables(section)
    assert drawn.title.text == "25 open deals, 62%, are in a target segment and in none to deprioritise"  # type: ignore[union-attr]
    assert marks(drawn) == (
        (Mark("pale", 21.0), Mark("open", 25.0, start=21.0), Mark("main", 8.0)),
        (Mark("pale", 9.0), Mark("open", 15.0, start=9.0), Mark("main", 4.4)),
    )
    assert tables(open_deals(context(open_pipeline=[ALL], open_pipeline_by_profile=standings[1:]))) == []
    # where one stands on too few deals to be shown, the others are, and it is said
    few = {
        "profile_standing": "deprioritise",
        "open_deals": 2,
        "share": 0.05,
        "stale_deals": 0,
        "expected_wins": None,
        "open_amount": None,
    }
    section = open_deals(context(open_pipeline=[ALL], open_pipeline_by_profile=[*standings, few]))
    assert said(section)[-1].text.startswith("Groups of too few open deals to be shown are not drawn.")
    assert [row[-1].at for row in marks(tables(section)[0])] == [8.0, 4.4]


def test_the_largest_segments_of_the_first_dimension_with_two_are_drawn() -> None:
    segments = [
        ALL | {"dimension": dimension, "segment": name, "open_deals": deals, "open_amount": None}
        for dimension, name, deals in (("industry", "Retail", 40), ("region", "North", 30), ("region", "South", 10))
    ]
    dimensions = [{"dimension": name} for name in ("industry", "region")]
    (drawn,) = tables(open_deals(context(open_pipeline=[ALL, *segments], dim_dimensions=dimensions)))
    assert labels(drawn) == ["North", "South"]
    assert marks(drawn)[0][2] == Mark("main", 12.4, 6.6, 18.2)


# ---------------------------------------------------------------- equal age


def sentences_of(part: object) -> Iterator[Sentence]:
    """Every sentence of a report or of a part of it."""
    if isinstance(part, Sentence):
        yield part
    elif is_dataclass(part):
        for each in fields(part):
            yield from sentences_of(getattr(part, each.name))
    elif isinstance(part, Mapping):
        yield from sentences_of(tuple(part.values()))
    elif isinstance(part, tuple | list):
        for each in part:
            yield from sentences_of(each)


def test_nothing_is_said_of_speed_pushes_or_contacts_but_of_deals_of_the_same_age(sample_build: SampleBuild) -> None:
    """Days to the close, pushes and the contacts a deal had in the end come with time: a deal that lives longer has more of each.

    What is said of contacts counts those of a landmark day on which the deals were open; what is said of days is read off a curve at an age.
    """
    published = sample_build.folder / "published.duckdb"
    told = list(sentences_of(build_report(published)))
    cells = [source for sentence in told for source in sentence.sources]
    assert len(told) > 30 and len(cells) > 100
    in_time = ("days", "weeks", "push", "slip", "stage_age")
    of_time = {(cell.table, cell.column) for cell in cells if any(word in cell.column for word in in_time)}
    assert of_time <= {
        ("multithreading", "landmark_days"),
        ("persona_evidence", "landmark_days"),
        ("win_rate_curves", "age_weeks"),
        # how far the curve of the pace reaches
        ("win_rate_definitions", "within_days"),
    }
    # of the contacts at the close it is only told that they say nothing
    at_close = [text for text in told if any(cell.key.get("moment") == "at close" for cell in text.sources)]
    assert {text.grade for text in at_close} == {None}
    # of how long a stage takes there are figures and no sentence; how often a deal was pushed is in no published table
    with duckdb.connect(str(published), read_only=True) as connection:
        columns = {
            row[0]
            for row in connection.execute("select column_name from duckdb_columns() where not internal").fetchall()
        }
    assert "median_stage_days" in columns
    assert [name for name in columns if "push" in name or "slip" in name] == []
