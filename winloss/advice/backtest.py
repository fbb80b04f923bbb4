"""Would the advice have helped? Each past quarter is advised from the quarters before it, then looked at.

Three advisers are compared on the same quarters: this method, the advice to change nothing, and
the naive rule of dashboards: whatever won much of a few deals last quarter (the settings `naive_*`).
"""

from __future__ import annotations

from collections.abc import Sequence

from winloss.advice import selection
from winloss.advice.counts import Cuts, DealCounts, QuarterCounts, bands_of
from winloss.advice.deals import decisions, window_deals
from winloss.advice.parameters import UNKNOWN, Parameters
from winloss.advice.selection import TARGET_MORE
from winloss.advice.steps import known_before, ordered_cuts, parameters, recommendable_dimensions
from winloss.quoting import text_literal
from winloss.rows import Reader, Row, number

NAIVE_DIMENSIONS = ("industry", "revenue_band")
_COUNTS = ("deals", "won", "decisions", "won_decisions")

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
    result: list[Row] = []
    source: DealCounts | None = None
    for place in range(max(1, len(quarters) - constants.backtest_quarters), len(quarters)):
        before, tested = quarters[:place], quarters[place]
        window = selection.choose_window(before, parameters=constants)
        source = window_deals(reader, dimensions, window, constants, source, cuts)
        advised = {
            "winloss": _advice(source, [*dimensions, *cuts], known, constants),
            "everyone": None,
            "naive": _naive_advice(reader, before[-1].quarter, dimensions, constants),
        }
        everyone = _counts(reader, cuts, tested.quarter, None)
        for method, segments in advised.items():
            trained = window if method == "winloss" else (before[-1].quarter,) if method == "naive" else ()
            inside = _counts(reader, cuts, tested.quarter, segments)
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
    reader: Reader,
    quarter: str,
    dimensions: Sequence[str],
    constants: Parameters,
) -> list[Segment]:
    """Segments of two dimensions that won much of a few deals in the quarter."""
    chosen = []
    for name in NAIVE_DIMENSIONS:
        if name in dimensions:
            rows = reader.rows(
                f"""select {name} as segment, sum(decisions) as deals, sum(won_decisions) as won
from {reader.relation("int_deal_cells")}
where closed_quarter = {text_literal(quarter, reader.engine)}
group by {name}"""
            )
            chosen += [
                (name, str(row["segment"]))
                for row in rows
                if row["segment"] != UNKNOWN
                and number(row["deals"]) >= constants.naive_minimum_deals
                and number(row["won"]) >= constants.naive_win_rate * number(row["deals"])
            ]
    return sorted(chosen)


def _counts(reader: Reader, cuts: Cuts, quarter: str, segments: Sequence[Segment] | None) -> tuple[int, ...]:
    """Deals, wins, decisions and won ones of the quarter inside any of the segments, or bands of a cut; of all where `segments` is None."""

    def literal(text: str) -> str:
        return text_literal(text, reader.engine)

    is_inside = (
        "1 = 1"
        if segments is None
        else " or ".join(
            f"{name} = {literal(single)}"
            for name, value in segments
            for single in bands_of(cuts, name, value) or [value]
        )
        or "1 = 0"
    )
    sums = ", ".join(f"coalesce(sum({name}), 0) as {name}" for name in _COUNTS)
    row = reader.rows(
        f"""select {sums}
from {reader.relation("int_deal_cells")}
where closed_quarter = {literal(quarter)} and ({is_inside})"""
    )[0]
    return tuple(int(row[name] or 0) for name in _COUNTS)
