"""Would the advice have helped? Each past quarter is advised from the quarters before it, then looked at.

Three advisers are compared on the same quarters: this method, the advice to change nothing, and
the naive rule of dashboards: whatever won much of a few deals last quarter (the settings `naive_*`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from winloss.advice import selection
from winloss.advice.counts import Cuts, DealCounts, Flags, QuarterCounts, bands_of
from winloss.advice.deals import COUNTS, ClosedDeals, closed_deals, decisions, window_deals
from winloss.advice.parameters import UNKNOWN, Parameters
from winloss.advice.selection import TARGET_MORE
from winloss.advice.steps import known_before, ordered_cuts, parameters, recommendable_dimensions
from winloss.rows import Reader, Row

NAIVE_DIMENSIONS = ("industry", "revenue_band")

Segment = tuple[str, str]

BACKTEST = {
    "method": "text",
    "quarter": "text",
    "trained_from": "text",
    "trained_to": "text",
    "advice": "text",
    "inside_closed_deals": "integer",
    "inside_won_deals": "integer",
    "outside_closed_deals": "integer",
    "outside_won_deals": "integer",
    "inside_decisions": "integer",
    "inside_won_decisions": "integer",
    "outside_decisions": "integer",
    "outside_won_decisions": "integer",
}
"""Columns of the backtest; rates and intervals are made of the counts in SQL."""


def backtest(reader: Reader) -> list[Row]:
    """One row per method and quarter, the quarters oldest first; none with fewer than two quarters.

    For a quarter only deals closed before it are looked at, and it must have ended. `advice` lists the segments to target
    ('' where the method advises nothing), inside and outside count that quarter's deals, all and with lines of one decision once.
    """
    quarters = [
        QuarterCounts(str(row["closed_quarter"]), int(row["deals"] or 0), int(row["won"] or 0))
        for row in reader.rows(
            f"""select deals.closed_quarter, count(*) as deals, sum(deals.is_won) as won
from {decisions(reader)}
inner join {reader.relation("dim_periods")} as periods
    on periods.period = 'quarter'
    and deals.closed_on < case when periods.is_partial then periods.starts_on else periods.ends_before_on end
group by deals.closed_quarter
order by deals.closed_quarter"""
        )
    ]
    constants = parameters(reader)
    dimensions = recommendable_dimensions(reader)
    cuts = ordered_cuts(reader, dimensions)
    known = known_before(reader)
    tests = [
        (quarters[place - 1].quarter, selection.choose_window(quarters[:place], parameters=constants), quarters[place])
        for place in range(max(1, len(quarters) - constants.backtest_quarters), len(quarters))
    ]
    if not tests:
        return []
    read = [quarter for last, window, tested in tests for quarter in (last, *window, tested.quarter)]
    closed = closed_deals(reader, dimensions, read, has_amounts=False)
    result: list[Row] = []
    source: DealCounts | None = None
    for last, window, tested in tests:
        source = window_deals(reader, dimensions, window, constants, source, cuts, closed=closed)
        advised = {
            "winloss": _advice(source, [*dimensions, *cuts], known, constants),
            "everyone": None,
            "naive": _naive_advice(closed, last, dimensions, constants),
        }
        everyone = _counts(closed, cuts, tested.quarter, None)
        for method, segments in advised.items():
            trained = window if method == "winloss" else (last,) if method == "naive" else ()
            inside = _counts(closed, cuts, tested.quarter, segments)
            result.append(
                {
                    "method": method,
                    "quarter": tested.quarter,
                    "trained_from": trained[0] if trained else None,
                    "trained_to": trained[-1] if trained else None,
                    "advice": "everyone" if segments is None else "; ".join(value for _, value in segments),
                    "inside_closed_deals": inside[0],
                    "inside_won_deals": inside[1],
                    "outside_closed_deals": everyone[0] - inside[0],
                    "outside_won_deals": everyone[1] - inside[1],
                    "inside_decisions": inside[2],
                    "inside_won_decisions": inside[3],
                    "outside_decisions": everyone[2] - inside[2],
                    "outside_won_decisions": everyone[3] - inside[3],
                }
            )
    return result


def _advice(
    source: DealCounts,
    dimensions: Sequence[str],
    known: Sequence[str],
    constants: Parameters,
) -> list[Segment]:
    """Claims to target, or the best bet where there is no claim."""
    found = selection.select(source, dimensions, constants, with_pairs=False, known_before=known)
    rows = selection.evidence_rows(found)
    claims = [row for row in rows if row["action"] == TARGET_MORE]
    chosen = claims or [row for row in rows if row["best_bet"]]
    return sorted((str(row["dimension"]), str(row["segment"])) for row in chosen)


def _naive_advice(
    closed: ClosedDeals,
    quarter: str,
    dimensions: Sequence[str],
    constants: Parameters,
) -> list[Segment]:
    """Segments of two dimensions that won much of a few deals in the quarter."""
    chosen = []
    inside = closed.inside([quarter])
    for name in NAIVE_DIMENSIONS:
        if name in dimensions:
            labels, codes = closed.labels[name], closed.codes[name][inside]
            deals, won = (
                np.bincount(codes, weights=closed.counts[count][inside], minlength=len(labels))
                for count in ("decisions", "won_decisions")
            )
            is_chosen = (deals >= constants.naive_minimum_deals) & (won >= constants.naive_win_rate * deals)
            chosen += [
                (name, label) for label, is_one in zip(labels, is_chosen.tolist()) if is_one and label != UNKNOWN
            ]
    return sorted(chosen)


def _counts(closed: ClosedDeals, cuts: Cuts, quarter: str, segments: Sequence[Segment] | None) -> tuple[int, ...]:
    """Deals, wins, decisions and won ones of the quarter inside any of the segments, or bands of a cut; of all where `segments` is None."""
    inside: Flags = closed.inside([quarter])
    if segments is not None:
        is_any = np.zeros_like(inside)
        for name, value in segments:
            is_any |= closed.is_any(name, bands_of(cuts, name, value) or [value])
        inside &= is_any
    return tuple(int(closed.counts[name][inside].sum()) for name in COUNTS)
