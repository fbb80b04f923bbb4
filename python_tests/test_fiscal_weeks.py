"""Fiscal years of 52 weeks: quarters begin on the days a list says."""

import pytest

from python_tests.known_company.project import Project, copy_project, csv_text, plain_mapping

# The fourth quarter runs from 29 September to 28 December 2025; the quarters around it are not listed
COLUMNS = ["deal_id", "outcome", "created_on", "closed_on"]
VARIABLES = plain_mapping(mapping={"columns": {"deals": {name: name for name in COLUMNS}}})
QUARTERS = "quarter,starts_on\nFY2025-Q4,2025-09-29\nFY2026-Q1,2025-12-29\n"


def deals(*closes: tuple[str, str]) -> str:
    rows = [
        {"deal_id": f"D{number}", "outcome": outcome, "created_on": "2025-05-01", "closed_on": closed_on}
        for number, (outcome, closed_on) in enumerate(closes)
    ]
    return csv_text(COLUMNS, rows)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_project(tmp_path_factory.mktemp("fiscal_weeks"))
    project.write(
        "deals.csv",
        deals(
            ("won", "2025-09-28"),
            ("won", "2025-09-29"),
            ("won", "2025-09-30"),
            ("lost", "2025-12-28"),
            ("lost", "2025-12-29"),
            ("won", "2025-06-30"),
        ),
    )
    return project


def built(project: Project, quarters: str, selected: str = "+dim_periods") -> str:
    (project.folder / "seeds" / "fiscal_quarters.csv").write_text(quarters, encoding="utf-8")
    project.database.unlink(missing_ok=True)
    outcome = project.dbt(
        "build", "--select", selected, "+win_rates_by_quarter", "--exclude-resource-type", "test", variables=VARIABLES
    )
    return "" if outcome.exit_code == 0 else "\n".join([*outcome.messages.values(), outcome.shown])


def test_quarters_begin_on_the_days_of_the_list(project: Project) -> None:
    assert built(project, QUARTERS) == ""
    assert project.rows(
        "select quarter, won_deals, closed_deals, cast(starts_on as varchar) from marts.win_rates_by_quarter order by starts_on"
    ) == [
        # 13 weeks before 29 September
        ("FY2025-Q3", 2, 2, "2025-06-30"),
        ("FY2025-Q4", 2, 3, "2025-09-29"),
        ("FY2026-Q1", 0, 1, "2025-12-29"),
    ]
    assert project.rows(
        "select period, first_quarter, last_quarter, next_quarter, cast(starts_on as varchar), cast(ends_before_on as varchar) "
        "from marts.dim_periods where period in ('quarter', 'previous_quarter') order by period_order"
    ) == [
        ("quarter", "FY2025-Q4", "FY2025-Q4", "FY2026-Q1", "2025-09-29", "2025-12-29"),
        ("previous_quarter", "FY2025-Q3", "FY2025-Q3", "FY2026-Q1", "2025-06-30", "2025-09-29"),
    ]


@pytest.mark.parametrize(
    ("quarters", "said"),
    [
        (
            "quarter,starts_on\nFY2025-Q4,2025-09-29\nFY2026-Q2,2025-12-29\n",
            "seeds/fiscal_quarters.csv: FY2026-Q2 follows FY2025-Q4 by its first day.",
        ),
        (
            "quarter,starts_on\n2025 Q4,2025-09-29\n",
            "seeds/fiscal_quarters.csv: 2025 Q4 must be written like FY2025-Q4",
        ),
    ],
)
def test_a_list_with_a_gap_or_another_form_is_refused_in_a_sentence(project: Project, quarters: str, said: str) -> None:
    assert said in built(project, quarters, "+fct_deals")
