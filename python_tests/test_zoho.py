"""Zoho CRM's exports of Deals, Accounts and Contacts, and of Potentials as Deals were called before, counted by hand."""

from collections.abc import Callable

import pytest

from python_tests.crm_build import CrmBuild

pytestmark = pytest.mark.thorough


def test_stages_amounts_and_dates_are_read_as_zoho_writes_them(build_of: Callable[[str], CrmBuild]) -> None:
    rows = build_of("zoho").rows(
        "select deal_id[1:9], outcome, amount, created_on, closed_on from staging.base_deal_lines where rule_id is null"
    )
    deals = {tuple(str(value) for value in row.values()) for row in rows if str(row["created_on"]) > "2025-05"}
    assert deals == {
        ("zcrm_1001", "won", "5000000000.00", "2025-07-01", "2025-10-15"),
        ("zcrm_1002", "lost", "8000.00", "2025-08-01", "2025-10-20"),
        ("zcrm_1003", "lost", "900.50", "2025-08-05", "2025-10-30"),
        ("zcrm_1004", "open", "5000.00", "2025-09-10", "2027-01-31"),
    }
    potentials = {tuple(str(value) for value in row.values())[1:] for row in rows if str(row["created_on"]) < "2025-05"}
    assert potentials == {
        ("won", "1500.00", "2025-04-15", "2025-11-03"),
        ("lost", "1600.00", "2025-04-16", "2025-11-04"),
    }


def test_an_older_version_is_superseded_and_a_stage_nobody_mapped_rejected_with_the_line_to_add(
    build_of: Callable[[str], CrmBuild],
) -> None:
    assert build_of("zoho").rules() == [
        ("deals", "Deals_2026_01_05.csv", 4, "superseded_in_one_file"),
        ("deals", "Deals_2026_01_05.csv", 7, "unknown_outcome"),
    ]
    [row] = build_of("zoho").rows("select reason from marts.rejected_records where rule_id = 'unknown_outcome'")
    assert row["reason"].endswith("add the line  zoho,On Ice,won|lost|open|disqualified  with the one that is right")


def test_accounts_and_contacts_join_by_id_and_by_name_only_without(build_of: Callable[[str], CrmBuild]) -> None:
    rows = build_of("zoho").rows(
        "select industry, persona, count(*) as deals from marts.fct_closed_deals left join marts.bridge_deal_contacts using (deal_key) group by all"
    )
    # 1001 and 1003 by id, a potential by name are Birch's; no one stands on 1003; Elm is not exported
    assert {(row["industry"], row["persona"], row["deals"]) for row in rows} == {
        ("Shipping", "VP Sales", 2), ("Shipping", None, 1), ("Retail", "CFO", 1), ("unknown", None, 1),
    }  # fmt: skip
    assert b"Canary" not in build_of("zoho").database.read_bytes()
    # nor packed away in a column, and no seller either
    texts = build_of("zoho").texts_everywhere()
    assert not [name for name in ("canary", "ann owner", "bo owner") if name in texts]
