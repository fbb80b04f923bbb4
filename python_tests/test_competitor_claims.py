"""A competitor is claimed to be harder than others only beyond chance, and only against deals that name someone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import duckdb
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from winloss.advice import steps
from winloss.advice.competitors import Ask, competitor_claims, share_changes
from winloss.advice.recommendations import MAXIMUM_WORDS
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
    """20 of 40 won against Acme, 45 of 60 against Globex."""
    rows = {
        row["competitor"]: row
        for row in competitor_claims(asking(deals("Q1", "Acme", 20, 20) + deals("Q1", "Globex", 45, 15)))
    }
    distribution = stats.hypergeom(100, 65, 40)
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
    """Of the window's deals one names both vendors, one the status quo, one no one; one is older. Acme 2 deals, Globex 1, both together 2."""
    connection = duckdb.connect()
    connection.execute(
        """create table dim_settings (setting varchar, value varchar);
create table dim_periods (period varchar, starts_on date, ends_before_on date, has_undated_deals boolean);
insert into dim_periods values ('window', date '2025-01-01', date '2026-01-01', false), ('all', null, null, true);
create table fct_closed_deals (deal_key varchar, is_won integer, closed_on date, closed_quarter varchar);
insert into fct_closed_deals values
    ('both', 0, '2025-02-01', '2025-Q1'), ('acme''s', 1, '2025-02-01', '2025-Q1'), ('as it is', 1, '2025-02-01', '2025-Q1'),
    ('silent', 1, '2025-02-01', '2025-Q1'), ('older', 0, '2024-12-31', '2024-Q4');
create table bridge_deal_competitors (deal_key varchar, competitor varchar, kind varchar);
insert into bridge_deal_competitors values
    ('both', 'Acme''s', 'vendor'), ('both', 'Globex', 'vendor'), ('acme''s', 'Acme''s', 'vendor'), ('as it is', 'Status quo', 'status_quo'),
    ('older', 'Globex', 'vendor')"""
    )
    asked: list[str] = []

    def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        asked.append(sql)
        answer = connection.execute(sql)
        return [column[0] for column in answer.description or ()], answer.fetchall()

    rows = steps.competitor_claims(Reader(query, lambda name: name))
    assert [(row["competitor"], row["deals"]) for row in rows] == [("Acme's", 2), ("Globex", 1)]
    [counts] = [sql for sql in asked if "union all" in sql]
    aside = counts.replace("where 1 = 0", "where competitor in ('Acme''s')")
    assert connection.execute(aside).fetchall() == []
    assert sorted(connection.execute(counts).fetchall(), key=str) == [
        ("Acme's", "2025-Q1", 2, 1), ("Globex", "2025-Q1", 1, 0), (None, "2025-Q1", 2, 1),
    ]  # fmt: skip


def test_a_share_is_compared_with_the_previous_quarter_in_one_family() -> None:
    """Of 40 contested deals 20 and then 34 name Acme, 20 and then 8 Globex; Initech is named twice and not tested."""
    rows = [
        {"competitor": name, "quarter": quarter, "deals": count}
        for quarter, counts in {
            "2025-Q1": {None: 40, "Acme": 20, "Globex": 20, "Initech": 1},
            "2025-Q2": {None: 40, "Acme": 34, "Globex": 8, "Initech": 1},
        }.items()
        for name, count in counts.items()
    ]
    found = {(row["quarter"], row["competitor"]): row for row in share_changes(rows)}
    p = []
    for before, after in ((20, 34), (20, 8)):
        distribution = stats.hypergeom(80, before + after, 40)
        half = distribution.pmf(after) / 2
        p.append(2 * min(distribution.cdf(after - 1) + half, distribution.sf(after) + half))
    q = multipletests(p, method="fdr_bh")[1]
    for place, name in enumerate(("Acme", "Globex")):
        assert found["2025-Q2", name]["q_value"] == pytest.approx(q[place], abs=1e-11)
        assert found["2025-Q2", name]["is_changed"]
        assert not found["2025-Q1", name]["is_tested"]
    assert (found["2025-Q2", "Initech"]["is_tested"], found["2025-Q2", "Initech"]["is_changed"]) == (False, False)
