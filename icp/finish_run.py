"""The end of a run: raise the alerts only it can tell, remember the run, publish it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from icp import run_history
from icp.dbt_log import say
from icp.publish import FORMATS, Publication, PublishError, publish
from icp.standing import Successor, objection


def finish_run(connection: duckdb.DuckDBPyConnection, request: Mapping[str, Any]) -> str | None:
    """Remember a full build and, if it is green and no alert forbids it, publish it. A sentence where it went wrong.

    `request` is what the macro `publish_marts` knows of the run. A build that failed is told in the log only: its own
    errors end the run.
    """
    why_not = request["why_not"]
    run = {**request["run"], **run_history.measured(request["run"]["started_at"]), **run_history.versions()}
    raised: list[str] = []
    if not why_not:
        raised = raise_alerts(connection, run, request["budgets"])
        run |= run_history.figures(connection)
        if raised and request["alert_policy"] == "block":
            why_not = f"alert_policy is block and {_alerts(raised)}"
    run_history.remember(connection, {**run, "is_published": False if why_not else None, "why_not": why_not or None})
    if why_not:
        sentence = f"Not published: {why_not}; readers keep the previous build."
        if raised:
            return sentence
        say(sentence)
        return None
    if raised:
        say(f"{_alerts(raised)[:1].upper()}{_alerts(raised)[1:]}; see the table alerts.")
    return _publish(connection, request, run)


def _publish(connection: duckdb.DuckDBPyConnection, request: Mapping[str, Any], run: Mapping[str, Any]) -> str | None:
    build = str(run["invocation_id"])
    wrong = [kind for kind in request["formats"] if kind not in FORMATS]
    try:
        if wrong:
            raise PublishError(f"Not published: publish_formats knows {' and '.join(FORMATS)}, not {wrong[0]}.")
        new = Successor(str(run["crm"]), int(run["deals"]), **request["fewer_deals"])
        if objected := objection(Path(request["path"]), new):
            raise PublishError(f"Not published: {objected}")
        written = publish(
            connection,
            Publication(
                path=Path(request["path"]),
                build=build,
                quarter=run["reviewed_quarter"],
                formats=tuple(dict.fromkeys(request["formats"])),
                minimum=int(request["small_cell_minimum"]),
                further={"run_history": run_history.published_rows(build, str(run["crm"]))},
                meanings=run_history.published_meanings(),
            ),
        )
    except PublishError as error:
        run_history.settle(connection, build, False, str(error))
        return str(error)
    run_history.settle(connection, build, True)
    say(f"Published {written[-1]} and {len(written) - 1} copies for {run['reviewed_quarter'] or 'no quarter'}.")
    return None


def raise_alerts(
    connection: duckdb.DuckDBPyConnection, run: Mapping[str, Any], budgets: Mapping[str, float]
) -> list[str]:
    """Add the alerts that only the end of a run can tell to the mart; the names of all that are raised."""
    minutes, memory = run["duration_seconds"] / 60, run["peak_memory_mb"]
    connection.execute("delete from marts.alerts where alert in ('run_time', 'memory')")
    for alert, unit, value, budget, meaning, remedy in (
        (
            "run_time",
            "minutes",
            minutes,
            budgets["minutes"],
            "The build took longer than its budget.",
            "Look in the log for the longest steps; docs/operations.md says what to try.",
        ),
        (
            "memory",
            "MB",
            memory,
            budgets["megabytes"],
            "The build held more memory than its budget.",
            "Set WINLOSS_MEMORY_LIMIT, such as 6GB, or raise memory_budget_mb.",
        ),
    ):
        connection.execute(
            "insert into marts.alerts by name select $alert as alert, 'this build' as subject, "
            "cast($value as double) as value, $unit as unit, cast(null as double) as lower_threshold, "
            "cast($budget as double) as upper_threshold, coalesce($value > $budget, false) as is_raised, "
            "$meaning as meaning, $remedy as remedy",
            {"alert": alert, "value": value, "unit": unit, "budget": budget, "meaning": meaning, "remedy": remedy},
        )
    rows = connection.execute(
        "select alert, subject from marts.alerts where is_raised order by alert, subject"
    ).fetchall()
    return [f"{alert} ({subject})" for alert, subject in rows]


def _alerts(raised: list[str]) -> str:
    return f"{len(raised)} alert{'s are' if len(raised) > 1 else ' is'} raised: {', '.join(raised)}"
