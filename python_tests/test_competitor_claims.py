"""A competitor is claimed to be harder than others only beyond chance, and only against deals that name someone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import duckdb
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from winloss.advice import competitor_steps
from winloss.advice.competitors import Ask, AskQuarter, competitor_claims, reason_claims, share_changes
from winloss.advice.recommendations import MAXIMUM_WORDS
from winloss.advice.statistics import DesignEffect
from winloss.rows import Reader

Deal = tuple[str, frozenset[str], int]
"""Quarter, competitors named, 1 if won."""


def deals(quarter: str, names: str, won: int, lost: int) -> list[Deal]:
    return [(quarter, frozenset(names.split()), outcome) for outcome in [1] * won + [0] * lost]


def asking(everything: Sequence[Deal]) -> Ask:
    """Counts as the database gives them."""

    def ask(set_aside: Sequence[str]) -> list[dict[str, Any]]:
        closed: Counter[tuple[str | None, str]] = Counter()
        won: Counter[tuple[str | None, str]] = Counter()
        for quarter, names, outcome in everything:
            if not names & set(set_aside):
                for name in (*names, None):
                    closed[name, quarter] += 1
                    won[name, quarter] += outcome
        return [
            {"competitor": name, "quarter": quarter, "deals": count, "won": won[name, quarter]}
            for (name, quarter), count in closed.items()
        ]

    return ask


def test_one_quarter_is_the_plain_two_by_two_mid_p() -> None:
    """20 of 60 won against Acme, 45 of 60 against Globex."""
    rows = {
        row["competitor"]: row
        for row in competitor_claims(asking(deals("Q1", "Acme", 20, 40) + deals("Q1", "Globex", 45, 15)))
    }
    distribution = stats.hypergeom(120, 65, 60)
    expected = 2 * (distribution.cdf(19) + distribution.pmf(20) / 2)
    assert rows["Acme"]["p_value"] == pytest.approx(expected, abs=1e-11)
    # the first look claims below 0.06 / (2 + 1 - 0.94); of two that mirror each other, the other one is left without others
    assert expected < 0.06 / 2.06
    assert [rows[name]["is_claimed"] for name in ("Acme", "Globex")] == [True, False]


def test_a_competitor_named_beside_a_hard_one_is_not_blamed_for_it() -> None:
    """Against Acme 10 of 60 are won. Globex stands on 30 of those, of which 5 are won; alone it loses no more than the others: 15 of 30."""
    company = (
        deals("Q1", "Acme", 5, 25)
        + deals("Q1", "Acme Globex", 5, 25)
        + deals("Q1", "Globex", 15, 15)
        + deals("Q1", "Initech", 50, 50)
    )
    rows = competitor_claims(asking(company))
    assert [(row["competitor"], row["claim_step"]) for row in rows] == [
        ("Acme", 1),
        ("Initech", None),
        ("Globex", None),
    ]
    globex = rows[2]
    # once the deals with Acme are set aside, 15 of 30 stand against 50 of 100
    assert globex["p_value"] == pytest.approx(1.0, abs=0.01)
    assert globex["expected_difference"] == pytest.approx(0, abs=1e-9)
    assert globex["grade"] == "directional"


def test_quarters_in_which_everyone_won_more_do_not_make_a_competitor() -> None:
    """Acme came in a quarter in which 8 of 10 were won, Globex in one in which 2 of 10 were: inside each quarter they are alike."""
    company = [
        *deals("Q1", "Acme", 40, 10), *deals("Q1", "Globex", 8, 2),
        *deals("Q2", "Acme", 2, 8), *deals("Q2", "Globex", 10, 40),
    ]  # fmt: skip
    rows = competitor_claims(asking(company))
    assert [row["is_claimed"] for row in rows] == [False, False]
    # pooled over the quarters 42 of 60 would stand against 18 of 60
    assert rows[0]["p_value"] == pytest.approx(1, abs=0.05)
    assert rows[0]["expected_difference"] == pytest.approx(0, abs=1e-9)


def test_a_claim_s_interval_leaves_out_zero() -> None:
    """Against Acme 30 of 96 are won. Without it, 68 of 111 stand against 53 of 111: below the second bound, .06 * 2 / (3 + 1 - 2 * .94).

    The gap may be none all the same.
    """
    company = deals("Q1", "Acme", 30, 66) + deals("Q1", "Globex", 68, 43) + deals("Q1", "Initech", 53, 58)
    acme, *others = competitor_claims(asking(company))
    assert (acme["competitor"], acme["is_claimed"]) == ("Acme", True)
    assert {row["competitor"]: row["is_claimed"] for row in others} == {"Globex": False, "Initech": False}
    (globex,) = [row for row in others if row["competitor"] == "Globex"]
    assert globex["p_value"] < 0.12 / 2.12
    assert globex["expected_difference_low"] < 0 < globex["expected_difference_high"]


def test_few_deals_are_not_compared() -> None:
    """9 deals against Initech are one too few; below 40 named deals nothing is claimed however large the gap."""
    rows = competitor_claims(asking(deals("Q1", "Acme", 20, 20) + deals("Q1", "Initech", 0, 9)))
    assert {row["competitor"]: row["grade"] for row in rows} == {"Acme": "too few deals", "Initech": "too few deals"}
    rows = competitor_claims(asking(deals("Q1", "Acme", 0, 19) + deals("Q1", "Globex", 19, 0)))
    assert {row["grade"] for row in rows} == {"too few deals"}
    assert {row["is_claimed"] for row in rows} == {False}


def test_a_sentence_holds_its_counts_and_is_short() -> None:
    rows = competitor_claims(asking(deals("Q1", "Acme", 4, 36) + deals("Q1", "Globex", 60, 60)))
    acme = rows[0]
    assert str(acme["rationale"]).startswith(
        "Against Acme we won 4 of 40 (10%), 40 points less than against other named competitors (expected -"
    )
    rows += competitor_claims(asking(deals("Q1", "Acme", 30, 30) + deals("Q1", "Globex", 30, 30)))
    assert str(rows[-1]["rationale"]).startswith(
        "Against Globex we won 30 of 60 (50%). The gap to other competitors may be chance."
    )
    assert max(len(str(row["rationale"]).split()) for row in rows) <= MAXIMUM_WORDS


def test_the_window_is_asked_of_deals_that_name_a_vendor() -> None:
    """Of the window's deals one names both vendors, one in two lines Acme, one the status quo, one no one; one is older.

    Acme 2 decisions in 3 lines, Globex 1, both together 2 in 3."""
    connection = duckdb.connect()
    connection.execute(
        """create table dim_settings (setting varchar, value varchar);
