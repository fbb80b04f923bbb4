"""Compares the answers of a build of the known company with the rows that were worked out."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from duckdb import DuckDBPyConnection

from python_tests.known_company.project import HERE, Project, read_csv
from python_tests.known_company.work_out_expected import TABLES as CALCULATIONS
from python_tests.known_company.work_out_expected import cell

EXPECTED = HERE / "expected"
TABLES = sorted(CALCULATIONS)

# What identifies a row.
KEYS = {
    "dim_periods": ["period"],
    "fct_deals": ["deal_key"],
    "bridge_deal_contacts": ["deal_key", "contact_key"],
    "bridge_deal_loss_reasons": ["deal_key", "category"],
    "bridge_deal_win_factors": ["deal_key", "win_factor"],
    "win_rate_baseline": ["period"],
    "win_rates_by_dimension": ["period", "dimension", "segment"],
    "win_rates_by_segment_pair": ["period", "dimension", "segment", "second_dimension", "second_segment"],
    "win_rates_by_quarter": ["quarter"],
    "loss_reasons": ["period", "category"],
    "loss_reasons_by_dimension": ["period", "dimension", "segment", "category"],
    "win_reasons": ["period", "win_factor"],
    "win_rates_by_persona": ["period", "persona_type", "persona"],
    "decision_makers": ["period", "persona", "seniority", "department"],
    "buying_groups": ["period", "group_type", "buying_group"],
    "contact_coverage": ["period"],
    "score_thresholds": ["period", "score_threshold"],
    "dim_dimensions": ["dimension"],
    "typical_deals": ["period", "measure"],
    "value_by_currency": ["period", "currency"],
    "icp_segment_evidence": ["dimension", "segment"],
    "loss_reason_changes": ["category"],
    "persona_evidence": ["persona_type", "persona"],
    "recommended_score_threshold": ["population"],
    "loss_reason_coverage_by_owner": ["period", "owner"],
    "loss_reason_reliability": ["period", "measure"],
    "rejected_records": ["object", "source_file", "source_line"],
    "rejected_record_counts": ["object", "rule_id"],
    "input_files": ["object", "source_file"],
    "input_columns": ["object", "source_file", "column_name", "source_header"],
    "alerts": ["alert", "subject"],
    "field_completeness": ["period", "outcome", "field"],
    "data_quality_findings": ["rule_id"],
}
# Advice rests on counts, which are worked out; what Python makes of them is worked out in tests of its own.
ADVICE = {
    "icp_segment_evidence": "test_selection",
    "loss_reason_changes": "test_loss_reason_changes",
    "persona_evidence": "test_personas",
    "recommended_score_threshold": "test_qualification",
}
# Tables no row is worked out for here, and what holds them.
HELD_ELSEWHERE = {
    "dim_days": "its unit test",
    "dim_as_of": "the day stands in dim_periods; its unit tests",
    "bridge_deal_competitors": "test_competitors; win_rates_by_dimension counts through it",
    "fct_closed_deals": "a filter of fct_deals; every rate above counts through it",
    "fct_deal_segments": "fct_deals turned on its side; win_rates_by_dimension counts through it",
    "dim_stages": "nothing tells the order of its stages; test_stage_funnel",
    "fct_deal_stages": "the same",
    "stage_funnel": "the same",
    "stage_changes": "the same",
    "dim_playbook": "a seed as it stands; its unit test",
    "dim_segment_cuts": "the seed of bands; its unit test",
    "dim_settings": "the variables as they stand; test_settings",
    "icp_recommendations": "icp_segment_evidence without what may not be recommended; test_sample_advice",
    "icp_profile": "icp_recommendations by dimension; test_sample_advice",
    "icp_backtest": "test_backtest",
    "action_items": "its intermediates' unit tests; test_actions",
    "report_findings": "its unit tests",
    "report_changes": "its unit tests",
    "win_rate_trend": "its unit tests",
    "return_on_investment": "its unit tests",
    "fct_open_spells": "its unit tests; the curve worked out for data_quality_findings counts through it",
    "win_rate_definitions": "its unit tests; win_rate_baseline has the closed rate; test_which_win_rate",
    "win_rate_curves": "its unit tests; test_which_win_rate",
    "win_rates_by_cohort": "its unit tests; data_quality_findings counts what is cut off; test_which_win_rate",
    "open_pipeline": "its unit tests; test_which_win_rate",
    "open_pipeline_by_profile": "its unit tests; test_worklist",
    "competition_coverage": "test_competitors",
    "competitor_loss_reasons": "its unit tests",
    "competitors_by_quarter": "test_competitor_claims and its unit tests",
    "win_rates_by_competitor": "test_competitors and test_competitor_claims",
    "win_rates_by_competitor_segment": "its unit test",
    "multithreading": "test_stratified and its unit tests",
    "win_rates_by_contact_count": "its unit tests",
    "win_rate_changes": "test_changes",
    "win_rate_change_segments": "test_changes",
    "dim_account_profiles": "its unit tests; test_accounts",
    "dim_accounts": "test_accounts",
    "account_scorecard": "test_accounts",
    "account_points": "test_accounts",
    "account_tiers": "test_accounts",
    "account_tier_history": "test_accounts",
    "scorecard_quality": "test_accounts",
    "advice_values": "test_segment_values",
    "loss_reason_quarters": "its unit test; assert_loss_reasons_add_up_to_all_lost_deals",
    "segment_quarters": "its unit test; assert_segments_and_quarters_add_up_to_all_deals; test_segment_quarters",
    "segment_values": "test_segment_values",
    "recommendation_follow_up": "needs a second quarter; test_memory",
}


def answer(connection: DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    """The rows of an answer by column name; none when the table is not there."""
    columns = [
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where table_name = ?", [table]
        ).fetchall()
    ]
    if not columns:
        return []
    # how long the run took and what memory it held is no answer of the company's
    where = "where subject != 'this build'" if table == "alerts" else ""
    return [
        dict(zip(columns, row, strict=True))
        for row in connection.execute(f"select {', '.join(columns)} from marts.{table} {where}").fetchall()
    ]


def says(actual: Any, expected: str) -> bool:
    """Whether a value of the answer is the expected one; numbers may differ in the tenth digit, or place."""
    if actual is None or isinstance(actual, (bool, str, date)):
        return ("" if actual is None else str(actual).lower() if isinstance(actual, bool) else str(actual)) == expected
    return expected != "" and math.isclose(float(actual), float(expected), rel_tol=1e-9, abs_tol=1e-9)


def differences(actual: list[dict[str, Any]], expected: list[dict[str, str]], keys: list[str]) -> list[str]:
    """Every row and cell in which an answer is not what was worked out, in words."""

    def name(row: dict[str, Any]) -> tuple[str, ...]:
        return tuple(cell(row[key]) if not isinstance(row[key], str) else row[key] for key in keys)

    found, wanted = {name(row): row for row in actual}, {name(row): row for row in expected}
    said = [f"{' | '.join(key)}: missing" for key in sorted(wanted.keys() - found.keys())]
    said += [f"{' | '.join(key)}: not expected" for key in sorted(found.keys() - wanted.keys())]
    if len(found) != len(actual):
        said.append(f"{len(actual) - len(found)} rows repeat a key")
    for key in sorted(wanted.keys() & found.keys()):
        said += [
            f"{' | '.join(key)}: {column} is {found[key].get(column)!r}, worked out {value!r}"
            for column, value in wanted[key].items()
            if not says(found[key].get(column), value)
        ]
    return said


def differing_tables(project: Project) -> list[str]:
    """The names of the answers that are not there or not as worked out."""
    with project.connect() as connection:
        return [
            table
            for table in TABLES
            if differences(answer(connection, table), read_csv(EXPECTED / f"{table}.csv"), KEYS[table])
        ]


# What the published example says of the sample's quarter under review, and what its files must keep saying.
SAMPLE_FACTS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "summary": (
        "select won_deals, lost_deals, mean_won_amount, mean_won_cycle_days from marts.win_rate_baseline "
        "where period = 'quarter'",
        (79, 48, 98500.0, 47.0),
    ),
    "revenue band": (
        "select round(win_rate, 2) from marts.win_rates_by_dimension "
        "where period = 'quarter' and dimension = 'revenue_band' and segment = '$10M to $50M'",
        (0.78,),
    ),
    "champions": (
        "select won_deals_with, round(share_of_won_deals_with_roles, 2) from marts.win_rates_by_persona "
        "where period = 'quarter' and persona_type = 'persona_in_role' and persona = 'VP Sales as champion'",
        (8, 0.8),
    ),
    "scores": (
        "select round(accuracy, 2) >= 0.95 from marts.score_thresholds where period = 'quarter' and score_threshold = 0.75",
        (True,),
    ),
    "files": ("select count(*), sum(abs(unaccounted)) from marts.input_files", (4, 0)),
    # 19, 9, 7 and 6 headers
    "columns": ("select count(*), count(*) filter (where status = 'mapped') from marts.input_columns", (41, 41)),
    "stages": ("select count(*) from staging.stg_stage_history", (0,)),
    "dimensions no one filled": (
        "select count(*) from marts.fct_deals where partner_channel != 'unknown' or region is null",
        (0,),
    ),
    "profile of today": (
        "select current_value from marts.icp_profile where profile_field = 'industry'",
        ("Retail and Financial Services",),
    ),
    "next quarter": ("select distinct due_quarter from marts.action_items", ("2026-Q1",)),
    "advice pays": (
        "select avg(extra_wins_per_100) > 2 from marts.icp_backtest where method = 'winloss'",
        (True,),
    ),
    "unknown is not recommended": (
        "select count(*) from marts.icp_recommendations where segment = 'unknown' or second_segment = 'unknown'",
        (0,),
    ),
    # The line without an id, counted in a text editor.
    "line": ("select source_line from marts.rejected_records where rule_id = 'missing_id'", (1048,)),
}


def differing_sample_facts(project: Project) -> list[str]:
    """The names of the facts that a build of the sample company does not bear out."""
    with project.connect() as connection:
        return [
            name for name, (sql, expected) in SAMPLE_FACTS.items() if connection.execute(sql).fetchall() != [expected]
        ]
