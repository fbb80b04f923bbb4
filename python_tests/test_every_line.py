"""Lines = accepted + rejected + excluded, by an independent count, over one company in whose files every rule finds a line."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from python_tests.known_company.project import ROOT, Project, copy_project, read_csv

OLDER = """\
Id,AccountId,IsWon,IsClosed,StageName,CreatedDate,CloseDate,Amount
D01,A1,0,0,Negotiation,2025-07-01,2025-09-10,100
D02,A1,1,1,Closed Won,2025-07-01,2025-09-10,100
"""
# under two titles; behind a blank line the footer of a report
NEWER = """\
Deals of the year
As of 5 January 2026
Opportunity ID,AccountId,IsWon,IsClosed,StageName,CreatedDate,CloseDate,Amount,LastModifiedDate,IsDeleted,Loss_Reason__c
D01,A1,1,1,Closed Won,2025-07-01,2025-11-10,100,2025-11-10,0,
D02,A1,1,1,Closed Won,2025-07-01,2025-09-10,100,2025-09-10,0,
D03,A1,0,0,Negotiation,2025-07-01,2025-11-10,100,2025-10-01,0,
D03,A1,1,1,Closed Won,2025-07-01,2025-11-10,100,2025-11-10,0,
D04,A2,1,1,Closed Won,2025-07-01,2025-11-10,100,2025-11-10,0,
D04,A3,1,1,Closed Won,2025-07-01,2025-11-10,900,2025-11-10,0,
D05,A2,0,1,Closed Lost,2025-07-01,2025-11-10,100,2025-11-10,0,Price
D05,A2,0,1,Closed Lost,2025-07-01,2025-11-10,100,2025-11-10,0,Price
,A2,0,1,Closed Lost,2025-07-01,2025-11-10,100,2025-11-10,0,Price
1.23457E+12,A2,0,1,Closed Lost,2025-07-01,2025-11-10,100,2025-11-10,0,Price

D06,A2,,,Frobnicated,2025-07-01,2025-11-10,100,2025-11-10,0,
D07,A2,perhaps,perhaps,,2025-07-01,2025-11-10,100,2025-11-10,0,
D08,A2,1,1,Closed Won,2025-07-01,soonish,100,2025-11-10,0,
D09,A2,1,1,Closed Won,2025-07-01,2025-11-10,100,2025-11-10,1,
,,,,,,,,,,
Opportunity ID,AccountId,IsWon,IsClosed,StageName,CreatedDate,CloseDate,Amount,LastModifiedDate,IsDeleted,Loss_Reason__c
D10,A2,1,1,Closed Won,2025-07-01,2025-11-10,100,2025-11-10,0,,one cell too many
D11,A3,0,1,Closed Lost,2025-07-01,2025-12-31,100,2025-12-31,0,"Too dear,
and too late"

"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."
Confidential Information - Do Not Distribute
"""
ACCOUNTS = """\
Id,Name,Industry,MasterRecordId
A1,One,Retail,
A2,Two,Retail,
A3,Three,Media,
A4,Two again,Retail,A2
"""
CONTACTS = """\
Id,LastName,Title,AccountId
C1,Canary,CFO,A1
,,,A2
"""
ROLES = """\
OpportunityId,ContactId,Role
D01,C1,Decision Maker
D01,,Influencer
"""
HISTORY = """\
OpportunityId,StageName,CreatedDate,Amount
D01,Negotiation,2025-08-01,100
D01,Negotiation,2025-08-01,200
D01,Closed Won,2025-11-10,200
"""
FILES = {
    "deals_2025-10-01.csv": OLDER,
    "deals_2026-01-05.csv": NEWER,
    "Account.csv": ACCOUNTS,
    "Contact.csv": CONTACTS,
    "OpportunityContactRole.csv": ROLES,
    "OpportunityHistory.csv": HISTORY,
}

# by hand, from the files above
LEFT_OUT = {
    ("accounts", "merged"): 1,
    ("contacts", "no_contact"): 1,
    ("deal_contacts", "no_contact"): 1,
    ("deals", "blank_line"): 1,
    ("deals", "deleted"): 1,
    ("deals", "exact_duplicate"): 2,  # D02 in both files, D05 twice in one
    ("deals", "footer"): 2,
    ("deals", "malformed_line"): 1,
    ("deals", "missing_id"): 1,
    ("deals", "repeated_header"): 1,
    ("deals", "rounded_id"): 1,
    ("deals", "superseded"): 1,
    ("deals", "superseded_in_one_file"): 1,
    ("deals", "title"): 2,
    ("deals", "two_versions_in_one_file"): 1,
    ("deals", "unknown_outcome"): 1,
    ("deals", "unreadable_closed_on"): 1,
    ("deals", "unreadable_flag"): 1,
    ("stage_history", "repeated_stage"): 1,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_project(tmp_path_factory.mktemp("every_line"))
    for name, text in FILES.items():
        project.write(name, text)
    built = project.build_for(
        "input_files", "rejected_record_counts", "rejected_records", variables={"crm": "salesforce"}
    )
    assert built.failed == [], built.shown
    return project


def records_by_another_reader(path: Path) -> int:
    """Records below the header by the reader of the standard library; empty lines are none, titles are."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for row in csv.reader(file) if row) - 1


def test_every_record_of_every_file_is_accepted_rejected_or_excluded(project: Project) -> None:
    counted = {name: records_by_another_reader(project.exports / name) for name in FILES}
    rows = project.rows("select source_file, accepted, rejected, excluded, unaccounted from marts.input_files")
    assert {name: accepted + rejected + excluded for name, accepted, rejected, excluded, _ in rows} == counted
    assert {name: unaccounted for name, *_, unaccounted in rows} == dict.fromkeys(FILES, 0)


def test_every_rule_finds_its_lines_and_no_others(project: Project) -> None:
    rows = project.rows("select object, rule_id, records from marts.rejected_record_counts where records > 0")
    assert {(name, rule): records for name, rule, records in rows} == LEFT_OUT


def test_the_company_holds_every_rule_there_is() -> None:
    rules = {row["rule_id"] for row in read_csv(ROOT / "seeds" / "reject_rules.csv")}
    assert {rule for _, rule in LEFT_OUT} == rules


def test_each_line_left_out_is_listed_once_with_its_reason(project: Project) -> None:
    rows = project.rows("select object, rule_id, reason from marts.rejected_records")
    assert Counter((name, rule) for name, rule, _ in rows) == LEFT_OUT
    assert all(reason for *_, reason in rows)


def test_what_is_accepted_are_the_deals_that_count(project: Project) -> None:
    rows = project.rows("select deal_id, outcome from staging.base_deal_lines where rule_id is null order by 1")
    assert rows == [("D01", "won"), ("D02", "won"), ("D03", "won"), ("D04", "won"), ("D05", "lost"), ("D11", "lost")]
