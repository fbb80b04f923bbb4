"""Value of few deals stays hidden from whoever keeps the published file of every quarter and subtracts one from another.

The attacker holds all copies, takes every shown amount for a sum over quarters, and asks by the rank of a matrix, not by the
method of the publisher, which sums of quarters follow from them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations
from pathlib import Path

import duckdb
import numpy as np
import pytest

from python_tests.test_small_values import amounts, shown
from winloss.publish import small_values
from winloss.publish.kept_copies import Span, telling_cell, telling_period

# attackers who try all that they can
pytestmark = pytest.mark.long

WINDOW = 4

Counts = Mapping[str, list[int]]
"""Won deals of each segment in each quarter, from the oldest on."""


def day(quarter: int) -> date:
    """The first day of a quarter, counted from that of 2024."""
    return date(2024 + quarter // 4, 3 * (quarter % 4) + 1, 1)


def quarters(review: int) -> dict[str, range]:
    """The quarters of each period, with `review` under review."""
    return {
        "quarter": range(review, review + 1),
        "previous_quarter": range(review - 1, review),
        "window": range(review - WINDOW + 1, review + 1),
        "all": range(review + 1),
    }


def company(counts: Counts, review: int) -> duckdb.DuckDBPyConnection:
    """The marts of a quarter; amounts are all different, and the twenty lost deals of each cell are enough."""
    connection = duckdb.connect()
    connection.execute("create schema marts")
    connection.execute(
        "create table marts.win_rates_by_dimension (period varchar, dimension varchar, segment varchar, won_deals bigint, "
        "lost_deals bigint, won_amount double, value_missing_reason varchar)"
    )
    rows = [
        (period, segment, sum(of_quarters[quarter] for quarter in members))
        for segment, of_quarters in counts.items()
        for period, members in quarters(review).items()
    ]
    connection.executemany(
        "insert into marts.win_rates_by_dimension values (?, 'industry', ?, ?, 20, ?, null)",
        [(*row, 1000.0 + place) for place, row in enumerate(rows)],
    )
    connection.execute(
        "create table marts.win_rate_baseline as select period, sum(won_deals) as won_deals, sum(lost_deals) as lost_deals, "
        "sum(won_amount) as won_amount from marts.win_rates_by_dimension group by period"
    )
    connection.execute(
        "create table marts.dim_periods (period varchar, starts_on date, ends_before_on date, as_of_on date)"
    )
    connection.executemany(
        "insert into marts.dim_periods values (?, ?, ?, ?)",
        [
            (period, *((None, None) if period == "all" else (day(members[0]), day(members[-1] + 1))), day(review))
            for period, members in quarters(review).items()
        ],
    )
    return connection


def publications(counts: Counts, folder: Path, reads_copies: bool = True) -> Iterator[tuple[int, dict[str, bool]]]:
    """Publishes every quarter from the first with a whole window on: its number, and whether `segment period` was shown."""
    kept: list[Path] = []
    for review in range(WINDOW - 1, len(next(iter(counts.values())))):
        connection = company(counts, review)
        rows = shown(connection, kept=kept if reads_copies else [])
        found = amounts(rows)
        yield (
            review,
            {
                f"{segment} {period}": found[segment, period] is not None
                for segment in counts
                for period in quarters(review)
            },
        )
        path = folder / f"{review}.duckdb"
        with duckdb.connect(str(path)) as copy:
            for table in ("win_rates_by_dimension", "win_rate_baseline", "dim_periods"):
                copied = connection.execute(f"select * from marts.{table}").fetchall()
                described = connection.execute(f"describe marts.{table}").fetchall()
                copy.execute(f"create table {table} ({', '.join(f'{row[0]} {row[1]}' for row in described)})")
                copy.executemany(f"insert into {table} values ({', '.join('?' * len(described))})", copied)
            for (segment, period), amount in found.items():
                if amount is None and segment in counts:
                    copy.execute(
                        "update win_rates_by_dimension set won_amount = null where segment = ? and period = ?",
                        [segment, period],
                    )
        kept.append(path)


def knowable(of_quarters: list[int], known: list[range], minimum: int = 5) -> list[tuple[int, ...]]:
    """Sets of up to three quarters of a segment with fewer deals than the minimum, whose amount follows from the shown ones."""
    # what holds no deal is known to be zero
    filled = [quarter for quarter, deals in enumerate(of_quarters) if deals]

    def row(members: range | tuple[int, ...]) -> list[int]:
        return [int(quarter in members) for quarter in filled]

    matrix = np.array([row(members) for members in known] or [row(())])
    rank = np.linalg.matrix_rank(matrix)
    return [
        chosen
        for size in range(1, 4)
        for chosen in combinations(filled, size)
        if sum(of_quarters[quarter] for quarter in chosen) < minimum
        and np.linalg.matrix_rank(np.vstack([matrix, row(chosen)])) == rank
    ]


def told(counts: Counts, folder: Path, reads_copies: bool = True) -> dict[str, list[tuple[int, ...]]]:
    """By segment, what the attacker knows of few deals once all quarters were published."""
    known: dict[str, list[range]] = {segment: [] for segment in counts}
    for review, is_shown in publications(counts, folder, reads_copies):
        for segment in counts:
            known[segment] += [
                members for period, members in quarters(review).items() if is_shown[f"{segment} {period}"]
            ]
    found = {segment: knowable(counts[segment], known[segment]) for segment in counts}
    return {segment: few for segment, few in found.items() if few}


def told_together(counts: Counts, folder: Path) -> list[tuple[str, tuple[int, ...]]]:
    """What an attacker knows of few deals who also subtracts the segments from their sum, in every period of every publication."""
    sums: list[tuple[Iterable[str], Iterable[int]]] = []
    for review, is_shown in publications(counts, folder):
        for period, members in quarters(review).items():
            sums.append((counts, members))
            sums += [([segment], members) for segment in counts if is_shown[f"{segment} {period}"]]
    return few_known(counts, sums)


def few_known(counts: Counts, sums: Iterable[tuple[Iterable[str], Iterable[int]]]) -> list[tuple[str, tuple[int, ...]]]:
    """Sums of up to three quarters of a segment with few deals that follow from `sums`, each of segments over quarters."""
    places = {cell: place for place, cell in enumerate((s, q) for s in counts for q in range(len(counts[s])))}

    def row(segments: Iterable[str], members: Iterable[int]) -> np.ndarray:
        vector, of_sum = np.zeros(len(places)), list(members)
        for segment in segments:
            for quarter in of_sum:
                # what holds no deal is known to be zero
                vector[places[segment, quarter]] = counts[segment][quarter] > 0
        return vector

    matrix = np.array([row(segments, members) for segments, members in sums])
    rank = np.linalg.matrix_rank(matrix)
    return [
        (segment, chosen)
        for segment, of_quarters in counts.items()
        for size in range(1, 4)
        for chosen in combinations([quarter for quarter, deals in enumerate(of_quarters) if deals], size)
        if sum(of_quarters[quarter] for quarter in chosen) < 5
        and np.linalg.matrix_rank(np.vstack([matrix, row([segment], chosen)])) == rank
    ]


MANY = [30] * 6


@pytest.mark.parametrize(
    "of_quarters",
    [
        # the quarter that left the window, and the one that came
        [2, 10, 10, 10, 10, 10],
        [10, 3, 10, 10, 10, 10],
        # the only small one of four quarters, each shown in its time
        [10, 10, 2, 10, 10, 10],
        [10, 10, 10, 10, 4, 10],
    ],
)
def test_the_quarter_that_left_the_window_is_not_told(of_quarters: list[int], tmp_path: Path) -> None:
    counts = {"farms": of_quarters, "banks": MANY, "shops": MANY, "mills": MANY}
    assert told(counts, tmp_path) == {}


def test_without_a_look_at_the_copies_the_attacker_finds_it(tmp_path: Path) -> None:
    """By hand: the first window holds 2 + 10 + 10 + 10; the second, less its quarter of 10, the last three of them."""
    counts = {"farms": [2, 10, 10, 10, 10, 10], "banks": MANY, "shops": MANY, "mills": MANY}
    assert (0,) in told(counts, tmp_path, reads_copies=False)["farms"]


@pytest.mark.parametrize("seed", range(12))
def test_an_attacker_with_the_copies_of_all_quarters_finds_no_small_amount(seed: int, tmp_path: Path) -> None:
    assert told(random_counts(seed), tmp_path) == {}


def random_counts(seed: int) -> Counts:
    chance = random.Random(seed)
    return {
        f"s{number}": [max(0, round(chance.lognormvariate(1.9, 0.8)) - 1) for _ in range(8)]
        for number in range(chance.randint(3, 6))
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nor_with_the_sums_of_the_segments_beside_the_copies(seed: int, tmp_path: Path) -> None:
    assert told_together(random_counts(seed), tmp_path) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cell_by_cell_the_sums_of_the_segments_tell_it(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_values, "telling_cell", lambda *_: None)
    assert told_together(random_counts(seed), tmp_path)


def test_a_segment_that_no_copy_holds_is_part_of_the_sum() -> None:
    """By hand: 10 deals in the quarter, less the 7 of the young segment, are the 3 of the old one."""
    kept = {"old": [Span(day(0), day(4), 8, True)], "young": []}
    new = {
        "old": {"window": Span(day(1), day(5), 9, True), "quarter": Span(day(4), day(5), 3, False)},
        "young": {"quarter": Span(day(4), day(5), 7, True)},
    }
    assert telling_cell(kept, new, 5) == ("young", "quarter")
    # 16 in the window, less the 9 of the old one, are the 7 again
    new["young"]["quarter"] = Span(day(4), day(5), 7, False)
    assert telling_cell(kept, new, 5) == ("old", "window")
    new["old"]["window"] = Span(day(1), day(5), 9, False)
    assert telling_cell(kept, new, 5) is None


def test_a_segment_that_is_large_in_every_quarter_keeps_all_its_figures(tmp_path: Path) -> None:
    counts = {"banks": MANY, "shops": MANY, "mills": MANY}
    for _, is_shown in publications(counts, tmp_path):
        assert all(is_shown.values())


def test_what_the_copies_tell_by_themselves_hides_nothing_new() -> None:
    """By hand: 8 less 6 of the copies is 2, whatever is published now."""
    kept = [Span(day(0), day(4), 8, True), Span(day(1), day(4), 6, True)]
    assert telling_period(kept, {"quarter": Span(day(4), day(5), 9, True)}, 5) is None
    # 9 + 6 less 12 is 3
    assert (
        telling_period(
            kept[1:], {"quarter": Span(day(4), day(5), 9, True), "window": Span(day(2), day(5), 12, True)}, 5
        )
        == "quarter"
    )
