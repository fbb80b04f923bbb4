"""Amounts and days of few deals stay hidden, also from whoever subtracts: tables, periods, and the copy of the quarter before.

The attacker knows every published sum and every count, and asks linear algebra which amounts follow from them exactly.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path

import duckdb
import numpy as np
import pytest

from winloss.publish.publication import (
    PublishedTable,
    published_select,
)
from winloss.publish.small_values import hide_small_values

# attackers who try all that they can
pytestmark = pytest.mark.long

PERIODS = {"quarter": (0,), "previous_quarter": (1,), "window": (0, 1, 2), "all": (0, 1, 2, 3)}
"""Each period by the parts of time it holds: the quarter, the one before, the rest of the window, what is older."""

EARLIER = (1, 2, 3)

Counts = dict[tuple[str, int], int]
Shown = dict[tuple[str, str], float | None]


def company(counts: Counts) -> duckdb.DuckDBPyConnection:
    """A company with so many won deals of each segment in each part of time, whose amounts are all different."""
    connection = duckdb.connect()
    connection.execute("create schema marts")
    connection.execute(
        "create table marts.win_rates_by_dimension (period varchar, dimension varchar, segment varchar, won_deals bigint, "
        "lost_deals bigint, won_amount double, mean_won_amount double, median_won_cycle_days double, lost_amount double, "
        "value_win_rate double, value_missing_reason varchar)"
    )
    rows = [
        (period, segment, sum(counts.get((segment, part), 0) for part in parts))
        for segment in sorted({segment for segment, _ in counts})
        for period, parts in PERIODS.items()
    ]
    connection.executemany(
        "insert into marts.win_rates_by_dimension values (?, 'industry', ?, ?, 20, ?, 1, 30, 7, 0.5, null)",
        [(period, segment, deals, 1000.0 + place) for place, (period, segment, deals) in enumerate(rows)],
    )
    connection.execute(
        "create table marts.win_rate_baseline as select period, sum(won_deals) as won_deals, sum(lost_deals) as lost_deals, "
        "sum(won_amount) as won_amount from marts.win_rates_by_dimension group by period"
    )
    return connection


TOTAL = "all segments"


def shown(
    connection: duckdb.DuckDBPyConnection, minimum: int = 5, kept: Sequence[Path] = ()
) -> list[dict[str, object]]:
    """The published rows of the segments, and of all of them together."""
    tables = ("win_rates_by_dimension", "win_rate_baseline")
    columns = {
        table: {row[0]: row[1] for row in connection.execute(f"describe marts.{table}").fetchall()} for table in tables
    }
    hide_small_values(connection, "marts", columns, minimum, kept)
    rows = []
    for table in tables:
        answer = connection.execute(published_select(PublishedTable(table), columns[table], minimum))
        names = [column[0] for column in answer.description or ()]
        rows += [{"segment": TOTAL, **dict(zip(names, row, strict=True))} for row in answer.fetchall()]
    return rows


def amounts(rows: Iterable[dict[str, object]]) -> Shown:
    return {(str(row["segment"]), str(row["period"])): row["won_amount"] for row in rows}  # type: ignore[misc]


def quarter_only(**deals: int) -> Counts:
    """Deals of the quarter, and many of every other part."""
    return {(segment, part): count if part == 0 else 30 for segment, count in deals.items() for part in range(4)}


def test_value_and_time_of_few_won_deals_are_empty_and_their_counts_stay() -> None:
    """By hand: 1 won deal of Farms; 20 + 9 + 1 = 30 would give it away, so the 9 of Shops go as well."""
    rows = {
        row["segment"]: row
        for row in shown(company(quarter_only(banks=20, shops=9, farms=1)))
        if row["period"] == "quarter"
    }
    assert {segment: row["won_deals"] for segment, row in rows.items()} == {
        "banks": 20,
        "shops": 9,
        "farms": 1,
        TOTAL: 30,
    }
    for segment in ("farms", "shops"):
        row = rows[segment]
        assert (row["won_amount"], row["mean_won_amount"], row["median_won_cycle_days"], row["value_win_rate"]) == (
            None,
        ) * 4
        assert (
            row["value_missing_reason"]
            == "figures of fewer than 5 deals, and those that would give one away, are not shown"
        )
        # the twenty lost ones are enough
        assert row["lost_amount"] == 7
    assert rows["banks"]["won_amount"] is not None and rows["banks"]["value_missing_reason"] is None


def test_no_won_deal_is_no_small_number_of_them() -> None:
    rows = shown(company(quarter_only(banks=20, shops=9, farms=0)))
    assert None not in amounts(rows).values()


def test_of_two_periods_whose_difference_is_small_one_is_hidden() -> None:
    """By hand: 8 of the 10 deals of the window fell into the quarter: 2 are left, and the quarter goes. All deals less those of the copy of
    the quarter before are the 8, too, so that the window goes as well."""
    counts: Counts = {("banks", part): 30 for part in range(4)} | {("shops", part): 30 for part in range(4)}
    counts |= {("farms", 0): 8, ("farms", 1): 0, ("farms", 2): 2, ("farms", 3): 30}
    found = amounts(shown(company(counts)))
    assert found["farms", "quarter"] is None
    assert found["farms", "window"] is None and found["farms", "all"] is not None


def knowable(counts: Counts, found: Shown, minimum: int = 5) -> list[str]:
    """Amounts of fewer deals than the minimum that follow exactly from what is shown and from the totals of each period."""
    segments = sorted({segment for segment, _ in counts})
    parts = 4
    place = {
        (segment, part): index for index, (segment, part) in enumerate((s, p) for s in segments for p in range(parts))
    }

    def row(cells: Iterable[tuple[str, int]]) -> np.ndarray:
        vector = np.zeros(len(place))
        for cell in cells:
            # what holds no deal is known to be zero
            vector[place[cell]] = 1 if counts.get(cell, 0) else 0
        return vector

    known = [
        row((each, part) for each in (segments if segment == TOTAL else [segment]) for part in PERIODS[period])
        for (segment, period), amount in found.items()
        if amount is not None
    ]
    # the copy kept of the quarter before, when all deals were these
    known += [
        row((segment, part) for part in EARLIER)
        for segment in segments
        if sum(counts.get((segment, part), 0) for part in EARLIER) >= minimum
    ]
    matrix = np.array(known)
    rank = np.linalg.matrix_rank(matrix)
    told = []
    for segment in segments:
        for size in range(1, parts + 1):
            for chosen in combinations(range(parts), size):
                wanted = row((segment, part) for part in chosen)
                deals = sum(counts.get((segment, part), 0) for part in chosen)
                if 0 < deals < minimum and np.linalg.matrix_rank(np.vstack([matrix, wanted])) == rank:
                    told.append(f"{segment} {chosen}: {deals}")
    return told


@pytest.mark.parametrize("seed", range(40))
def test_an_attacker_who_subtracts_segments_periods_and_publications_finds_no_small_amount(seed: int) -> None:
    chance = random.Random(seed)
    segments = [f"s{number}" for number in range(chance.randint(2, 7))]
    counts: Counts = {
        (segment, part): max(0, round(chance.lognormvariate(1.6 + 0.4 * part, 1))) - chance.randint(0, 1)
        for segment in segments
        for part in range(4)
    }
    counts = {cell: max(0, count) for cell, count in counts.items()}
    rows = shown(company(counts))
    assert knowable(counts, amounts(rows)) == []
    assert {row["won_deals"] for row in rows if row["segment"] != TOTAL} == {
        sum(counts[segment, part] for part in parts) for segment in segments for parts in PERIODS.values()
    }


def test_the_attacker_finds_what_is_not_hidden() -> None:
    counts = quarter_only(banks=20, shops=9, farms=1)
    everything: Shown = dict.fromkeys(amounts(shown(company(counts))), 1.0)
    assert knowable(counts, everything) == ["farms (0,): 1"]
    # one hidden cell comes back as the rest of the sum
    assert knowable(counts, everything | {("farms", "quarter"): None}) == ["farms (0,): 1"]


# ---------------------------------------------------------------- the same amount in another table


def published(connection: duckdb.DuckDBPyConnection, mart: str) -> list[dict[str, object]]:
    """What leaves of a mart; `hide_small_values` has judged the marts of the connection."""
    columns = {row[0]: row[1] for row in connection.execute(f"describe marts.{mart}").fetchall()}
    answer = connection.execute(published_select(PublishedTable(mart), columns, 5))
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def test_the_mean_of_few_deals_does_not_leave_as_a_measure_either() -> None:
    """By hand: 4 won deals in the quarter, 34 in the window of which 30 stand before it; 6 won deals of 7 state their cycle."""
    connection = company(quarter_only(banks=4))
    connection.execute(
        "create table marts.typical_deals as select * from (values ('quarter', 'won_amount', 4, 10.0), ('quarter', 'lost_amount', 20, 11.0), "
        "('window', 'won_cycle_days', 4, 12.0), ('window', 'won_amount', 64, 13.0)) as t (period, measure, deals, mean)"
    )
    shown(connection)
    assert {
        (row["period"], row["measure"], row["deals"]): row["mean"] for row in published(connection, "typical_deals")
    } == {
        ("quarter", "won_amount", 4): None,
        ("quarter", "lost_amount", 20): 11,
        ("window", "won_cycle_days", 4): None,
        ("window", "won_amount", 64): 13,
    }


def test_a_rate_of_value_in_the_advice_does_not_tell_an_amount_that_is_hidden_among_the_segments() -> None:
    """By hand: the 9 won deals of Shops hide the one of Farms. Their lost amount L is shown, so that a rate r of value gives L * r / (1 - r),
    and what moving deals there is worth gives their mean."""
    connection = company(
        {
            (segment, part): deals if part == 0 else 0
            for segment, deals in {"banks": 20, "shops": 9, "farms": 1}.items()
            for part in range(4)
        }
    )
    connection.execute(
        "create table marts.icp_recommendations as select 'industry' as dimension, segment, cast(null as varchar) as second_dimension, "
        "cast(null as varchar) as second_segment, 'industry ' || segment as segment_label, won_deals, lost_deals, 0.5 as value_weighted_win_rate "
        "from marts.win_rates_by_dimension where period = 'window'"
    )
    cuts: list[tuple[str, ...]] = []
    # segments taken together: less those of Banks their deals are those of Farms; Banks alone tell nothing
    for name, parts in {"banks and farms": ("banks", "farms"), "banks or more": ("banks",)}.items():
        connection.execute(
            f"insert into marts.icp_recommendations values ('industry', '{name}', null, null, 'industry {name}', 21, 40, 0.5)"
        )
        cuts.extend(("industry", "cut", name, part) for part in parts)
    connection.execute(
        "create table marts.dim_segment_cuts (dimension varchar, cut varchar, segment varchar, segment_part varchar)"
    )
    connection.executemany("insert into marts.dim_segment_cuts values (?, ?, ?, ?)", cuts)
    connection.execute(
        "create table marts.return_on_investment as select segment_label, 7.0 as revenue_gain, 'none' as missing_reason from marts.icp_recommendations"
    )
    columns = {
        mart: {row[0]: row[1] for row in connection.execute(f"describe marts.{mart}").fetchall()}
        for mart in ("win_rates_by_dimension", "win_rate_baseline", "icp_recommendations", "dim_segment_cuts")
    }
    hide_small_values(connection, "marts", columns, 5)
    rates = {row["segment"]: row["value_weighted_win_rate"] for row in published(connection, "icp_recommendations")}
    assert {segment: rate is None for segment, rate in rates.items()} == {
        "banks": False,
        "shops": True,
        "farms": True,
        "banks and farms": True,
        "banks or more": False,
    }
    worth = {row["segment_label"]: row for row in published(connection, "return_on_investment")}
    assert {label: row["revenue_gain"] is None for label, row in worth.items()} == {
        "industry banks": False,
        "industry shops": True,
        "industry farms": True,
        "industry banks and farms": True,
        "industry banks or more": False,
    }
    assert worth["industry banks"]["missing_reason"] == "none"
    assert (
        worth["industry shops"]["missing_reason"]
        == "figures of fewer than 5 deals, and those that would give one away, are not shown"
    )


def hide_all(connection: duckdb.DuckDBPyConnection, *hidden_outcomes: str) -> None:
    """Judges every mart of the connection, as a publication does."""
    marts = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
    columns = {
        name: {row[0]: row[1] for row in connection.execute(f"describe marts.{name}").fetchall()} for (name,) in marts
    }
    hide_small_values(connection, "marts", columns, 5, hidden_outcomes=hidden_outcomes)


def test_amounts_of_few_open_deals_do_not_come_back_from_those_of_all() -> None:
    """By hand: 3 of 32 open deals are Farms'; the 9 of Shops go as well, or the sum of all would tell them."""
    connection = company(quarter_only(banks=20, shops=20))
    connection.execute(
        "create table marts.open_pipeline as select * from (values "
        "('all', 'all deals', 32, 320, 100, 3.2, 9.5), ('industry', 'Banks', 20, 200, 60, 3.3, 6.0), "
        "('industry', 'Shops', 9, 90, 30, 3.0, 2.7), ('industry', 'Farms', 3, 30, 10, 3.0, 0.8)) "
        "as open_deals(dimension, segment, open_deals, open_amount, expected_amount, amount_per_won_amount, expected_wins)"
    )
    hide_all(connection)
    rows = sorted(published(connection, "open_pipeline"), key=lambda row: str(row["segment"]))
    assert [(row["segment"], row["open_deals"], row["open_amount"], row["expected_amount"]) for row in rows] == [
        ("Banks", 20, 200.0, 60.0),
        ("Farms", 3, None, None),
        ("Shops", 9, None, None),
        ("all deals", 32, 320.0, 100.0),
    ]
    assert [row["amount_per_won_amount"] is None for row in rows] == [False, True, True, False]
    # the chance of few deals tells, by the curve, how old they are
    assert [row["expected_wins"] for row in rows] == [6.0, None, None, 9.5]
    # where last quarter's file tells the amounts of a few, none leaves; how many wins are to come depends on the day
    hide_all(connection, "open")
    rows = sorted(published(connection, "open_pipeline"), key=lambda row: str(row["segment"]))
    assert [row["open_amount"] for row in rows] == [row["expected_amount"] for row in rows] == [None] * 4
    assert [row["expected_wins"] for row in rows] == [6.0, None, None, 9.5]
    assert [row["open_deals"] for row in rows] == [20, 3, 9, 32]


