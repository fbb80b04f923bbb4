"""A company whose every answer is known: real exports with every defect planted, one real build, every table compared.

`known_company/work_out_expected.py` works the answers out without the project; nothing here is copied from a build.
"""

import csv
import math
import shutil
from collections.abc import Iterator
from fractions import Fraction

import pytest

from python_tests.known_company import work_out_expected
from python_tests.known_company.comparison import ADVICE, EXPECTED, KEYS, TABLES, answer, differences
from python_tests.known_company.project import HERE, Outcome, Project, copy_project, known_variables, read_csv

# Columns whose words stand in a seed: the seed, its key, the columns.
SEED_WORDS = {
    "loss_reasons": ("taxonomy/loss_reason_categories", "category", {"label", "family"}),
    "rejected_records": ("reject_rules", "rule_id", {"remedy"}),
    "rejected_record_counts": ("reject_rules", "rule_id", {"meaning", "remedy", "who_fixes"}),
    "data_quality_findings": ("data_quality_rules", "rule_id", {"meaning", "effect", "remedy", "who_fixes"}),
}
# Columns of fixed words that explain a row.
WORDS_OF_THE_MODEL = {"loss_reason_reliability": {"meaning"}, "alerts": {"meaning", "remedy"}}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Outcome]]:
    project = copy_project(tmp_path_factory.mktemp("known_company"))
    shutil.copytree(HERE / "exports", project.exports, dirs_exist_ok=True)
    yield project, project.dbt("build", variables=known_variables())


def test_the_known_company_builds_although_every_defect_is_planted(built: tuple[Project, Outcome]) -> None:
    _, outcome = built
    assert outcome.exit_code == 0, outcome.shown
    assert not outcome.failed


@pytest.mark.parametrize("table", TABLES)
def test_the_answer_is_what_was_worked_out(built: tuple[Project, Outcome], table: str) -> None:
    with built[0].connect() as connection:
        actual, expected = answer(connection, table), read_csv(EXPECTED / f"{table}.csv")
    assert differences(actual, expected, KEYS[table]) == []
    _, _, seed_columns = SEED_WORDS.get(table, ("", "", set()))
    if table not in ADVICE:
        assert set(actual[0]) == set(expected[0]) | seed_columns | WORDS_OF_THE_MODEL.get(table, set())


@pytest.mark.parametrize("table", sorted(SEED_WORDS))
def test_the_words_of_the_answer_are_those_of_its_rule(built: tuple[Project, Outcome], table: str) -> None:
    seed, key, columns = SEED_WORDS[table]
    words = {row[key]: row for row in read_csv(built[0].folder / "seeds" / f"{seed}.csv")}
    with built[0].connect() as connection:
        rows = answer(connection, table)
    for row in rows:
        assert {column: row[column] for column in columns} == {column: words[row[key]][column] for column in columns}


def test_every_answer_table_has_worked_out_rows_or_says_who_holds_it(built: tuple[Project, Outcome]) -> None:
    tables = {
        name
        for (name,) in built[0].rows("select distinct table_name from duckdb_columns() where schema_name = 'marts'")
    }
    assert tables - set(TABLES) == HELD_ELSEWHERE.keys()


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
    "dim_accounts": "its unit tests; test_accounts",
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


