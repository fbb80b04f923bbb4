"""The end of a run: what the hooks record_run and publish_marts call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from winloss.dbt.log import say
from winloss.operations import run_history
from winloss.publish import few_changes
from winloss.publish.build_folders import published_place
from winloss.publish.publication import FORMATS, Publication, PublishError, publish, read_allow_list
from winloss.publish.published_build import Successor, objection, standing


def record_run(connection: duckdb.DuckDBPyConnection, run: Mapping[str, Any]) -> None:
    """Add a full build, green or not, to the run history. `run` is what dbt knows of it; `why_not` is None for a green one."""
    measured = run_history.measured(run["started_at"])
    found = {} if run["why_not"] else run_history.figures(connection)
    is_published = False if run["why_not"] else None
    run_history.record(connection, {**run, **measured, **run_history.versions(), **found, "is_published": is_published})


def publish_marts(connection: duckdb.DuckDBPyConnection, request: Mapping[str, Any]) -> str | None:
    """Publish the green build that `record_run` recorded, if no alert forbids it; the sentence where nothing was published."""
    build = str(request["invocation_id"])
    _note_what_stands(connection, Path(request["path"]))
    alerts = run_history.alerts(build, request["budgets"]["minutes"], request["budgets"]["megabytes"])
    raised = connection.execute(
        f"select alert || ' (' || subject || ')' from ({alerts}) where is_raised order by alert, subject"
    ).fetchall()
    run_history.update(connection, build, alerts_raised=len(raised))
    if raised:
        said = (
            f"{len(raised)} alert{'s are' if len(raised) > 1 else ' is'} raised: {', '.join(row[0] for row in raised)}"
        )
        if request["alert_policy"] == "block":
            why_not = f"alert_policy is block and {said}"
            run_history.update(connection, build, is_published=False, why_not=why_not)
            return f"Not published: {why_not}; readers keep the previous build."
        say(f"{said}; see the table alerts.")
    try:
        _publish(connection, request, build, alerts)
    except PublishError as error:
        run_history.update(connection, build, is_published=False, why_not=str(error))
        return str(error)
    run_history.update(connection, build, is_published=True)
    return None


def _note_what_stands(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """A build that was ended after its files were put in place did publish, and only the file says so."""
    before = standing(published_place(path))
    if before and before.build:
        ended = "invocation_id = $build and is_published is null"
        for (began,) in connection.execute(
            f"update history.run_history set is_published = true where {ended} returning strftime(started_at, '%Y-%m-%d %H:%M')",
            {"build": before.build},
        ).fetchall():
            say(f"The build of {began} UTC was ended right after it had published; what it published stands.")


def _publish(connection: duckdb.DuckDBPyConnection, request: Mapping[str, Any], build: str, alerts: str) -> None:
    wrong = [kind for kind in request["formats"] if kind not in FORMATS]
    if wrong:
        raise PublishError(f"Not published: publish_formats knows {' and '.join(FORMATS)}, not {wrong[0]}.")
    crm, deals, quarter = connection.execute(
        "select crm, deals, reviewed_quarter from history.run_history where invocation_id = $build", {"build": build}
    ).fetchall()[0]
    if objected := objection(Path(request["path"]), Successor(str(crm), int(deals), **request["fewer_deals"])):
        raise PublishError(f"Not published: {objected}")
    path, minimum = Path(request["path"]), int(request["small_cell_minimum"])
    again = few_changes.Republication(connection, path, str(crm), quarter, minimum, bool(request["allow_few_changes"]))
    if objected := few_changes.objection(again):
        raise PublishError(f"Not published: {objected}")
    written = publish(
        connection,
        Publication(
            path=path,
            build=build,
            quarter=quarter,
            formats=tuple(dict.fromkeys(request["formats"])),
            minimum=minimum,
            further={"run_history": run_history.published_rows(build, str(crm)), "alerts": alerts},
            meanings=run_history.meanings(connection),
            hidden_outcomes=few_changes.hidden_outcomes(again),
            has_deals=bool(request["publish_deals"]),
        ),
    )
    few_changes.remember(again, build)
    say(f"Published {written[-1]} and {len(written) - 1} copies for {quarter or 'no quarter'}.")
    if named := undeclared(request["marts"]):
        say(named)


def undeclared(marts: Iterable[str]) -> str | None:
    """One sentence that names the marts of which no line says whether others may read them; None where there are none."""
    named = sorted(set(marts).difference(*read_allow_list()))
    if not named:
        return None
    return f"Not among them: {', '.join(named)}. A line of seeds/published_tables.csv says whether others may read it: docs/adding-a-mart.md."
