"""Records that a CRM merged between two exports, deals that left the newest export, and deals that name several companies."""

from typing import Any

import pytest

from python_tests.known_company.project import Project, copy_project

DEALS = (
    "Record ID,Deal Name,Deal Stage,Pipeline,Amount,Close Date,Create Date,Last Modified Date,Is Closed Won,Is closed lost,Is Deal Closed?,"
    "Merged Deal IDs,Associated Company IDs,Associated Contact IDs\n"
)


def deal(number: int, won: bool, changed: str, merged: str = "", companies: str = "", contacts: str = "") -> str:
    stage = "Closed Won" if won else "Closed Lost"
    flags = f"{str(won).lower()},{str(not won).lower()},true"
    return (
        f"{number},Deal {number},{stage},Sales Pipeline,10000,2025-08-05 10:00,2025-06-06 09:00,{changed} 12:00,"
        f"{flags},{merged},{companies},{contacts}\n"
    )


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    project: Project = copy_project(tmp_path_factory.mktemp("merged"))
    october = [
        # 1 and 2 are one deal, entered twice; each names the company and the person it was entered with
        deal(1, True, "2025-09-01", companies="501", contacts="901"),
        deal(2, False, "2025-09-01", companies="502", contacts="902"),
        deal(3, True, "2025-09-01", companies="502"),
        deal(4, False, "2025-09-01", companies="503;504"),
        # deleted since, as far as anybody can tell
        deal(5, True, "2025-09-01", companies="503"),
    ]
    january = [
        deal(3, True, "2025-09-01", companies="502"),
        deal(4, False, "2025-11-01", companies="503;504"),
        deal(6, True, "2025-12-01", merged="1;2", companies="501"),
    ]
    project.write("all-deals-2025-10-01.csv", DEALS + "".join(october))
    project.write("all-deals-2026-01-02.csv", DEALS + "".join(january))
    companies = "Record ID,Company name,Industry,Merged Company IDs\n"
    # 501 and 502 had the same name, so that no one could have told them apart by it
    project.write(
        "companies-2025-10-01.csv",
        companies + "501,Acme,RETAIL,\n502,Acme,BANKING,\n503,Globex,RETAIL,\n504,Initech,BANKING,\n",
    )
    project.write(
        "companies-2026-01-02.csv", companies + "501,Acme,INSURANCE,502\n503,Globex,RETAIL,\n504,Initech,BANKING,\n"
    )
    contacts = "Record ID,First Name,Last Name,Job Title,Merged Contact IDs\n"
    project.write("contacts-2025-10-01.csv", contacts + "901,Ann,Ember,CFO,\n902,Ann,Embers,CFO,\n")
    project.write("contacts-2026-01-02.csv", contacts + "901,Ann,Ember,CFO,902\n")
    built = project.build_for(
        "fct_closed_deals", "data_quality_findings", "rejected_records", variables={"crm": "hubspot"}
    )
    assert built.exit_code == 0, built.shown
    return {
        "rules": project.rows(
            "select object, source_file, source_line, rule_id, decision from marts.rejected_records where rule_id = 'merged'"
        ),
        "deals": project.rows(
            "select deal_id, account_id, outcome from staging.base_deal_lines where rule_id is null order by deal_id"
        ),
        "contacts": project.rows(
            "select deal_id, contact_id from staging.base_deal_contact_lines where rule_id is null order by all"
        ),
        "findings": {
            rule: (records, of_records)
            for rule, records, of_records in project.rows(
                "select rule_id, records, of_records from marts.data_quality_findings"
            )
        },
        "industries": project.rows(
            "select industry, count(*) from marts.fct_closed_deals group by industry order by industry"
        ),
    }


def test_records_that_were_merged_are_left_out_by_a_rule_of_their_own(company: dict[str, Any]) -> None:
    assert sorted(company["rules"]) == [
        ("accounts", "companies-2025-10-01.csv", 3, "merged", "excluded"),
        ("contacts", "contacts-2025-10-01.csv", 3, "merged", "excluded"),
        ("deals", "all-deals-2025-10-01.csv", 2, "merged", "excluded"),
        ("deals", "all-deals-2025-10-01.csv", 3, "merged", "excluded"),
    ]
    assert [(number, outcome) for number, _, outcome in company["deals"]] == [
        ("3", "won"),
        ("4", "lost"),
        ("5", "won"),
        ("6", "won"),
    ]


def test_what_belonged_to_a_merged_record_belongs_to_the_one_that_is_left(company: dict[str, Any]) -> None:
    # deal 3 names company 502, which is 501 now; and who stood on deals 1 and 2 stands on 6, where both are one person
    assert [(number, account) for number, account, _ in company["deals"]] == [
        ("3", "501"),
        ("4", "503"),
        ("5", "503"),
        ("6", "501"),
    ]
    assert company["contacts"] == [("6", "901")]
    assert company["industries"] == [("Insurance", 2), ("Retail", 2)]


def test_a_deal_that_the_newest_file_of_the_same_scope_lacks_is_counted(company: dict[str, Any]) -> None:
    # of 3, 4 and 5; 1 and 2 were merged and are not missed
    assert company["findings"]["gone_from_newest_file"] == (1, 3)


def test_of_several_companies_the_first_counts_and_that_is_said(company: dict[str, Any]) -> None:
    assert company["findings"]["several_accounts"] == (1, 4)
