"""Files and settings no build can work with get one clear message; empty and one-sided data get well-formed answers.

Every case is a real dbt run. What the reader makes of single files is tested where the reader is.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from python_tests.known_company.project import (
    DEAL_COLUMNS,
    Outcome,
    Project,
    Row,
    copy_project,
    csv_text,
    plain_mapping,
)

WON = {
    "deal_id": "D1",
    "outcome": "won",
    "created_on": "2025-10-01",
    "closed_on": "2025-12-30",
    "amount": 1000,
    "industry": "Media",
}
LOST = WON | {"deal_id": "D2", "outcome": "lost"}
OPEN = WON | {"deal_id": "D3", "outcome": "open"}
GOOD = csv_text(DEAL_COLUMNS, [WON, LOST])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("bad_input"))


def build(
    project: Project,
    deals: str | bytes | None = GOOD,
    variables: Mapping[str, Any] | None = None,
    tables: Sequence[str] = (),
    **environment: str,
) -> Outcome:
    """A whole build of a file of deals, or that of some tables."""
    project.empty_exports()
    if deals is not None:
        project.write("deals.csv", deals)
    stated = plain_mapping(**(variables or {}))
    if tables:
        return project.build_for(*tables, variables=stated, **environment)
    return project.dbt("build", variables=stated, **environment)


def refused(outcome: Outcome) -> str:
    """What the user reads, of a build that ended with a message and built no answer."""
    assert outcome.exit_code != 0
    assert "Traceback" not in outcome.shown
    assert not [
        name for name, status in outcome.statuses.items() if status == "success" and name.startswith(("fct_", "win_"))
    ]
    return outcome.shown


# --- files no build can work with ------------------------------------------------------------------------------------


def test_a_missing_folder_is_named_with_the_variable_that_names_it(project: Project) -> None:
    said = refused(build(project, WINLOSS_EXPORTS=str(project.folder / "no_such_folder")))
    assert 'no_such_folder" is not there' in said and "WINLOSS_EXPORTS" in said


def test_a_missing_file_is_named_with_what_there_is(project: Project) -> None:
    project.empty_exports()
    project.write("deals 2025.csv", GOOD)
    said = refused(project.dbt("build", variables=plain_mapping()))
    assert 'no file "deals.csv"' in said and '"deals 2025.csv"' in said


def test_a_missing_required_column_is_named_with_the_nearest_header(project: Project) -> None:
    said = refused(build(project, GOOD.replace("deal_id,", "deal id no,", 1)))
    assert 'deals.csv has no column "deal_id" (for deals.deal_id). Did you mean "deal id no"?' in said


def test_a_wrong_delimiter_is_said_to_be_one(project: Project) -> None:
    said = refused(build(project, GOOD.replace(",", "^")))
    assert "its first line holds one column only" in said and "Separate columns by comma" in said


def test_an_empty_file_is_said_to_be_empty(project: Project) -> None:
    assert "deals.csv is empty: it has no header line" in refused(build(project, b""))


@pytest.mark.dbt
@pytest.mark.thorough
def test_a_user_at_a_terminal_reads_the_same_message_and_no_stack_trace(project: Project) -> None:
    """The one case run as a process of its own: exit code and both streams are what a scheduler and a person see."""
    project.empty_exports()
    environment = os.environ | project.environment(WINLOSS_CRM="custom", WINLOSS_EXPORTS="no_such_folder")
    mapping = project.folder / "mapping.yml"
    mapping.write_text(str(plain_mapping()), encoding="utf-8")
    dbt = Path(sys.executable).with_name("dbt")
    ended = subprocess.run(
        [str(dbt), "build", "--vars", mapping.read_text(encoding="utf-8")],
        cwd=project.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 2
    assert 'no_such_folder" is not there' in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


# --- settings no build can work with ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"minimum_dealz": 5}, "Variable minimum_dealz is not known. Did you mean minimum_deals?"),
        ({"minimum_deals": 0}, "Variable minimum_deals is 0 but must be a whole number from 1 to"),
        ({"shrinkage_deals": -1}, "Variable shrinkage_deals is -1 but must be a number from 0 to"),
        ({"coverage_gap": "much"}, 'Variable coverage_gap is "much" but must be a number from 0 to 1'),
        ({"show_owner_names": "no"}, 'Variable show_owner_names is "no" but must be true or false'),
        ({"review_quarter": "Q4 2025"}, 'Variable review_quarter is "Q4 2025" but must be a text such as 2025-Q4'),
        ({"dimensions": "industry"}, 'Variable dimensions is "industry" but must be a list'),
        (
            {"dimensions": [{"name": "industri", "recommendable": True}]},
            "industri is not a column of deals. Did you mean industry?",
        ),
        (
            {"extra_dimensions": {"tier": "Tier"}, "dimensions": [{"name": "tier", "recommendable": False}]},
            "tier is one already, being a column of your own. Take it out of this list",
        ),
        ({"extra_dimensions": {"region": "Tier"}}, "region: deals have a column of this name. Map yours to it"),
        ({"dimensions": [{"name": "owner", "recommendable": True}]}, "owner is a person and cannot be recommended"),
        (
            {"dimensions": [{"name": "region", "recommendable": True}, {"name": "region", "recommendable": False}]},
            "Setting dimensions: region is listed twice. Keep one.",
        ),
        ({"dimensions": [{"name": "region"}]}, "must be written like {name: industry, recommendable: true}"),
        (
            {"focus_dimensions": ["industri"]},
            'Setting focus_dimensions: "industri" is no dimension, so nothing would be recommended along it. Did you mean industry?',
        ),
    ],
)
def test_a_setting_out_of_range_is_named_with_what_it_must_be(
    project: Project, variables: dict[str, Any], said: str
) -> None:
    assert said in refused(build(project, variables=variables))


def test_all_wrong_settings_are_said_at_once(project: Project) -> None:
    said = refused(build(project, variables={"minimum_dealz": 5, "shrinkage_deals": -1}))
    # every known variable is listed beside an unknown one: only a problem is said of Variable ...
    assert "Variable minimum_dealz" in said and "Variable shrinkage_deals" in said


def test_a_quarter_that_is_not_in_the_data_is_said_with_those_that_are(project: Project) -> None:
    outcome = build(project, variables={"review_quarter": "2031-Q3"})
    assert outcome.exit_code == 1 and outcome.failed == ["dim_periods"] and "Traceback" not in outcome.shown
    assert "review_quarter 2031-Q3 is not in the data. Quarters with closed deals: 2025-Q4 to 2025-Q4" in outcome.shown


def test_an_unknown_crm_is_said_with_those_that_are_known(project: Project) -> None:
    said = refused(project.dbt("build", variables={"crm": "salesfarce"}))
    assert 'There is no reader for crm "salesfarce". Did you mean "salesforce"?' in said


# --- data that answer little -----------------------------------------------------------------------------------------

BASELINE = (
    "select period, closed_deals, won_deals, win_rate, missing_reason from marts.win_rate_baseline order by period"
)
NOTHING: list[Row] = [
    ("all", 0, 0, None, "no closed deals in the data"),
    ("previous_quarter", 0, 0, None, "no closed deals in the data"),
    ("quarter", 0, 0, None, "no closed deals in the data"),
    ("window", 0, 0, None, "no closed deals in the data"),
]


@pytest.mark.thorough
@pytest.mark.parametrize("rows", [[], [OPEN]], ids=["a header only", "no closed deals"])
def test_without_closed_deals_every_answer_is_empty_and_says_why(
    project: Project, rows: list[dict[str, object]]
) -> None:
    outcome = build(project, csv_text(DEAL_COLUMNS, rows))
    assert outcome.exit_code == 0, outcome.shown
    assert project.rows(BASELINE) == NOTHING
    for table in (
        "win_rates_by_dimension",
        "win_rates_by_segment_pair",
        "win_rates_by_quarter",
        "loss_reasons",
        "icp_recommendations",
    ):
        assert project.rows(f"select count(*) from marts.{table}") == [(0,)], table
    assert project.rows(
        "select distinct accuracy, missing_reason from marts.score_thresholds where period = 'all'"
    ) == [(None, "no closed deals in the data")]
    if not rows:
        assert "deals.csv has a header and no records" in outcome.shown


def test_one_deal_in_a_file_that_is_not_utf_8_is_read_and_said(project: Project) -> None:
    deals = csv_text(DEAL_COLUMNS, [WON | {"industry": "Télécom"}]).encode("cp1252")
    outcome = build(project, deals, tables=["win_rate_baseline", "win_rates_by_dimension", "loss_reasons"])
    assert outcome.exit_code == 0, outcome.shown
    assert "deals.csv is not UTF-8; it was read as Windows-1252" in outcome.shown
    assert project.rows(
        "select period, closed_deals, win_rate, win_rate_high from marts.win_rate_baseline where period = 'quarter'"
    ) == [("quarter", 1, 1.0, 1.0)]
    # Nothing to compare one segment with, and nothing lost.
    assert project.rows(
        "select segment, other_win_rate, difference from marts.win_rates_by_dimension "
        "where dimension = 'industry' and period = 'quarter'"
    ) == [("Télécom", None, None)]
    assert project.rows("select count(*) from marts.loss_reasons") == [(0,)]


def test_when_all_deals_are_won_rates_and_intervals_stay_between_0_and_1(project: Project) -> None:
    deals = csv_text(DEAL_COLUMNS, [WON | {"deal_id": f"D{n}", "qualification_score": n / 60} for n in range(60)])
    outcome = build(
        project,
        deals,
        tables=["win_rate_baseline", "icp_recommendations", "score_thresholds", "recommended_score_threshold"],
    )
    assert outcome.exit_code == 0, outcome.shown
    ((rate, low, high),) = project.rows(
        "select win_rate, win_rate_low, win_rate_high from marts.win_rate_baseline where period = 'quarter'"
    )
    assert rate == high == 1.0 and 0.9 < low < 1
    assert project.rows("select count(*) from marts.icp_recommendations where action = 'target_more'") == [(0,)]
    # Who lost cannot be told from who won: no share of losses spared, no Youden's J, and no score threshold.
    assert project.rows("select distinct youden_j from marts.score_thresholds where period = 'quarter'") == [(None,)]
    assert project.rows("select score_threshold from marts.recommended_score_threshold") == [(None,)]


def test_a_mistyped_year_costs_one_deal_and_not_the_report(project: Project) -> None:
    deals = [
        WON,
        LOST,
        WON | {"deal_id": "D8", "closed_on": "0025-11-02", "created_on": ""},
        WON | {"deal_id": "D9", "closed_on": "2205-11-02"},
    ]
    outcome = build(project, csv_text(DEAL_COLUMNS, deals), tables=["win_rate_baseline", "win_rates_by_quarter"])
    assert outcome.exit_code == 0, outcome.shown
    assert project.rows("select first_quarter, closed_deals from marts.dim_periods where period = 'quarter'") == [
        ("2025-Q4", 2)
    ]
    assert project.rows("select won_deals, lost_deals from marts.win_rates_by_quarter where quarter = '2025-Q4'") == [
        (1, 1)
    ]
    assert project.rows("select closed_deals from marts.win_rate_baseline where period = 'all'") == [(4,)]
    # The trend has no hundreds of empty quarters back to the year 25.
    assert project.rows("select count(*) <= 10 from marts.win_rates_by_quarter") == [(True,)]
