"""The reader of the soak sees what it is there to see: two builds in one read, and what no build published."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from benchmarks.soak.companies import TABLES
from benchmarks.soak.reader import KINDS, Known, companies_seen, digests


def published_by(company: str, folder: Path) -> Path:
    """Every copy of a build whose tables hold the name of its company."""
    for kind in ("csv", "parquet"):
        (folder / kind).mkdir(parents=True)
    path = folder / "marts.duckdb"
    with duckdb.connect(str(path)) as connection, closing(sqlite3.connect(folder / "marts.sqlite")) as copy:
        for table in TABLES:
            connection.execute(f"create table {table} as select '{company}' as company")
            connection.execute(f"copy {table} to '{folder}/csv/{table}.csv' (format csv, header true)")
            connection.execute(f"copy {table} to '{folder}/parquet/{table}.parquet' (format parquet)")
            copy.execute(f"create table {table} as select '{company}' as company")
        copy.commit()
    return path


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path, Known]:
    one, other = published_by("one", tmp_path / "one"), published_by("two", tmp_path / "two")
    known: Known = dict.fromkeys(digests("all", one), "one") | dict.fromkeys(digests("all", other), "two")
    return one, other, known


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_build_is_of_one_company(two: tuple[Path, Path, Known], kind: str) -> None:
    one, other, known = two
    assert companies_seen(kind, one, known) == {"one"}
    assert companies_seen(kind, other, known) == {"two"}


@pytest.mark.parametrize("name", ["marts.duckdb", "marts.sqlite", "csv/input_files.csv", "parquet/input_files.parquet"])
def test_a_copy_of_another_build_is_a_mixed_read(two: tuple[Path, Path, Known], name: str) -> None:
    one, other, known = two
    shutil.copyfile(other.parent / name, one.parent / name)
    assert companies_seen("all", one, known) == {"one", "two"}


def test_what_neither_published_is_an_error(two: tuple[Path, Path, Known], tmp_path: Path) -> None:
    _, _, known = two
    third = published_by("three", tmp_path / "three")
    with pytest.raises(ValueError, match="not what either company published"):
        companies_seen("sqlite", third, known)
