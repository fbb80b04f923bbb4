"""Amounts by quarter and segment add up, or are not there at all, and tell no amount of few deals beside the tables of periods.

The attacker holds the published files of all quarters, takes every shown amount for a sum over quarters and segments, and asks by the rank
of a matrix which sums of few deals follow from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from python_tests.test_kept_copies import MANY, WINDOW, Counts, day, few_known, quarters, random_counts
from python_tests.test_kept_copies import company as company_by_period
from winloss.publish import small_values
from winloss.publish.publication import PublishedTable, published_select
from winloss.publish.small_values import hide_small_values

# attackers who try all that they can
pytestmark = pytest.mark.long

TABLES = ("win_rates_by_dimension", "segment_quarters", "win_rate_baseline", "dim_periods")

Shown = Mapping[tuple[str, str], float | None]
"""Won amounts by table and segment and the quarters they are of, such as `segment_quarters farms`, `3`."""


def company(counts: Counts, review: int, stated: Mapping[str, int]) -> duckdb.DuckDBPyConnection:
    """The marts of a quarter, with those of the quarters up to it; `stated` deals of a quarter state an amount, else all."""
    connection = company_by_period(counts, review)
    connection.execute(
        "create table marts.segment_quarters (quarter varchar, starts_on date, ends_before_on date, dimension varchar, segment varchar, "
        "won_deals bigint, lost_deals bigint, won_amount double, won_cycle_days bigint, valued_won_deals bigint, "
        "value_missing_reason varchar)"
    )
    connection.executemany(
        "insert into marts.segment_quarters values (?, ?, ?, 'industry', ?, ?, 20, 1, 30, ?, null)",
        [
            (
                str(quarter),
                day(quarter),
                day(quarter + 1),
                segment,
                of_quarters[quarter],
                stated.get(segment, of_quarters[quarter]),
            )
            for segment, of_quarters in counts.items()
            for quarter in range(review + 1)
        ],
    )
    return connection


def publications(counts: Counts, folder: Path, **stated: int) -> Iterator[tuple[int, Shown]]:
    """Publishes every quarter from the first with a whole window on; what was shown of each table."""
    kept: list[Path] = []
    for review in range(WINDOW - 1, len(next(iter(counts.values())))):
        connection = company(counts, review, stated)
        columns = {
            table: {row[0]: row[1] for row in connection.execute(f"describe marts.{table}").fetchall()}
            for table in TABLES
        }
        hide_small_values(connection, "marts", columns, 5, kept)
        path = folder / f"{review}.duckdb"
        connection.execute(f"attach '{path}' as copy")
        for table in TABLES:
            rows = published_select(PublishedTable(table), columns[table], 5)
            connection.execute(f"create table copy.{table} as {rows}")
        found = connection.execute(
            "select 'period ' || segment, period, won_amount from copy.win_rates_by_dimension "
            "union all select 'quarter ' || segment, quarter, won_amount from copy.segment_quarters"
        ).fetchall()
        connection.execute("detach copy")
        kept.append(path)
        yield review, {(name, period): amount for name, period, amount in found}


def told(counts: Counts, folder: Path) -> list[tuple[str, tuple[int, ...]]]:
    """Sums of up to three quarters of a segment with few deals that the attacker knows once all quarters were published."""
    sums: list[tuple[Iterable[str], Iterable[int]]] = []
    for review, amounts in publications(counts, folder):
        spans = {("period", name): members for name, members in quarters(review).items()}
        spans |= {("quarter", str(quarter)): range(quarter, quarter + 1) for quarter in range(review + 1)}
        for (kind, name), members in spans.items():
            sums.append((counts, members))
            sums += [([segment], members) for segment in counts if amounts[f"{kind} {segment}", name] is not None]
    return few_known(counts, sums)


def shown_by_quarter(amounts: Shown, segment: str) -> list[bool]:
    return [amount is not None for (name, _), amount in amounts.items() if name == f"quarter {segment}"]


def test_a_segment_has_its_amounts_in_all_quarters_or_in_none(tmp_path: Path) -> None:
    """By hand: the 2 of farms in the second quarter hide farms, and the next smallest of that quarter, shops, with it."""
    counts = {"farms": [9, 2, 9, 9], "shops": [20] * 4, "banks": MANY[:4], "mills": MANY[:4]}
    ((_, amounts),) = publications(counts, tmp_path)
    assert {segment: set(shown_by_quarter(amounts, segment)) for segment in counts} == {
        "farms": {False},
        "shops": {False},
        "banks": {True},
        "mills": {True},
    }


def test_an_amount_that_few_of_the_deals_state_is_that_of_few_deals(tmp_path: Path) -> None:
    counts = {"farms": [20] * 4, "shops": [30] * 4, "banks": [40] * 4}
    ((_, amounts),) = publications(counts, tmp_path, farms=4)
    assert {segment: set(shown_by_quarter(amounts, segment)) for segment in counts} == {
        "farms": {False},
        "shops": {False},
        "banks": {True},
    }


def test_the_zero_of_one_quarter_tells_no_small_amount_of_another(tmp_path: Path) -> None:
    """By hand: shops closed nothing in the second quarter, so that their total would be their first one, and what is left of the first
    quarter the 3 of farms."""
    counts = {"farms": [3, 6, 9, 9, 9, 9], "shops": [9, 0, 9, 9, 9, 9], "banks": MANY, "mills": MANY}
    assert told(counts, tmp_path) == []


def test_segments_that_are_large_in_every_quarter_keep_all_their_amounts(tmp_path: Path) -> None:
    for _, amounts in publications({"banks": MANY, "shops": MANY, "mills": MANY}, tmp_path):
        assert None not in amounts.values()


@pytest.mark.parametrize("seed", [1, 2])
def test_an_attacker_with_all_copies_finds_no_small_amount(seed: int, tmp_path: Path) -> None:
    assert told(larger(seed), tmp_path) == []


def test_where_nothing_is_looked_through_the_attacker_finds_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_values, "_hide_segment_quarters", lambda *_: None)
    assert told(larger(1), tmp_path)


def larger(seed: int) -> Counts:
    """Companies of which some segments are shown, and others not."""
    return {segment: [deals + 3 for deals in of] for segment, of in random_counts(seed).items()} | {"banks": [40] * 8}
