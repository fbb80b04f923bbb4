"""What DuckDB needs from Python while dbt builds: the plan for reading exports, and a private place to build in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from icp import settings
from icp.exports.plan import clear_copies, plan_load
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


def _sample_problem(published: str) -> str | None:
    """Why the sample company must not be built where a file stands published."""
    return sample_objection(Path(published), SAMPLE)


class Plugin(BasePlugin):
    """Makes the private database, and gives SQL the functions of the export reader."""

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Before the first connection: the place the database is built in."""
        if creds.path and "://" not in creds.path and not creds.path.startswith((":memory:", "md:")):
            make_private_database(Path(creds.path))

    def configure_connection(self, conn: Any) -> None:
        """On every connection: the settings, plan_load(request), clear_export_copies(database), sample_problem(path)."""
        conn.create_function("setting_names", settings.names, [], "VARCHAR", side_effects=True)
        conn.create_function("find_settings", settings.answer, ["VARCHAR"], "VARCHAR", side_effects=True)
        conn.create_function("plan_load", plan_load, ["VARCHAR"], "VARCHAR", side_effects=True)
        conn.create_function(
            "sample_problem", _sample_problem, ["VARCHAR"], "VARCHAR", null_handling="special", side_effects=True
        )
        conn.create_function("clear_export_copies", _clear_export_copies, ["VARCHAR"], "BOOLEAN", side_effects=True)
