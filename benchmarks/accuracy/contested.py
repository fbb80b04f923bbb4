"""One simulated report each on competitors, their shares and their loss reasons, and on multithreading: what is claimed where nothing, or one
thing, is true, of deals that stand alone or belong to accounts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import duckdb
import jinja2
import numpy as np

from benchmarks.accuracy import scenarios as sc
from benchmarks.accuracy.measures import Measured
from winloss.advice import statistics
from winloss.advice.competitors import competitor_claims, reason_claims, share_changes
from winloss.advice.counts import cluster_sums
from winloss.advice.parameters import Parameters
from winloss.advice.statistics import DesignEffect, design_effect
from winloss.rows import Row
from winloss.settings import PROJECT, declared

COMPETITORS = 5
QUARTERS = 4
REASONS = (0.35, 0.25, 0.15, 0.15, 0.10)
LIKENESS = 0.30
"""How alike the outcomes of an account's deals are, on the log odds."""

PARAMETERS = Parameters()


def _accounts(rng: np.random.Generator, deals: int, per_account: float) -> tuple[np.ndarray, np.ndarray]:
    """The account of each deal, and what it adds to the log odds of winning; deals that stand alone share nothing."""
    if per_account <= 1:
        return np.arange(deals), np.zeros(deals)
    account = rng.integers(0, max(1, round(deals / per_account)), deals)
    spread = np.sqrt(np.pi**2 / 3 * LIKENESS / (1 - LIKENESS))
    return account, rng.normal(0, spread, int(account.max()) + 1)[account]


def _vendors_of(rng: np.random.Generator, account: np.ndarray, per_account: float) -> np.ndarray:
    """Who stands on each deal, shape (deals, competitors); one of seven names two. An account always meets the same first one."""
    total = account.size
    first = (
        rng.integers(0, COMPETITORS, int(account.max()) + 1)[account]
        if per_account > 1
        else rng.integers(0, COMPETITORS, total)
    )
    second = rng.integers(0, COMPETITORS, total)
    second = np.where(rng.random(total) < 1 / 7, second, first)
    present = np.zeros((total, COMPETITORS), dtype=bool)
    present[np.arange(total), first] = True
    present[np.arange(total), second] = True
    return present


def _design(named: np.ndarray, account: np.ndarray, strata: np.ndarray, won: np.ndarray) -> DesignEffect:
    """The design effect as the step takes it: deals that name several are one segment more."""
    segment = np.where(named.sum(axis=1) > 1, COMPETITORS, named.argmax(axis=1))
    return design_effect(cluster_sums(segment, account, strata, won, PARAMETERS.minimum_deals))


def competitors_report(
    rng: np.random.Generator,
    deals: int,
    odds_ratio: float = 1.0,
    named_on_lost: float = 0.8,
    named_on_won: float = 0.4,
    per_account: float = 1.0,
) -> Measured:
    """Any false claim, and whether the one true competitor is claimed; naive: any named rate five points below that of all deals.

    `deals` a quarter, three of five contested, one of seven of these by two. Against the first competitor the odds of winning are
    divided by `odds_ratio`. A deal's competitors are recorded more often where it was lost. Deals of an account are won alike and meet
    the same competitor.
    """
    total = deals * QUARTERS
    quarter = np.repeat(np.arange(QUARTERS), deals)
    is_contested = rng.random(total) < 0.6
    account, habit = _accounts(rng, total, per_account)
    present = _vendors_of(rng, account, per_account)
    present &= is_contested[:, None]
    level = rng.normal(-0.3, 0.15, QUARTERS)[quarter] - np.log(odds_ratio) * present[:, 0] + habit
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

    contested = named.any(axis=1)
    design = _design(named[contested], account[contested], quarter[contested], won[contested].astype(np.int64))
    claimed = {row["competitor"] for row in competitor_claims(ask, PARAMETERS, design) if row["is_claimed"]}
    true = {"0"} if odds_ratio != 1 else set()
    rates = [won[named[:, c]].mean() for c in range(COMPETITORS) if named[:, c].sum() >= 10]
    return {
        "ours": float(bool(claimed - true)),
        "found": float(true <= claimed),
        "naive": float(any(rate < won.mean() - 0.05 for rate in rates)),
    }


def reasons_report(rng: np.random.Generator, deals: int, true: bool = False, per_account: float = 1.0) -> Measured:
    """Any false claim of a loss reason against a competitor, and whether the one true reason is claimed; naive: any p under 5 %.

    `deals` lost deals of the window name a competitor and state one of five reasons. With `true` the first reason is stated 20 points
    more often against the first competitor. An account always meets the same competitor, and gives the same reason for three of ten deals.
    """
    account, _ = _accounts(rng, deals, per_account)
    named = _vendors_of(rng, account, per_account)
    reason = rng.choice(len(REASONS), deals, p=REASONS)
    if per_account > 1:
        usual = rng.choice(len(REASONS), int(account.max()) + 1, p=REASONS)[account]
        reason = np.where(rng.random(deals) < LIKENESS**0.5, usual, reason)
    if true:
        reason = np.where(named[:, 0] & (rng.random(deals) < 0.20 / (1 - REASONS[0])), 0, reason)
    lost, stated = (
        named.sum(axis=0),
        np.array([[(named[:, c] & (reason == r)).sum() for r in range(len(REASONS))] for c in range(COMPETITORS)]),
    )
    rows: list[Row] = [
        {
            "competitor": str(c), "category": str(r), "lost_deals": int(stated[c, r]), "competitor_lost_deals": int(lost[c]),
            "other_reason_deals": int((reason == r).sum() - stated[c, r]), "other_lost_deals": deals - int(lost[c]),
        }
        for c in range(COMPETITORS) for r in range(len(REASONS))
    ]  # fmt: skip
    size = len(REASONS)
    each = np.repeat(np.arange(size), deals)
    design = _design(
        np.tile(named, (size, 1)),
        np.tile(account, size) * size + each,
        each,
        (np.tile(reason, size) == each).astype(np.int64),
    )
    claimed = {
        (row["competitor"], row["category"]) for row in reason_claims(rows, PARAMETERS, design) if row["is_clear"]
    }
    # where one reason is commoner against one, others are rarer there, and it is rarer against others
    related = {(c, r) for c, r in claimed if true and (c == "0" or r == "0")}
    plain = [
        statistics.mid_p_2x2(*(int(str(row[name])) for name in ("lost_deals", "competitor_lost_deals", "other_reason_deals", "other_lost_deals")))
        for row in rows
    ]  # fmt: skip
    return {
        "ours": float(bool(claimed - related)),
        "found": float(("0", "0") in claimed),
        "naive": float(min(plain) < 0.05),
    }