def test_a_rate_by_value_is_shown_where_the_baseline_shows_it() -> None:
    """One won deal in the quarter: by value it would be that deal's amount against the lost ones'. By count it stays."""
    connection = company({("banks", 0): 1, ("banks", 1): 30, ("banks", 2): 30, ("banks", 3): 30})
    connection.execute(
        "create table marts.win_rate_definitions as select period, definition, 0.5e0 as win_rate, 0.4e0 as win_rate_low, 0.6e0 as win_rate_high, "
        "8e0 as effective_deals, 0.1e0 as step, cast(null as varchar) as missing_reason "
        "from (values ('quarter'), ('previous_quarter')) as periods(period), (values ('closed'), ('by_value')) as definitions(definition)"
    )
    hide_all(connection)
    rows = sorted(
        published(connection, "win_rate_definitions"), key=lambda row: (str(row["period"]), str(row["definition"]))
    )
    hidden = "figures of fewer than 5 deals, and those that would give one away, are not shown"
    assert [
        (row["period"], row["definition"], row["win_rate"], row["step"], row["missing_reason"]) for row in rows
    ] == [
        ("previous_quarter", "by_value", 0.5, 0.1, None),
        ("previous_quarter", "closed", 0.5, 0.1, None),
        ("quarter", "by_value", None, None, hidden),
        ("quarter", "closed", 0.5, 0.1, None),
    ]


