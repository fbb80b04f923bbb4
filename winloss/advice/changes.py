"""Why the win rate moved: which deals closed (mix), which fields were filled in (recording), how often like deals were won (within).

The quarter under review is compared with the previous quarter and with the same quarter a year before. Effects of segments are those of
the trailing window (`effects`), so that one quarter's chance is not taken for what a segment does. Judged are decisions, of which lines
that nothing tells apart are one; so are the counts beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from winloss.advice import effects, statistics
from winloss.advice.deals import quarters_design, segments_design
from winloss.advice.effects import Account, Counts, Effects, Part, Segment
from winloss.advice.parameters import UNKNOWN, Parameters
from winloss.advice.statistics import DesignEffect
from winloss.advice.steps import parameters, window_quarters
from winloss.quoting import text_literal
from winloss.rows import Reader, Row

COMPARISONS = ("previous_quarter", "year_before")
PARTS = ("total", "mix", "recording", "within")
ALL_OTHERS = "all others"
Z = statistics.normal_quantile(0.975)

CHANGES = {
    "comparison": "text",
    "part": "text",
    "dimension": "text",
    "segment": "text",
    "quarter": "text",
    "compared_quarter": "text",
    "closed_deals": "integer",
    "won_deals": "integer",
    "compared_deals": "integer",
    "compared_won_deals": "integer",
    "change": "number",
    "change_low": "number",
    "change_high": "number",
    "is_claimed": "truth",
    "is_promising": "truth",
    "verdict": "text",
    "visible_change": "number",
    "effect": "number",
    "dimension_change": "number",
    "dimension_change_low": "number",
    "dimension_change_high": "number",
    "rate_change": "number",
    "other_rate_change": "number",
    "difference": "number",
    "difference_low": "number",
    "difference_high": "number",
    "p_value": "number",
    "q_value": "number",
    "is_tested": "truth",
    "is_simpson": "truth",
    "prior_deals": "integer",
    "design_effect": "number",
    "window_first_quarter": "text",
    "window_last_quarter": "text",
    "left_out_dimensions": "text",
    "population": "text",
    "missing_reason": "text",
}
"""Columns of the account: rows with a part are those of the whole company, rows with a dimension those of a segment."""


@dataclass(frozen=True)
class Designs:
    """Design effects: of one deal's weight in the effect of a segment, and in the win rate of a quarter."""

    of_segments: DesignEffect
    of_quarters: DesignEffect


INDEPENDENT = Designs(DesignEffect(), DesignEffect())
"""Deals that share nothing."""


def win_rate_changes(reader: Reader) -> list[Row]:
    """One row per comparison and part, and per comparison, dimension and segment; none where no quarter is under review."""
    periods = {str(row["period"]): row for row in reader.table("dim_periods")}
    window = window_quarters(reader)
    if not window or not periods["quarter"]["first_quarter"]:
        return []
    constants = parameters(reader)
    quarter = str(periods["quarter"]["first_quarter"])
    compared = {
        "previous_quarter": str(periods["previous_quarter"]["first_quarter"]),
        "year_before": year_before(quarter),
    }
    left_out = leaking_dimensions(reader)
    names = sorted({*window, quarter, *compared.values()})
    counts, renamed = _segment_counts(reader, names, window, left_out, constants)
    learned = {name: counts[name] for name in window if name in counts}
    if not learned:
        return []
    dimensions = sorted({dimension for counts_of in learned.values() for dimension, _ in counts_of})
    designs = Designs(segments_design(reader, dimensions), quarters_design(reader, names, constants))
    found = effects.fit(
        learned,
        _shared_deals(reader, window, left_out, renamed),
        also={segment for side in counts.values() for segment in side},
        design=designs.of_segments.factor,
        constants=constants,
    )
    told: Row = {
        "window_first_quarter": window[0],
        "window_last_quarter": window[-1],
        "left_out_dimensions": "; ".join(sorted(left_out)) or None,
        "design_effect": designs.of_quarters.factor,
        "quarter": quarter,
        "population": periods["quarter"]["population"],
    }
    result: list[Row] = []
    for comparison in COMPARISONS:
        named = {**told, "comparison": comparison, "compared_quarter": compared[comparison]}
        before, now = counts.get(compared[comparison], {}), counts.get(quarter, {})
        result += [{**named, **row} for row in comparison_rows(found, before, now, designs, constants)]
    return result


def year_before(quarter: str) -> str:
    """The same quarter of the year before: 2024-Q3 of 2025-Q3, FY2024-Q3 of FY2025-Q3."""
    year, _, place = quarter.rpartition("-")
    digits = year.removeprefix("FY")
    return f"{year[: len(year) - len(digits)]}{int(digits) - 1:04d}-{place}"


