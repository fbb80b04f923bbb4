"""A reader as an SQL client is one: `python -m python_tests.reader_process FILE REPORT` polls until REPORT.stop exists.

Every poll opens the published file anew, asks several questions one after the other, and writes one line of JSON: the build
it saw, or what went wrong. A poll is mixed when two tables speak of different builds.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

CURRENT = "select invocation_id, input_files from run_history where is_published order by started_at desc limit 1"
FILES = "select object, source_file, sha256, records from input_files order by object, source_file"
READ = "select sum(records) from input_files"
COUNTED = "select sum(records_read) from (select distinct object, records_read from rejected_record_counts) as objects"

Rows = list[tuple[Any, ...]]


def look(ask: Callable[[str], Rows]) -> str:
    """The build all tables speak of. Raises ValueError where they do not speak of one."""
    ((build, files),) = ask(CURRENT)
    if [tuple(file.values()) for file in json.loads(files)] != [tuple(row) for row in ask(FILES)]:
        raise ValueError(f"mixed: input_files are not those of build {build}")
    if ask(READ) != ask(COUNTED):
        raise ValueError(f"mixed: rejected_record_counts are not those of build {build}")
    return str(build)


def look_at_duckdb(path: Path) -> str:
    with duckdb.connect(str(path), read_only=True) as connection:
        return look(lambda sql: connection.execute(sql).fetchall())


def look_at_sqlite(path: Path) -> str:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return look(lambda sql: connection.execute(sql).fetchall())
    finally:
        connection.close()


def main() -> None:
    path, report = Path(sys.argv[1]), Path(sys.argv[2])
    see = look_at_sqlite if path.suffix == ".sqlite" else look_at_duckdb
    with report.open("w", encoding="utf-8") as lines:
        while not report.with_suffix(".stop").exists():
            try:
                line = {"build": see(path)}
            except Exception as error:  # whatever a client would see
                line = {"error": f"{type(error).__name__}: {error}"}
            lines.write(json.dumps(line) + "\n")
            lines.flush()
            time.sleep(0.15)


if __name__ == "__main__":
    main()
