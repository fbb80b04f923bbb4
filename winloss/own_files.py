"""What this product wrote, told from what a user keeps beside it: nothing else is ever removed or replaced.

A folder that a run works in has a new name and a mark in it. Files that a publication or a report leaves for others are known
by what they say, or by the list that was kept of them.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

MARK = ".made-by-winloss"
TABLES = {"win_rate_baseline", "dim_periods"}
"""Tables that every published file holds."""

_DIGITS = re.compile(rb"\d*\s*")


# ---------------------------------------------------------------- folders that a run works in


IS_UNIX = hasattr(os, "killpg")
"""Whether the system has groups of processes, rights of files and locks as Unix has them; Windows has none of these."""


def new_folder(parent: Path, purpose: str) -> Path:
    """A folder in `parent` that no one had before, for its owner alone, marked as made for `purpose`."""
    folder = Path(tempfile.mkdtemp(prefix=f".{purpose}.", suffix=".tmp", dir=parent))
    (folder / MARK).write_text(purpose, encoding="utf-8")
    return folder


def remove_folders(parent: Path, purpose: str) -> None:
    """Removes the folders made for `purpose`, also those that a run left behind when it was killed."""
    for folder in parent.glob(f".{glob.escape(purpose)}.*.tmp"):
        if purpose_of(folder) == purpose:
            with suppress(OSError):
                remove_folder(folder)
        else:
            # killed before the mark was made: only an empty folder lets itself be removed this way
            with suppress(OSError):
                folder.rmdir()


def remove_folder(folder: Path) -> None:
    """Removes a marked folder, the mark last: what a kill leaves of it is still known."""
    for path in folder.iterdir():
        if path.name != MARK:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    (folder / MARK).unlink(missing_ok=True)
    folder.rmdir()


def purpose_of(folder: Path) -> str | None:
    """What a folder was made for; None for one that this product did not make."""
    mark = folder / MARK
    try:
        return None if folder.is_symlink() else mark.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


# ---------------------------------------------------------------- files left for others


@dataclass
class Manifest:
    """The files of a publication by their path under its folder, with the digests they may have; kept beside them."""

    path: Path
    digests: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """The manifest at `path`; an empty one where there is none that can be read."""
        try:
            stated = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                path, {str(name): [str(digest) for digest in digests] for name, digests in stated["files"].items()}
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(path)

    def write(self, workplace: Path) -> None:
        """Puts the manifest in place in one step, by way of the folder `workplace`."""
        waiting = workplace / "manifest"
        waiting.write_text(json.dumps({"files": self.digests}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        with waiting.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(waiting, self.path)

    def lists(self, path: Path) -> bool:
        """Whether the file at `path` is one of these, and still what it was."""
        known = self.digests.get(_under(self.path.parent, path))
        return bool(known) and path.is_file() and digest(path) in (known or ())


def _under(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_published_database(path: Path) -> bool:
    """Whether `path` is a published DuckDB or SQLite file, also where another program moved it there."""
    try:
        with path.open("rb") as file:
            is_sqlite = file.read(16) == b"SQLite format 3\0"
        if is_sqlite:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
                found = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
        else:
            with duckdb.connect() as engine:
                quoted = str(path).replace("'", "''")
                engine.execute(f"attach '{quoted}' as published (read_only, type duckdb)")
                found = {
                    name
                    for (name,) in engine.execute(
                        "select table_name from duckdb_tables() where schema_name = 'main'"
                    ).fetchall()
                }
    except (OSError, sqlite3.Error, duckdb.Error):
        return False
    return found >= TABLES


SCHEMAS = ("landing", "reference", "staging", "intermediate", "marts", "history")
"""Those of a private database, in which a build makes and replaces tables."""


def others_database(path: Path) -> str | None:
    """Why no build may work in the file at `path`, one sentence; None where one may. Changes nothing, and makes no file."""
    remedy = "Name another file in WINLOSS_DB, and the build makes it."
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        return None
    if path.is_file() and is_published_database(path):
        return f"{path} is a published file. {remedy}"
    quoted = str(path).replace("'", "''")
    try:
        with duckdb.connect() as engine:
            engine.execute(f"attach '{quoted}' as private (read_only, type duckdb)")
            rows = engine.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'private'"
            ).fetchall()
    except duckdb.IOException as error:
        if "not a valid DuckDB database" not in str(error):
            # held by another program, say: the command that opens it says so
            return None
        return (
            f"{path} is no DuckDB database. {remedy} If it was one, it is damaged: move it away and build; only the memory of earlier "
            "advice starts anew, or comes from your backup."
        )
    except duckdb.Error:
        return None
    found = {schema for schema, _ in rows if schema in SCHEMAS}
    # what a build, a look at the freshness of exports, or a compilation makes first
    firsts = (
        {("landing", "privacy_key")},
        {("landing", "loads")},
        {("history", "run_history"), ("history", "recommendations")},
    )
    if found and not any(first <= set(rows) for first in firsts):
        return f"{path} is a database of yours: it has the schema {sorted(found)[0]}, in which no build of Winloss worked. {remedy}"
    return None


def state_holder(descriptor: int) -> None:
    """Writes the number of this process into an open lock file, unless it holds anything else: then it is no lock of ours."""
    if not hasattr(os, "pread"):
        # Windows: no lock is held there, so no one asks who holds it
        return
    if _DIGITS.fullmatch(os.pread(descriptor, 64, 0)):
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode("ascii"), 0)
