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
FIELDS = (*DIMENSIONS, "amount", "cycle_days", "qualification_score")

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
    completeness = ", ".join(
        f"count({f}) as {f}" if f in FIELDS[len(DIMENSIONS) :] else f"count(*) filter (where {f} != 'unknown') as {f}"
        for f in FIELDS
    )
    text = (Path(__file__).parent / "floor.sql").read_text(encoding="utf-8")
    return text.format(
        folder=folder, cells=cells, medians=medians, pairs=pairs, reasons=reasons, completeness=completeness
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