create table dim_periods (period varchar, starts_on date, ends_before_on date, has_undated_deals boolean);
insert into dim_periods values ('window', date '2025-01-01', date '2026-01-01', false), ('all', null, null, true);
create table fct_closed_deals (deal_key varchar, is_won integer, closed_on date, closed_quarter varchar, decision_line integer);
insert into fct_closed_deals values
    ('both', 0, '2025-02-01', '2025-Q1', 1), ('acme''s', 1, '2025-02-01', '2025-Q1', 1), ('acme''s again', 1, '2025-02-01', '2025-Q1', 2),
    ('as it is', 1, '2025-02-01', '2025-Q1', 1), ('silent', 1, '2025-02-01', '2025-Q1', 1), ('older', 0, '2024-12-31', '2024-Q4', 1);
create table int_design_effects (comparison varchar, design_effect double, degrees double);
create table bridge_deal_competitors (deal_key varchar, competitor varchar, kind varchar);
insert into bridge_deal_competitors values
    ('both', 'Acme''s', 'vendor'), ('both', 'Globex', 'vendor'), ('acme''s', 'Acme''s', 'vendor'),
    ('acme''s again', 'Acme''s', 'vendor'), ('as it is', 'Status quo', 'status_quo'),
    ('older', 'Globex', 'vendor')"""
    )
    asked: list[str] = []

    def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        asked.append(sql)
        answer = connection.execute(sql)
        return [column[0] for column in answer.description or ()], answer.fetchall()

    rows = competitor_steps.competitor_claims(Reader(query, lambda name: name))
    assert [(row["competitor"], row["deals"]) for row in rows] == [("Acme's", 3), ("Globex", 1)]
    [counts] = [sql for sql in asked if "union all" in sql]
    aside = counts.replace("where 1 = 0", "where competitor in ('Acme''s')")
    assert connection.execute(aside).fetchall() == []
    assert sorted(connection.execute(counts).fetchall(), key=str) == [
        ("Acme's", "2025-Q1", 2, 1, 3, 2), ("Globex", "2025-Q1", 1, 0, 1, 0), (None, "2025-Q1", 2, 1, 3, 2),
    ]  # fmt: skip


def by_quarter(everything: Sequence[tuple[str, str]]) -> tuple[list[dict[str, Any]], AskQuarter]:
    """Contested deals, each a quarter and the names on it: their counts, and the counts of what is left once some are set aside."""

    def counted(set_aside: Sequence[str]) -> list[dict[str, Any]]:
        found: Counter[tuple[str | None, str]] = Counter()
        for quarter, names in everything:
            if not set(names.split()) & set(set_aside):
                found.update({(name, quarter): 1 for name in (*names.split(), None)})
        return [{"competitor": name, "quarter": quarter, "deals": count} for (name, quarter), count in found.items()]

    return counted([]), lambda quarter, set_aside: counted(set_aside)


def changes(everything: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    counts, ask = by_quarter(everything)
    return {(str(row["quarter"]), str(row["competitor"])): row for row in share_changes(counts, ask)}


def test_a_share_is_compared_with_the_previous_quarter_in_one_family() -> None:
    """Of 40 contested deals 20 and then 34 name Acme, 20 and then 8 Globex, two of them both; Initech is named once and not tested."""
    found = changes(
        [("2025-Q1", name) for name in ["Acme"] * 20 + ["Globex"] * 19 + ["Globex Initech"]]
        + [("2025-Q2", name) for name in ["Acme"] * 31 + ["Acme Globex"] * 3 + ["Globex"] * 5 + ["Initech"]]
    )
    p = []
    for before, after in ((20, 34), (20, 8)):
        distribution = stats.hypergeom(80, before + after, 40)
        half = distribution.pmf(after) / 2
        p.append(2 * min(distribution.cdf(after - 1) + half, distribution.sf(after) + half))
    q = multipletests(p, method="fdr_bh")[1]
    for place, name in enumerate(("Acme", "Globex")):
        assert found["2025-Q2", name]["q_value"] == pytest.approx(q[place], abs=1e-11)
        assert not found["2025-Q1", name]["is_tested"]
    assert (found["2025-Q2", "Initech"]["is_tested"], found["2025-Q2", "Initech"]["is_changed"]) == (False, False)
    # of two that mirror each other one is credited: without Acme, Globex stands on 20 of 20 deals and then on 5 of 6
    assert found["2025-Q2", "Acme"]["is_changed"]
    assert (found["2025-Q2", "Globex"]["is_changed"], found["2025-Q2", "Globex"]["explained_by"]) == (False, "Acme")


def test_who_stands_on_more_only_because_another_left_is_no_change() -> None:
    """Acme stood on 120 of 200 contested deals and left; Globex keeps 50, Initech 30: 25 % and then 62 %, of what is left 62 % both times."""
    found = changes(
        [("2025-Q1", name) for name in ["Acme"] * 120 + ["Globex"] * 50 + ["Initech"] * 30]
        + [("2025-Q2", name) for name in ["Globex"] * 50 + ["Initech"] * 30]
    )
    told = {
        name: (found["2025-Q2", name]["is_changed"], found["2025-Q2", name]["explained_by"])
        for name in ("Acme", "Globex", "Initech")
    }
    assert told == {"Acme": (True, None), "Globex": (False, "Acme"), "Initech": (False, "Acme")}
    assert float(found["2025-Q2", "Globex"]["q_value"]) < 0.001


def test_who_takes_over_another_s_deals_is_a_change_of_its_own() -> None:
    """Acme left 120 deals, all of which name Globex now: of the 80 that never named Acme it stood on 50, and now on 170 of 200."""
    found = changes(
        [("2025-Q1", name) for name in ["Acme"] * 120 + ["Globex"] * 50 + ["Initech"] * 30]
        + [("2025-Q2", name) for name in ["Globex"] * 170 + ["Initech"] * 30]
    )
    assert [found["2025-Q2", name]["is_changed"] for name in ("Acme", "Globex")] == [True, True]
    assert found["2025-Q2", "Initech"]["is_changed"] is False


def test_deals_of_an_account_count_for_fewer() -> None:
    """20 of 60 won against Acme, 45 of 60 against Globex: by Student's t of z / sqrt 6, and an interval as of a sixth of the deals."""
    company = deals("Q1", "Acme", 20, 40) + deals("Q1", "Globex", 45, 15)
    once = {row["competitor"]: row for row in competitor_claims(asking(company))}["Acme"]
    together = {row["competitor"]: row for row in competitor_claims(asking(company), design=DesignEffect(6.0, 50.0))}[
        "Acme"
    ]
    z = stats.norm.isf(float(once["p_value"]) / 2)
    assert together["p_value"] == pytest.approx(2 * stats.t.sf(z / 6**0.5, 50), abs=1e-6)
    assert (once["is_claimed"], together["is_claimed"]) == (True, False)
    # -25 / 60 on 60 x 60 / 120 = 30 deals, which count as 5, drawn to zero by 20 more
    assert together["expected_difference"] == pytest.approx(-25 / 60 * 5 / 25, abs=1e-6)


