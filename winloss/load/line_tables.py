"""What of the files is stored while they are loaded: each file once, and of it only the columns that are read.

A plain copy of the columns is read by all cores and keeps the order of the lines; numbering them on the way would not. A Parquet file
has its columns apart and numbers its rows, so that it is read where it stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from winloss.load.file_inspection import ExportFile
from winloss.load.statements import FileReading, columns_compared, trimmed_column_sql

SCHEMA = "temp"
PREFIX = "lines_"


def land(readings: Sequence[FileReading]) -> tuple[dict[str, str], list[FileReading]]:
    """The SELECT of each table to store, by its name among the temporary tables, and the readings as they read these tables.

    The tables hold names and addresses in clear: they are temporary, and never reach the file of the database.
    """
    landed: dict[ExportFile, ExportFile] = {}
    tables: dict[str, str] = {}
    for file, columns in columns_compared(readings).items():
        if file.is_parquet:
            continue
        kept = [column for column in file.columns if column in columns]
        content = hashlib.sha256("\0".join([file.sha256, file.name, *kept]).encode()).hexdigest()
        name = f"{PREFIX}{content[:16]}"
        tables[name] = _select(file, kept)
        landed[file] = replace(file, landed_in=f"{SCHEMA}.{name}")
    return tables, [_landed(reading, landed) for reading in readings]


def _select(file: ExportFile, columns: Sequence[str]) -> str:
    own = [] if file.lines_are_counted_by_place else ["source_line", "line_problem"]
    cells = [trimmed_column_sql(file, column) for column in columns]
    return f"select {', '.join([*own, *cells])} from {file.source()} as records"


def _landed(reading: FileReading, landed: Mapping[ExportFile, ExportFile]) -> FileReading:
    lookups = tuple(replace(lookup, file=landed.get(lookup.file, lookup.file)) for lookup in reading.lookups)
    return replace(reading, file=landed.get(reading.file, reading.file), lookups=lookups)
