"""A reader of the published files: `python -m benchmarks.soak.reader KIND PUBLISHED KNOWN REPORT` reads until REPORT.stop exists.

Every read opens its files anew, and asks of each table whose it is. What is no table of either company is an error; tables of
both companies in one read are a mixed read. Each read is a line of JSON in REPORT.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from benchmarks.soak.companies import TABLES

Ask = Callable[[str], list[tuple[object, ...]]]
"""All rows of a table by its name."""


@contextmanager
def _duckdb(folder: Path, name: str) -> Iterator[Ask]:
    with duckdb.connect(str(folder / name), read_only=True) as connection:
        yield lambda table: connection.execute(f"select * from {table} order by all").fetchall()


@contextmanager
def _sqlite(folder: Path, name: str) -> Iterator[Ask]:
    place = (folder / name).with_suffix(".sqlite").as_uri()
    with closing(sqlite3.connect(f"{place}?mode=ro", uri=True)) as connection:
        yield lambda table: sorted(connection.execute(f"select * from {table}").fetchall(), key=repr)


@contextmanager
def _parquet(folder: Path, name: str) -> Iterator[Ask]:
    with duckdb.connect() as connection:
        yield lambda table: connection.execute(
            f"select * from read_parquet('{folder}/parquet/{table}.parquet') order by all"
        ).fetchall()


@contextmanager
def _csv(folder: Path, name: str) -> Iterator[Ask]:
    def rows(table: str) -> list[tuple[object, ...]]:
        with (folder / "csv" / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
            return sorted(tuple(row) for row in csv.reader(file))

    yield rows


FORMATS = {"duckdb": _duckdb, "sqlite": _sqlite, "parquet": _parquet, "csv": _csv}
KINDS = (*FORMATS, "all")

Known = dict[str, str]
"""The name of the company by format, table and digest of the rows."""


def resolved(published: Path) -> Path:
    """The folder of the build that is read, asked for once, as docs/operations.md says for a program that reads several files."""
    return published.resolve().parent


def digests(kind: str, published: Path) -> list[str]:
    """What one read saw: format, table and digest of each table it asked for.

    One open DuckDB or SQLite file is one build whatever happens; Parquet, CSV and the reader of all formats open several files.
    """
    formats = FORMATS if kind == "all" else (kind,)
    folder = published.parent if kind in ("duckdb", "sqlite") else resolved(published)
    found = []
    for name in formats:
        with FORMATS[name](folder, published.name) as ask:
            found += [f"{name} {table} {_digest(ask(table))}" for table in TABLES]
    return found


def _digest(rows: list[tuple[object, ...]]) -> str:
    return hashlib.sha256(repr(rows).encode("utf-8")).hexdigest()[:16]


def companies_seen(kind: str, published: Path, known: Known) -> set[str]:
    """The companies that the tables of one read are of. Raises ValueError where one is of neither."""
    found = digests(kind, published)
    if unknown := [digest for digest in found if digest not in known]:
        raise ValueError(f"not what either company published: {unknown}")
    return {known[digest] for digest in found}


def main() -> None:
    kind, published, known_file, report = sys.argv[1], *map(Path, sys.argv[2:])
    known: Known = json.loads(known_file.read_text(encoding="utf-8"))
    stop = report.with_suffix(".stop")
    with report.open("w", encoding="utf-8") as lines:
        while not stop.exists():
            try:
                line = {"seen": sorted(companies_seen(kind, published, known))}
            except Exception as error:  # whatever a client would meet
                line = {"error": f"{type(error).__name__}: {error}"}
            lines.write(json.dumps(line) + "\n")
            lines.flush()
            time.sleep(0.7)


if __name__ == "__main__":
    main()
