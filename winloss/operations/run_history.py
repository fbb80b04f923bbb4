"""The audit trail: one row per full build, kept beside the marts where `dbt clean` and `--full-refresh` do not reach.

A run is known by dbt's invocation id, which stands in every line of dbt's JSON log.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import duckdb

_FIGURES = """select
    (select max(last_quarter) from marts.dim_periods where period = 'quarter') as reviewed_quarter,
    (select max(as_of_on) from marts.dim_periods) as as_of_on,
    (
        select to_json(list({object: object, source_file: source_file, sha256: sha256, records: records} order by object, source_file))
        from marts.input_files
    ) as input_files,
    (select sum(records) from marts.input_files) as records_read,
    (select sum(rejected) from marts.input_files) as records_rejected,
    (select sum(excluded) from marts.input_files) as records_excluded,
    (select count(*) from marts.fct_deals) as deals,
    (select count(*) from marts.fct_closed_deals) as closed_deals,
    (select count(*) from marts.icp_recommendations where grade = 'strong') as recommendations,
    (select count(*) from marts.alerts where is_raised) as alerts_raised,
    (select max(method_version) from marts.icp_segment_evidence) as method_version"""


def peak_memory_mb() -> float | None:
    """Most memory this process held at a time, in MB (10^6 bytes); None where the system does not say."""
    try:
        import resource
    except ImportError:
        # Windows has no such figure among those that Python reads
        return None
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024
    return kilobytes * unit / 1e6 or None


def measured(started_at: str) -> dict[str, Any]:
    """Times and memory of a run that began at `started_at` (ISO, with its offset) and ends here."""
    began = datetime.fromisoformat(started_at).astimezone(UTC).replace(tzinfo=None)
    ended = datetime.now(UTC).replace(tzinfo=None)
    return {
        "started_at": began,
        "finished_at": ended,
        "duration_seconds": round((ended - began).total_seconds(), 3),
        "peak_memory_mb": peak_memory_mb(),
    }


def versions() -> dict[str, Any]:
    """Versions of what the run ran on; of the project None where it is not installed."""
    try:
        project = version("winloss")
    except PackageNotFoundError:
        project = None
    return {
        "winloss_version": project,
        "duckdb_version": duckdb.__version__,
        "python_version": platform.python_version(),
    }


def figures(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What a green build found, from its marts."""
    answer = connection.execute(_FIGURES)
    names = [column[0] for column in answer.description or ()]
    return dict(zip(names, answer.fetchall()[0], strict=True))


def record(connection: duckdb.DuckDBPyConnection, run: Mapping[str, Any]) -> None:
    """Add the row of a run; columns it does not state are null."""
    marks = ", ".join(f"${name}" for name in run)
    connection.execute(f"insert into history.run_history ({', '.join(run)}) values ({marks})", dict(run))


def update(connection: duckdb.DuckDBPyConnection, invocation_id: str, **values: Any) -> None:
    """State more columns of a remembered run."""
    assigned = ", ".join(f"{name} = ${name}" for name in values)
    connection.execute(
        f"update history.run_history set {assigned} where invocation_id = $invocation_id",
        {**values, "invocation_id": invocation_id},
    )


def alerts(invocation_id: str, minutes: float, megabytes: float) -> str:
    """The alerts of a build as SQL: those of its marts, and of what only the end of a remembered run can tell.

    `minutes` and `megabytes` are the budgets of time and memory.
    """
    run = f"from history.run_history where invocation_id = {_text(invocation_id)}"
    return f"""select * from marts.alerts
union all by name
select
    alert, 'this build' as subject, value, unit, budget as upper_threshold, coalesce(value > budget, false) as is_raised, meaning, remedy
from (
    select 'run_time' as alert, duration_seconds / 60 as value, cast({minutes} as double) as budget {run}
    union all
    select 'memory' as alert, peak_memory_mb as value, cast({megabytes} as double) as budget {run}
) as measured
inner join reference.alert_rules using (alert)"""


def meanings(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str | None], str]:
    """What the run history and each of its columns mean, by table and column, as models/marts/sources.yml describes them."""
    rows = connection.execute(
        "select table_name, null as column_name, comment from duckdb_tables() where schema_name = 'history' "
        "union all select table_name, column_name, comment from duckdb_columns() where schema_name = 'history'"
    ).fetchall()
    return {(table, column): text for table, column, text in rows if table == "run_history" and text}


_FILES_BY_NUMBER = """to_json(list_transform(
    from_json(input_files, '[{"object": "VARCHAR", "source_file": "VARCHAR", "sha256": "VARCHAR", "records": "BIGINT"}]'),
    lambda file, place: struct_update(file, source_file := file.object || ' ' || len(list_filter(
        list_slice(from_json(input_files, '[{"object": "VARCHAR"}]'), 1, place), lambda earlier: earlier.object = file.object
    )))
))"""
"""The files of a run by object and number, as other published tables name them: they stand in the order of object and name."""


def published_rows(invocation_id: str, crm: str) -> str:
    """The run history as the published file states it: of this source alone, and the run being published counts as published.

    Why another was not published stays private: it may name folders, or deals that changed.
    """
    return (
        f"select * replace (case when invocation_id = {_text(invocation_id)} then true else is_published end as is_published, "
        "case when why_not is not null then 'the run history of the private database says why' end as why_not, "
        f"{_FILES_BY_NUMBER} as input_files) from history.run_history where crm = {_text(crm)}"
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
