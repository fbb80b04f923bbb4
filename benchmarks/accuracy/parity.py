"""B16: the same figure by another road. The shipped code, DuckDB, scipy and statsmodels must agree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import numpy as np
from scipy import stats

from benchmarks.accuracy import scenarios as sc
from benchmarks.accuracy.scenarios import DIMENSIONS, LABELS, Sample
from winloss.advice import statistics
from winloss.advice.counts import DealCounts, StrataCounts, sums_of
from winloss.advice.deals import window_deals
from winloss.advice.evidence import evidence_rows
from winloss.advice.parameters import Parameters
from winloss.advice.selection import select
from winloss.rows import Reader


def differences() -> Iterator[tuple[str, float]]:
    """Largest absolute difference of each comparison."""
    yield "evidence: DuckDB counts, memory n=500", evidence_difference(500, Parameters())
    yield "evidence: DuckDB counts, memory n=3000", evidence_difference(3_000, Parameters())
    yield "mid-p: scipy hypergeom", mid_p_difference()
    yield from _statsmodels_differences()


def duckdb_source(sample: Sample) -> DealCounts:
    """The deals in a DuckDB table, folded there."""
    connection = duckdb.connect()
    quarters = [f"{2020 + q // 4}-Q{q % 4 + 1}" for q in sample.quarter.tolist()]
    columns = [[LABELS[d][code] for code in sample.codes[d].tolist()] for d in DIMENSIONS]
    unnested = ", ".join(f"unnest(?) as {name}" for name in ("closed_quarter", "is_won", *DIMENSIONS))
    connection.execute(
        f"""create table fct_closed_deals as
select
    *, cast(row_number() over () as varchar) as deal_key, 'unknown' as deal_type, cast(null as varchar) as account_key,
    'unknown' as owner, cast(null as date) as created_on, cast(null as date) as closed_on, 0 as cycle_days, 1 as decision_line
from (select {unnested})""",
        [quarters, sample.won.tolist(), *columns],
    )
    keys = ", ".join(["closed_quarter", "deal_type", *DIMENSIONS])
    connection.execute(
        f"create table int_deal_cells as select {keys}, count(*) as deals, sum(is_won) as won, count(*) as decisions, "
        f"sum(is_won) as won_decisions, 0 as amount, 0 as won_amount, 0 as squared_amount from fct_closed_deals group by {keys}"
    )

    def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        answer = connection.execute(sql)
        return [column[0] for column in answer.description or ()], answer.fetchall()

    return window_deals(Reader(query, lambda name: name), list(DIMENSIONS), sorted(set(quarters)), Parameters())


def evidence_difference(deals: int, parameters: Parameters) -> float:
    """Largest gap between any figure of the evidence, counted by DuckDB and in memory."""
    rng = np.random.default_rng([16, deals])
    sample = sc.draw(rng, sc.sparse(rng), deals)
    one = evidence_rows(select(sample.source(), DIMENSIONS, parameters))
    other = evidence_rows(select(duckdb_source(sample), DIMENSIONS, parameters))
    largest = 0.0
    for left, right in zip(one, other, strict=True):
        for name, value in left.items():
            if isinstance(value, float) and isinstance(right[name], float):
                largest = max(largest, abs(value - float(right[name] or 0.0)))
            elif value != right[name]:
                return float("inf")
    return largest


def _tables(count: int = 200) -> Iterator[tuple[int, int, int, int]]:
    rng = np.random.default_rng(16)
    for _ in range(count):
        deals, others = int(rng.integers(5, 200)), int(rng.integers(5, 400))
        yield int(rng.binomial(deals, 0.5)), deals, int(rng.binomial(others, 0.4)), others


def intervals_in_sql() -> list[tuple[float, ...]]:
    """Wilson's and Newcombe's bounds of each table, by the macros the marts are built with."""
    source = Path(__file__).parents[2] / "macros" / "intervals.sql"
    macros = jinja2.Environment().from_string(source.read_text(encoding="utf-8")).module
    sides = {side: (macros.wilson_low(*side), macros.wilson_high(*side)) for side in (("x", "n"), ("y", "m"))}
    (low, high), (other_low, other_high) = sides.values()
    newcombe = (
        macros.newcombe_low("x / n", low, "y / m", other_high),
        macros.newcombe_high("x / n", high, "y / m", other_low),
    )
    counts = [list(column) for column in zip(*_tables())]
    rows = "select unnest(?) as x, unnest(?) as n, unnest(?) as y, unnest(?) as m"
    with duckdb.connect() as connection:
        return connection.execute(f"select {', '.join((low, high, *newcombe))} from ({rows})", counts).fetchall()


def mid_p_difference() -> float:
    """Exact mid-p of one table against scipy's hypergeometric distribution."""
    largest = 0.0
    for won, deals, other_won, others in _tables():
        distribution = stats.hypergeom(deals + others, won + other_won, deals)
        half = distribution.pmf(won) / 2
        expected = min(1.0, 2 * min(distribution.cdf(won - 1) + half, distribution.sf(won) + half))
        largest = max(largest, abs(statistics.mid_p_2x2(won, deals, other_won, others) - expected))
    return largest


def _statsmodels_differences() -> Iterator[tuple[str, float]]:
    """Intervals, q-values and the stratified z against statsmodels, where it is installed."""
    try:
        from statsmodels.stats.contingency_tables import StratifiedTable
        from statsmodels.stats.multitest import multipletests
        from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
    except ImportError:
        return
    wilson = newcombe = sql_wilson = sql_newcombe = 0.0
    p_values = []
    in_sql = intervals_in_sql()
    for (won, deals, other_won, others), by_sql in zip(_tables(), in_sql, strict=True):
        expected = proportion_confint(won, deals, method="wilson")
        sql_wilson = max(sql_wilson, float(np.abs(np.subtract(by_sql[:2], expected)).max()))
        expected = confint_proportions_2indep(won, deals, other_won, others, "newcomb", "diff", alpha=0.05)
        sql_newcombe = max(sql_newcombe, float(np.abs(np.subtract(by_sql[2:], expected)).max()))
        expected = proportion_confint(won, deals, method="wilson")
        wilson = max(wilson, float(np.abs(np.subtract(statistics.wilson_interval(won, deals), expected)).max()))
        expected = confint_proportions_2indep(won, deals, other_won, others, "newcomb", "diff", alpha=0.1)
        found = statistics.newcombe_interval(won, deals, other_won, others)
        newcombe = max(newcombe, float(np.abs(np.subtract(found, expected)).max()))
        p_values.append(statistics.mid_p_2x2(won, deals, other_won, others))
    q = statistics.benjamini_hochberg(p_values)
    yield "Wilson: the marts' SQL in DuckDB, statsmodels", sql_wilson
    yield "Newcombe: the marts' SQL in DuckDB, statsmodels", sql_newcombe
    yield "Wilson: statsmodels", wilson
    yield "Newcombe: statsmodels", newcombe
    yield "q-values: statsmodels", float(np.abs(q - multipletests(p_values, method="fdr_bh")[1]).max())

    tables = np.array(list(_tables(5)))
    x, n, y, m = tables.T
    sums = sums_of(StrataCounts((("v",),), n[None], x[None], n + m, x + y))
    z = float(statistics.cochran_mantel_haenszel_z(sums.won - sums.expected, sums.variance)[0])
    pairs = [np.array([[a, b - a], [c, d - c]], dtype=float) for a, b, c, d in tables.tolist()]
    expected_p = StratifiedTable(pairs).test_null_odds(correction=False).pvalue
    yield "stratified z: statsmodels", abs(float(statistics.two_sided_p(z)) - float(expected_p))
