"""Which quarter is under review, end to end: a quarter is reviewed when the export covers it, whatever today is."""

import datetime
from typing import Any

import pytest

from python_tests.known_company.project import DEAL_COLUMNS, Project, Row, copy_project, csv_text, plain_mapping

# companies of its own, built whole
pytestmark = pytest.mark.thorough


def deal(number: int, outcome: str, created_on: str, closed_on: str) -> dict[str, object]:
    return {"deal_id": f"D{number}", "outcome": outcome, "created_on": created_on, "closed_on": closed_on}


OLD = [deal(1, "won", "2025-05-01", "2025-08-20"), deal(2, "lost", "2025-05-01", "2025-11-20")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("review_quarter"))


def reviewed(project: Project, deals: list[dict[str, object]], **variables: Any) -> Row:
    """Quarter under review, its completeness, its closed deals, and the as-of date of the export."""
    project.write("deals.csv", csv_text(DEAL_COLUMNS, deals))
    # a part of the project is built on other files only in a new database
    project.database.unlink(missing_ok=True)
    outcome = project.dbt(
        "build", "--select", "+dim_periods", "--exclude-resource-type", "test", variables=plain_mapping(**variables)
    )
    assert outcome.exit_code == 0, outcome.shown
    ((quarter, completeness, is_partial, closed, as_of),) = project.rows(
        "select first_quarter, split_part(completeness, ':', 1), is_partial, closed_deals, as_of_on "
        "from marts.dim_periods where period = 'quarter'"
    )
    return quarter, completeness, is_partial, closed, as_of.isoformat() if isinstance(as_of, datetime.date) else as_of


def test_a_last_close_on_29_december_completes_the_quarter_nearly(project: Project) -> None:
    deals = [*OLD, deal(3, "won", "2025-10-01", "2025-12-29")]
    assert reviewed(project, deals) == ("2025-Q4", "taken as complete", False, 2, "2025-12-29")


def test_a_last_close_on_2_january_reviews_the_quarter_before(project: Project) -> None:
    deals = [*OLD, deal(3, "won", "2025-10-01", "2026-01-02")]
    assert reviewed(project, deals) == ("2025-Q4", "complete", False, 1, "2026-01-02")


def test_open_deals_expected_years_ahead_move_nothing(project: Project) -> None:
    deals = [*OLD, deal(3, "open", "2025-12-31", "2028-06-30"), deal(4, "open", "2025-12-30", "2027-03-31")]
    assert reviewed(project, deals) == ("2025-Q4", "complete", False, 1, "2025-12-31")


def test_the_last_stage_change_says_how_far_the_export_goes(project: Project) -> None:
    project.write("stage_history.csv", "deal_id,stage,entered_on\nD1,Demo,2025-06-01\nD1,Demo,2025-12-31\n")
    assert reviewed(project, OLD, also=["stage_history"]) == ("2025-Q4", "complete", False, 1, "2025-12-31")


def test_a_fiscal_year_from_february_names_and_cuts_its_own_quarters(project: Project) -> None:
    # November to January is the fourth quarter of the fiscal year that ends in January 2026.
    deals = [*OLD, deal(3, "won", "2025-10-01", "2026-01-31"), deal(4, "lost", "2025-10-01", "2026-02-01")]
    assert reviewed(project, deals, fiscal_year_start_month=2) == ("FY2026-Q4", "complete", False, 2, "2026-02-01")


def test_a_partial_quarter_is_reviewed_only_when_asked_for_and_is_marked(project: Project) -> None:
    deals = [*OLD, deal(3, "won", "2025-12-01", "2026-02-10")]
    assert reviewed(project, deals) == ("2025-Q4", "complete", False, 1, "2026-02-10")
    assert reviewed(project, deals, review_quarter="2026-Q1") == ("2026-Q1", "partial", True, 1, "2026-02-10")


# Won on the tenth of each month of two years, created two months before: 48 dates, the last on 2024-12-10.
STEADY = [
    deal(
        number,
        "won" if number % 2 else "lost",
        f"{(2023 * 12 + number - 2) // 12}-{(number - 2) % 12 + 1:02d}-10",
        f"{2023 + number // 12}-{number % 12 + 1:02d}-10",
    )
    for number in range(24)
]


