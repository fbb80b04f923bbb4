"""The pace at which deals are won, by the SQL that dbt runs, on companies that grow, leave losers open or hold a part of their deals.

In every world four of ten deals that are created are won. What changes is what the export shows of the others: how late they are closed,
whether at all, as what, and which deals it holds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from benchmarks.accuracy.measures import Measured
from winloss.load.columns import COLUMNS

ROOT = Path(__file__).parents[2]
TRUTH = 0.40
QUARTERS, QUARTER = 12, 92
AS_OF = QUARTERS * QUARTER
"""Days from the first deal created to the last day of the export, which ends a quarter."""

STARTED_ON = "2023-01-01"
SPREAD = 0.7
"""Standard deviation of the logarithm of the days a deal takes."""

MODELS = ("win_rate_definitions", "open_pipeline")
SEEDS = ("win_rate_definition_list", "taxonomy/loss_reason_categories")


@dataclass(frozen=True)
class PaceWorld:
    """What an export shows of deals of which four in ten are won."""

    loss_days: float = 110.0
    win_days: float = 46.0
    growth: float = 0.0
    """By how much more deals are created each quarter than in the one before."""

    ghosts: float = 0.0
    """Share of the losers that are never closed."""

    is_closed_in_bulk: bool = False
    """On the last day all deals open for more than half a year are closed as lost."""

    relabelled: float = 0.0
    """Share of the last quarter's losses that are called disqualified."""

    closed_within: int | None = None
    """The export holds closed deals of so many days only, and all open ones."""


PACE_WORLDS: dict[str, PaceWorld] = {
    "as fast": PaceWorld(loss_days=75.0, win_days=75.0),
    "losing slower": PaceWorld(),
    "growing": PaceWorld(growth=0.15),
    "ghosts": PaceWorld(ghosts=0.30),
    "growing with ghosts": PaceWorld(growth=0.15, ghosts=0.30),
    "bulk close": PaceWorld(growth=0.15, ghosts=0.30, is_closed_in_bulk=True),
    "re-labelled": PaceWorld(relabelled=0.50),
    "truncated": PaceWorld(closed_within=200),
}


