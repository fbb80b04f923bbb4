"""A quarter that stands published waits until so many deals changed that two files, subtracted, tell those of no few.

The attacker keeps both files and subtracts their totals, which are worked out here by hand, and not by the publisher.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from winloss.publish import few_changes
from winloss.publish.published_build import Standing

QUARTER = "2026-Q3"

Deals = dict[str, tuple[str, str, int]]
"""Outcome, segment and amount by key."""

FIRST: Deals = {
    f"d{number}": (("won", "lost", "open")[number % 3], ("banks", "farms", "shops")[number % 4 % 3], 100 + number)
    for number in range(90)
}
ONE_MORE: Deals = {"new": ("won", "banks", 777)}
ONE_OPEN_MORE: Deals = {"new": ("open", "banks", 777)}

STANDING = Standing("custom", 90, "first", QUARTER)


@pytest.fixture(autouse=True)
def published_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands published is the first publication of the quarter, which the database remembers."""
    monkeypatch.setattr(few_changes.Republication, "standing", [(Path("marts.duckdb"), STANDING)])


def build(
    connection: duckdb.DuckDBPyConnection, quarter: str | None = QUARTER, minimum: int = 5
) -> few_changes.Republication:
    return few_changes.Republication(connection, Path("marts.duckdb"), "custom", quarter, minimum)


def objection(connection: duckdb.DuckDBPyConnection, quarter: str = QUARTER, minimum: int = 5) -> str | None:
    return few_changes.objection(build(connection, quarter, minimum))


def remember(connection: duckdb.DuckDBPyConnection, publication: str, quarter: str | None = QUARTER) -> None:
    few_changes.remember(build(connection, quarter), publication)


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
        "create or replace table marts.fct_deals (deal_key varchar, outcome varchar, industry varchar, seller varchar, amount decimal(24, 2), "
        "cycle_days integer, closed_on date, created_on date, stated_amount decimal(24, 2), currency varchar, qualification_score double, "
        "is_in_population boolean)"
    )
    rows = [(key, *deal) for key, deal in deals.items()]
    connection.execute(
        "insert into marts.fct_deals select key, outcome, industry, 'unknown', amount, case when outcome != 'open' then 30 end, "
        "case when outcome != 'open' then date '2026-08-01' end, date '2026-07-02', amount, 'EUR', null, true "
        "from (select unnest($keys) as key, unnest($outcomes) as outcome, unnest($industries) as industry, unnest($amounts) as amount)",
        dict(zip(("keys", "outcomes", "industries", "amounts"), map(list, zip(*rows, strict=True)), strict=True)),
    )
    connection.execute(
        "create or replace table marts.bridge_deal_loss_reasons as select deal_key, 'price' as category from marts.fct_deals where outcome = 'lost'"
    )
    connection.execute(
        "create or replace table marts.bridge_deal_win_factors as select deal_key, 'team' as win_factor from marts.fct_deals where outcome = 'won'"
    )
    connection.execute(
        f"create or replace table marts.bridge_deal_contacts as select deal_key, '{people}' as persona, 'c_level' as seniority, "
        "'finance' as department, 'stated' as role_source, 'champion' as buying_role, true as is_counted from marts.fct_deals "
        "where outcome != 'open'"
    )
    connection.execute(
        "create or replace table marts.bridge_deal_competitors as select deal_key, 'Rival' as competitor from marts.fct_deals"
    )
    connection.execute(
        "create or replace table marts.fct_deal_stages as select deal_key, 'Offer' as stage, outcome as left_as, false as is_skipped, "
        "false as is_moved_back, created_on as reached_on, closed_on as left_on from marts.fct_deals"
    )


def published_once(deals: Mapping[str, tuple[str, str, int]] = FIRST) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "create schema history; create table history.published_deals (publication varchar, published_at timestamp, reviewed_quarter varchar, "
        "deal_key varchar, outcome varchar, value_hash varchar, segments_hash varchar, contacts_hash varchar)"
    )
    marts(connection, deals)
    remember(connection, "first")
    return connection


def amounts(deals: Mapping[str, tuple[str, str, int]], of: str) -> dict[str, int]:
    """What a publication of these deals shows: the won, or open, amount of all, and of each segment."""
    found = {"all": 0, "banks": 0, "farms": 0, "shops": 0}
    for outcome, segment, amount in deals.values():
        if outcome == of:
            found["all"] += amount
            found[segment] += amount
    return found


def subtracted(
    one: Mapping[str, tuple[str, str, int]], other: Mapping[str, tuple[str, str, int]], of: str = "won"
) -> dict[str, int]:
    before, after = amounts(one, of), amounts(other, of)
    return {what: after[what] - before[what] for what in after if after[what] != before[what]}