@pytest.mark.parametrize("table", TABLES)
def test_the_expected_files_are_what_the_calculation_gives(table: str) -> None:
    with (EXPECTED / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == work_out_expected.worked_out(table)


# Worked out with a pencil from the export files: table, row, column, value.
PENCIL: list[tuple[str, dict[str, str], str, Fraction | float | int]] = [
    # Q4: won D24 D27 D28 D29 D34 D36 D38; lost D30 D31 D32 D33 D35. Not D37 (renewal), D41 (no deal), D42 (trial).
    ("win_rate_baseline", {"period": "quarter"}, "win_rate", Fraction(7, 12)),
    # 55,000 + 48,000 + 52,000 + 99,000 + 64,000 + 120,000 + 41,000
    ("win_rate_baseline", {"period": "quarter"}, "won_amount", 479_000),
    ("win_rate_baseline", {"period": "quarter"}, "mean_won_amount", Fraction(479_000, 7)),
    # 26,000 and 75,000 and 21,000; D32 states -500 and D35 no number, which are no values
    ("win_rate_baseline", {"period": "quarter"}, "mean_lost_amount", Fraction(122_000, 3)),
    # 1 July to 30 October 121, 61, 66, 75, 106, 137, 122 days: the middle one
    ("win_rate_baseline", {"period": "quarter"}, "median_won_cycle_days", 106),
    # p = 7/12, z = 1.959964: (7 + 1.92073 - 1.959964 x sqrt(7 x 5 / 12 + 0.96036)) / (12 + 3.84146)
    (
        "win_rate_baseline",
        {"period": "quarter"},
        "win_rate_low",
        (7 + 1.920729 - 1.959964 * (35 / 12 + 0.960365) ** 0.5) / 15.841459,
    ),
    # D40 has no date: it is in `all` only. 3 + 4 + 6 + 7 quarters' wins, less one of 2024: 2 + 4 + 6 + 7 + 1 of 36
    ("win_rate_baseline", {"period": "all"}, "win_rate", Fraction(20, 36)),
    # Technology is A01 and A02: D24 no, D27 D28 D34 won; no one lost in Q4
    (
        "win_rates_by_dimension",
        {"period": "quarter", "dimension": "industry", "segment": "Technology"},
        "win_rate",
        Fraction(3, 3),
    ),
    # D33 is the account that says "Unknown", lost: it is no one's rest. 7 of 11 less Technology's 3 of 3
    (
        "win_rates_by_dimension",
        {"period": "quarter", "dimension": "industry", "segment": "Technology"},
        "other_win_rate",
        Fraction(4, 8),
    ),
    # (3 + 25 x 7/12) / (3 + 25)
    (
        "win_rates_by_dimension",
        {"period": "quarter", "dimension": "industry", "segment": "Technology"},
        "shrunken_win_rate",
        (3 + 25 * 7 / 12) / 28,
    ),
    # 24,000 EUR of D09 at 1.1 is 26,400 USD; with D02, D04, D16, D30
    (
        "win_rates_by_dimension",
        {"period": "all", "dimension": "deal_size_band", "segment": "25k to 50k"},
        "lost_amount",
        30_000 + 25_000 + 26_400 + 35_000 + 26_000,
    ),
    # Lost in Q4 for price: D30 and D31 of five; the previous quarter D16 and D19 of five
    ("loss_reasons", {"period": "quarter", "category": "price"}, "share_change", Fraction(2, 5) - Fraction(2, 5)),
    # D16 says price and timing: timing is mentioned in Q3 by D16 and D22, and primary in D22 only
    ("loss_reasons", {"period": "previous_quarter", "category": "timing"}, "mentioned_deals", 2),
    # 19 of 35 dated deals won; one quarter of 11: 19/35 - 3 x sqrt(19/35 x 16/35 / 11)
    ("win_rates_by_quarter", {"quarter": "2025-Q3"}, "lower_limit", 19 / 35 - 3 * (19 / 35 * 16 / 35 / 11) ** 0.5),
    # Champions in Q4: D27, D28, D34, D36, all won; other won deals with a contact: D29, D38
    (
        "win_rates_by_persona",
        {"period": "quarter", "persona_type": "buying_role", "persona": "champion"},
        "share_of_won_deals",
        Fraction(4, 6),
    ),
    # Scores of Q4 at 0.65 or more: D24 D27 D28 D29 D34 D36 D38 won, no one lost; D33's 1.2 is no score
    ("score_thresholds", {"period": "quarter", "score_threshold": "0.65"}, "accuracy", Fraction(11, 11)),
    # 30 deal lines read in the first file, 6 rejected: 30, 31 (broken), 29 (no id), 32 (31 September), 33, 34 (outcome)
    ("input_files", {"object": "deals", "source_file": "deals_2025-09-30.csv"}, "rejected", 6),
]


@pytest.mark.parametrize(("table", "row", "column", "value"), PENCIL)
def test_the_calculation_agrees_with_the_pencil(
    table: str, row: dict[str, str], column: str, value: Fraction | float
) -> None:
    (found,) = [line for line in read_csv(EXPECTED / f"{table}.csv") if row.items() <= line.items()]
    assert math.isclose(float(found[column]), float(value), rel_tol=1e-6)
