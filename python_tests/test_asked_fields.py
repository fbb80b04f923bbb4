"""Not in the export, not filled in, and not used by the company: three findings with three remedies."""

from typing import Any

import pytest

from python_tests.known_company.project import Outcome, Project, copy_project, csv_text, plain_mapping
from winloss.report import build_report, render

# companies of its own, built whole
pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("asked"))


@pytest.fixture(scope="module")
def outcome(project: Project) -> Outcome:
    """Forty deals whose amounts are empty, without loss reasons; contacts of which no file says to which deal they belong."""
    deals = [
        {
            "deal_id": n,
            "outcome": "won" if n % 2 else "lost",
            "closed_on": f"2025-{10 + n % 3}-28",
            "amount": "",
            "lead_source": "Event",
        }
        for n in range(40)
    ]
    contacts = [{"contact_id": f"c{n}", "title": "CFO"} for n in range(7)]
    project.write("deals.csv", csv_text(list(deals[0]), deals))
    project.write("contacts.csv", csv_text(list(contacts[0]), contacts))
    mapping = {
        "files": {"deals": "deals.csv", "contacts": "contacts.csv"},
        "columns": {name: {c: c for c in rows[0]} for name, rows in (("deals", deals), ("contacts", contacts))},
    }
    return project.dbt("build", variables=plain_mapping(mapping=mapping, ignore=["competitor", "accounts"]))


@pytest.fixture(scope="module")
def findings(project: Project, outcome: Outcome) -> dict[str, tuple[int, int, str]]:
    assert outcome.failed == []
    rows = project.rows("select rule_id, records, of_records, remedy from marts.data_quality_findings")
    return {rule: (records, of_records, remedy) for rule, records, of_records, remedy in rows}


def test_a_field_that_no_file_holds_asks_for_its_column(findings: dict[str, tuple[int, int, str]]) -> None:
    # of the 16 optional fields of deals three are there, one is ignored, and when it was modified is not needed of one file; of the two of
    # contacts the title is there
    absent, asked, remedy = findings["field_not_exported"]
    assert (absent, asked) == (12, 18)
    assert remedy.startswith("Add the column to the export")


def test_a_field_that_is_empty_on_every_deal_asks_to_be_required(findings: dict[str, tuple[int, int, str]]) -> None:
    # the amount, and the band made from it
    empty, there, remedy = findings["field_not_filled_in"]
    assert (empty, there) == (2, 4)
    assert remedy.startswith("Make the field required in the CRM")
    assert findings["amount_missing"][:2] == (40, 40)


def test_what_the_company_does_not_have_asks_for_nothing(findings: dict[str, tuple[int, int, str]]) -> None:
    # the competitor; accounts with their five fields
    assert findings["field_not_used"][0] == 7
    assert findings["field_not_used"][2] == "Nothing to do."


def test_no_one_is_told_to_fill_in_what_is_not_exported(findings: dict[str, tuple[int, int, str]]) -> None:
    assert findings["loss_reason_missing"][:2] == (0, 0)
    assert findings["account_missing"][:2] == (0, 0)


def test_a_missing_object_says_what_it_costs(project: Project, findings: Any) -> None:
    rows = project.rows(
        "select object, status, missing_means from marts.input_columns where column_name is null and source_header is null order by 1"
    )
    assert rows == [
        ("accounts", "not used", None),
        ("deal_contacts", "missing", "No contact reaches a deal: the answers to who buys and who decides are empty."),
    ]
    assert findings["object_not_exported"][:2] == (1, 3)


def test_contacts_that_reach_no_deal_are_counted(findings: dict[str, tuple[int, int, str]]) -> None:
    assert findings["contact_without_deal"][:2] == (7, 7)


def test_an_absent_field_has_no_share_and_says_why(project: Project, outcome: Outcome) -> None:
    rows = project.rows(
        "select field, filled_share, missing_reason from marts.field_completeness where period = 'all' and outcome = 'lost' "
        "and field in ('amount', 'competitor', 'industry', 'lead source', 'loss reason', 'sales cycle') order by 1"
    )
    assert rows == [
        ("amount", 0.0, None),
        ("competitor", None, "not used"),
        ("industry", None, "not used"),
        ("lead source", 1.0, None),
        ("loss reason", None, "not exported"),
        ("sales cycle", None, "not exported"),
    ]


def test_the_first_thing_to_do_is_to_export_the_field(project: Project, outcome: Outcome) -> None:
    rows = project.rows("select title, action from marts.action_items where kind = 'process'")
    assert rows == [
        (
            "Add the created date to the export",
            "Add the column with the created date to the export; or name it under the setting ignore where the company has no such field.",
        )
    ]


def test_the_report_tells_the_three_apart(project: Project, outcome: Outcome) -> None:
    page = render(build_report(project.folder / "published" / "marts.duckdb"), "md")
    assert "In no file of the export: " in page and "loss reason" in page
    assert "Not used by this company, as the setting ignore says: competitor, " in page
    assert "Thinnest field: the amount stands on 0 of 20" in page
    assert "Why: no file says which contact belongs to which deal." in page
    assert "7 of 7 contacts are linked to no deal." in page


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        ("competiter", "Setting ignore: competiter is no field or object that is read. Did you mean competitor?"),
        ("outcome", "Setting ignore: outcome cannot be left out: nothing can be read without it."),
    ],
)
def test_a_wrong_name_under_ignore_stops_the_build(project: Project, stated: str, sentence: str) -> None:
    told = project.dbt("build", variables=plain_mapping(ignore=[stated]))
    assert told.exit_code == 2
    assert sentence in told.shown
