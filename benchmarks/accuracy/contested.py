"""One simulated report each on competitors and on multithreading: what is claimed where nothing, or one thing, is true."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import duckdb
import jinja2
import numpy as np

from benchmarks.accuracy import scenarios as sc
from benchmarks.accuracy.measures import Measured
from winloss.advice.competitors import competitor_claims
from winloss.rows import Row
from winloss.settings import PROJECT, declared

COMPETITORS = 5
QUARTERS = 4


def competitors_report(
    rng: np.random.Generator, deals: int, odds_ratio: float = 1.0, named_on_lost: float = 0.8, named_on_won: float = 0.4
) -> Measured:
    """Any false claim, and whether the one true competitor is claimed; naive: any named rate five points below that of all deals.

    `deals` a quarter, three of five contested, one of seven of these by two. Against the first competitor the odds of winning are
    divided by `odds_ratio`. A deal's competitors are recorded more often where it was lost.
    """
    total = deals * QUARTERS
    quarter = np.repeat(np.arange(QUARTERS), deals)
    is_contested = rng.random(total) < 0.6
    first, second = rng.integers(0, COMPETITORS, total), rng.integers(0, COMPETITORS, total)
    second = np.where(rng.random(total) < 1 / 7, second, first)
    present = np.zeros((total, COMPETITORS), dtype=bool)
    present[np.arange(total), first] = True
    present[np.arange(total), second] = True
    present &= is_contested[:, None]
    level = rng.normal(-0.3, 0.15, QUARTERS)[quarter] - np.log(odds_ratio) * present[:, 0]
    won = rng.random(total) < 1 / (1 + np.exp(-level))
    named = present & (rng.random(total) < np.where(won, named_on_won, named_on_lost))[:, None]

    def ask(set_aside: Sequence[str]) -> list[Row]:
        left = ~named[:, [int(name) for name in set_aside]].any(axis=1) & named.any(axis=1)
        rows: list[Row] = []
        for when in range(QUARTERS):
            here = left & (quarter == when)
            for name, column in [(None, here), *((str(c), here & named[:, c]) for c in range(COMPETITORS))]:
                if column.any():
                    counts = {"deals": int(column.sum()), "won": int(won[column].sum())}
                    rows.append({"competitor": name, "quarter": str(when), **counts})
        return rows

    claimed = {row["competitor"] for row in competitor_claims(ask) if row["is_claimed"]}
    true = {"0"} if odds_ratio != 1 else set()
    rates = [won[named[:, c]].mean() for c in range(COMPETITORS) if named[:, c].sum() >= 10]
    return {
        "ours": float(bool(claimed - true)),
        "found": float(true <= claimed),
        "naive": float(any(rate < won.mean() - 0.05 for rate in rates)),
    }


@lru_cache(maxsize=1)
def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@lru_cache(maxsize=1)
def _difference() -> str:
    """The difference inside strata and its interval, by the macros that every build runs; `{strata}` are the rows."""
    write = jinja2.Environment().from_string((PROJECT / "macros" / "stratified.sql").read_text(encoding="utf-8")).module
    sums = write.stratified_sums("deals", "won", "many", "many_won")  # type: ignore[attr-defined]
    ends = [write.stratified_difference(), write.stratified_low(), write.stratified_high()]  # type: ignore[attr-defined]
    return (
        f"with sums as (select {sums} from (values {{strata}}) as strata(deals, won, many, many_won)) "
        f"select {', '.join(ends)} from sums"
    )


def multithreading_report(rng: np.random.Generator, deals: int, signer: bool = False) -> Measured:
    """Three contacts without an effect on winning: claimed by the landmark day, and the difference found; naive: at the close.

    Won deals live longer and meet more people meanwhile; with `signer` a further contact is logged on most deals on winning.
    """
    drawn = sc.dated_contacts(rng, deals, signer=signer)
    days = [int(day) for day in declared()["multithreading_days"].default.split(", ")]
    open_share = float(declared()["landmark_open_share"].default)
    many = int(declared()["many_contacts"].default)
    landmark = max((day for day in days if (drawn.cycle_days > day).mean() >= open_share), default=0)
    strata = rng.integers(0, 12, deals)
    early = np.bincount(drawn.deal[drawn.day <= landmark], minlength=deals)
    at_close = np.bincount(drawn.deal, minlength=deals)
    is_open = drawn.cycle_days > landmark
    is_many = early[is_open] >= many
    _, low, high = found = _compared(drawn.won[is_open], is_many, strata[is_open])
    sides = int(is_many.sum()), int((~is_many).sum())
    is_usable = sum(sides) >= int(declared()["multithreading_minimum_deals"].default)
    is_usable &= min(sides) >= int(declared()["multithreading_side_deals"].default)
    naive = _compared(drawn.won, at_close >= many, strata)
    return {
        "ours": float(is_usable and (low > 0 or high < 0)),
        "bias": found[0],
        "naive": float(naive[1] > 0),
        "naive_bias": naive[0],
    }


def _compared(won: np.ndarray, is_many: np.ndarray, strata: np.ndarray) -> tuple[float, float, float]:
    counted = [np.bincount(strata, weights=of) for of in (np.ones_like(won), won, is_many, won * is_many)]
    rows = [tuple(int(count) for count in row) for row in zip(*counted) if row[0]]
    sql = _difference().format(strata=", ".join(map(str, rows)))
    difference, low, high = _connection().execute(sql).fetchall()[0]
    return float(difference), float(low), float(high)