@lru_cache(maxsize=1)
def statements() -> tuple[tuple[str, str], ...]:
    """The tables that the answers about the pace are made of, each after what it reads, and the SQL that makes it."""
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("WINLOSS_", "DBT_"))}
        own = {
            "WINLOSS_CRM": "sample",
            "WINLOSS_DB": f"{folder}/winloss.duckdb",
            "WINLOSS_PUBLISHED": f"{folder}/published.duckdb",
            "WINLOSS_EXPORTS": f"{folder}/exports",
            "WINLOSS_SETTINGS": os.devnull,
            "WINLOSS_KEY": "a-key-that-hashes-nothing",
            "DBT_TARGET_PATH": f"{folder}/target",
            "DBT_LOG_PATH": f"{folder}/logs",
        }
        dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", "compile", "-s", *(f"+{name}" for name in MODELS)]
        run = subprocess.run(dbt, cwd=ROOT, env=kept | own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if run.returncode:
            raise RuntimeError(f"dbt cannot compile {' and '.join(MODELS)}: {run.stdout}")
        return compiled(Path(folder, "target"))


def compiled(target: Path) -> tuple[tuple[str, str], ...]:
    """The same from what dbt left in a target folder."""
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    models = target / "compiled" / "winloss"
    made: dict[str, str] = {}

    def add(name: str) -> None:
        node = nodes.get(name, {"resource_type": "", "path": ""})
        table = f"{node.get('schema')}.{node.get('name')}"
        is_pace = "pace" in Path(node["path"]).parts or node.get("name") in (*MODELS, "fct_open_spells")
        if node["resource_type"] == "model" and is_pace and table not in made and node["name"] != "int_stage_spells":
            for parent in node["depends_on"]["nodes"]:
                add(parent)
            made[table] = (models / node["original_file_path"]).read_text(encoding="utf-8")

    for model in MODELS:
        add(f"model.winloss.{model}")
    return tuple(made.items())


@lru_cache(maxsize=1)
def _engine() -> duckdb.DuckDBPyConnection:
    """A database with the lists that the models read, and the periods of the company: the last quarter, and the trailing year."""
    engine = duckdb.connect()
    engine.execute("set threads = 1; attach ':memory:' as winloss; use winloss")
    for schema in ("reference", "intermediate", "marts"):
        engine.execute(f"create schema {schema}")
    for seed in SEEDS:
        path = ROOT / "seeds" / f"{seed}.csv"
        engine.execute(f"create table reference.{path.stem} as from read_csv('{path}', header = true)")
    ends = f"date '{STARTED_ON}' + {AS_OF}"
    engine.execute(
        "create table marts.dim_periods as select period, quarter_count, period = 'all' as has_undated_deals, starts_on, ends_before_on, "
        "cast(ends_before_on_known - 1 as date) as as_of_on, 'all deals' as population, null::varchar as missing_reason, "
        "null::varchar as value_missing_reason from (values "
        f"('quarter', 1, cast({ends} - {QUARTER} as date), cast({ends} as date), cast({ends} as date)), "
        f"('window', 4, cast({ends} - {4 * QUARTER} as date), cast({ends} as date), cast({ends} as date)), "
        f"('all', null, null, null, cast({ends} as date))) as periods "
        "(period, quarter_count, starts_on, ends_before_on, ends_before_on_known)"
    )
    engine.execute("create table marts.dim_as_of as select as_of_on from marts.dim_periods where period = 'all'")
    engine.execute(
        "create table intermediate.int_stage_spells (period varchar, dimension varchar, segment varchar, entered_days integer, "
        "left_days integer, left_as varchar, deals bigint)"
    )
    return engine


_SEGMENTS = [
    *(column.name for column in COLUMNS["deals"] if column.is_dimension),
    *("revenue_band", "employee_band", "deal_size_band", "owner"),
    *(f"extra_{place}" for place in range(1, 7)),
]


def draw(rng: np.random.Generator, deals: int, world: PaceWorld) -> tuple[dict[str, Any], int]:
    """About `deals` deals of three years as the export shows them, and how many of those still open will be won."""
    quarter = np.arange(QUARTERS)
    share = (1 + world.growth) ** quarter
    created = (rng.choice(quarter, deals, p=share / share.sum()) * QUARTER + rng.integers(0, QUARTER, deals)).astype(
        np.int64
    )
    won = rng.random(deals) < TRUTH
    days = np.exp(np.log(np.where(won, world.win_days, world.loss_days)) + SPREAD * rng.standard_normal(deals))
    closed = created + np.floor(days).astype(np.int64)
    is_ghost = ~won & (rng.random(deals) < world.ghosts)
    is_open = is_ghost | (closed >= AS_OF)
    outcome = np.where(is_open, "open", np.where(won, "won", "lost"))
    if world.is_closed_in_bulk:
        swept = is_open & (created < AS_OF - 1 - 180)
        outcome[swept], closed[swept], is_open[swept] = "lost", AS_OF - 1, False
        won = won & ~swept
    called = (outcome == "lost") & (closed >= AS_OF - QUARTER) & (rng.random(deals) < world.relabelled)
    outcome = np.where(called, "disqualified", outcome)
    kept = np.ones(deals, dtype=bool)
    if world.closed_within is not None:
        kept = is_open | (closed >= AS_OF - world.closed_within)
    rows = {
        "created": created[kept],
        "closed": np.where(is_open, -1, closed)[kept],
        "outcome": outcome[kept].astype(object),
    }
    return rows, int((won & is_open & kept).sum())


def answers(
    rows: dict[str, Any], tables: tuple[tuple[str, str], ...] | None = None
) -> tuple[dict[tuple[str, str], tuple[float, float, float]], tuple[float, ...]]:
    """Rate and interval by period and definition, and the wins expected of the open deals, with their interval.

    `tables` are those of `statements` unless others are handed over.
    """
    engine = _engine()
    segments = ", ".join(f"'unknown' as {name}" for name in _SEGMENTS)
    drawn = rows  # noqa: F841 (DuckDB reads it by this name)
    engine.execute(
        "create or replace table marts.fct_deals as select 'd' || row_number() over () as deal_key, outcome, true as is_in_population, "
        "1 as decision_line, "
        f"date '{STARTED_ON}' + cast(created as integer) as created_on, "
        f"case when closed >= 0 then date '{STARTED_ON}' + cast(closed as integer) end as closed_on, "
        "case when closed >= 0 then cast(closed - created as integer) end as cycle_days, cast(1 as decimal(24, 2)) as amount, "
        f"case when outcome in ('lost', 'disqualified') then 'price' end as loss_reason_category, {segments} from drawn"
    )
    engine.execute(
        "create or replace table marts.fct_closed_deals as from marts.fct_deals where outcome in ('won', 'lost')"
    )
    for table, sql in tables or statements():
        engine.execute(f"create or replace table {table} as {sql}")
    rates = engine.execute(
        "select period, definition, win_rate, win_rate_low, win_rate_high from marts.win_rate_definitions where win_rate is not null"
    ).fetchall()
    wins = engine.execute(
        "select expected_wins, expected_wins_low, expected_wins_high from marts.open_pipeline where dimension = 'all'"
    ).fetchone()
    assert wins is not None
    return {(period, definition): (rate, low, high) for period, definition, rate, low, high in rates}, wins


def pace_report(rng: np.random.Generator, deals: int, world: str) -> Measured:
    """One company: how far the pace of the trailing year is from the truth, and what its open deals were said to bring and brought."""
    rows, really_won = draw(rng, deals, PACE_WORLDS[world])
    rates, (expected, lowest, highest) = answers(rows)
    pace, low, high = rates["window", "pace"]
    closed = rates["window", "closed"][0]
    return {
        "pace error": 100 * (pace - TRUTH),
        "pace covered": float(low <= TRUTH <= high),
        "wins error": (expected - really_won) / expected,
        "wins covered": float(lowest <= really_won <= highest),
        "flatters": float(closed > high),
        "closed error": 100 * (closed - TRUTH),
    }
