"""Runs the floor: one DuckDB script over the CSV files, in memory, nothing around it.

python -m benchmarks.speed.floor <folder> <answers.duckdb> <memory limit, such as 6GB>
"""

from __future__ import annotations

import sys
from itertools import combinations
from pathlib import Path

import duckdb

RECOMMENDABLE = ("industry", "revenue_band", "employee_band", "region", "lead_source", "product")
DIMENSIONS = (*RECOMMENDABLE, "country", "deal_type", "deal_size_band", "competitor", "pipeline", "owner")
CHANGES = (*RECOMMENDABLE, "deal_type", "pipeline")
ATTRIBUTES = ("industry", "revenue_band", "employee_band", "region")
PERSONAS = {
    "persona": ("persona",),
    "seniority": ("seniority",),
    "department": ("department",),
    "buying_role": ("buying_role",),
    "persona_in_role": ("persona", "buying_role"),
}
FIELDS = (*DIMENSIONS, "amount", "cycle_days", "qualification_score")

_AS = " || ' as ' || "
_SUMS = (
    "count(*) as deals, sum(amount) as amount, count(amount) as amounts, sum(amount * amount) as squares, "
    "sum(cycle_days) as days, count(cycle_days) as dated"
)


def script(folder: Path) -> str:
    """The text of floor.sql with the repetition over dimensions and pairs written out."""
    cells = "\nunion all ".join(
        f"select '{d}' as dimension, {d} as segment, quarter, is_won, {_SUMS} from deals group by {d}, quarter, is_won"
        for d in DIMENSIONS
    )
    medians = "\nunion all ".join(
        f"select '{d}' as dimension, {d} as segment, period, is_won, median(amount) as amount, median(cycle_days) as days "
        f"from deals join periods using (quarter) group by {d}, period, is_won"
        for d in DIMENSIONS
    )
    pairs = "\nunion all ".join(
        f"select '{a}' as dimension, {a} as segment, '{b}' as second_dimension, {b} as second_segment, period, count(*) as closed_deals, "
        f"count(*) filter (where is_won) as won_deals, sum(amount) filter (where is_won) as won_amount, "
        f"sum(amount) filter (where not is_won) as lost_amount, sum(amount * amount) as squares, "
        f"avg(cycle_days) filter (where is_won) as mean_won_cycle_days, "
        f"median(amount) filter (where is_won) as median_won_amount, median(amount) filter (where not is_won) as median_lost_amount, "
        f"median(cycle_days) filter (where is_won) as median_won_cycle_days, "
        f"median(cycle_days) filter (where not is_won) as median_lost_cycle_days "
        f"from deals join periods using (quarter) where {a} != 'unknown' and {b} != 'unknown' group by {a}, {b}, period having count(*) >= 10"
        for a, b in combinations(RECOMMENDABLE, 2)
    )
    reasons = "\nunion all ".join(
        f"select '{d}' as dimension, {d} as segment, quarter, reason, count(*) as deals, sum(amount) as amount "
        f"from deals where not is_won group by {d}, quarter, reason"
        for d in DIMENSIONS
    )
    movements = "\nunion all ".join(
        f"select 'window', '{d}', {d}, {age}, {movement}, count(*) from in_window group by {d}, {age}{', left_as' if age == 'left_at' else ''}"
        for d in RECOMMENDABLE
        for age, movement in (("entered", "'entered'"), ("left_at", "left_as"))
    )
    open_cells = "\nunion all ".join(
        f"select '{d}' as dimension, {segment} as segment, step_age as age, count(*) as deals, count(*) filter (where is_stale) as stale, "
        f"count(*) filter (where is_beyond) as beyond, sum(amount) as amount from open_deals group by {segment}, step_age"
        for d, segment in (("all", "'all deals'"), *((d, d) for d in RECOMMENDABLE))
    )
    changes = "\nunion all ".join(
        f"select '{d}' as dimension, {d} as segment, quarter, count(*) as deals, count(*) filter (where is_won) as won from deals group by {d}, quarter"
        for d in CHANGES
    )
    competitors = "\nunion all ".join(
        f"select '{d}' as dimension, {d} as segment, competitor, quarter, count(*) as deals, count(*) filter (where is_won) as won "
        f"from deals where competitor != 'unknown' group by {d}, competitor, quarter"
        for d in DIMENSIONS
        if d != "competitor"
    )
    values = "\nunion all ".join(
        f"select '{d}' as dimension, {d} as segment, count(*) filter (where not is_won or amount is not null) as deals, "
        f"count(amount) filter (where is_won) as won, count(*) filter (where is_won and amount is null) as unvalued, "
        f"coalesce(sum(amount) filter (where is_won), 0) as amount, sum(cycle_days) filter (where not is_won or amount is not null) as days, "
        f"coalesce(sum(amount) filter (where is_won and cycle_days is not null), 0) as timed_amount "
        f"from deals join periods using (quarter) where period = 'window' group by {d}"
        for d in RECOMMENDABLE
    )
    points = "\nunion all ".join(
        f"select '{d}' as dimension, {d} as segment, count(*) as closed_deals, count(*) filter (where is_won) as won_deals "
        f"from deals join periods using (quarter) where period = 'window' group by {d}"
        for d in ATTRIBUTES
    )
    account_values = "\nunion all ".join(
        f"select '{d}' as dimension, {d} as segment, count(*) as accounts from accounts group by {d}"
        for d in ATTRIBUTES
    )
    learned = "\nunion all ".join(
        f"select quarter, '{d}' as dimension, {d} as segment, rate(sum(won), sum(deals)) - rate(sum(sum(won)) over (partition by quarter), "
        f"sum(sum(deals)) over (partition by quarter)) as points from learned group by quarter, {d}"
        for d in ATTRIBUTES
    )
    score = " + ".join(f"coalesce({d}_points.points, 0)" for d in ATTRIBUTES)
    score_joins = "\n".join(
        f"left join account_points as {d}_points on {d}_points.dimension = '{d}' and {d}_points.segment = accounts.{d}"
        for d in ATTRIBUTES
    )
    history_joins = "\n".join(
        f"    left join points as {d}_points on {d}_points.dimension = '{d}' and {d}_points.segment = profiles.{d} "
        f"and {d}_points.quarter = profiles.quarter"
        for d in ATTRIBUTES
    )
    completeness = ", ".join(
        f"count({f}) as {f}" if f in FIELDS[len(DIMENSIONS) :] else f"count(*) filter (where {f} != 'unknown') as {f}"
        for f in FIELDS
    )
    personas = "\nunion all ".join(
        f"select '{kind}' as kind, quarter, {_AS.join(columns)} as value, is_won, count(*) as deals, "
        f"sum(contacts) as contacts from (select deal_id, is_won, quarter, {', '.join(columns)}, count(*) as contacts from people "
        f"where is_counted{' and buying_role is not null' if 'buying_role' in columns else ''} group by all) group by all"
        for kind, columns in PERSONAS.items()
    )
    words = (*DIMENSIONS, "reason")
    text = (Path(__file__).parent / "floor.sql").read_text(encoding="utf-8")
    return text.format(
        folder=folder,
        cells=cells,
        medians=medians,
        pairs=pairs,
        reasons=reasons,
        completeness=completeness,
        personas=personas,
        types="\n".join(f"create type {d}_word as enum (select distinct {d} from every_deal);" for d in words),
        enums=", ".join(f"{d}::{d}_word as {d}" for d in words),
        recommendable=", ".join(RECOMMENDABLE),
        attributes=", ".join(ATTRIBUTES),
        movements=movements,
        open_cells=open_cells,
        changes=changes,
        competitors=competitors,
        values=values,
        points=points,
        account_values=account_values,
        learned=learned,
        score=score,
        score_joins=score_joins,
        history_joins=history_joins,
    )


def run(folder: Path, answers: Path, memory_limit: str) -> None:
    """Write the answer tables to `answers`, an older file of that name being replaced."""
    answers.unlink(missing_ok=True)
    connection = duckdb.connect(config={"memory_limit": memory_limit, "temp_directory": f"{answers}.tmp"})
    connection.execute(f"attach '{answers}' as answers")
    connection.execute("use answers")
    connection.execute(script(folder))
    connection.close()


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
