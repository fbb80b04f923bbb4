"""The audit trail: one row per full build, kept beside the marts where `dbt clean` and `--full-refresh` do not reach.

A run is known by dbt's invocation id, which stands in every line of dbt's JSON log.
"""

from __future__ import annotations

import platform
import resource
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import duckdb

COLUMNS: dict[str, tuple[str, str]] = {
    "invocation_id": ("varchar", "Id of the run: the invocation_id in every line of dbt's JSON log."),
    "started_at": ("timestamp", "When the run began, UTC."),
    "finished_at": ("timestamp", "When its last step ended, UTC."),
    "duration_seconds": ("double", "Seconds between the two."),
    "peak_memory_mb": ("double", "Most memory the run held at a time, in MB; null where the system does not say."),
    "is_published": ("boolean", "Whether the build was published; null where it ended before it could say."),
    "why_not": ("varchar", "Why it was not, in words; null when it was."),
    "crm": ("varchar", "The CRM whose exports were read."),
    "reviewed_quarter": ("varchar", "Quarter under review; null without one, or when a step failed."),
    "as_of_on": ("date", "Last day the exports speak of; null when a step failed."),
    "input_files": (
        "varchar",
        "The files read, as JSON: object, source_file, sha256 and records of each; null when a step failed.",
    ),
    "records_read": ("bigint", "Records in these files; null when a step failed."),
    "records_rejected": ("bigint", "Records that could not be used; null when a step failed."),
    "records_excluded": ("bigint", "Records rightly left out; null when a step failed."),
    "deals": ("bigint", "Deals, open and disqualified ones included; null when a step failed."),
    "closed_deals": ("bigint", "Deals won or lost in the population; null when a step failed."),
    "recommendations": ("bigint", "Recommendations that hold up against luck; null when a step failed."),
    "alerts_raised": ("bigint", "Alerts raised; null when a step failed."),
    "tests_passed": ("bigint", "Tests of the build that passed."),
    "tests_warned": ("bigint", "Tests of the build that warned."),
    "winloss_version": ("varchar", "Version of this project."),
    "method_version": ("varchar", "Version of the recommendation method; null when a step failed."),
    "dbt_version": ("varchar", "Version of dbt."),
    "duckdb_version": ("varchar", "Version of DuckDB."),
    "python_version": ("varchar", "Version of Python."),
}
"""Type and meaning of each column of `history.run_history`."""

TABLE_MEANING = "One row per full dbt build, green or not: what it read, what it found, whether it was published."

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
    (select count(*) from marts.icp_recommendations where grade = 'claim') as recommendations,
    (select count(*) from marts.alerts where is_raised) as alerts_raised,
    (select max(method_version) from marts.icp_segment_evidence) as method_version"""


def peak_memory_mb() -> float | None:
    """Most memory this process held at a time, in MB (10^6 bytes); None where the system does not say."""
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


def open_run_history(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table where there is none; add the columns an older version of the project did not have."""
    listed = ", ".join(f"{name} {kind}" for name, (kind, _) in COLUMNS.items())
    connection.execute("create schema if not exists history")
    connection.execute(f"create table if not exists history.run_history ({listed})")
    for name, (kind, meaning) in COLUMNS.items():
        connection.execute(f"alter table history.run_history add column if not exists {name} {kind}")
        connection.execute(f"comment on column history.run_history.{name} is '{meaning.replace(chr(39), chr(39) * 2)}'")
    connection.execute(f"comment on table history.run_history is '{TABLE_MEANING}'")


def remember(connection: duckdb.DuckDBPyConnection, run: Mapping[str, Any]) -> None:
    """Add the row of a run; columns it does not state are null."""
    open_run_history(connection)
    marks = ", ".join(f"${name}" for name in COLUMNS)
    connection.execute(
        f"insert into history.run_history ({', '.join(COLUMNS)}) values ({marks})",
        {name: run.get(name) for name in COLUMNS},
    )


def settle(
    connection: duckdb.DuckDBPyConnection, invocation_id: str, is_published: bool, why_not: str | None = None
) -> None:
    """State how the publishing of a remembered run ended."""
    connection.execute(
        "update history.run_history set is_published = $is_published, why_not = $why_not where invocation_id = $invocation_id",
        {"is_published": is_published, "why_not": why_not, "invocation_id": invocation_id},
    )


def published_meanings() -> dict[tuple[str, str | None], str]:
    """What the published run history and each of its columns mean, by table and column."""
    return {
        ("run_history", None): TABLE_MEANING,
        **{("run_history", name): meaning for name, (_, meaning) in COLUMNS.items()},
    }


def published_rows(invocation_id: str, crm: str) -> str:
    """The run history as the published file states it: of this source alone, and the run being published counts as published."""
    quoted, source = (text.replace("'", "''") for text in (invocation_id, crm))
    return (
        "select * replace (case when invocation_id = "
        f"'{quoted}' then true else is_published end as is_published) from history.run_history where crm = '{source}'"
    )