def comparison_rows(
    found: Effects | None,
    before: Counts,
    now: Counts,
    designs: Designs = INDEPENDENT,
    constants: Parameters = Parameters(),
) -> list[Row]:
    """The rows of one comparison: `before` and `now` hold the decisions of each segment, `found` the effects of the window."""
    sizes, wins = _totals(before), _totals(now)
    sides: Row = {
        "closed_deals": wins[0],
        "won_deals": wins[1],
        "compared_deals": sizes[0],
        "compared_won_deals": sizes[1],
    }
    if not now or not before or found is None:
        reason = (
            "no closed deal in the quarter"
            if not now
            else "no closed deal in the quarter it is compared with"
            if not before
            else "every deal of the window ended alike"
        )
        return [
            {**sides, "part": part, "is_claimed": False, "is_promising": False, "missing_reason": reason}
            for part in PARTS
        ]
    told = effects.account(found, before, now, designs.of_quarters.factor)
    rows = [{**sides, **row, "prior_deals": round(found.prior)} for row in _parts(told, sides, designs, constants)]
    return rows + _segments(told, before, now, designs, constants)


def _totals(side: Counts) -> tuple[int, int]:
    first = min((dimension for dimension, _ in side), default="")
    own = [counts for (dimension, _), counts in side.items() if dimension == first]
    return sum(deals for deals, _ in own), sum(won for _, won in own)


def _parts(told: Account, sides: Row, designs: Designs, constants: Parameters) -> list[Row]:
    rows: dict[str, Row] = {"total": _total(told, sides, designs, constants)}
    for name, part in (("mix", told.mix), ("recording", told.recording), ("within", told.within)):
        rows[name] = {"change": part.change, **_bounds("change", part), **_claim(part, constants)}
    rows["within"]["visible_change"] = (Z + statistics.normal_quantile(constants.power)) * told.within.error
    rows["total"]["verdict"] = verdict({name: rows[name] for name in PARTS})
    return [{"part": name, **rows[name]} for name in PARTS]


def _total(told: Account, sides: Row, designs: Designs, constants: Parameters) -> Row:
    numbers = [float(sides[name] or 0) / designs.of_quarters.factor for name in ("won_deals", "closed_deals")]
    numbers += [float(sides[f"compared_{name}"] or 0) / designs.of_quarters.factor for name in ("won_deals", "deals")]
    low, high = statistics.newcombe_interval(numbers[0], numbers[1], numbers[2], numbers[3], 0.95)
    confidence = 1 - float(statistics.two_sided_p(constants.win_rate_claim_z))
    sure = statistics.newcombe_interval(numbers[0], numbers[1], numbers[2], numbers[3], confidence)
    is_claimed = sure[0] > 0 or sure[1] < 0
    return {
        "change": told.total,
        "change_low": low,
        "change_high": high,
        "is_claimed": is_claimed,
        "is_promising": not is_claimed and (low > 0 or high < 0),
    }


def _bounds(name: str, part: Part) -> Row:
    low, high = part.bounds(Z)
    return {f"{name}_low": low, f"{name}_high": high}


def _claim(part: Part, constants: Parameters) -> Row:
    is_claimed = part.is_clear(constants.win_rate_claim_z)
    return {"is_claimed": is_claimed, "is_promising": not is_claimed and part.is_clear(Z)}


def verdict(parts: Mapping[str, Row]) -> str:
    """What moved the win rate, of the parts whose 95 % interval leaves out zero: `chance` where none does."""
    seen = {
        name: float(row["change"] or 0)
        for name, row in parts.items()
        if name != "total" and (row["is_claimed"] or row["is_promising"])
    }
    if "mix" in seen and "within" in seen:
        return "masked" if seen["mix"] * seen["within"] < 0 else "both"
    return next((name for name in ("mix", "within", "recording") if name in seen), "chance")


# ---------------------------------------------------------------- segments


def _segments(told: Account, before: Counts, now: Counts, designs: Designs, constants: Parameters) -> list[Row]:
    segments = sorted(segment for segment in told.effects if segment in before or segment in now)
    tests = {segment: test for segment in segments if (test := _test(segment, before, now, designs, constants))}
    q_values = dict(
        zip(tests, statistics.benjamini_hochberg(np.array([float(row["p_value"] or 0) for row in tests.values()])))
    )
    rows: list[Row] = []
    for segment in segments:
        part, dimension = told.segments[segment], told.dimensions[segment[0]]
        deals, won = now.get(segment, (0, 0))
        compared, compared_won = before.get(segment, (0, 0))
        q_value = float(q_values[segment]) if segment in tests else None
        passed = 1.0 if q_value is None else q_value
        is_claimed = passed <= constants.change_claim_rate
        row: Row = {
            "dimension": segment[0],
            "segment": segment[1],
            "closed_deals": deals,
            "won_deals": won,
            "compared_deals": compared,
            "compared_won_deals": compared_won,
            "effect": told.effects[segment],
            "change": part.change,
            **_bounds("change", part),
            "dimension_change": dimension.change,
            **_bounds("dimension_change", dimension),
            **tests.get(segment, {"missing_reason": _why_not(segment)}),
            "q_value": q_value,
            "is_tested": segment in tests,
            "is_claimed": is_claimed,
            "is_promising": not is_claimed and passed <= constants.false_discovery_rate,
            "is_simpson": _is_simpson(segment[0], tests, told.total),
        }
        rows.append(row)
    return rows