def test_the_weeks_in_which_few_deals_were_won_do_not_follow_from_the_curves() -> None:
    """By hand: 1 deal of Farms was won in the window. A curve steps by the deals of each week, so all less Banks and Shops would tell the
    week of Farms' deal: Shops' curve goes as well. Of the cohorts, 3 won deals of Q2 take those of Q1 with them."""
    connection = company({("banks", 0): 40, ("shops", 0): 9, ("farms", 0): 1})
    connection.execute(
        "create table marts.win_rates_by_cohort as select * from (values ('2025-Q1', 9, 30), ('2025-Q2', 3, 30), ('2025-Q3', 30, 30)) "
        "as cohorts(created_quarter, won_deals, lost_deals)"
    )
    connection.execute(
        "create table marts.win_rate_curves as select period, dimension, segment, 8 as age_weeks, 0.4 as won_share, 0.1 as lost_share, "
        "0.5 as open_share, 40.0 as effective_deals, cast(null as varchar) as missing_reason from (values "
        "('window', 'all', 'all deals'), ('window_before', 'all', 'all deals'), ('window', 'industry', 'banks'), ('window', 'industry', 'shops'), "
        "('all', 'created_quarter', '2025-Q1'), ('all', 'created_quarter', '2025-Q3')) as curves(period, dimension, segment)"
    )
    hide_all(connection)
    rows = published(connection, "win_rate_curves")
    figures = ("won_share", "lost_share", "open_share", "effective_deals")
    shown_curves = {
        (row["period"], row["segment"]) for row in rows if all(row[figure] is not None for figure in figures)
    }
    assert shown_curves == {
        ("window", "all deals"),
        ("window_before", "all deals"),
        ("window", "banks"),
        ("all", "2025-Q3"),
    }
    hidden = [row for row in rows if (row["period"], row["segment"]) not in shown_curves]
    assert {row["missing_reason"] for row in hidden} == {
        "figures of fewer than 5 deals, and those that would give one away, are not shown"
    }
    assert [row[figure] for row in hidden for figure in figures] == [None] * 8
