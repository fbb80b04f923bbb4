"""Exports that can be read without a fault and are wrong all the same: ids that are none, files in the wrong order, an outcome missing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from python_tests.known_company.project import Outcome, Project, copy_project, csv_text, plain_mapping
from winloss.report import build_report, render
from winloss.report.summary import summary_of

# companies of its own, built whole
pytestmark = pytest.mark.thorough

Deals = list[dict[str, object]]


def quarter_of_deals(starts: str, won: int, lost: int, prefix: str) -> Deals:
    """So many won and lost deals that closed on the tenth of the quarter's second month."""
    year, month = starts.split("-")
    closed = f"{year}-{int(month) + 1:02d}-10"
    return [
        {"deal_id": f"{prefix}{number}", "outcome": "won" if number < won else "lost", "closed_on": closed}
        for number in range(won + lost)
    ]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("watched"))


@pytest.fixture(scope="module")
def build(project: Project) -> Callable[..., Outcome]:
    def build_company(deals: Deals, *tables: str, **variables: Any) -> Outcome:
        """A whole build, or that of some tables."""
        project.empty_exports()
        columns = list(dict.fromkeys(name for deal in deals for name in deal))
        project.write("deals.csv", csv_text(columns, deals))
        mapping = {"columns": {"deals": {column: column for column in columns}}}
        stated = plain_mapping(mapping=mapping, **variables)
        return project.build_for(*tables, variables=stated) if tables else project.dbt("build", variables=stated)

    return build_company


def raised(project: Project) -> list[tuple[Any, ...]]:
    return project.rows("select alert, subject from marts.alerts where is_raised order by all")


def findings(project: Project) -> dict[str, tuple[int, int]]:
    rows = project.rows("select rule_id, records, of_records from marts.data_quality_findings")
    return {rule: (records, of_records) for rule, records, of_records in rows}


