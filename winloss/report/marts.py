"""The published file as the report reads it: a few rows of each mart, read only, each knowing where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCHEMAS = ("main", "marts")

ROWS_PER_DIMENSION = 8
"""Segments drawn per dimension: the largest; the chart says how many more there are."""


class ReportError(Exception):
    """Something the user can fix; the message says what and how."""


class Record(dict[str, Any]):
    """A row of a mart, with the mart's name and the columns that find it again."""

    def __init__(self, table: str, key: tuple[str, ...], values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.table = table
        self.key = {column: values[column] for column in key if column in values}


@dataclass(frozen=True)
class _Reading:
    """How one mart is read: the columns that identify a row, which rows, in which order."""

    key: tuple[str, ...]
    where: str = "true"
    order: str = ""
    counted_as: tuple[str, ...] = ()


# With 10,000 segments only the largest are drawn; what an advice row names is always read.
_LARGEST_SEGMENTS = f"""period in ('window', 'all') and closed_deals > 0 and dimension != 'owner'
    qualify row_number() over (
        partition by period, dimension order by segment = 'unknown', closed_deals desc, segment
    ) <= {ROWS_PER_DIMENSION} or segment = 'unknown'"""

_READINGS: dict[str, _Reading] = {
    "dim_periods": _Reading(("period",)),
    "dim_settings": _Reading(("setting",)),
    "dim_dimensions": _Reading(("dimension",), order="dimension_order"),
    "win_rate_baseline": _Reading(("period",)),
    "typical_deals": _Reading(("period", "measure")),
    "win_rates_by_quarter": _Reading(("quarter",), order="starts_on"),
    "scorecard_quality": _Reading(()),
    "account_tiers": _Reading(("tier",), order="tier"),
    "account_points": _Reading(("dimension", "segment"), where="is_anti", order="points, dimension, segment limit 20"),
    "advice_values": _Reading(("rank",), where="action in ('target_more', 'deprioritise')", order="rank limit 200"),
    "win_rate_changes": _Reading(("comparison", "part"), order="comparison, part"),
    "win_rate_change_segments": _Reading(
        ("comparison", "dimension", "segment"),
        where="""true
    qualify is_changed or is_simpson or row_number() over (partition by comparison, dimension order by segment) = 1""",
        order="comparison, dimension, segment limit 400",
    ),
    "win_rate_definitions": _Reading(
        ("period", "definition"), where="period in ('quarter', 'window')", order="period, definition_order"
    ),
    "win_rate_curves": _Reading(
        ("period", "dimension", "segment", "age_weeks"),
        where="period in ('window', 'window_before') and dimension = 'all'",
        order="age_weeks",
    ),
    "win_rates_by_cohort": _Reading(("created_quarter",), order="starts_on, created_quarter"),
    "stage_funnel": _Reading(
        ("period", "pipeline", "stage"),
        where="period = 'window'",
        order="pipeline, stage_order, stage limit 500",
    ),
    "stage_changes": _Reading(
        ("pipeline", "stage"), where="is_changed or is_promising", order="q_value, pipeline, stage_order limit 3"
    ),
    "open_pipeline_by_profile": _Reading(("profile_standing",), order="standing_order"),
    "open_pipeline": _Reading(
        ("dimension", "segment"),
        where="""open_deals > 0
    qualify row_number() over (partition by dimension order by segment = 'unknown', open_deals desc, segment) <= 5""",
        order="dimension, segment = 'unknown', open_deals desc, segment",
    ),
    "report_findings": _Reading(("finding",), order="finding"),
    "report_changes": _Reading(("about",), order="place, about"),
    "win_rate_trend": _Reading(("period",)),
    "action_items": _Reading(("item",), order="item"),
    "return_on_investment": _Reading(("period",)),
    "recommendation_follow_up": _Reading(("reviewed_quarter", "rank"), order="reviewed_quarter desc, rank"),
    "win_rates_by_dimension": _Reading(
        ("period", "dimension", "segment"), where=_LARGEST_SEGMENTS, order="closed_deals desc, segment"
    ),
    "icp_recommendations": _Reading(("rank",), where="rank <= 200", order="rank"),
    "icp_segment_evidence": _Reading(
        ("dimension", "segment", "second_dimension", "second_segment"),
        where="(caveat_codes like '%leak:%' or caveat_codes like '%may_know_outcome:%') and second_dimension is null",
        order="dimension, segment limit 400",
    ),
    "icp_profile": _Reading(("profile_field",), order="profile_field_order, profile_field"),
    "win_rates_by_segment_pair": _Reading(
        ("period", "dimension", "segment", "second_dimension", "second_segment"),
        where="""period = 'window' and segment != 'unknown' and second_segment != 'unknown'
    and 'owner' not in (dimension, second_dimension)
    and dimension in (select dimension from dim_dimensions where is_recommendable)
    and second_dimension in (select dimension from dim_dimensions where is_recommendable)""",
        order="shrunken_win_rate desc, closed_deals desc, dimension, segment, second_dimension, second_segment limit 5",
    ),
    "loss_reasons": _Reading(("period", "category"), order="lost_deals desc, category"),
    "loss_reason_changes": _Reading(("category",), order="losses desc, category"),
    "loss_reason_reliability": _Reading(("period", "measure"), order="measure"),
    "persona_evidence": _Reading(
        ("persona_type", "persona"), order="closed_deals desc, persona_type, persona limit 400"
    ),
    "contact_coverage": _Reading(("period",)),
    "multithreading": _Reading(("period", "moment"), where="period = 'window'", order="moment desc"),
    "competition_coverage": _Reading(("period",)),
    "win_rates_by_competitor": _Reading(
        ("period", "competitor"), where="period = 'window'", order="closed_deals desc, competitor limit 200"
    ),
    "competitors_by_quarter": _Reading(
        ("quarter", "competitor"),
        where="is_changed or explained_by is not null",
        order="quarter, competitor_deals desc, competitor",
    ),
    "competitor_loss_reasons": _Reading(
        ("period", "competitor", "category"),
        where="period = 'window'",
        order="lost_deals desc, competitor, category limit 2000",
    ),
    "decision_makers": _Reading(
        ("period", "persona", "seniority", "department"),
        where="persona != 'unknown'",
        order="contacts desc, persona, seniority, department limit 400",
    ),
    "recommended_score_threshold": _Reading(()),
    "score_thresholds": _Reading(("period", "score_threshold"), where="period = 'window'", order="score_threshold"),
    "icp_backtest": _Reading(("method", "quarter"), order="quarter, method"),
    "field_completeness": _Reading(
        ("period", "outcome", "field"), where="period = 'window' and outcome in ('won', 'lost')", order="field, outcome"
    ),
    "data_quality_findings": _Reading(("rule_id",), order="records desc, rule_id"),
    "rejected_record_counts": _Reading(
        ("object", "rule_id", "decision"), where="records > 0", order="decision desc, records desc, object, rule_id"
    ),
    "input_files": _Reading(("object", "source_file"), order="object, source_file"),
    "alerts": _Reading(("alert", "subject"), order="alert, subject"),
    "run_history": _Reading(("invocation_id",), order="started_at, invocation_id"),
}


@dataclass(frozen=True)
class Marts:
    """Rows of the published file by mart. A mart that the file does not hold has no rows."""

    path: Path
    tables: Mapping[str, tuple[Record, ...]]
    segment_counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Segments with a closed deal, by period and dimension."""

    def has(self, table: str) -> bool:
        return table in self.tables

    def rows(self, table: str, **where: Any) -> list[Record]:
        found: Iterable[Record] = self.tables.get(table, ())
        return [row for row in found if all(row.get(column) == value for column, value in where.items())]

    def first(self, table: str, **where: Any) -> Record | None:
        return next(iter(self.rows(table, **where)), None)


def open_published(path: Path) -> Any:
    """A DuckDB connection in which the marts of the file at `path` are read by bare name; the file stays unlocked for writers.

    Raises ReportError where it cannot be read or holds no marts.
    """
    import duckdb

    if not path.is_file():
        raise ReportError(
            f"{path}: no such file. Build first (winloss run, or dbt build), or name the file with --db or WINLOSS_PUBLISHED."
        )
    connection = duckdb.connect()
    try:
        quoted = str(path).replace("'", "''")
        # under a name of its own: a file called marts.duckdb would be a catalog called like the schema in it
        connection.execute(f"attach '{quoted}' as published (read_only)")
        names: dict[str, set[str]] = {}
        for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            names.setdefault(schema, set()).add(table)
    except duckdb.Error as error:
        connection.close()
        reason = str(error).splitlines()[0]
        raise ReportError(
            f"{path}: cannot be opened as a DuckDB file ({reason}). Publish again with winloss publish."
        ) from error
    # the published file holds them in its main schema, a build's own database in the schema marts
    schema = next(
        (schema for schema in SCHEMAS if {"win_rate_baseline", "dim_periods"} <= names.get(schema, set())), None
    )
    if schema is None:
        connection.close()
        raise ReportError(
            f"{path}: holds no published marts. Build first (winloss run, or dbt build), or name the published file with --db."
        )
    connection.execute(f"use published.{schema}")
    return connection


def read_marts(path: Path) -> Marts:
    """Reads the published file at `path`. Raises ReportError where it cannot be read."""
    import duckdb

    connection = open_published(path)
    try:
        present = {
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = current_schema()"
            ).fetchall()
        }
        tables = {name: _read(connection, name, reading) for name, reading in _READINGS.items() if name in present}
        counts: dict[tuple[str, str], int] = {}
        if "win_rates_by_dimension" in present:
            answer = connection.execute(
                "select period, dimension, count(*) from win_rates_by_dimension where closed_deals > 0 group by period, dimension"
            )
            counts = {(period, dimension): number for period, dimension, number in answer.fetchall()}
    except duckdb.Error as error:
        raise ReportError(f"{path}: {str(error).splitlines()[0]} Publish again with winloss publish.") from error
    finally:
        connection.close()
    return Marts(path, tables, counts)


def _read(connection: Any, name: str, reading: _Reading) -> tuple[Record, ...]:
    order = f" order by {reading.order}" if reading.order else ""
    answer = connection.execute(f"select * from {name} where {reading.where}{order}")
    columns = [column[0] for column in answer.description]
    return tuple(Record(name, reading.key, dict(zip(columns, values))) for values in answer.fetchall())