def test_one_deal_more_would_tell_its_amount_and_is_not_published() -> None:
    connection = published_once()
    marts(connection, FIRST | ONE_MORE)
    assert subtracted(FIRST, FIRST | ONE_MORE) == {"all": 777, "banks": 777}
    assert objection(connection) == (
        "since 2026-Q3 was published only the outcome, amount or dates of 1 won deal and the segments, stages or reasons of 1 won deal and the "
        "contacts of 1 won deal changed, which a reader of both files could work out; readers keep the previous build. Build again when 5 or more changed, or "
        "set allow_few_changes: true for this run."
    )
    # a new quarter is another file, and one deal is no few where the limit is one
    assert objection(connection, "2026-Q4") is None
    assert objection(connection, minimum=1) is None


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "update marts.fct_deals set amount = amount + 1 where outcome = 'won' and {few}",
            "outcome, amount or dates of {} won",
        ),
        (
            "update marts.fct_deals set amount = null where outcome = 'lost' and {few}",
            "outcome, amount or dates of {} lost",
        ),
        (
            "update marts.fct_deals set closed_on = closed_on + 1 where outcome = 'won' and {few}",
            "outcome, amount or dates of {} won",
        ),
        (
            "update marts.fct_deals set outcome = 'lost' where outcome = 'won' and {few}",
            "outcome, amount or dates of {} won",
        ),
        (
            "update marts.fct_deals set industry = 'mills' where outcome = 'won' and {few}",
            "segments, stages or reasons of {} won deal",
        ),
        (
            "update marts.bridge_deal_loss_reasons set category = 'timing' where {few}",
            "segments, stages or reasons of {} lost deal",
        ),
        (
            "update marts.bridge_deal_win_factors set win_factor = 'fit' where {few}",
            "segments, stages or reasons of {} won deal",
        ),
        (
            "update marts.bridge_deal_contacts set persona = 'CIO' where deal_key in (select deal_key from marts.fct_deals where outcome = 'lost') "
            "and {few}",
            "contacts of {} lost deal",
        ),
        (
            "delete from marts.bridge_deal_contacts where deal_key in (select deal_key from marts.fct_deals where outcome = 'won') and {few}",
            "contacts of {} won deal",
        ),
        (
            "update marts.fct_deals set amount = amount + 1 where outcome = 'open' and {few}",
            "outcome, amount or dates of {} open deal",
        ),
        (
            "update marts.fct_deals set outcome = 'won' where outcome = 'open' and {few}",
            "outcome, amount or dates of {} open deal",
        ),
        ("delete from marts.fct_deals where outcome = 'open' and {few}", "outcome, amount or dates of {} open deal"),
        (
            "update marts.fct_deals set industry = 'mills' where outcome = 'open' and {few}",
            "segments, stages or reasons of {} open deal",
        ),
        (
            "update marts.fct_deal_stages set stage = 'Signature' where left_as = 'open' and {few}",
            "segments, stages or reasons of {} open deal",
        ),
        (
            "update marts.bridge_deal_competitors set competitor = 'Other' where deal_key in "
            "(select deal_key from marts.fct_deals where outcome = 'won') and {few}",
            "segments, stages or reasons of {} won deal",
        ),
    ],
)
def test_whatever_changed_of_one_to_four_deals_waits_and_of_five_does_not(statement: str, said: str) -> None:
    connection = published_once()
    table = statement.split(" ")[1 if statement.startswith("update") else 2]
    where = statement.partition(" where ")[2].format(few="true")
    for deals, waits in ((0, False), (1, True), (4, True), (5, False)):
        connection.begin()
        keys = f"deal_key in (select deal_key from {table} where {where} order by deal_key limit {deals})"
        connection.execute(statement.format(few=keys))
        found = objection(connection)
        assert (found is not None) == waits
        assert not waits or said.format(deals) in str(found)
        connection.rollback()


def test_one_open_deal_more_would_tell_its_amount_and_is_not_published() -> None:
    connection = published_once()
    marts(connection, FIRST | ONE_OPEN_MORE)
    assert subtracted(FIRST, FIRST | ONE_OPEN_MORE, "open") == {"all": 777, "banks": 777}
    assert "outcome, amount or dates of 1 open deal" in str(objection(connection))
    # five together do not tell that of one
    marts(connection, FIRST | {f"new{number}": ("open", "banks", 700 + number) for number in range(5)})
    assert objection(connection) is None


def test_few_changes_of_won_deals_do_not_hide_among_those_of_others() -> None:
    """By hand: the won amount of banks and farms tells the one won deal that moved, whatever five lost and open deals did."""
    connection = published_once()
    moved = ["d0", *[key for key, (outcome, *_) in FIRST.items() if outcome != "won"][:5]]
    after = {key: (deal[0], "mills" if key in moved else deal[1], deal[2]) for key, deal in FIRST.items()}
    marts(connection, after)
    assert FIRST["d0"][:2] == ("won", "banks")
    assert "segments, stages or reasons of 1 won deal" in str(objection(connection))


def test_a_deal_that_only_grew_older_did_not_change() -> None:
    """Nothing of it says on which day it was looked at."""
    connection = published_once()
    columns = connection.execute("describe history.published_deals").fetchall()
    assert {row[0] for row in columns}.isdisjoint({"age_days", "as_of_on"})
    marts(connection, FIRST)
    assert objection(connection) is None