@pytest.fixture(scope="module")
def names_as_ids(build: Callable[..., Outcome]) -> Outcome:
    # 300 deals of 30 names: every name is won seven times and lost three times
    deals = [
        {"deal_id": f"Deal {n % 30}", "outcome": "won" if n // 30 < 7 else "lost", "closed_on": "2025-11-10"}
        for n in range(300)
    ]
    return build([*deals, {"deal_id": "Last", "outcome": "lost", "closed_on": "2025-12-31"}], "base_deal_lines")


def test_a_file_whose_ids_are_names_stops_the_build_with_one_sentence(names_as_ids: Outcome) -> None:
    assert names_as_ids.exit_code == 1
    # of each name one deal would count: 9 of 10 are left out
    said = "deals.csv: 270 of 301 records have the id of another record and other content, so that they cannot be told apart. "
    assert names_as_ids.shown.count(said) == 1
    assert "maximum_two_versions_share to at least 0.9." in names_as_ids.shown
    assert names_as_ids.failed == ["base_deal_lines"]


@pytest.fixture(scope="module")
def doubtful(build: Callable[..., Outcome], project: Project) -> Iterator[dict[str, Any]]:
    deals = [
        *quarter_of_deals("2025-01", 12, 8, "a"),
        *quarter_of_deals("2025-04", 11, 9, "b"),
        # 65 won and none lost, where elsewhere 17 of 40 are
        *quarter_of_deals("2025-07", 65, 0, "c"),
        # three of three may be chance
        *quarter_of_deals("2025-10", 3, 0, "d"),
        {"deal_id": "d3", "outcome": "open", "created_on": "2025-12-30"},
        # two lines of one id, and another id twice with equal lines
        {"deal_id": "a0", "outcome": "lost", "closed_on": "2025-02-10"},
        {"deal_id": "a1", "outcome": "won", "closed_on": "2025-02-10"},
        # losses that no one dated: 4 of 22 (a8 to a19 less none, b11 to b19, the second line of a0)
        *[{"deal_id": f"e{n}", "outcome": "lost", "closed_on": ""} for n in range(4)],
    ]
    outcome = build(deals, "alerts", "data_quality_findings", "rejected_record_counts", alert_two_versions_share=0.008)
    assert outcome.exit_code == 0, outcome.shown
    yield {
        "raised": raised(project),
        "findings": findings(project),
        "counts": dict(
            project.rows("select rule_id, records from marts.rejected_record_counts where object = 'deals'")
        ),
        "report": project.rows(
            "select alert, value from marts.alerts where subject = 'deals: deals.csv' order by alert"
        ),
    }


def test_two_lines_of_one_id_are_rejected_for_somebody_to_mend_and_a_repeated_line_is_not(
    doubtful: dict[str, Any],
) -> None:
    counts = doubtful["counts"]
    assert (counts["two_versions_in_one_file"], counts["exact_duplicate"], counts["superseded"]) == (1, 1, 0)
    # of 20 + 20 + 65 + 3 + 1 + 2 + 4 records
    assert doubtful["report"] == [("superseded_in_one_file", 0), ("two_versions_in_one_file", pytest.approx(1 / 115))]


def test_a_quarter_without_losses_is_named_where_chance_does_not_explain_it(doubtful: dict[str, Any]) -> None:
    assert ("lopsided_quarter", "2025-Q3") in doubtful["raised"]
    assert ("lopsided_quarter", "2025-Q4") not in doubtful["raised"]
    assert doubtful["findings"]["lopsided_quarter"] == (65, 108)


def test_losses_without_a_date_are_named_where_wins_have_one(doubtful: dict[str, Any]) -> None:
    assert ("undated_deals", "lost") in doubtful["raised"]
    assert ("undated_deals", "won") not in doubtful["raised"]
    # 8 + 9 lost deals, the second line of a0 and the 4 without a date
    assert doubtful["findings"]["undated_outcome"] == (4, 112)


def test_nothing_is_raised_that_is_not_wrong(doubtful: dict[str, Any]) -> None:
    expected = {"two_versions_in_one_file", "lopsided_quarter", "undated_deals", "closed_deals"}
    assert {alert for alert, _ in doubtful["raised"]} == expected


@pytest.mark.parametrize(("outcome", "missing"), [("won", "lost"), ("lost", "won")])
def test_an_export_of_one_outcome_is_called_what_it_is(
    build: Callable[..., Outcome], project: Project, outcome: str, missing: str
) -> None:
    won, lost = (30, 0) if outcome == "won" else (0, 30)
    built = build([*quarter_of_deals("2025-07", won, lost, "a"), *quarter_of_deals("2025-10", won, lost, "b")])
    assert built.exit_code == 0, built.shown
    assert (f"{missing}_deals", "all closed deals") in raised(project)
    assert findings(project)[f"no_{missing}_deals"] == (60, 60)
    assert findings(project)[f"no_{outcome}_deals"] == (0, 60)
    page = render(build_report(project.folder / "published" / "marts.duckdb"), "md")
    assert page.startswith(f"# No win rate can be told: of 60 closed deals in the export none is {missing}\n")


@pytest.fixture(scope="module")
def undated(build: Callable[..., Outcome], project: Project) -> dict[str, Any]:
    """Forty won and eighty lost deals without dates, of 30 and 60 days; a field that decides the outcome; sixty name a competitor."""
    deals: Deals = [
        {
            "deal_id": f"u{n}",
            "outcome": "lost" if n % 3 else "won",
            "lead_source": "Omitted" if n % 3 else "Closed",
            "loss_reason": ("Price" if n % 2 else "Timing") if n % 3 else "",
            "competitor": "Acme" if n % 2 else "",
            "cycle_days": 60 if n % 3 else 30,
        }
        for n in range(120)
    ]
    built = build(deals)
    assert built.failed == [], built.shown
    return {
        "summary": "\n".join(summary_of(project.database)),
        "page": render(build_report(project.folder / "published" / "marts.duckdb"), "md"),
        "raised": raised(project),
    }


def test_deals_without_dates_have_a_win_rate_all_the_same(undated: dict[str, Any]) -> None:
    assert "Win rate of all closed deals\n  33% (" in undated["summary"]
    assert "of 120 closed deals" in undated["summary"]


def test_what_the_window_answers_is_answered_of_all_deals_where_none_has_a_date(undated: dict[str, Any]) -> None:
    assert "| 20 of 60 | 33% (" in undated["page"]
    assert "Price accounts for 40 of 80 losses, 50% (" in undated["page"]
    assert undated["raised"] == [("no_dates", "all closed deals")]


def test_cycles_are_known_from_the_days_that_a_file_states(undated: dict[str, Any]) -> None:
    assert "**Average days to win: 30" in undated["page"]


def test_a_page_without_quarters_says_nothing_of_them(undated: dict[str, Any]) -> None:
    assert "previous quarter" not in undated["page"]
    assert "trailing" not in undated["page"] + undated["summary"]
    assert "by the end of n/a" not in undated["page"]
    assert "by the end of the next quarter" in undated["page"]
    assert "No deal was lost" not in undated["page"]
    assert "| Price | 40 of 80 |" in undated["page"]


def test_a_field_that_decides_the_outcome_is_named_and_not_praised(undated: dict[str, Any]) -> None:
    assert "Not judged, since it nearly decides the outcome: lead_source" in undated["summary"]
    assert "100%" not in undated["summary"]
    assert "Lead source is not judged: lead source nearly decides the outcome" in undated["page"]
    assert "What nearly decides the outcome is not judged (lead source)" in undated["page"]


@pytest.fixture(scope="module")
def files_in_the_wrong_order(project: Project) -> dict[str, Any]:
    project.empty_exports()
    header = '"Opportunity ID","Stage","Closed","Won","Amount","Created Date","Close Date"\n'
    deals = [
        f'"0065g00000A{n:04d}","Closed Won","1","1","10000","2025-05-09","2025-07-{n + 1:02d}"\n' for n in range(20)
    ]
    still_open = [
        f'"0065g00000A{n:04d}","Prospecting","0","0","10000","2025-05-09","2025-07-{n + 1:02d}"\n' for n in range(20)
    ]
    # the full year was exported last, and its name says an earlier day
    project.write("opportunities_2025-01-01.csv", header + "".join(deals))
    project.write("opportunities_2025-09-30.csv", header + "".join(deals[:14] + still_open[14:]))
    built = project.build_for("alerts", "data_quality_findings", variables={"crm": "salesforce"})
    assert built.exit_code == 0, built.shown
    return {"raised": raised(project), "findings": findings(project)}


def test_closed_deals_that_an_open_version_replaces_are_counted_and_raise_an_alert(
    files_in_the_wrong_order: dict[str, Any],
) -> None:
    assert ("reopened_deals", "deals") in files_in_the_wrong_order["raised"]
    assert files_in_the_wrong_order["findings"]["closed_superseded_by_open"] == (6, 20)


def test_a_file_of_which_nothing_counts_is_found(files_in_the_wrong_order: dict[str, Any]) -> None:
    assert files_in_the_wrong_order["findings"]["file_superseded"] == (1, 2)