def _test(segment: Segment, before: Counts, now: Counts, designs: Designs, constants: Parameters) -> Row | None:
    """Did the win rate of the segment change otherwise than that of the other known deals? None where too few tell."""
    if segment[1] in (UNKNOWN, ALL_OTHERS):
        return None
    sides = []
    for side in (before, now):
        own = side.get(segment, (0, 0))
        known = [c for (dimension, value), c in side.items() if dimension == segment[0] and value != UNKNOWN]
        sides.append((own, (sum(n for n, _ in known) - own[0], sum(w for _, w in known) - own[1])))
    if min(deals for side in sides for deals, _ in side) < constants.minimum_deals:
        return None
    changes, variance = [], 0.0
    for (deals, won), (later, later_won) in zip(*sides):
        rate = (won + later_won) / (deals + later)
        changes.append(later_won / later - won / deals)
        variance += rate * (1 - rate) * (1 / deals + 1 / later)
    difference = changes[0] - changes[1]
    z = difference / variance**0.5 if variance > 0 else 0.0
    _, p = statistics.with_design_effect(z, statistics.two_sided_p(z), designs.of_quarters)
    error = (variance * designs.of_quarters.factor) ** 0.5
    return {
        "rate_change": changes[0],
        "other_rate_change": changes[1],
        "difference": difference,
        "difference_low": difference - Z * error,
        "difference_high": difference + Z * error,
        "p_value": float(p),
    }


def _why_not(segment: Segment) -> str:
    if segment[1] == UNKNOWN:
        return "deals whose field is empty are compared with nothing"
    if segment[1] == ALL_OTHERS:
        return "many small segments counted as one"
    return "too few deals in one of the two quarters, inside or outside"


def _is_simpson(dimension: str, tests: Mapping[Segment, Row], total: float) -> bool:
    """Whether two segments or more were tested and every one of them moved against the total."""
    moves = [float(row["rate_change"] or 0) for (name, _), row in tests.items() if name == dimension]
    return len(moves) >= 2 and all(move * total < 0 for move in moves)


# ---------------------------------------------------------------- what is read


def leaking_dimensions(reader: Reader) -> set[str]:
    """Dimensions that know the outcome, as the recommendations found them."""
    rows = reader.rows(
        f"""select distinct dimension
from {reader.relation("int_segment_evidence")}
where caveat_codes like '%leak:%'"""
    )
    return {str(row["dimension"]) for row in rows}


def _segment_counts(
    reader: Reader, quarters: Sequence[str], window: Sequence[str], left_out: set[str], constants: Parameters
) -> tuple[dict[str, dict[Segment, tuple[int, int]]], dict[Segment, Segment]]:
    """Decisions by quarter and segment, and the small segments that are counted as `ALL_OTHERS`."""
    rows = [
        (
            str(row["quarter"]),
            (str(row["dimension"]), str(row["segment"])),
            int(row["decisions"] or 0),
            int(row["won_decisions"] or 0),
        )
        for row in reader.rows(
            f"""select quarter, dimension, segment, decisions, won_decisions
from {reader.relation("int_segment_quarters")}
where quarter in ({_listed(quarters, reader)})"""
        )
        if str(row["dimension"]) not in left_out
    ]
    sizes: dict[Segment, int] = {}
    for quarter, segment, decisions, _ in rows:
        sizes[segment] = sizes.get(segment, 0) + (decisions if quarter in window else 0)
    renamed = effects.folded(list(sizes.items()), constants.maximum_segments, ALL_OTHERS)
    told = effects.counts_by_quarter(
        (quarter, renamed.get(segment, segment), decisions, won) for quarter, segment, decisions, won in rows
    )
    return told, renamed


def _shared_deals(
    reader: Reader, window: Sequence[str], left_out: set[str], renamed: Mapping[Segment, Segment]
) -> list[tuple[Segment, Segment, int]]:
    records = reader.query(
        f"""select dimension, segment, other_dimension, other_segment, sum(decisions) as deals
from {reader.relation("int_segment_overlaps")}
where quarter in ({_listed(window, reader)})
group by dimension, segment, other_dimension, other_segment"""
    )[1]
    shared: dict[tuple[Segment, Segment], int] = {}
    for dimension, segment, other_dimension, other_segment, deals in records:
        if dimension not in left_out and other_dimension not in left_out:
            first, second = (dimension, segment), (other_dimension, other_segment)
            pair = renamed.get(first, first), renamed.get(second, second)
            shared[pair] = shared.get(pair, 0) + int(deals)
    return [(first, second, deals) for (first, second), deals in sorted(shared.items())]


def _listed(values: Sequence[str], reader: Reader) -> str:
    return ", ".join(text_literal(value, reader.engine) for value in sorted(set(values)))
