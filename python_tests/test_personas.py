"""Personas: presence is compared among deals with equally many contacts, or not at all."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats

from winloss.advice import steps
from winloss.advice.parameters import Parameters
from winloss.advice.personas import persona_evidence
from winloss.advice.recommendations import MAXIMUM_WORDS
from winloss.rows import Reader

EVEN = {"won_deals": 100, "won_deals_with_contacts": 90, "lost_deals": 150, "lost_deals_with_contacts": 140}

Rows = list[dict[str, Any]]


def simulate(
    seed: int,
    deals: int = 600,
    extra_on_won: float = 0.0,
    effect: float = 0.0,
    titles: int = 6,
) -> tuple[Rows, Rows]:
    """Deals with a number of contacts, each contact one of the titles; title 0 may raise the odds."""
    rng = np.random.default_rng(seed)
    presence: dict[tuple[str, int], list[int]] = {}
    contacts: dict[int, list[int]] = {}
    for _ in range(deals):
        met = rng.integers(0, titles, 1 + rng.poisson(1.0)).tolist()
        won = int(rng.random() < 1 / (1 + np.exp(0.4 - effect * (0 in met))))
        met += rng.integers(0, titles, rng.poisson(extra_on_won)).tolist() if won else []
        count = len(met)
        contacts.setdefault(count, [0, 0])
        contacts[count][0] += 1
        contacts[count][1] += won
        for title in sorted(set(met)):
            cell = presence.setdefault((f"title {title}", count), [0, 0])
            cell[0] += 1
            cell[1] += won
    return (
        [
            {"persona_type": "title_family", "persona": value, "contact_count": count, "deals": n, "won": w}
            for (value, count), (n, w) in presence.items()
        ],
        [{"contact_count": count, "deals": n, "won": w} for count, (n, w) in contacts.items()],
    )


def test_more_contacts_on_won_deals_make_no_persona() -> None:
    raised = 0
    for seed in range(20):
        presence, contacts = simulate(seed, extra_on_won=1.5)
        rows = persona_evidence(presence, contacts, EVEN, are_contacts_dated=True)
        assert all(row["difference"] > 0.05 for row in rows)
        raised += sum(row["action"] in ("target_more", "deprioritise") for row in rows)
    assert raised <= 5


def test_a_persona_that_matters_is_found() -> None:
    presence, contacts = simulate(1, deals=900, effect=1.2)
    rows = {row["persona"]: row for row in persona_evidence(presence, contacts, EVEN, are_contacts_dated=True)}
    assert rows["title 0"]["action"] == "target_more"
    assert rows["title 0"]["expected_lift_low"] > 0
    assert len(rows) == 6


def test_one_stratum_is_the_plain_two_by_two_mid_p() -> None:
    presence = [{"persona_type": "role", "persona": "champion", "contact_count": 2, "deals": 40, "won": 28}]
    contacts = [{"contact_count": 2, "deals": 100, "won": 50}, {"contact_count": 0, "deals": 60, "won": 60}]
    row = persona_evidence(presence, contacts, EVEN, are_contacts_dated=True)[0]
    distribution = stats.hypergeom(100, 50, 40)
    assert row["p_value"] == pytest.approx(2 * (distribution.sf(28) + distribution.pmf(28) / 2), abs=1e-11)
    assert row["q_value"] == row["p_value"]
    assert (row["other_closed_deals"], row["other_win_rate"]) == (60, pytest.approx(22 / 60))
    weight = 40 * 60 / 100
    assert row["expected_lift"] == pytest.approx((28 / 40 - 22 / 60) * weight / (weight + 25))
    assert row["rationale"] == (
        "28 of 40 deals with champion by day 30 were won (70%), 37% without. With equally many contacts, "
        "expect +16.3 points (+2.3 to +30.3)."
    )


def test_undated_contacts_are_never_more_than_worth_testing() -> None:
    presence, contacts = simulate(1, deals=900, effect=1.2)
    rows = persona_evidence(presence, contacts, EVEN, are_contacts_dated=False)
    assert next(row for row in rows if row["persona"] == "title 0")["action"] == "keep_testing"
    assert {row["action"] for row in rows} <= {"keep_testing", "no_difference", "not_enough_data"}
    assert all("contacts_not_dated" in row["caveat_codes"] for row in rows)


def test_uneven_coverage_is_refused_with_its_counts() -> None:
    presence, contacts = simulate(1, deals=900, effect=1.2)
    uneven = {"won_deals": 100, "won_deals_with_contacts": 90, "lost_deals": 150, "lost_deals_with_contacts": 60}
    for row in persona_evidence(presence, contacts, uneven, are_contacts_dated=True):
        assert row["is_refused"] and row["action"] == "not_enough_data"
        assert row["p_value"] is None and row["expected_lift"] is None
        assert row["missing_reason"].startswith(
            "Contacts are recorded on 90 of 100 won deals but on 60 of 150 lost ones"
        )
    nothing_lost = {**EVEN, "lost_deals": 0, "lost_deals_with_contacts": 0}
    assert all(row["is_refused"] for row in persona_evidence(presence, contacts, nothing_lost, True))


def test_unknown_and_rare_personas_are_counted_but_not_tested() -> None:
    presence = [
        {"persona_type": "role", "persona": "unknown", "contact_count": 1, "deals": 50, "won": 45},
        {"persona_type": "role", "persona": "rare", "contact_count": 1, "deals": 9, "won": 9},
        {"persona_type": "role", "persona": "common", "contact_count": 1, "deals": 80, "won": 40},
    ]
    contacts = [{"contact_count": 1, "deals": 200, "won": 100}]
    rows = {row["persona"]: row for row in persona_evidence(presence, contacts, EVEN, True)}
    assert rows["unknown"]["q_value"] is None and rows["rare"]["q_value"] is None
    assert rows["common"]["q_value"] == rows["common"]["p_value"]
    assert rows["rare"]["won_deals"] == 9


def test_row_order_does_not_matter() -> None:
    presence, contacts = simulate(7, extra_on_won=1.0)
    rows = persona_evidence(presence, contacts, EVEN, True)
    assert persona_evidence(presence[::-1], contacts[::-1], EVEN, True) == rows


def test_large_data_use_the_z_form_and_agree() -> None:
    presence, contacts = simulate(3, deals=1_500, effect=0.4)
    exact = persona_evidence(presence, contacts, EVEN, True)
    approximate = persona_evidence(presence, contacts, EVEN, True, Parameters(exact_up_to_deals=100))
    for one, other in zip(exact, approximate):
        assert one["p_value"] == pytest.approx(other["p_value"], abs=0.03)
        assert one["p_value"] != other["p_value"]


def test_contradictory_counts_are_refused() -> None:
    contacts = [{"contact_count": 1, "deals": 10, "won": 5}]
    row = {"persona_type": "role", "persona": "champion", "contact_count": 1, "deals": 11, "won": 5}
    with pytest.raises(ValueError, match="more deals than there are"):
        persona_evidence([row], contacts, EVEN, True)
    with pytest.raises(ValueError, match="no deal has 3 contacts"):
        persona_evidence([{**row, "contact_count": 3}], contacts, EVEN, True)
    with pytest.raises(ValueError, match="deals must be a count"):
        persona_evidence([{**row, "deals": "many"}], contacts, EVEN, True)


def test_no_personas_are_no_rows_and_rationales_are_short() -> None:
    assert persona_evidence([], [], EVEN, True) == []
    presence, contacts = simulate(2)
    for row in presence:
        row["persona"] += (
            " of the very long and most complicated department of everything that no one can remember " * 2
        )
    for row in persona_evidence(presence, contacts, EVEN, True):
        assert len(row["rationale"].split()) <= MAXIMUM_WORDS


def test_a_persona_is_never_advised_against_its_own_counts() -> None:
    # At one contact 24 of 80 against 20 of 200, at five 19 of 20 against 240 of 300: 43 % with a buyer against 52 % without.
    presence = [
        {"persona_type": "persona", "persona": "Buyer", "contact_count": 1, "deals": 80, "won": 24},
        {"persona_type": "persona", "persona": "Buyer", "contact_count": 5, "deals": 20, "won": 19},
    ]
    contacts = [{"contact_count": 1, "deals": 280, "won": 44}, {"contact_count": 5, "deals": 320, "won": 259}]
    [row] = persona_evidence(presence, contacts, EVEN, are_contacts_dated=True)
    assert row["q_value"] < 0.001 and row["expected_lift"] > 0.05
    assert row["win_rate"] == pytest.approx(0.43) and row["other_win_rate"] == pytest.approx(0.52)
    assert (row["action"], row["caveat_codes"]) == ("not_enough_data", "counts_disagree")


def test_what_only_the_false_discovery_rate_lets_pass_is_promising() -> None:
    # One stratum of 1,000, 500 won; with a champion 271 of 500 (mid-p .0079) is a claim at .02, 267 of 500 (.0315) is none,
    # though the interval of its lift, .0618 +- .0591, leaves zero out.
    contacts = [{"contact_count": 2, "deals": 1000, "won": 500}]
    found = {}
    for won in (271, 267):
        presence = [{"persona_type": "role", "persona": "champion", "contact_count": 2, "deals": 500, "won": won}]
        [row] = persona_evidence(presence, contacts, EVEN, are_contacts_dated=True)
        distribution = stats.hypergeom(1000, 500, 500)
        assert row["expected_lift_low"] > 0
        assert row["q_value"] == pytest.approx(2 * (distribution.sf(won) + distribution.pmf(won) / 2), abs=1e-11)
        found[won] = row["action"]
    assert found == {271: "target_more", 267: "keep_testing"}


DEALS = """
create table dim_settings (setting varchar, value varchar);
insert into dim_settings values ('landmark_days', '30'), ('persona_minimum_deals', '2'), ('dated_contacts_share', '0.75');
create table dim_periods (period varchar, starts_on date, ends_before_on date, has_undated_deals boolean);
insert into dim_periods values ('window', date '2025-01-01', date '2026-01-01', false), ('all', null, null, true);
create table contact_coverage (period varchar, won_deals bigint, lost_deals bigint, won_deals_with_contacts bigint,
    lost_deals_with_contacts bigint, dated_share double);
