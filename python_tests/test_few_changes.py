"""A quarter that stands published waits until so many deals changed that two files, subtracted, tell those of no few.

The attacker keeps both files and subtracts their totals, which are worked out here by hand, and not by the publisher.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pytest

from winloss.publish import few_changes

QUARTER = "2026-Q3"

Deals = dict[str, tuple[str, str, int]]
"""Outcome, segment and amount by key."""

FIRST: Deals = {
    f"d{number}": ("won" if number % 2 else "lost", ("banks", "farms", "shops")[number % 3], 100 + number)
    for number in range(60)
}
ONE_MORE: Deals = {"new": ("won", "banks", 777)}


def marts(
    connection: duckdb.DuckDBPyConnection, deals: Mapping[str, tuple[str, str, int]], people: str = "CFO"
) -> None:
    """The facts of a build on these deals, each with a contact and a reason."""
    connection.execute("create schema if not exists marts")
    connection.execute(
        "create or replace table marts.dim_dimensions as select * from (values ('industry', 'industry', false), "
        "('seller', 'extra_1', true)) as dimensions (dimension, column_name, is_person)"
    )
    connection.execute(
        "create or replace table marts.fct_closed_deals (deal_key varchar, outcome varchar, industry varchar, extra_1 varchar, "
        "amount decimal(24, 2), cycle_days integer, closed_on date)"
    )
    connection.executemany(
        "insert into marts.fct_closed_deals values (?, ?, ?, 'unknown', ?, 30, date '2026-08-01')",
        [(key, *deal) for key, deal in deals.items()],
    )
    connection.execute(
        "create or replace table marts.bridge_deal_loss_reasons as select deal_key, 'price' as category from marts.fct_closed_deals where outcome = 'lost'"
    )
    connection.execute(
        "create or replace table marts.bridge_deal_win_factors as select deal_key, 'team' as win_factor from marts.fct_closed_deals where outcome = 'won'"
    )
    connection.execute(
        f"create or replace table marts.bridge_deal_contacts as select deal_key, '{people}' as persona, 'c_level' as seniority, "
        "'finance' as department, 'stated' as role_source, 'champion' as buying_role, true as is_counted from marts.fct_closed_deals"
    )


def published_once(deals: Mapping[str, tuple[str, str, int]] = FIRST) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "create schema history; create table history.published_deals (publication varchar, published_at timestamp, reviewed_quarter varchar, "
        "deal_key varchar, outcome varchar, value_hash varchar, segments_hash varchar, contacts_hash varchar)"
    )
    marts(connection, deals)
    few_changes.remember(connection, "first", QUARTER)
    return connection


def won_amounts(deals: Mapping[str, tuple[str, str, int]]) -> dict[str, int]:
    """What a publication of these deals shows: the won amount of all, and of each segment."""
    found = {"all": 0, "banks": 0, "farms": 0, "shops": 0}
    for outcome, segment, amount in deals.values():
        if outcome == "won":
            found["all"] += amount
            found[segment] += amount
    return found


def subtracted(one: Mapping[str, tuple[str, str, int]], other: Mapping[str, tuple[str, str, int]]) -> dict[str, int]:
    before, after = won_amounts(one), won_amounts(other)
    return {what: after[what] - before[what] for what in after if after[what] != before[what]}


def test_one_deal_more_would_tell_its_amount_and_is_not_published() -> None:
    connection = published_once()
    marts(connection, FIRST | ONE_MORE)
    assert subtracted(FIRST, FIRST | ONE_MORE) == {"all": 777, "banks": 777}
    assert few_changes.objection(connection, QUARTER, 5) == (
        "since 2026-Q3 was published only the outcome, amount or dates of 1 won deal and the segments or reasons of 1 deal and the contacts of "
        "1 deal changed, which a reader of both files could work out; readers keep the previous build. Build again when 5 or more changed, or "
        "set allow_few_changes: true for this run."
    )
    # a new quarter is another file, and one deal is no few where the limit is one
    assert few_changes.objection(connection, "2026-Q4", 5) is None
    assert few_changes.objection(connection, QUARTER, 1) is None


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "update marts.fct_closed_deals set amount = amount + 1 where outcome = 'won' and {few}",
            "outcome, amount or dates of {} won",
        ),
        (
            "update marts.fct_closed_deals set amount = null where outcome = 'lost' and {few}",
            "outcome, amount or dates of {} lost",
        ),
        (
            "update marts.fct_closed_deals set closed_on = closed_on + 1 where outcome = 'won' and {few}",
            "outcome, amount or dates of {} won",
        ),
        (
            "update marts.fct_closed_deals set outcome = 'lost' where outcome = 'won' and {few}",
            "outcome, amount or dates of {} won",
        ),
        (
            "update marts.fct_closed_deals set industry = 'mills' where outcome = 'won' and {few}",
            "segments or reasons of {} deal",
        ),
        ("update marts.bridge_deal_loss_reasons set category = 'timing' where {few}", "segments or reasons of {} deal"),
        ("update marts.bridge_deal_win_factors set win_factor = 'fit' where {few}", "segments or reasons of {} deal"),
        ("update marts.bridge_deal_contacts set persona = 'CIO' where {few}", "contacts of {} deal"),
        ("delete from marts.bridge_deal_contacts where {few}", "contacts of {} deal"),
    ],
)
def test_whatever_changed_of_one_to_four_deals_waits_and_of_five_does_not(statement: str, said: str) -> None:
    for deals, waits in ((0, False), (1, True), (4, True), (5, False)):
        connection = published_once()
        table = statement.split(" ")[1 if statement.startswith("update") else 2]
        where = statement.partition(" where ")[2].format(few="true")
        keys = f"deal_key in (select deal_key from {table} where {where} order by deal_key limit {deals})"
        connection.execute(statement.format(few=keys))
        found = few_changes.objection(connection, QUARTER, 5)
        assert (found is not None) == waits
        assert not waits or said.format(deals) in str(found)


def test_the_owner_of_a_deal_is_not_published_and_may_change() -> None:
    connection = published_once()
    connection.execute("update marts.fct_closed_deals set extra_1 = 'another' where deal_key = 'd1'")
    assert few_changes.objection(connection, QUARTER, 5) is None


def test_a_whole_export_after_a_partial_one_is_compared_with_the_whole_one_before() -> None:
    """By hand: the first and the third publication differ by one deal, though each differs from the second by many."""
    connection = published_once()
    part = dict(list(FIRST.items())[:30])
    marts(connection, part)
    assert few_changes.objection(connection, QUARTER, 5) is None
    few_changes.remember(connection, "second", QUARTER)
    marts(connection, FIRST | ONE_MORE)
    assert "1 won deal" in str(few_changes.objection(connection, QUARTER, 5))
    marts(connection, FIRST)
    assert few_changes.objection(connection, QUARTER, 5) is None


def test_five_publications_are_remembered_and_one_that_changed_nothing_is_none() -> None:
    connection = published_once()
    few_changes.remember(connection, "the same", QUARTER)
    for number in range(1, 6):
        marts(
            connection, {key: (outcome, segment, amount + number) for key, (outcome, segment, amount) in FIRST.items()}
        )
        few_changes.remember(connection, f"b{number}", QUARTER)
    kept = connection.execute(
        "select publication, count(*) from history.published_deals group by all order by all"
    ).fetchall()
    assert kept == [(f"b{number}", 60) for number in range(1, 6)]


def test_of_five_changed_deals_those_of_one_segment_are_told() -> None:
    """The limit: nothing waits, all deals tell the sum of five, and the one of them in banks has its amount."""
    more: Deals = {f"new{number}": ("won", "farms", 50) for number in range(4)} | ONE_MORE
    connection = published_once()
    marts(connection, FIRST | more)
    assert few_changes.objection(connection, QUARTER, 5) is None
    assert subtracted(FIRST, FIRST | more) == {"all": 977, "farms": 200, "banks": 777}


def test_a_database_that_remembers_nothing_objects_to_nothing() -> None:
    connection = published_once()
    marts(connection, FIRST | ONE_MORE)
    connection.execute("drop table history.published_deals")
    few_changes.remember(connection, "second", QUARTER)
    assert few_changes.objection(connection, QUARTER, 5) is None