def test_reasons_against_a_competitor_are_compared_in_one_family() -> None:
    """Acme lost 20 of 50 for the price and others 30 of 150, for timing 10 and 30; Globex lost 39 deals, too few."""
    rows = [
        {"competitor": name, "category": category, "lost_deals": lost, "competitor_lost_deals": of, "other_reason_deals": other, "other_lost_deals": 150}
        for name, category, lost, of, other in (
            ("Acme", "price", 20, 50, 30), ("Acme", "timing", 10, 50, 30), ("Acme", "unspecified", 50, 50, 10), ("Acme", "rare", 2, 50, 2),
            ("Globex", "price", 39, 39, 30),
        )
    ]  # fmt: skip
    found = {row["category"]: row for row in reason_claims(rows)}
    p = []
    for lost, other in ((20, 30), (10, 30)):
        distribution = stats.hypergeom(200, lost + other, 50)
        half = distribution.pmf(lost) / 2
        p.append(min(1.0, 2 * min(distribution.cdf(lost - 1) + half, distribution.sf(lost) + half)))
    assert set(found) == {"price", "timing"} and {row["competitor"] for row in found.values()} == {"Acme"}
    assert [found[name]["p_value"] for name in ("price", "timing")] == pytest.approx(p, abs=1e-11)
    assert [found[name]["q_value"] for name in ("price", "timing")] == pytest.approx(
        multipletests(p, method="fdr_bh")[1], abs=1e-11
    )
    assert [found[name]["is_clear"] for name in ("price", "timing")] == [True, False]
    # what fewer deals would tell is no claim
    assert not any(row["is_clear"] for row in reason_claims(rows, design=DesignEffect(6.0, 50.0)))
    assert reason_claims(rows[4:]) == []