def late(project: Project) -> list[Row]:
    """What is found of dates after the last day: the rule, how many, of how many."""
    return project.rows(
        "select rule_id, records, of_records from marts.data_quality_findings where rule_id like '%implausibly_late' order by rule_id"
    )


def test_a_closing_date_typed_two_years_ahead_does_not_choose_the_quarter(project: Project) -> None:
    typed = deal(99, "won", "2024-11-10", "2026-12-11")
    reached = [*STEADY, deal(98, "lost", "2024-12-20", "2024-12-28")]
    assert reviewed(project, [*reached, typed]) == ("2024-Q4", "taken as complete", False, 4, "2024-12-28")
    assert (
        project.dbt(
            "build",
            "--select",
            "+data_quality_findings",
            "win_rates_by_quarter",
            "--exclude-resource-type",
            "test",
            variables=plain_mapping(),
        ).exit_code
        == 0
    )
    assert late(project) == [("closed_implausibly_late", 1, 26), ("dated_implausibly_late", 0, 26)]
    # kept: in the period of all deals, and in a quarter of its own that has not come to its end
    assert project.rows("select closed_deals from marts.dim_periods where period = 'all'") == [(26,)]
    assert project.rows(
        "select quarter, closed_deals, is_partial from marts.win_rates_by_quarter where starts_on > date '2024-12-31'"
    ) == [("2026-Q4", 1, True)]


def test_a_closing_date_at_most_a_year_ahead_does_not_choose_the_quarter_either(project: Project) -> None:
    """The last deal was created on 2024-12-20: a year later is no impossible close, but nothing is near it."""
    deals = [*STEADY, deal(98, "lost", "2024-12-20", "2024-12-28"), deal(99, "won", "2024-11-10", "2025-11-10")]
    assert reviewed(project, deals) == ("2024-Q4", "taken as complete", False, 4, "2024-12-28")


def test_a_creation_typed_a_year_ahead_is_found_and_moves_nothing(project: Project) -> None:
    deals = [*STEADY, deal(98, "lost", "2024-12-20", "2024-12-28"), deal(99, "open", "2025-12-10", "2026-03-01")]
    assert reviewed(project, deals) == ("2024-Q4", "taken as complete", False, 4, "2024-12-28")
    assert (
        project.dbt(
            "build", "--select", "+data_quality_findings", "--exclude-resource-type", "test", variables=plain_mapping()
        ).exit_code
        == 0
    )
    assert late(project) == [("closed_implausibly_late", 0, 25), ("dated_implausibly_late", 1, 26)]


def test_the_first_quarter_after_a_long_pause_is_reviewed(project: Project) -> None:
    deals = [*STEADY, deal(98, "won", "2025-07-02", "2025-09-28")]
    assert reviewed(project, deals) == ("2025-Q3", "taken as complete", False, 1, "2025-09-28")


def test_how_far_away_and_how_few_late_dates_are_can_be_said(project: Project) -> None:
    # two of 50 dates are 4 %: few enough to be slips, unless someone says that one is
    deals = [*STEADY, deal(98, "won", "2024-12-01", "2025-06-29"), deal(99, "won", "2024-12-01", "2025-06-30")]
    assert reviewed(project, deals)[0] == "2024-Q3"
    assert reviewed(project, deals, few_outliers=1)[0] == "2025-Q2"
    assert reviewed(project, deals, few_outliers_share=0.03)[0] == "2025-Q2"
    assert reviewed(project, deals, few_outliers=1, outlier_share=0.04)[0] == "2024-Q3"
    # from 2024-12-10 to 2025-06-29 are 201 days
    assert reviewed(project, deals, outlier_share=0.04, outlier_gap_days=201)[0] == "2025-Q2"


def test_the_as_of_date_can_be_said(project: Project) -> None:
    assert reviewed(project, OLD, as_of_on="2025-12-31") == ("2025-Q4", "complete", False, 1, "2025-12-31")
    assert reviewed(project, OLD) == ("2025-Q3", "complete", False, 1, "2025-11-20")
