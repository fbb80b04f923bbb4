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

from icp.finish_run import finish_run


def request(published: str, **more: Any) -> dict[str, Any]:
    """What the macro publish_marts asks for at the end of a green build."""
    run = {
        "invocation_id": str(uuid.uuid4()),
        "started_at": datetime.now(UTC).isoformat(),
        "crm": "custom",
        "dbt_version": "1.11",
        "tests_passed": 1,
        "tests_warned": 0,
    }
    return {
        "run": run | more.pop("run", {}),
        "why_not": "",
        "path": published,
        "formats": [],
        "small_cell_minimum": 5,
        "alert_policy": "warn",
        "fewer_deals": {"minimum_share": 0.5, "allow_fewer_deals": False},
        "budgets": {"minutes": 10, "megabytes": 8000},
        **more,
    }


def main() -> int:
    database, published, *more = sys.argv[1:]
    with duckdb.connect(database) as connection:
        problem = finish_run(connection, request(published, **json.loads(more[0] if more else "{}")))
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
