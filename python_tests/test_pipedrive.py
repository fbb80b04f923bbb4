"""Pipedrive's list export and an older import sample, counted by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from python_tests.crm_build import CompiledModels, CrmBuild, plan_of
from python_tests.speeds import thorough
from winloss.load.recognition import recognise


@pytest.fixture(scope="module", params=[thorough("built")])
def company(build_of: Callable[[str], CrmBuild]) -> CrmBuild:
    return build_of("pipedrive")


def accepted(company: CrmBuild) -> dict[str, dict[str, object]]:
    rows = company.rows("select * from staging.base_deal_lines where rule_id is null")
    return {row["deal_id"]: row for row in rows}


def test_status_decides_the_outcome_and_which_time_closes(company: CrmBuild) -> None:
    deals = accepted(company)
    assert {(name, row["outcome"], str(row["closed_on"])) for name, row in deals.items()} == {
        ("1", "won", "2025-10-05"),
        ("2", "lost", "2025-10-20"),
        ("3", "open", "None"),
        # won in September, reopened, lost in December
        ("5", "lost", "2025-12-01"),
        ("6", "won", "2025-11-11"),
        ("21", "won", "2025-10-28"),
        ("22", "lost", "2025-10-30"),
        # in Portuguese; a deal won in October, reopened, lost in November
        ("31", "won", "2025-11-03"),
        ("32", "lost", "2025-11-20"),
    }


def test_every_line_is_accounted_for(company: CrmBuild) -> None:
    [books] = company.rows(
        "select * from marts.input_files where source_file = 'deals-acme-1.csv' and object = 'deals'"
    )
    # 8 lines: 5 deals, a deleted one, a second product line, an outcome no one mapped
    assert (books["records"], books["accepted"], books["rejected"], books["excluded"], books["unaccounted"]) == (
        8,
        5,
        1,
        2,
        0,
    )
    rules = {
        row["rule_id"]: row["records"]
        for row in company.rows(
            "select rule_id, sum(records) as records from marts.rejected_record_counts group by rule_id having sum(records) > 0"
        )
    }
    assert rules == {"deleted": 1, "exact_duplicate": 1, "unknown_outcome": 1}


def test_product_lines_are_one_deal_with_several_products(company: CrmBuild) -> None:
    deals = accepted(company)
    assert deals["6"]["product"] == "several products" and deals["1"]["product"] == "Rope"
    assert company.rows("select count(*) as deals from marts.fct_deals where outcome = 'won'") == [{"deals": 4}]


def test_the_stage_of_loss_is_kept(company: CrmBuild) -> None:
    deals = accepted(company)
    assert (deals["2"]["stage"], deals["5"]["stage"]) == ("Proposal", "Contract")
    assert (deals["22"]["stage"], deals["32"]["stage"]) == ("Proposal", "Proposta")


def test_numbers_and_dates_of_each_file_are_read_in_its_own_form(company: CrmBuild) -> None:
    deals = accepted(company)
    assert (float(deals["1"]["amount"]), float(deals["21"]["amount"]), str(deals["22"]["created_on"])) == (
        5e9,
        3500.5,
        "2025-04-15",
    )
    assert (float(deals["31"]["amount"]), deals["32"]["loss_reason"]) == (4000.5, "Preço")


def test_organizations_and_people_join_by_id_and_by_name_only_without(company: CrmBuild) -> None:
    rows = company.rows(
        "select industry, count(*) as deals from marts.fct_closed_deals group by industry order by industry"
    )
    # 1, 5 by id and 21 by name are Birch Ltd, 32 by name is Elm Inc; 2 and 6 by id and 31 by name are Cedar AG; 22 names a
    # company that is not exported
    assert {row["industry"]: row["deals"] for row in rows} == {"Shipping": 4, "Retail": 3, "unknown": 1}
    people = company.rows(
        "select persona, count(*) as contacts from marts.bridge_deal_contacts group by persona order by persona"
    )
    assert {row["persona"]: row["contacts"] for row in people} == {"VP Sales": 3, "CFO": 3, "unknown": 1}
    assert 'older.csv has no ids of accounts: they are found by name. Add "Deal - Organization ID"' in company.shown
    [column] = company.rows(
        "select status from marts.input_columns where source_file = 'older.csv' and column_name = 'account_id'"
    )
    assert column["status"] == "matched"


def test_columns_are_reported_by_their_canonical_names(company: CrmBuild) -> None:
    rows = company.rows(
        "select object, column_name, source_header, status from marts.input_columns where source_file = 'deals-acme-1.csv'"
    )
    found = {
        (row["object"], row["column_name"]): (row["source_header"], row["status"]) for row in rows if row["column_name"]
    }
    landed_only = {
        "status",
        "won_on",
        "lost_on",
        "deal_name",
        "account_name",
        "contact_name",
        "primary_contact_id",
        "archive_status",
    }
    assert not landed_only & {name for _, name in found}
    assert found["deals", "outcome"] == ("Deal - Lost time or Deal - Status or Deal - Won time", "mapped")
    assert found["deals", "closed_on"] == ("Deal - Deal closed on or Deal - Lost time or Deal - Won time", "mapped")
    assert found["deals", "account_id"] == ("Deal - Organization or Deal - Organization ID", "mapped")
    assert found["deal_contacts", "contact_id"] == ("Deal - Contact person or Deal - Contact person ID", "mapped")
    [person] = company.rows(
        "select source_header, status from marts.input_columns where source_file = 'older.csv' and object = 'deal_contacts'"
    )
    assert tuple(person.values()) == ("Contact person", "matched")


def test_an_unknown_status_is_rejected_with_the_line_to_add(company: CrmBuild) -> None:
    [row] = company.rows("select reason from marts.rejected_records where rule_id = 'unknown_outcome'")
    assert row["reason"] == (
        'status "Paused" of 1 deal is not in seeds/outcome_words.csv; add the line  paused,won|lost|open|disqualified  '
        "with the one that is right"
    )


@pytest.mark.parametrize(
    ("headers", "object_name"),
    [
        ("Deal - Title*,Deal - Stage (pipeline),Deal - Status", "deals"),
        ("Affaire - Titre,Affaire - Valeur,Affaire - Statut", "deals"),
        ("Deal - ID,Deal - Titel,Deal - Wert,Deal - Status", "deals"),
        ("Negócio - ID,Negócio - Valor,Negócio - Status", "deals"),
        ("Organization - Name,Organization - Industry", "accounts"),
        ("Person - ID,Person - Job title", "contacts"),
        ("Obchod - Název,Obchod - Stav", None),
    ],
)
def test_a_file_is_known_by_its_headers(headers: str, object_name: str | None) -> None:
    assert [shape.object for shape in recognise(headers.split(","), "pipedrive")] == (
        [object_name] if object_name else []
    )


def test_no_name_of_a_person_is_kept(company: CrmBuild) -> None:
    content = company.database.read_bytes()
    assert b"Canary" not in content and b"canary@" not in content
    # nor packed away in a column, and no seller either
    texts = company.texts_everywhere()
    assert not [name for name in ("canary", "ann owner", "bo owner") if name in texts]


def test_several_options_of_a_field_are_several_competitors(company: CrmBuild, tmp_path: Path) -> None:
    named = {"1": "Acme, Globex", "2": "Acme, Inc., Globex,Initech", "3": "Beta, GmbH", "4": "Gamma", "5": ""}
    lines = [
        f'{deal},Rope,1000,Lost,2025-07-01 09:00:00,2025-10-20 09:30:00,"{competitor}"'
        for deal, competitor in named.items()
    ]
    header = "Deal - ID,Deal - Title,Deal - Value,Deal - Status,Deal - Deal created,Deal - Lost time,Deal - Competitor"
    models = CompiledModels(company, "int_competitors")
    models.run(plan_of(tmp_path, "pipedrive", {"deals.csv": "\n".join([header, *lines]) + "\n"}))
    found = models.rows("select deal_id, competitor from staging.base_deal_lines order by deal_id")
    assert found == [
        ("1", "Acme; Globex"),
        ("2", "Acme Inc.; Globex; Initech"),
        ("3", "Beta GmbH"),
        ("4", "Gamma"),
        ("5", None),
    ]
    assert models.rows("select competitor from intermediate.int_competitors where stated_competitors like 'Acme Inc%' order by all") == [
        ("Acme Inc.",), ("Globex",), ("Initech",),
    ]  # fmt: skip
