"""What a build needs around its steps: a private place, one build at a time, and an end that publishes and remembers.

dbt loads this plugin; SQL gets one function from it, `finish_run(request)`, which the last on-run-end hook calls.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.events.base_types import EventLevel
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note
from dbt_common.exceptions import DbtRuntimeError

from icp import run_history, settings
from icp.own_files import state_holder
from icp.publish import FORMATS, Publication, PublishError, publish
from icp.standing import Successor, objection

WAIT_VARIABLE = "WINLOSS_LOCK_WAIT"
DEFAULT_WAIT = 30.0
"""Seconds a build waits for another build, or for a program that holds the private database."""

_PAUSE = 0.5
_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<process>\d+)\)")
_BUILD_LOCKS: dict[str, int] = {}


def say(sentence: str) -> None:
    """A line in dbt's own log, in its terminal output and its JSON log with the invocation id."""
    fire_event(Note(msg=sentence), level=EventLevel.INFO)


# ---------------------------------------------------------------- locks


def seconds_to_wait() -> float:
    """WINLOSS_LOCK_WAIT in seconds, else the default. Raises DbtRuntimeError where it is no such number."""
    stated = os.environ.get(WAIT_VARIABLE, "")
    try:
        seconds = float(stated) if stated else DEFAULT_WAIT
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86_400:
        raise DbtRuntimeError(f'{WAIT_VARIABLE} is "{stated}" but must be seconds from 0 to 86399, such as 30.')
    return seconds


def hold_build_lock(database: Path, wait: float) -> None:
    """Keep other builds off `database` until this process ends; it may be called again.

    Waits up to `wait` seconds for a build that runs already. Raises DbtRuntimeError naming it.
    """
    name = str(database.resolve())
    if name in _BUILD_LOCKS:
        return
    try:
        import fcntl
    except ImportError:
        return
    path = database.with_name(database.name + ".lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    end, waits = time.monotonic() + wait, False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            if time.monotonic() >= end:
                os.close(descriptor)
                raise DbtRuntimeError(
                    f"Another build (process {holder}) is working on {database}. Wait until it ends, then build again; "
                    f"{WAIT_VARIABLE} sets how many seconds to wait (now {wait:g})."
                ) from None
            if not waits:
                say(f"Waiting up to {wait:g} s for another build (process {holder}).")
                waits = True
            time.sleep(_PAUSE)
        except OSError:
            # a file system without such locks: DuckDB's own lock still keeps two writers apart
            os.close(descriptor)
            return
    state_holder(descriptor)
    _BUILD_LOCKS[name] = descriptor


def release_build_lock(database: Path) -> None:
    """Let the next build in."""
    descriptor = _BUILD_LOCKS.pop(str(database.resolve()), None)
    if descriptor is not None:
        os.close(descriptor)


def wait_until_free(database: Path, config: Mapping[str, Any], published: str, wait: float) -> None:
    """Return once `database` can be opened. Raises DbtRuntimeError with one sentence where it cannot.

    dbt would end in a traceback; a program that keeps the file open is something the user can close.
    """
    end, waits = time.monotonic() + wait, False
    while True:
        try:
            duckdb.connect(str(database), config=dict(config)).close()
            return
        except duckdb.ConnectionException:
            # open in this very process with other settings: dbt says so itself
            return
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            holder = _HOLDER.search(said)
            if not holder:
                raise DbtRuntimeError(f"{database} cannot be opened: {said}") from None
            who = f"{Path(holder['program']).name} (process {holder['process']})"
            if time.monotonic() >= end:
                raise DbtRuntimeError(
                    f"{database} is held open by {who}. Close it there and build again; for queries open "
                    f"{published} instead, which never stands in the way of a build."
                ) from None
            if not waits:
                say(f"Waiting up to {wait:g} s for {who} to close {database}.")
                waits = True
            time.sleep(_PAUSE)


# ---------------------------------------------------------------- the end of a run


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


class Plugin(BasePlugin):
    """Keeps the private database private and to one build at a time; gives SQL `finish_run(request)`."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Before anything is opened: no connection settings yet."""
        self._config: dict[str, Any] = {}

    @property
    def _database(self) -> Path | None:
        path = self.creds.path if self.creds else ""
        return Path(path) if path and "://" not in path and not path.startswith((":memory:", "md:")) else None

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Before the first connection: what this process writes is its owner's alone, and no other build runs."""
        self._config = dict(config)
        database = self._database
        if database is None:
            return
        # DuckDB's journal and spilled rows hold persons too
        os.umask(0o077)
        try:
            published = str(settings.place("published"))
        except settings.SettingsError:
            # the first hook says what is wrong
            published = settings.defaults()["published"]
        try:
            database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            wait = seconds_to_wait()
            hold_build_lock(database, wait)
            wait_until_free(database, self._config, published, wait)
        except OSError as error:
            raise DbtRuntimeError(
                f"{database} cannot be used: {error.strerror}. Change WINLOSS_DB or its folder."
            ) from None

    def configure_connection(self, conn: Any) -> None:
        """On every connection: `finish_run(request)`, null or a sentence that says why nothing was published."""
        conn.create_function(
            "finish_run", self._finish_run, ["VARCHAR"], "VARCHAR", null_handling="special", side_effects=True
        )

    def _finish_run(self, request: str) -> str | None:
        # a second connection to the open database: the one that calls is busy with this very call
        with duckdb.connect(self.creds.path if self.creds else ":memory:", config=self._config) as connection:
            try:
                return finish_run(connection, json.loads(request))
            except duckdb.Error as error:
                return f"Not published: {str(error).splitlines()[0]}; readers keep the previous build."
            finally:
                if self._database is not None:
                    release_build_lock(self._database)