insert into contact_coverage values ('window', 3, 4, 3, 4, 0.95);
create table fct_closed_deals (deal_key varchar, is_won integer, created_on date, closed_on date, cycle_days integer,
    decision_line integer default 1);
insert into fct_closed_deals (deal_key, is_won, created_on, closed_on, cycle_days) values
    ('on day 30', 1, '2025-02-01', '2025-03-03', 30),
    ('day 31', 1, '2025-02-01', '2025-03-04', 31),
    ('lost late', 0, '2025-02-01', '2025-06-01', 120),
    ('undated', 0, '2025-02-01', '2025-06-01', 120),
    ('met late', 0, '2025-02-01', '2025-06-01', 120),
    ('signed', 1, '2025-02-01', '2025-06-01', 120),
    ('before the window', 1, '2024-02-01', '2024-06-01', 120);
create table bridge_deal_contacts (deal_key varchar, persona varchar, buying_role varchar, role_source varchar, added_on date,
    is_counted boolean);
insert into bridge_deal_contacts values
    ('on day 30', 'CFO', 'champion', 'stated', '2025-02-02', true),
    ('day 31', 'CFO', 'champion', 'stated', '2025-03-03', true),
    ('lost late', 'CFO', 'unknown', 'none', '2025-02-02', true),
    ('lost late', 'Clerk', 'unknown', 'none', '2025-03-04', true),
    ('lost late', 'Clerk', 'unknown', 'none', '2025-02-05', true),
    ('undated', 'CFO', 'unknown', 'none', '2025-02-02', true),
    ('undated', 'CFO', 'unknown', 'none', null, true),
    ('met late', 'CFO', 'unknown', 'none', '2025-03-04', true),
    ('signed', 'Clerk', 'unknown', 'none', '2025-02-02', true),
    ('signed', 'CFO', 'champion', 'stated', '2025-06-01', true),
    ('before the window', 'CFO', 'champion', 'stated', '2024-02-02', true);
