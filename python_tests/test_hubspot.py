"""HubSpot: exports with labels and internal names become the canonical rows; expected rows are worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from python_tests.crm_build import SAID_OF_ACCOUNTS, CrmBuild, plan_of, pseudonym, rows_of
from winloss.load.recognition import recognise
from winloss.load.stage_columns import stage_of_header


@pytest.fixture(scope="module")
def build(build_of: Callable[[str], CrmBuild]) -> CrmBuild:
    return build_of("hubspot")


def test_deals_of_all_part_files_become_deals(build: CrmBuild) -> None:
    rows = build.rows(
        "select deal_id, account_id, outcome, stage, created_on, closed_on, amount, currency, loss_reason "
        "from staging.base_deals order by source_file, source_line"
    )
    assert [tuple(row.values()) for row in rows] == [
        # two companies, the second primary: one deal, one company
        ("101", "9002", "won", "Closed Won", "2025-01-10", "2025-03-04", "1200.50", "USD", None),
        # stage Contract Sent, but the flags say lost; no primary company, so the first
        (
            "102",
            "9001",
            "lost",
            "Contract Sent",
            "2025-01-11",
            "2025-04-10",
            "900",
            "USD",
            'We chose "Globex", they were cheaper',
        ),
        ("103", None, "open", "Qualified To Buy", "2025-02-01", "2025-09-30", None, "USD", None),
        ("103", "9001", "lost", "Closed Lost", "2025-02-01", "2025-05-05", "5000000000", "USD", "Timing"),
        # a stage by number, without flags
        ("104", "9001", "48213377", "48213377", "2025-02-03", "2025-05-06", "400", "USD", None),
        # internal names; found by domain; milliseconds since 1970
        ("201", "9002", "lost", "closedlost", "2025-01-02", "2025-04-01", "1500", "EUR", "No decision"),
        # two companies have its domain
        ("202", None, "won", "closedwon", "2025-01-03", "2025-05-01", "2500", "EUR", None),
    ]


def test_internal_words_become_labels(build: CrmBuild) -> None:
    rows = build.rows(
        "select deal_id, deal_type, lead_source, owner, pipeline from staging.base_deals order by source_file, source_line"
    )
    assert [tuple(row.values()) for row in rows][:2] == [
        ("101", "newbusiness", "Organic Search", pseudonym("Olive Owner"), "Sales Pipeline"),
        ("102", "existingbusiness", "Offline Sources", pseudonym("Olive Owner"), "Sales Pipeline"),
    ]
    assert tuple(rows[-1].values()) == ("202", "newbusiness", None, pseudonym("77"), "default")
    assert build.base("accounts", "account_id", *SAID_OF_ACCOUNTS) == {
        "9001": ("Computer Software", "1000000", "1200", "BY", "Germany", "Prospect"),
        "9002": ("Retail", None, "35", None, "France", "Customer"),
        "9003": ("Banking", None, "1", None, None, None),
        "9004": ("Banking", None, "1", None, None, None),
    }


def test_associations_are_split_without_repeating_any(build: CrmBuild) -> None:
    rows = build.rows(
        "select deal_id, contact_id, source_file, source_line from staging.base_deal_contacts order by 1, 2"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("101", "501", "all deals 1.csv", 2),
        ("101", "502", "all deals 1.csv", 2),
        ("102", "501", "all deals 1.csv", 3),
        ("103", "502", "all deals 2.csv", 2),
        ("201", "502", "api.csv", 2),  # by e-mail, whatever its letter case; the other address is no one's
        ("202", "502", "people.csv", 3),  # only the contact's own file says so
    ]
    # the role stands with the person
    assert build.base("contacts", "contact_id", "account_id", "title", "buying_role") == {
        "501": ("9001", "CFO", "BUDGET_HOLDER;DECISION_MAKER"),
        "502": ("9002", "Engineer", None),
    }


def test_stages_entered_become_stage_history(build: CrmBuild) -> None:
    rows = build.rows(
        "select deal_id, stage, cast(entered_at as varchar), cast(left_at as varchar) from staging.base_stage_history_lines order by 1, 3"
    )
    assert [tuple(row.values()) for row in rows] == [
        # one file says when deals left a stage, the other does not
        ("101", "Contract Sent", "2025-02-01 10:00:00", "2025-03-04 16:20:00"),
        ("101", "Closed Won", "2025-03-04 16:20:00", None),
        ("102", "Contract Sent", "2025-03-01 10:00:00", None),
        # twice on the line of both its versions: once each
        ("103", "Contract Sent", "2025-02-15 10:00:00", None),
        ("103", "Closed Won", "2025-02-20 10:00:00", None),
    ]


def test_the_newest_of_two_parts_counts_and_an_unknown_stage_is_rejected(build: CrmBuild) -> None:
    assert build.rules() == [
        ("deals", "all deals 1.csv", 5, "superseded"),
        ("deals", "all deals 2.csv", 3, "unknown_outcome"),
    ]
    (row,) = build.rows("select reason from marts.rejected_records where rule_id = 'unknown_outcome'")
    assert (
        "1 deal is not in seeds/stage_map.csv; add the line  hubspot,48213377,won|lost|open|disqualified"
        in row["reason"]
    )


def test_the_books_balance(build: CrmBuild) -> None:
    assert build.books() == {
        ("deals", "all deals 1.csv"): (3, 2, 0, 1, 0),
        ("deals", "all deals 2.csv"): (2, 1, 1, 0, 0),
        ("deals", "api.csv"): (2, 2, 0, 0, 0),
        ("accounts", "companies.csv"): (4, 4, 0, 0, 0),
        ("contacts", "people.csv"): (2, 2, 0, 0, 0),
        ("deal_contacts", "all deals 1.csv"): (3, 3, 0, 0, 0),
        ("deal_contacts", "all deals 2.csv"): (1, 1, 0, 0, 0),
        ("deal_contacts", "api.csv"): (1, 1, 0, 0, 0),
        ("deal_contacts", "people.csv"): (1, 1, 0, 0, 0),
        ("stage_history", "all deals 1.csv"): (3, 3, 0, 0, 0),
        ("stage_history", "all deals 2.csv"): (2, 2, 0, 0, 0),
    }


def test_what_was_found_by_domain_or_e_mail_is_flagged(build: CrmBuild) -> None:
    rows = build.rows(
        "select object, source_file, column_name, source_header from marts.input_columns where status = 'matched' order by 1"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("deal_contacts", "api.csv", "contact_id", "Associated Contact Email"),
        ("deals", "api.csv", "account_id", "Associated Company Domain"),
    ]
    assert "api.csv has no ids of accounts: they are found by domain." in build.shown
    assert "api.csv has no ids of contacts: they are found by e-mail address." in build.shown


def test_columns_are_reported_by_their_canonical_names(build: CrmBuild) -> None:
    rows = build.rows("select distinct column_name from marts.input_columns where column_name is not null")
    names = {row["column_name"] for row in rows}
    landed_only = {
        "account_ids",
        "account_domain",
        "contact_ids",
        "contact_emails",
        "contact_names",
        "deal_ids",
        "email",
        "is_won",
        "is_lost",
        "is_closed",
    }
    assert not names & landed_only
    assert {"deal_id", "account_id", "contact_id", "outcome", "loss_reason", "buying_role"} <= names
    (row,) = build.rows(
        "select source_header, status from marts.input_columns where source_file = 'api.csv' and column_name = 'outcome'"
    )
    assert tuple(row.values()) == ("dealstage", "mapped")


def test_no_name_and_no_e_mail_is_kept(build: CrmBuild) -> None:
    texts = build.texts_everywhere()
    assert [word for word in ("olive", "paula", "persona", "peter", "@", "deal 101") if word in texts] == []


def test_a_stage_by_number_is_one_line(build: CrmBuild) -> None:
    assert build.outcome_of("104", ("48213377", "disqualified")) == [("disqualified",)]


@pytest.mark.parametrize(
    ("headers", "objects"),
    [
        ("Record ID,Deal Name,Deal Stage", ["deals"]),
        ("hs_object_id,dealname,dealstage", ["deals"]),
        ("record id,DEAL STAGE", ["deals"]),
        ("ID de fiche d'informations,Phase de la transaction,Montant", ["deals"]),
        ("Record ID,First Name,Email,Associated Company", ["contacts"]),
        ("hs_object_id,jobtitle", ["contacts"]),
        ("Record ID,Company name,Industry", ["accounts"]),
        ("hs_object_id,name,domain", ["accounts"]),
        ("Ticket ID,Ticket name", []),
        ("Record ID,Ticket name", []),
    ],
)
def test_a_file_is_known_by_its_headers(headers: str, objects: list[str]) -> None:
    assert [shape.object for shape in recognise(headers.split(","), "hubspot")] == objects


@pytest.mark.parametrize(
    ("header", "stage"),
    [
        ('Date entered "Contract Sent (Sales Pipeline)"', "Contract Sent"),
        ("Date entered 'Legal (EU) (Sales Pipeline)'", "Legal (EU)"),
        ("hs_v2_date_entered_contractsent", "contractsent"),
        ("hs_date_entered_48213377", "48213377"),
        ("Date entered current stage", None),
        ('Date exited "Contract Sent (Sales Pipeline)"', None),
    ],
)
def test_a_stage_column_is_known_by_its_header(header: str, stage: str | None) -> None:
    assert stage_of_header(header) == stage


def test_amounts_in_company_currency_stand_in_where_no_currency_is_named(tmp_path: Path) -> None:
    text = "Record ID,Deal Stage,Amount,Amount in company currency\n1,Closed Won,10,11\n"
    (row,) = rows_of(plan_of(tmp_path, "hubspot", {"d.csv": text}), "deals")
    assert (row["amount"], row["amount_converted"], row["currency"]) == ("10", "11", None)
