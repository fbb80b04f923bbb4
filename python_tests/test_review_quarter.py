"""Which quarter is under review, end to end: a quarter is reviewed when the export covers it, whatever today is."""

import datetime
from typing import Any

import pytest

from python_tests.known_company.project import DEAL_COLUMNS, Project, Row, copy_project, csv_text, plain_mapping


def deal(number: int, outcome: str, created_on: str, closed_on: str) -> dict[str, object]:
    return {"deal_id": f"D{number}", "outcome": outcome, "created_on": created_on, "closed_on": closed_on}


OLD = [deal(1, "won", "2025-05-01", "2025-08-20"), deal(2, "lost", "2025-05-01", "2025-11-20")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("review_quarter"))


def reviewed(project: Project, deals: list[dict[str, object]], **variables: Any) -> Row:
    """Quarter under review, its completeness, its closed deals, and the as-of date of the export."""
    project.write("deals.csv", csv_text(DEAL_COLUMNS, deals))
    outcome = project.dbt("build", "--select", "+dim_periods", "--exclude-resource-type", "test", variables=plain_mapping(**variables))
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


def test_the_as_of_date_can_be_said(project: Project) -> None:
    assert reviewed(project, OLD, as_of_on="2025-12-31") == ("2025-Q4", "complete", False, 1, "2025-12-31")
    assert reviewed(project, OLD) == ("2025-Q3", "complete", False, 1, "2025-11-20")