"""


def counted(*changes: str) -> dict[tuple[Any, Any], dict[str, Any]]:
    with duckdb.connect() as connection:
        connection.execute(DEALS + "".join(changes))

        def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
            answer = connection.execute(sql)
            return [column[0] for column in answer.description or ()], answer.fetchall()

        rows = steps.persona_evidence(Reader(query, lambda name: name))
    return {(row["persona_type"], row["persona"]): row for row in rows}


def test_only_contacts_of_the_first_days_count_and_only_on_deals_still_open_then() -> None:
    # Open beyond day 30, all dated, met by then: day 31 (CFO), lost late (CFO and Clerk), signed (Clerk; its CFO came as it was won).
    rows = counted()
    shown = {key: (row["closed_deals"], row["won_deals"]) for key, row in rows.items()}
    assert shown == {
        ("persona", "CFO"): (2, 1),
        ("persona", "Clerk"): (2, 1),
        ("buying_role", "champion"): (1, 1),
    }
    row = rows["persona", "CFO"]
    assert (row["other_closed_deals"], row["landmark_days"]) == (1, 30)
    assert (row["early_closed_deals"], row["undated_deals"], row["later_deals"]) == (1, 1, 1)
    assert row["rationale"].startswith("1 of 2 deals with CFO by day 30 were won (50%)")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("update contact_coverage set dated_share = 0.7;", "contacts_not_dated"),
        ("update fct_closed_deals set created_on = null, cycle_days = null;", "deals_not_dated"),
    ],
)
def test_without_dates_those_on_record_at_the_close_are_counted_and_nothing_is_claimed(change: str, code: str) -> None:
    rows = counted(change)
    # all seven deals but the one before the window; the CFO stands on each of the six
    assert (rows["persona", "CFO"]["closed_deals"], rows["persona", "CFO"]["won_deals"]) == (6, 3)
    assert {row["landmark_days"] for row in rows.values()} == {None}
    assert all(code in row["caveat_codes"] for row in rows.values())
    assert {row["action"] for row in rows.values()} <= {"keep_testing", "no_difference", "not_enough_data"}


def test_a_company_whose_deals_mostly_close_before_the_landmark_is_told() -> None:
    presence, contacts = simulate(1, deals=100)
    left_out = {"early_closed_deals": 101, "undated_deals": 0, "later_deals": 0}
    rows = persona_evidence(presence, contacts, EVEN, True, left_out=left_out)
    assert all("Most deals close within 30 days" in row["caveats"] for row in rows)
    rows = persona_evidence(presence, contacts, EVEN, True, left_out={**left_out, "early_closed_deals": 100})
    assert not any(row["caveats"] for row in rows)