def test_amounts_of_open_deals_are_hidden_where_the_copy_of_another_quarter_tells_those_of_few() -> None:
    """Built on the last day of a quarter and on the day after: two quarters are under review, and one open deal lies between."""
    connection = published_once()

    def hidden(**more: object) -> tuple[str, ...]:
        given = {"path": Path("marts.duckdb"), "source": "custom", "quarter": "2026-Q4", "minimum": 5, **more}
        return few_changes.hidden_outcomes(few_changes.Republication(connection, **given))  # type: ignore[arg-type]

    assert hidden() == ()
    marts(connection, FIRST | ONE_OPEN_MORE)
    assert objection(connection, "2026-Q4") is None
    assert hidden() == ("open",)
    # of the same quarter such a build is not published at all; the sample's deals are no one's
    assert hidden(quarter=QUARTER) == hidden(source="sample") == hidden(is_allowed=True) == ()
    marts(connection, FIRST | {f"new{number}": ("open", "banks", 700 + number) for number in range(5)})
    assert hidden() == ()


def test_an_export_without_quarters_waits_too(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = published_once()
    connection.execute("update history.published_deals set reviewed_quarter = 'another'")
    remember(connection, "of none", None)
    monkeypatch.setattr(
        few_changes.Republication,
        "standing",
        [(Path("marts.duckdb"), Standing("custom", 90, "of none", None))],
    )
    marts(connection, FIRST | ONE_MORE)
    assert str(few_changes.objection(build(connection, None))).startswith(
        "since an export without quarters was published only"
    )


def test_the_owner_of_a_deal_is_not_published_and_may_change() -> None:
    connection = published_once()
    connection.execute("update marts.fct_deals set seller = 'another' where deal_key = 'd1'")
    assert objection(connection) is None


def test_a_whole_export_after_a_partial_one_is_compared_with_the_whole_one_before() -> None:
    """By hand: the first and the third publication differ by one deal, though each differs from the second by many."""
    connection = published_once()
    part = dict(list(FIRST.items())[:45])
    marts(connection, part)
    assert objection(connection) is None
    remember(connection, "second")
    marts(connection, FIRST | ONE_MORE)
    assert "1 won deal" in str(objection(connection))
    marts(connection, FIRST)
    assert objection(connection) is None


def test_five_publications_are_remembered_and_one_that_changed_nothing_is_none() -> None:
    connection = published_once()
    remember(connection, "the same")
    for number in range(1, 6):
        marts(
            connection, {key: (outcome, segment, amount + number) for key, (outcome, segment, amount) in FIRST.items()}
        )
        remember(connection, f"b{number}")
    kept = connection.execute(
        "select publication, count(*) from history.published_deals group by all order by all"
    ).fetchall()
    assert kept == [(f"b{number}", 90) for number in range(1, 6)]


def test_every_deal_is_looked_at_once_for_all_who_ask_of_a_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing a million deals takes seconds: what is asked, hidden and remembered is asked of one reading."""
    connection = published_once()
    marts(connection, FIRST | {f"new{number}": ("open", "banks", 700 + number) for number in range(5)})
    read: list[str] = []
    told = few_changes._deals
    monkeypatch.setattr(few_changes, "_deals", lambda asked: read.append("deals") or told(asked))
    again = build(connection)
    assert few_changes.objection(again) is None
    assert few_changes.hidden_outcomes(again) == ()
    few_changes.remember(again, "second")
    assert read == ["deals"]


def test_of_five_changed_deals_those_of_one_segment_are_told() -> None:
    """The limit: nothing waits, all deals tell the sum of five, and the one of them in banks has its amount."""
    more: Deals = {f"new{number}": ("won", "farms", 50) for number in range(4)} | ONE_MORE
    connection = published_once()
    marts(connection, FIRST | more)
    assert objection(connection) is None
    assert subtracted(FIRST, FIRST | more) == {"all": 977, "farms": 200, "banks": 777}


def test_what_no_one_remembers_is_told_from_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """No history, another key for the hashes, or another build than the last that was remembered: then the figures are asked."""
    asked: list[Path] = []

    def doubted(connection: object, path: Path, minimum: int) -> list[str]:
        asked.append(path)
        return ["won deals"]

    monkeypatch.setattr(few_changes, "doubted", doubted)
    connection = published_once()
    assert objection(connection) is None
    assert asked == []
    sentence = (
        "marts.duckdb holds 2026-Q3 of a build that the private database does not remember, and differs in won deals by what may be fewer than "
        "5 deals, which a reader of both files could work out; readers keep the previous build. Build again when more changed, or set "
        "allow_few_changes: true for this run."
    )
    connection.execute("update history.published_deals set publication = 'killed before it remembered'")
    assert objection(connection) == sentence
    remember(connection, "first")
    assert objection(connection) is None
    marts(connection, {f"hashed anew {key}": deal for key, deal in FIRST.items()})
    assert objection(connection) == sentence
    connection.execute("drop table history.published_deals")
    remember(connection, "second")
    assert objection(connection) == sentence
