"""Every deal again, with its people, stages, reasons and competitors: under its own account it claims nothing, under others it weakens none.

Lines that nothing tells apart are one decision (docs/decisions/0220). Each family's table is compared row by row: what is counted is as
many times more, and all else, whether a figure or a grade, is what it was.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from python_tests.known_company.project import ROOT, Project, copy_project
from python_tests.repeated_company import company, repeated, swapped, told, variables, write

# companies of its own, built whole
pytestmark = pytest.mark.thorough

Told = Mapping[str, list[dict[str, Any]]]

# what a row of each table is about
KEYS = {
    "icp_segment_evidence": ("dimension", "segment", "second_dimension", "second_segment"),
    "icp_recommendations": ("dimension", "segment", "second_dimension", "second_segment"),
    "persona_evidence": ("persona_type", "persona"),
    "win_rates_by_competitor": ("period", "competitor"),
    "competitor_loss_reasons": ("period", "competitor", "category"),
    "competitors_by_quarter": ("quarter", "competitor"),
    "loss_reason_changes": ("category",),
    "recommended_score_threshold": (),
    "multithreading": ("period", "moment"),
    "win_rates_by_quarter": ("quarter",),
    "win_rate_trend": (),
    "win_rate_changes": ("comparison", "part"),
    "win_rate_change_segments": ("comparison", "dimension", "segment"),
    "scorecard_quality": (),
    "account_points": ("dimension", "segment"),
    "segment_values": ("dimension", "segment"),
    "advice_values": ("dimension", "segment", "second_dimension", "second_segment"),
    "return_on_investment": (),
    "loss_reason_reliability": ("period", "measure"),
    "action_items": ("item",),
    "report_findings": ("finding",),
    "stage_changes": ("pipeline", "stage"),
    "win_rate_definitions": ("period", "definition"),
    "icp_backtest": ("method", "quarter"),
    "account_tier_history": ("quarter", "tier"),
}
# intervals of plain rates and shares, which are of deals as the export lists them and claim nothing
PLAIN = {
    "win_rate_definitions": ("win_rate_low", "win_rate_high", "effective_deals"),
    "win_rates_by_competitor": ("win_rate_low", "win_rate_high", "shrunken_win_rate"),
    "competitor_loss_reasons": ("share_low", "share_high"),
    "competitors_by_quarter": ("share_low", "share_high"),
    "multithreading": tuple(f"{side}_win_rate_{end}" for side in ("many", "few") for end in ("low", "high")),
}
# columns that judge, besides all that are true or false: grades, verdicts, reasons why nothing is said, intervals and p
JUDGING = re.compile(r"grade|.*verdict|action|agreement|.*_standing|.*missing_reason|(gate_)?[pq]_value|.*_(low|high)")
# of these the ends alone rest on lines: of rates, shares and medians, and of how far two rates are apart, that stand beside the number of deals they
# are of, and decide nothing; and of wins to come, which are wins of open deals as the export lists them
INTERVALS_OF_LINES = {
    "buying_groups": "win_rate",
    "competition_coverage": "named_win_rate",
    "competitor_loss_reasons": "share",
    "competitors_by_quarter": "share",
    "decision_makers": "share",
    "loss_reasons": "share share_change",
    "loss_reasons_by_dimension": "share difference",
    "multithreading": "many_win_rate few_win_rate",
    "open_pipeline": "expected_wins",
    "score_thresholds": "accuracy win_rate_above",
    "stage_funnel": "advance_rate win_rate_from_here share_of_losses",
    "typical_deals": "median",
    "win_rate_baseline": "win_rate value_win_rate",
    "win_rate_curves": "won_share",
    "win_rate_definitions": "win_rate",
    "win_rates_by_cohort": "final_win_rate",
    "win_rates_by_competitor": "win_rate",
    "win_rates_by_competitor_segment": "win_rate",
    "win_rates_by_contact_count": "win_rate",
    "win_rates_by_dimension": "win_rate difference value_win_rate",
    "win_rates_by_persona": "win_rate_with difference",
    "win_rates_by_segment_pair": "win_rate difference value_win_rate",
    "win_reasons": "share",
}
# rows that come with more lines: curves are watched longer, rates of few deals are not published
MORE_ROWS = {"win_rate_curves", "win_rates_by_competitor_segment", "win_rates_by_segment_pair"}


@pytest.fixture(scope="module")
def tables_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Told]:
    """The tables of the company with its deals in so many lines, under other accounts and owners, or won and lost swapped."""
    found: dict[tuple[int, bool, bool], Told] = {}

    def build(times: int, accounts: bool = False, is_swapped: bool = False) -> Told:
        asked = times, accounts, is_swapped
        if asked not in found:
            project: Project = copy_project(tmp_path_factory.mktemp("repeated"), seeds=None)
            rows = repeated(company(), times, accounts)
            write(project, swapped(rows) if is_swapped else rows)
            tables = [*KEYS] if accounts or is_swapped else PUBLISHED
            built = project.build_for(*tables, variables=variables())
            assert built.exit_code == 0, built.shown
            found[asked] = {table: told(project, table, PLAIN.get(table, ())) for table in KEYS}
            if tables is PUBLISHED:
                judgements[times] = judged(project)
        return found[asked]

    return build


Judged = dict[tuple[Any, ...], dict[str, Any]]
PUBLISHED = [
    row["table_name"]
    for row in csv.DictReader((ROOT / "seeds" / "published_tables.csv").read_text("utf-8").splitlines())
    if row["is_published"] == "true"
]
judgements: dict[int, dict[str, Judged]] = {}
"""What published tables judge by table and key, for each number of lines that was built."""


def judged(project: Project) -> dict[str, Judged]:
    """Of each published table that has any, its columns that judge, by the key of the row."""
    with project.connect() as connection:
        keys = dict(
            connection.execute(
                "select table_name, constraint_column_names from duckdb_constraints() where constraint_type = 'PRIMARY KEY' and schema_name = 'marts'"
            ).fetchall()
        )
        columns: dict[str, list[str]] = {}
        for table, column, kind in connection.execute(
            "select table_name, column_name, data_type from information_schema.columns where table_schema = 'marts'"
        ).fetchall():
            if table in PUBLISHED and (kind == "BOOLEAN" or JUDGING.fullmatch(column)):
                columns.setdefault(table, []).append(column)
    return {
        table: {
            tuple(row[name] for name in keys.get(table) or KEYS[table]): {name: row[name] for name in judging}
            for row in told(project, table)
        }
        for table, judging in columns.items()
    }


def moved(one: Mapping[str, Judged], many: Mapping[str, Judged]) -> dict[tuple[str, str], list[str]]:
    """Judgements that are not what they were, by table and column; figures in a sentence may be."""
    found: dict[tuple[str, str], list[str]] = {}
    for table, before in one.items():
        after = many[table]
        assert before.keys() <= after.keys() and (table in MORE_ROWS or before.keys() == after.keys()), table
        for key, row in before.items():
            for name, cell in row.items():
                if not is_alike(cell, after[key][name], times=1):
                    found.setdefault((table, name), []).append(f"{key}: {cell} {after[key][name]}")
    return found


def by_key(tables: Told, table: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    rows = {tuple(row[name] for name in KEYS[table]): row for row in tables[table]}
    assert len(rows) == len(tables[table])
    return rows


def is_alike(one: Any, many: Any, times: int) -> bool:
    """Whether a cell is what it was, or a count so many times larger; figures in a sentence may be either."""
    if isinstance(one, str) and isinstance(many, str):
        return re.sub(r"[\d,]+", "0", one) == re.sub(r"[\d,]+", "0", many)
    if isinstance(one, (bool, date)) or one is None or many is None or not isinstance(one, (int, float)):
        return bool(one == many)
    is_same = math.isclose(one, many, rel_tol=1e-6, abs_tol=1e-8)
    return is_same or (isinstance(one, int) and many == times * one)


def differences(one: Told, many: Told, times: int) -> list[str]:
    """Cells that are not alike, of tables that have the same rows."""
    found = []
    for table in KEYS:
        before, after = by_key(one, table), by_key(many, table)
        assert before and before.keys() == after.keys(), table
        found += [
            f"{table} {key} {name}: {before[key][name]} {after[key][name]}"
            for key in before
            for name in before[key]
            # a sum of amounts, and what follows from the counts alone
            if name not in ("won_amount", "lost_amount", "velocity_amount_per_day", "value_effective_deals")
            and not is_alike(before[key][name], after[key][name], times)
        ]
    return found


def test_the_company_has_something_to_claim_in_every_family(tables_of: Callable[..., Told]) -> None:
    """Where nothing could be claimed, or all is claimed already, nothing could be strengthened either."""
    one = tables_of(1)
    assert {row["action"] for row in one["icp_segment_evidence"]} >= {"target_more", "not_enough_data"}
    assert {row["action"] for row in one["persona_evidence"]} >= {"keep_testing", "not_enough_data"}
    assert {row["grade"] for row in one["win_rates_by_competitor"]} >= {"strong", "directional"}
    assert {row["grade"] for row in one["competitor_loss_reasons"]} >= {"too few deals"}
    assert any(0 < row["p_value"] < 0.2 for row in one["competitors_by_quarter"] if row["p_value"])
    assert any(row["is_tested"] and not row["is_changed"] for row in one["loss_reason_changes"])
    assert [row["grade"] for row in one["recommended_score_threshold"]] == ["strong"]
    assert {row["grade"] for row in one["multithreading"]} >= {"strong", "too few deals"}
    assert any(
        not row["is_win_rate_changed"] and abs(row["win_rate_change"]) > 0.08 for row in one["win_rates_by_quarter"][1:]
    )
    assert {row["missing_reason"] is None for row in one["win_rate_change_segments"]} == {True, False}
    assert one["scorecard_quality"][0]["p_value"] is not None
    assert {row["value_verdict"] for row in one["segment_values"]} >= {"worth more", "cannot be told"}
    assert one["return_on_investment"][0]["net_gain_low"] is not None
    # one reason is stated often enough to act on, others are not
    assert {row["source_row"] for row in one["action_items"] if row["source_table"] == "loss_reasons"} == {
        "missing_feature"
    }
    assert {row["topic"] for row in one["report_findings"]} >= {"target", "loss_reason", "competitor"}
    assert {(row["is_tested"], row["is_changed"]) for row in one["stage_changes"]} == {(True, True), (True, False)}
    assert 0 < one["win_rate_trend"][0]["z"] < 1.96
    unjudged = [row for row in one["loss_reason_reliability"] if row["measure"] == "one_reason_owners"]
    assert {row["value"] is None for row in unjudged} == {True, False}


@pytest.mark.parametrize("times", [pytest.param(2, marks=pytest.mark.slow), 4])
def test_every_deal_again_under_its_account_claims_nothing(tables_of: Callable[..., Told], times: int) -> None:
    one, many = tables_of(1), tables_of(times)
    assert differences(one, many, times) == []
    [baseline] = [row for row in one["win_rates_by_quarter"] if row["quarter"] == "2025-Q4"]
    [repeats] = [row for row in many["win_rates_by_quarter"] if row["quarter"] == "2025-Q4"]
    assert (repeats["closed_deals"], repeats["decisions"]) == (times * baseline["closed_deals"], baseline["decisions"])


def test_every_judgement_of_every_published_table_is_that_of_decisions(tables_of: Callable[..., Told]) -> None:
    """Found in the columns of the build, not in a list: a table or a verdict that is new is held to it as well."""
    tables_of(1), tables_of(4)
    excused = {(table, name) for table, names in INTERVALS_OF_LINES.items() for name in names.split()}
    found = moved(judgements[1], judgements[4])
    ends = {column: (column[0], re.sub(r"_(low|high)$", "", column[1])) for column in found}
    assert {column: found[column][:3] for column, whole in ends.items() if whole not in excused} == {}
    # an excuse that nothing needs is none
    assert excused == set(ends.values())


@pytest.mark.slow
def test_every_deal_again_under_other_accounts_weakens_no_claim(tables_of: Callable[..., Told]) -> None:
    """Of one question; what a further claim accounts for may fall (docs/decisions/0110): competitors set aside, effects drawn to zero."""
    one, many = tables_of(1), tables_of(2, accounts=True)

    def pairs(table: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        before, after = by_key(one, table), by_key(many, table)
        assert before.keys() == after.keys()
        return [(before[key], after[key]) for key in before]

    for table in ("persona_evidence", "loss_reason_changes", "win_rate_change_segments", "competitors_by_quarter"):
        compared = [(row["p_value"], more["p_value"]) for row, more in pairs(table) if row["p_value"] is not None]
        assert compared and all(more <= p + 1e-9 for p, more in compared), table
    for row, more in pairs("win_rates_by_competitor"):
        assert more["is_claimed"] >= row["is_claimed"]
    assert (
        many["recommended_score_threshold"][0]["gate_p_value"] < one["recommended_score_threshold"][0]["gate_p_value"]
    )
    intervals = {
        "multithreading": "difference",
        "win_rates_by_quarter": "win_rate_change",
        "win_rates_by_competitor": "difference",
    }
    for table, name in intervals.items():
        widths = [
            (row[f"{name}_high"] - row[f"{name}_low"], more[f"{name}_high"] - more[f"{name}_low"])
            for row, more in pairs(table)
            if row[name] is not None and row[f"{name}_high"] is not None
        ]
        assert widths and all(more < width for width, more in widths), table
    assert all(more["is_win_rate_changed"] for row, more in pairs("win_rates_by_quarter") if row["is_win_rate_changed"])


@pytest.mark.slow
def test_won_and_lost_swapped_flip_every_sign(tables_of: Callable[..., Told]) -> None:
    one, other = tables_of(1), tables_of(1, is_swapped=True)
    flipped = {
        "persona_evidence": ("difference", "adjusted_difference", "expected_lift"),
        "win_rates_by_competitor": ("difference", "expected_difference"),
        "multithreading": ("difference",),
        "win_rates_by_quarter": ("win_rate_change",),
        "win_rate_changes": ("change",),
        "win_rate_change_segments": ("difference", "contribution"),
        "account_points": ("points",),
    }
    for table, names in flipped.items():
        before, after = by_key(one, table), by_key(other, table)
        assert before.keys() == after.keys(), table
        for key, row in before.items():
            for name in names:
                for end, far_end in (("", ""), ("_low", "_high"), ("_high", "_low")):
                    if f"{name}{end}" in row:
                        value, mirrored = row[f"{name}{end}"], after[key][f"{name}{far_end}"]
                        assert mirrored == (None if value is None else pytest.approx(-value, abs=1e-6)), (
                            table,
                            key,
                            name,
                        )
            for name in {
                "p_value",
                "q_value",
                "is_claimed",
                "is_promising",
                "is_changed",
                "grade",
                "is_outside_limits",
                "verdict",
            } & row.keys():
                same = row[name] if not isinstance(row[name], float) else pytest.approx(row[name], abs=1e-6)
                assert after[key][name] == same, (table, key, name)
    # what wins more often may be bet on, what wins less often may not: claims alone are mirrored
    opposite = {"target_more": "deprioritise", "deprioritise": "target_more"}
    segments, mirrored_segments = (by_key(tables, "icp_segment_evidence") for tables in (one, other))
    claims = {key: opposite[row["action"]] for key, row in segments.items() if row["action"] in opposite}
    assert claims
    assert claims == {key: row["action"] for key, row in mirrored_segments.items() if row["action"] in opposite}
    for key, row in segments.items():
        evidence = [mirrored_segments[key][name] for name in ("p_value", "q_value", "adjusted_difference")]
        assert evidence == pytest.approx([row["p_value"], row["q_value"], -row["adjusted_difference"]], abs=1e-6)
    assert other["win_rate_trend"][0]["z"] == pytest.approx(-one["win_rate_trend"][0]["z"], abs=1e-6)
    # the same ranking: an account expected to win is now one expected to lose
    for name in ("auc", "p_value", "brier", "skill"):
        assert other["scorecard_quality"][0][name] == pytest.approx(one["scorecard_quality"][0][name], abs=1e-6)
