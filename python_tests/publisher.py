"""The end of a build without the build: `python -m python_tests.publisher DATABASE PUBLISHED [JSON]`.

Calls the function that the last on-run-end hook calls, on a private database that a build has filled, so that a test can
publish in a second, in a process of its own that it may starve, block or kill. Exit code 1 and the sentence on stderr
where nothing was published.
"""

from __future__ import annotations

import json
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import duckdb

from winloss.dbt.end_of_run import publish_marts, record_run


def finish(
    connection: duckdb.DuckDBPyConnection, published: str, run: dict[str, Any] | None = None, **more: Any
) -> str | None:
    """What the hooks record_run and publish_marts do at the end of a build; the sentence where nothing was published."""
    recorded = {
        "invocation_id": str(uuid.uuid4()),
        "started_at": datetime.now(UTC).isoformat(),
        "crm": "custom",
        "dbt_version": "1.11",
        "tests_passed": 1,
        "tests_warned": 0,
        "why_not": None,
        **(run or {}),
    }
    request = {
        "invocation_id": recorded["invocation_id"],
        "path": published,
        "formats": [],
        "publish_deals": False,
        "marts": [],
        "small_cell_minimum": 5,
        "alert_policy": "warn",
        "fewer_deals": {"minimum_share": 0.5, "allow_fewer_deals": False},
        "allow_few_changes": False,
        "budgets": {"minutes": 10, "megabytes": 8000},
        **more,
    }
    record_run(connection, recorded)
    return None if recorded["why_not"] else publish_marts(connection, request)


def main() -> int:
    database, published, *more = sys.argv[1:]
    with duckdb.connect(database) as connection:
        problem = finish(connection, published, **json.loads(more[0] if more else "{}"))
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
