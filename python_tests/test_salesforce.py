"""Salesforce: API files and reports become the canonical rows; expected rows are worked out by hand from the fixtures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from python_tests.crm_build import SAID_OF_ACCOUNTS, CrmBuild, plan_of, pseudonym, refusal, rows_of
from winloss.load.recognition import recognise
from winloss.load.statements import FOOTER

REPORT_HEADER = "Opportunity ID,Opportunity Name,Stage,Amount,Close Date\n"


@pytest.fixture(scope="module")
def build(build_of: Callable[[str], CrmBuild]) -> CrmBuild:
    return build_of("salesforce")


def test_opportunities_become_deals(build: CrmBuild) -> None:
    deals = build.base(
        "deals", "deal_id", "account_id", "outcome", "created_on", "closed_on", "amount", "currency", "loss_reason"
    )
    made = {deal_id: deals.pop(deal_id) for deal_id in list(deals) if deal_id.startswith("made-")}
    acme, bolt = "001A0000006Vm9rIAC", "001A0000006Vm9RIAS"
    assert deals == {
        # stage "Signed": the flags say won; history saw it close on 10 February, CloseDate says 31 March
        "006A0000006Vm01IAC": (acme, "won", "2025-01-05", "2025-02-10", "1200.50", "USD", None),
        # stage "Closed Won", but IsWon is false
        "006A0000006Vm02IAC": (acme, "lost", "2025-01-06", "2025-02-28", "5000000000", "USD", "Too expensive"),
        # stage "Closed Lost", but IsClosed is false
        "006A0000006Vm03IAC": (bolt, "open", "2025-01-07", "2025-09-30", None, "USD", None),
        "006A0000006Vm04IAC": (bolt, "won", "2025-01-08", "2025-02-15", "500", "USD", None),
        # no flags: the stage decides, whatever its letter case
        "006A0000006Vm05IAC": (bolt, "open", "2025-01-09", "2025-08-31", "700", "USD", None),
        "006A0000006Vm06IAC": (bolt, "Awaiting Legal", "2025-01-10", "2025-08-31", "800", "USD", None),
        # lost in February, reopened in March, won on 20 May
        "006A0000006Vm07IAC": (bolt, "won", "2025-01-01", "2025-05-20", "2000", "USD", None),
        # its history begins closed: it was imported, so CloseDate stands
        "006A0000006Vm08IAC": (bolt, "lost", "2024-06-01", "2024-11-30", "3000", "USD", "No budget"),
        # ids of 15 characters that differ in letter case only; days before months, decimal commas
        "006A0000006Vm9rIAC": (acme, "won", "2025-01-13", "2025-03-04", "1200.50", "EUR", None),
        "006A0000006Vm9RIAS": (bolt, "lost", "2025-02-02", "2025-03-31", "80000", "EUR", 'Lost to "Globex", on price'),
    }
    # a report without ids: two deals that read the same are two deals
    assert sorted(values[1:] for values in made.values()) == [
        ("open", "2024-12-20", "2025-02-28", "-300", None, None),
        # a sign that several currencies share stays one
        ("won", "2024-12-15", "2025-01-31", "1200.00", "$", None),
        ("won", "2024-12-15", "2025-01-31", "1200.00", "$", None),
    ]
    # nor of their accounts, which are told apart by their names
    assert None not in {values[0] for values in made.values()}


def test_own_fields_competitors_and_owners_are_read(build: CrmBuild) -> None:
    deals = build.base(
        "deals",
        "deal_id",
        "competitor",
        "win_factors",
        "qualification_score",
        "territory",
        "owner",
        "lead_source",
        "employees",
    )
    owner = pseudonym("005A0000001AAAAAA4")
    assert deals["006A0000006Vm01IAC"] == (None, "Better support", "0.75", "North", owner, "Web", None)
    # two rivals of OpportunityCompetitor, the deleted one left out
    assert deals["006A0000006Vm02IAC"] == ("Globex; Initech", None, "0.4", "South", owner, "Partner", None)
    # the deal's own field beats OpportunityCompetitor
    assert deals["006A0000006Vm08IAC"][0] == "Hooli"
    assert deals["006A0000006Vm03IAC"][5] is None  # #N/A
    assert deals["006A0000006Vm9rIAC"] == (None, None, None, None, pseudonym("Olive Owner"), "Messe Köln", "1200")


def test_accounts_contacts_roles_and_stages_join_by_long_ids(build: CrmBuild) -> None:
    assert build.base("accounts", "account_id", *SAID_OF_ACCOUNTS) == {
        "001A0000006Vm9rIAC": ("Manufacturing", "1500000", "1200", "TX", "USA", "Customer - Direct"),
        "001A0000006Vm9RIAS": ("Retail", None, None, None, None, "Prospect"),
    }
    assert build.base("contacts", "contact_id", "account_id", "title", "department", "is_deleted") == {
        "003A0000001AAAAIA4": ("001A0000006Vm9rIAC", "CFO", "Finance", "false"),
        "003A0000001AAABIA4": ("001A0000006Vm9rIAC", "CTO", None, "true"),
    }
    assert build.base(
        "deal_contacts", "deal_id", "contact_id", "buying_role", "is_primary", "added_on", "is_deleted"
    ) == {
        "006A0000006Vm01IAC": ("003A0000001AAAAIA4", "Economic Buyer", "true", "2025-01-20", "false"),
        "006A0000006Vm02IAC": ("003A0000001AAAAIA4", "Influencer", "false", "2025-01-21", "true"),
    }
    history = build.rows("select deal_id, stage, entered_on from staging.base_stage_history_lines order by source_line")
    assert [tuple(row.values()) for row in history][1::7] == [
        ("006A0000006Vm01IAC", "Signed", "2025-02-10"),
        ("006A0000006Vm09IAC", "Closed Lost", "not a day"),
    ]


def test_only_footers_deleted_rows_and_unknown_stages_are_left_out(build: CrmBuild) -> None:
    assert build.rules() == [
        ("contacts", "who.csv", 3, "deleted"),
        ("deal_competitors", "rivals.csv", 4, "deleted"),
        # the same rival of the same deal, its id with 15 characters
        ("deal_competitors", "rivals.csv", 6, "exact_duplicate"),
        ("deal_competitors", "rivals.csv", 7, "missing_id"),
        ("deal_contacts", "roles.csv", 3, "deleted"),
        ("deals", "extract one.csv", 6, "deleted"),
        ("deals", "extract one.csv", 8, "unknown_outcome"),
        ("deals", "pipeline without ids.csv", 5, "footer"),
        ("deals", "pipeline without ids.csv", 6, "footer"),
        *[("deals", "report.csv", line, "footer") for line in range(6, 11)],
    ]
    (row,) = build.rows("select reason, remedy from marts.rejected_records where rule_id = 'unknown_outcome'")
    assert "salesforce,Awaiting Legal,won|lost|open|disqualified" in row["reason"]
    assert "seeds/stage_map.csv" in row["remedy"]


def test_the_books_balance(build: CrmBuild) -> None:
    assert build.books() == {
        ("accounts", "companies.csv"): (2, 2, 0, 0, 0),
        ("deal_competitors", "rivals.csv"): (6, 3, 1, 2, 0),
        ("contacts", "who.csv"): (2, 1, 0, 1, 0),
        ("deal_contacts", "roles.csv"): (2, 1, 0, 1, 0),
        ("deals", "extract one.csv"): (8, 6, 1, 1, 0),
        ("deals", "pipeline without ids.csv"): (5, 3, 0, 2, 0),
        ("deals", "report.csv"): (7, 2, 0, 5, 0),
        ("stage_history", "history.csv"): (9, 9, 0, 0, 0),
    }


def test_columns_are_reported_by_their_canonical_names(build: CrmBuild) -> None:
    rows = build.rows(
        "select column_name, source_header, status from marts.input_columns where object = 'deals' and source_file = 'report.csv'"
    )
    found = {row["column_name"]: (row["source_header"], row["status"]) for row in rows if row["column_name"]}
    assert found["outcome"] == ("Closed or Stage or Won", "mapped")
    assert found["closed_on"] == ("Close Date", "mapped")
    assert found["competitor"] == (None, "missing")
    assert not found.keys() & {"is_won", "is_closed", "deal_name", "account_name", "footer_from", "owner_id"}
    assert {row["source_header"] for row in rows if row["status"] == "ignored"} == {"Probability (%)", "Fit Score"}


def test_files_that_hold_nothing_to_read_are_named(build: CrmBuild) -> None:
    assert "campaigns.csv was not read" in build.shown
    assert "leads.csv was not read" in build.shown


def test_no_person_is_kept(build: CrmBuild) -> None:
    texts = build.texts_everywhere()
    assert [word for word in ("olive", "paula", "persona", "gert", "@", "deal 11", "call paula") if word in texts] == []


def test_a_stage_of_the_users_own_is_one_line(build: CrmBuild) -> None:
    waiting = ("AWAITING  legal", "open")
    assert build.outcome_of("006A0000006Vm06IAC", waiting) == [("open",)]
    with pytest.raises(duckdb.Error, match="two outcomes"):
        build.outcome_of("006A0000006Vm06IAC", waiting, ("Awaiting Legal", "lost"))


# --- recognition and messages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "objects"),
    [
        ("Id,Name,StageName", ["deals"]),
        ("ID,ACCOUNTID,STAGENAME,ISWON", ["deals"]),
        ("Opportunity Name,Stage", ["deals"]),
        ("Id,Name,Industry", ["accounts"]),
        ("Account ID,Account Name,Industry,Type", ["accounts"]),
        ("Id,AccountId,LastName,Title", ["contacts"]),
        ("Contact ID,Title,Account ID", ["contacts"]),
        ("Id,OpportunityId,ContactId,Role", ["deal_contacts"]),
        ("Opportunity ID,Stage,Contact ID,Contact Role,Title", ["deals", "deal_contacts"]),
        ("OpportunityId,StageName,CreatedDate", ["stage_history"]),
        ("OpportunityId,CompetitorName", ["deal_competitors"]),
        ("Id,LastName,Title,Industry,IsConverted", []),
        ("Id,Username,LastName,Title", []),
        ("Id,Name,Status", []),
        ("foo,bar", []),
    ],
)
def test_a_file_is_known_by_its_headers(headers: str, objects: list[str]) -> None:
    assert [shape.object for shape in recognise(headers.split(","), "salesforce")] == objects


def test_grand_totals_that_count_other_records_stop_the_reading(tmp_path: Path) -> None:
    body = "006A0000006Vm01,One,Closed Won,1,2025-01-31\nGrand Totals (2 records)\n"
    said = refusal(tmp_path, "salesforce", {"report.csv": REPORT_HEADER + body})
    assert said.startswith('report.csv says "Grand Totals (2 records)", but 1 records stand above that line')


@pytest.mark.parametrize(
    "totals",
    ["Gesamtsummen (2 Datens\u00e4tze)", "Totaux g\u00e9n\u00e9raux (2 enregistrements)", "Grand Totals (2 records)"],
)
def test_a_line_of_totals_in_any_language_that_counts_the_records_is_a_footer(tmp_path: Path, totals: str) -> None:
    records = (
        "006A0000006Vm01,One (5 seats),Closed Won,1,2025-01-31\n006A0000006Vm02,Two (2 seats),Closed Won,2,2025-01-31\n"
    )
    plan = plan_of(tmp_path, "salesforce", {"report.csv": f"{REPORT_HEADER}{records}\nBy owner\n{totals},,,3,\n"})
    assert [row["source_line"] for row in rows_of(plan, "deals") if row["line_problem"] == FOOTER] == [5, 6]


def test_a_line_without_an_id_that_counts_other_records_stays_a_record(tmp_path: Path) -> None:
    records = "006A0000006Vm01,One,Closed Won,1,2025-01-31\n,Two (3 seats),Closed Won,2,2025-01-31\n"
    plan = plan_of(
        tmp_path,
        "salesforce",
        {
            "report.csv": REPORT_HEADER.replace("Opportunity ID,Opportunity Name", "Opportunity Name,Opportunity ID")
            + records.replace("006A0000006Vm01,One", "One,006A0000006Vm01").replace(",Two (3 seats)", "Two (3 seats),")
        },
    )
    assert [row["line_problem"] for row in rows_of(plan, "deals")] == [None, None]


def test_a_line_cut_off_inside_a_report_is_no_footer(tmp_path: Path) -> None:
    body = "006A0000006Vm01,One\n006A0000006Vm02,Two,Closed Won,1,2025-01-31\n006A0000006Vm03\n"
    rows = rows_of(plan_of(tmp_path, "salesforce", {"report.csv": REPORT_HEADER + body}), "deals")
    assert FOOTER not in [row["line_problem"] for row in rows]
    assert [row["line_problem"] is None for row in rows] == [False, True, False]


def test_percents_and_factors_of_own_fields(tmp_path: Path) -> None:
    text = "Opportunity ID;Stage;Fit;Points\n006A0000006Vm01;Closed Won;62,5%;80\n"
    plan = plan_of(tmp_path, "salesforce", {"r.csv": text}, "{field_aliases: {qualification_score: Fit}}")
    assert rows_of(plan, "deals")[0]["qualification_score"] == "0.625"
    plan = plan_of(
        tmp_path,
        "salesforce",
        {"r.csv": text},
        "{field_aliases: {qualification_score: {header: Points, multiply_by: 0.01}}}",
    )
    assert rows_of(plan, "deals")[0]["qualification_score"] == "0.8"


def test_an_ambiguous_date_order_names_the_variable(tmp_path: Path) -> None:
    files = {"report.csv": REPORT_HEADER + "006A0000006Vm01,One,Closed Won,1,3/4/2025\n"}
    assert "Set date_order to dmy or mdy" in refusal(tmp_path, "salesforce", files)
    for order, day in (("dmy", "2025-04-03"), ("mdy", "2025-03-04")):
        plan = plan_of(tmp_path, "salesforce", files, f"{{date_order: {order}}}")
        assert rows_of(plan, "deals")[0]["closed_on"] == day


def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path) -> None:
    deals = {"deals.csv": "Id,StageName,Why__c\n006A0000006Vm01IAC,Closed Lost,Price\n"}
    said = refusal(tmp_path, "salesforce", deals, "{field_aliases: {loss_reasn: Why__c}}")
    assert said == 'field_aliases has the unknown column "loss_reasn". Did you mean "loss_reason"?'
    said = refusal(tmp_path, "salesforce", deals, "{field_aliases: {loss_reason: Whyy__c}}")
    assert said == 'No file that is read has the column "Whyy__c" (field_aliases.loss_reason). Did you mean "Why__c"?'
    said = refusal(tmp_path, "salesforce", deals, "{extra_dimensions: {territory: Territory__c}}")
    assert said.startswith('No file that is read has the column "Territory__c" (extra_dimensions.territory).')
    plan = plan_of(tmp_path, "salesforce", deals, "{field_aliases: {loss_reason: Why__c}}")
    assert rows_of(plan, "deals")[0]["loss_reason"] == "Price"


def test_without_deals_nothing_is_read(tmp_path: Path) -> None:
    said = refusal(tmp_path, "salesforce", {"a.csv": "Id,Industry\n001A0000006Vm9rIAC,Retail\n"})
    assert said.startswith("No file in ") and '"a.csv (accounts)"' in said and "field_aliases" in said


def test_the_files_of_another_crm_are_told(tmp_path: Path) -> None:
    said = refusal(tmp_path, "salesforce", {"d.csv": "Deal - ID,Deal - Title,Deal - Status,Deal - Value\n1,a,Won,1\n"})
    assert said.endswith("The files look like pipedrive: state it as crm in winloss.yml.")


def test_two_files_of_one_object_with_different_columns_are_named(tmp_path: Path) -> None:
    files = {
        "a.csv": "Id,StageName,Amount\n006A0000006Vm01IAC,Closed Won,1\n",
        "b.csv": "Id,StageName\n006A0000006Vm02IAC,Closed Won\n",
    }
    (notice,) = plan_of(tmp_path, "salesforce", files).notices
    assert notice.startswith('b.csv and a.csv both hold deals, but b.csv lacks "amount"')
