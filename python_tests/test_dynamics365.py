"""A view exported from Dynamics 365, counted by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from python_tests.crm_build import CompiledModels, CrmBuild, plan_of
from python_tests.speeds import thorough


@pytest.fixture(scope="module", params=[thorough("built")])
def company(build_of: Callable[[str], CrmBuild]) -> CrmBuild:
    return build_of("dynamics365")


def test_status_decides_and_a_reopened_deal_counts_once(company: CrmBuild) -> None:
    rows = company.rows(
        "select right(deal_id, 1) as deal, outcome, cast(closed_on as varchar) as closed_on from staging.base_deal_lines where rule_id is null order by deal_id"
    )
    assert [(row["deal"], row["outcome"], row["closed_on"]) for row in rows] == [
        ("1", "won", "2025-10-05"),
        ("2", "lost", "2025-10-20"),
        ("3", "open", None),
        ("4", "lost", "2025-12-01"),
    ]
    [older] = company.rows("select source_line, rule_id from marts.rejected_records")
    assert (older["source_line"], older["rule_id"]) == (5, "superseded_in_one_file")


def test_the_reason_of_a_loss_is_the_status_reason(company: CrmBuild) -> None:
    rows = company.rows(
        "select category, lost_deals from marts.loss_reasons where period = 'all' and lost_deals > 0 order by category"
    )
    # Out-Sold, and Canceled, which Dynamics writes where no one chose a reason
    assert {row["category"]: row["lost_deals"] for row in rows} == {"competitor": 1, "unspecified": 1}
    assert company.rows(
        "select records, of_records from marts.data_quality_findings where rule_id = 'loss_reason_missing'"
    ) == [{"records": 1, "of_records": 2}]


def test_headers_that_are_not_read_are_told(company: CrmBuild) -> None:
    rows = company.rows("select source_header from marts.input_columns where object = 'deals' and status = 'ignored'")
    assert {row["source_header"] for row in rows} == {"(Do Not Modify) Row Checksum", "Est. close date", "Probability"}


def test_won_deals_take_the_actual_and_lost_deals_the_estimated_revenue(company: CrmBuild) -> None:
    rows = company.rows(
        "select outcome, cast(sum(amount) as double) as amount from marts.fct_closed_deals group by outcome order by outcome"
    )
    assert {row["outcome"]: row["amount"] for row in rows} == {"won": 5e9, "lost": 15000.0}


def test_dates_with_and_without_a_time_are_month_first(company: CrmBuild) -> None:
    rows = company.rows(
        "select distinct cast(created_on as varchar) as created_on from marts.fct_deals order by created_on"
    )
    assert [row["created_on"] for row in rows] == ["2025-06-01", "2025-07-01", "2025-08-13", "2025-09-10"]


def test_accounts_and_contacts_join_by_name(company: CrmBuild) -> None:
    rows = company.rows("select region, count(*) as deals from marts.fct_closed_deals group by region order by region")
    assert {row["region"]: row["deals"] for row in rows} == {"North": 2, "South": 1}
    people = company.rows("select persona, count(*) as contacts from marts.bridge_deal_contacts group by persona")
    assert {row["persona"]: row["contacts"] for row in people} == {"VP Sales": 2, "CFO": 1}


HEADER = "(Do Not Modify) Opportunity,Topic,Potential Customer,Status,Status Reason,Est. revenue,Actual Revenue,Actual Close Date,Created On,Currency"


def test_several_currencies_are_added_up_only_with_a_rate_for_each(company: CrmBuild, tmp_path: Path) -> None:
    # two deals won and one lost in each currency, of 100 each
    deals = [
        f"id{number},Deal {number},Birch,{outcome},x,100,100,10/{20 + number}/2025,7/1/2025,{currency}"
        for number, (outcome, currency) in enumerate(
            [(word, money) for money in ("EUR", "USD") for word in ("Won", "Won", "Lost")]
        )
    ]
    plan = plan_of(tmp_path, "dynamics365", {"deals.csv": "\n".join([HEADER, *deals]) + "\n"})
    models = CompiledModels(company, "win_rate_baseline", "value_by_currency", "win_rates_by_dimension")
    baseline = "select closed_deals, won_deals, won_amount, lost_amount, value_missing_reason from marts.win_rate_baseline where period = 'all'"
    by_currency = (
        "select currency, won_amount, lost_amount from marts.value_by_currency where period = 'all' order by currency"
    )
    in_segments = "select count(won_amount) > 0, count(lost_amount) > 0 from marts.win_rates_by_dimension"

    models.run(plan)
    reason = "amounts stand in several currencies and fx_rates has no rate for EUR, USD"
    assert models.rows(baseline) == [(6, 4, None, None, reason)]
    assert models.rows(by_currency) == [("EUR", 200.0, 100.0), ("USD", 200.0, 100.0)]
    assert models.rows(in_segments) == [(False, False)]

    models.engine.execute("insert into reference.fx_rates values ('eur', 1.5), ('usd', 1)")
    models.run(plan)
    assert models.rows(baseline) == [(6, 4, 500.0, 250.0, None)]
    assert models.rows(by_currency) == [("EUR", 200.0, 100.0), ("USD", 200.0, 100.0)]
    assert models.rows(in_segments) == [(True, True)]


def test_columns_are_reported_by_their_canonical_names(company: CrmBuild) -> None:
    rows = company.rows("select object, source_file, column_name, source_header, status from marts.input_columns")
    found = {
        (row["object"], row["column_name"]): (row["source_header"], row["status"]) for row in rows if row["column_name"]
    }
    landed_only = {
        "status",
        "status_reason",
        "amount_actual",
        "amount_estimated",
        "deal_name",
        "account_name",
        "contact_name",
        "first_name",
    }
    assert not landed_only & {name for _, name in found}
    assert found["deals", "loss_reason"] == ("Status Reason", "mapped")
    assert found["deals", "amount"] == ("Actual Revenue or Est. revenue", "mapped")
    assert found["deals", "account_id"] == ("Potential Customer", "matched")
    assert found["contacts", "contact_id"] == ("First Name or Last Name", "matched")


def test_no_name_of_a_person_is_kept(company: CrmBuild) -> None:
    content = company.database.read_bytes()
    assert b"Canary" not in content and b"canary@" not in content
    # nor packed away in a column, and no seller either
    texts = company.texts_everywhere()
    assert not [name for name in ("canary", "ann owner", "bo owner") if name in texts]


def test_accounts_are_found_by_names_that_only_look_different(company: CrmBuild, tmp_path: Path) -> None:
    names = ["Café O\u2019Neill & Co", "Cafe\u0301 O'Neill  &amp; Co", "CAFÉ O'NEILL & CO", "Cafe ONeill & Co"]
    deals = [
        f"id{number},Deal {number},{name},Won,x,100,100,10/{20 + number}/2025,7/1/2025,USD"
        for number, name in enumerate(names)
    ]
    accounts = "(Do Not Modify) Account,Account Name,Territory\na1,Café O'Neill & Co,North\n"
    files = {"deals.csv": "\n".join([HEADER, *deals]) + "\n", "accounts.csv": accounts}
    models = CompiledModels(company, "fct_deals")
    models.run(plan_of(tmp_path, "dynamics365", files))
    # the last is another word: accents and apostrophes count
    assert models.rows("select region, count(*) from marts.fct_deals group by region order by region") == [
        ("North", 3), ("unknown", 1),
    ]  # fmt: skip
