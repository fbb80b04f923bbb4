"""What DuckDB needs from Python while dbt builds: the plan for reading exports, and a private place to build in."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from icp.exports.plan import clear_copies, empty_export, plan_exports
from icp.exports.unstated import unstated_source
from icp.standing import SAMPLE, sample_objection


def make_private_database(path: Path) -> None:
    """Makes the folder of the private database (0700) and the database (0600), where they are not there yet.

    It holds persons, so nobody but its owner may read it. What exists already keeps the permissions its owner chose.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return
    before = os.umask(0o077)
    try:
        duckdb.connect(str(path)).close()
    finally:
        os.umask(before)


def _clear_export_copies(database: str) -> bool:
    clear_copies(database)
    return True


def _sample_problem(request: str) -> str | None:
    """Why the sample company must not be built, from a request in JSON: folder of the exports, or null where the sample was
    asked for, and path of the published file, or null where nothing will be published."""
    asked = json.loads(request)
    try:
        unstated = unstated_source(asked["folder"]) if asked["folder"] else None
        return unstated or (sample_objection(Path(asked["published"]), SAMPLE) if asked["published"] else None)
    except OSError as error:
        return f"{asked['folder']} cannot be looked at: {error.strerror}."


class Plugin(BasePlugin):
    """Makes the private database, and gives SQL the functions of the export reader."""

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Before the first connection: the place the database is built in."""
        if creds.path and "://" not in creds.path and not creds.path.startswith((":memory:", "md:")):
            make_private_database(Path(creds.path))

    def configure_connection(self, conn: Any) -> None:
        """On every connection: plan_exports(request), empty_export(crm, object), clear_export_copies(database),
        sample_problem(request)."""
        conn.create_function("plan_exports", plan_exports, ["VARCHAR"], "VARCHAR", side_effects=True)
        conn.create_function("empty_export", empty_export, ["VARCHAR", "VARCHAR"], "VARCHAR")
        conn.create_function("sample_problem", _sample_problem, ["VARCHAR"], "VARCHAR", null_handling="special", side_effects=True)
        conn.create_function("clear_export_copies", _clear_export_copies, ["VARCHAR"], "BOOLEAN", side_effects=True)