def shares_report(rng: np.random.Generator, deals: int, world: str = "alike") -> Measured:
    """Shares of the contested deals of two quarters: whose change is claimed; naive: Benjamini-Hochberg over all of them alone.

    In `one leaves` the first competitor stands on no deal of the later quarter, and all others on as many as before; in `one takes over` its
    deals name the second instead.
    """
    quarter = np.repeat([0, 1], deals)
    named = _vendors_of(rng, np.arange(2 * deals), 1.0)
    later = quarter == 1
    if world != "alike":
        if world == "one takes over":
            named[later, 1] |= named[later, 0]
        named[later, 0] = False
    left = named.any(axis=1)
    named, quarter = named[left], quarter[left]

    def counted(set_aside: Sequence[str]) -> list[Row]:
        inside = ~named[:, [int(name) for name in set_aside]].any(axis=1)
        return [
            {"competitor": None if c is None else str(c), "quarter": f"q{when}", "deals": int(here.sum() if c is None else (here & named[:, c]).sum())}
            for when in (0, 1) for here in [inside & (quarter == when)] for c in (None, *range(COMPETITORS))
        ]  # fmt: skip

    rows = [
        row
        for row in share_changes(counted([]), lambda _, set_aside: counted(set_aside), PARAMETERS)
        if row["quarter"] == "q1"
    ]
    claimed = {row["competitor"] for row in rows if row["is_changed"]}
    marginal = {row["competitor"] for row in rows if row["is_changed"] or row["explained_by"]}
    true = {"alike": set(), "one leaves": {"0"}, "one takes over": {"0", "1"}}[world]
    return {
        "ours": float(bool(claimed - true)),
        "found": float(true <= claimed),
        "naive": float(bool(marginal - true)),
    }


@lru_cache(maxsize=1)
def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@lru_cache(maxsize=1)
def _difference() -> str:
    """The difference inside strata and its interval, by the macros that every build runs; `{strata}` are the rows, `{design}` the design effect."""
    write = jinja2.Environment().from_string((PROJECT / "macros" / "stratified.sql").read_text(encoding="utf-8")).module
    sums = write.stratified_sums("deals", "won", "many", "many_won")  # type: ignore[attr-defined]
    ends = [write.stratified_difference(), write.stratified_low("{design}"), write.stratified_high("{design}")]  # type: ignore[attr-defined]
    return (
        f"with sums as (select {sums} from (values {{strata}}) as strata(deals, won, many, many_won)) "
        f"select {', '.join(ends)} from sums"
    )


def multithreading_report(
    rng: np.random.Generator, deals: int, signer: bool = False, per_account: float = 1.0
) -> Measured:
    """Three contacts without an effect on winning: claimed by the landmark day, and the difference found; naive: at the close.

    Won deals live longer and meet more people meanwhile; with `signer` a further contact is logged on most deals on winning. Some accounts
    bring more people to all of their deals, and are won alike.
    """
    account, habit = _accounts(rng, deals, per_account)
    met = rng.gamma(1.5, 1.0, int(account.max()) + 1)[account] if per_account > 1 else 1.5
    drawn = sc.dated_contacts(rng, deals, signer=signer, habit=habit, met=met)
    days = [int(day) for day in declared()["multithreading_days"].default.split(", ")]
    open_share = float(declared()["landmark_open_share"].default)
    many = int(declared()["many_contacts"].default)
    landmark = max((day for day in days if (drawn.cycle_days > day).mean() >= open_share), default=0)
    strata = rng.integers(0, 12, deals)
    early = np.bincount(drawn.deal[drawn.day <= landmark], minlength=deals)
    at_close = np.bincount(drawn.deal, minlength=deals)
    is_open = drawn.cycle_days > landmark
    is_many = early[is_open] >= many
    won = drawn.won[is_open]
    design = design_effect(
        cluster_sums(is_many.astype(np.int64), account[is_open], strata[is_open], won, PARAMETERS.minimum_deals)
    )
    _, low, high = found = _compared(won, is_many, strata[is_open], design.factor)
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


def _compared(
    won: np.ndarray, is_many: np.ndarray, strata: np.ndarray, design: float = 1.0
) -> tuple[float, float, float]:
    counted = [np.bincount(strata, weights=of) for of in (np.ones_like(won), won, is_many, won * is_many)]
    rows = [tuple(int(count) for count in row) for row in zip(*counted) if row[0]]
    sql = _difference().format(strata=", ".join(map(str, rows)), design=repr(design))
    difference, low, high = _connection().execute(sql).fetchall()[0]
    return float(difference), float(low), float(high)
