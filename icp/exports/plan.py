"""The plan for reading a folder of exports: how each file is read, and one SELECT per object."""

from __future__ import annotations

import json
import os
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import duckdb
import yaml

from icp.exports.columns import OBJECTS, REPORTS, Column
from icp.exports.custom import custom_layout
from icp.exports.folder import Folder
from icp.exports.dynamics365 import SHAPES as DYNAMICS365
from icp.exports.dynamics365 import dynamics365_layout
from icp.exports.hubspot import SHAPES as HUBSPOT
from icp.exports.hubspot import STAGE_HISTORY, hubspot_layout
from icp.exports.landing import land
from icp.exports.layout import Layout
from icp.exports.problems import ReadingError, did_you_mean, listed
from icp.exports.quoting import identifier
from icp.exports.recognise import Shape, objects_of
from icp.exports.pipedrive import SHAPES as PIPEDRIVE
from icp.exports.pipedrive import pipedrive_layout
from icp.exports.salesforce import SHAPES as SALESFORCE
from icp.exports.salesforce import salesforce_layout
from icp.exports.shape import DELIMITERS, ExportFile
from icp.exports.statements import (
    FileFormat,
    FileReading,
    Formats,
    Lookup,
    columns_in_use,
    empty_statement,
    file_statement,
    joined_lines,
    object_statement,
    report_statement,
    trimmed_sql,
)
from icp.exports.formats import decide_formats
from icp.own_files import new_folder, remove_folders

Reader = Callable[[Folder, Mapping[str, object]], Layout]

# One reader per CRM, and the columns of the objects it gives.
READERS: dict[str, Reader] = {
    "custom": custom_layout,
    "salesforce": salesforce_layout,
    "hubspot": hubspot_layout,
    "pipedrive": pipedrive_layout,
    "dynamics365": dynamics365_layout,
}
READER_OBJECTS: dict[str, Mapping[str, Sequence[Column]]] = {
    "custom": OBJECTS,
    "salesforce": objects_of(SALESFORCE),
    "hubspot": {**objects_of(HUBSPOT), "stage_history": STAGE_HISTORY},
    "pipedrive": objects_of(PIPEDRIVE),
    "dynamics365": objects_of(DYNAMICS365),
}
# What the files of a CRM look like, for those that are recognised by their headers.
SHAPES: dict[str, Sequence[Shape]] = {
    "salesforce": SALESFORCE,
    "hubspot": HUBSPOT,
    "pipedrive": PIPEDRIVE,
    "dynamics365": DYNAMICS365,
}


@dataclass(frozen=True)
class Request:
    """What to read: the CRM, the folder as the user names it, the private database, and the user's variables."""

    crm: str
    folder: str
    database: str
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadingPlan:
    """How everything is read. `statements` holds one SELECT per object and one per report on the files."""

    layout: Layout
    formats: Formats
    statements: Mapping[str, str]
    notices: Sequence[str]

    def landed(self) -> tuple[dict[str, str], dict[str, str]]:
        """The SELECT of each table to store first (see `landing.land`), and the statements as they read these tables."""
        tables, readings = land(self.layout.readings)
        return tables, {**self.statements, **_object_statements(self.layout, readings, self.formats)}


def _place_of_copies(database: str) -> tuple[Path, str]:
    """Where the private copies of odd files stand while a build runs, beside the private database, and what for."""
    if database in ("", ":memory:"):
        return Path(tempfile.gettempdir()), f"winloss.{os.getpid()}.copies"
    path = Path(database)
    return path.parent, f"{path.name}.copies"


def new_copies(database: str) -> Path:
    """A new folder for the private copies of odd files."""
    parent, purpose = _place_of_copies(database)
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return new_folder(parent, purpose)


def clear_copies(database: str) -> None:
    """Removes the private copies of odd files that this build, or one that was killed, made."""
    remove_folders(*_place_of_copies(database))


def make_plan(request: Request) -> ReadingPlan:
    """The plan for a folder. Raises ReadingError with one sentence per thing the user has to mend."""
    if request.crm not in READERS:
        raise ReadingError(f'There is no reader for crm "{request.crm}".{did_you_mean(request.crm, READERS)}')
    clear_copies(request.database)
    engine = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        engine.execute("set TimeZone = 'UTC'")
        folder = Folder(Path(request.folder), engine, new_copies(request.database))
        layout = READERS[request.crm](folder, request.variables)
        if not folder.has_copies():
            clear_copies(request.database)
        _check_lookups(layout, engine)
        formats = decide_formats(layout, engine)
        statements = _object_statements(layout, layout.readings, formats)
        _check_versions(layout, formats, engine)
        statements["export_files"] = report_statement(REPORTS["export_files"], _file_rows(layout, formats))
        statements["export_columns"] = report_statement(REPORTS["export_columns"], _column_rows(layout))
        return ReadingPlan(layout, formats, statements, _notices(layout, engine))
    except BaseException:
        clear_copies(request.database)
        raise
    finally:
        engine.close()


def _object_statements(layout: Layout, readings: Sequence[FileReading], formats: Formats) -> dict[str, str]:
    return {
        name: object_statement(columns, _of(readings, name), formats, layout.outcome_words)
        for name, columns in layout.objects.items()
    }


def _of(readings: Sequence[FileReading], object_name: str) -> list[FileReading]:
    return [reading for reading in readings if reading.object == object_name]


def _distinct_lookups(layout: Layout) -> list[tuple[FileReading, Lookup]]:
    seen: dict[tuple[str, str, int], tuple[FileReading, Lookup]] = {}
    for reading in layout.readings:
        for lookup in reading.lookups:
            seen.setdefault((reading.object, lookup.file.name, lookup.key.position), (reading, lookup))
    return list(seen.values())


def _check_lookups(layout: Layout, engine: duckdb.DuckDBPyConnection) -> None:
    """A key that stands twice in a lookup with different values would make the answer a matter of chance."""
    problems = []
    for reading, lookup in _distinct_lookups(layout):
        used = sorted({cell.column for cell in reading.cells() if cell.source == lookup.alias})
        content = ", ".join(trimmed_sql(lookup.file, column) for column in used) or "1"
        row = engine.execute(
            f"select min(source_line), max(source_line) from (select source_line, "
            f"lower({trimmed_sql(lookup.file, lookup.key.column)}) as lookup_key, hash({content}) as content "
            f"from {lookup.file.relation()} as records) as keyed where lookup_key is not null "
            f"group by lookup_key having count(distinct content) > 1 order by 1 limit 1"
        ).fetchone()
        if row:
            problems.append(
                f"{lookup.file.name}: lines {row[0]} and {row[1]} have the same {lookup.key.header} and different "
                f"values. A lookup needs one line per key: remove one."
            )
    if problems:
        raise ReadingError(*problems)


def _check_versions(layout: Layout, formats: Formats, engine: duckdb.DuckDBPyConnection) -> None:
    """A deal that stands in several files with different content needs something that says which file is newer."""
    readings = _of(layout.readings, "deals")
    if len(readings) < 2 or all("modified_at" in reading.bindings for reading in readings):
        return
    columns = layout.objects["deals"]
    content = ", ".join(identifier(column.name) for column in columns)
    ordered = sorted(readings, key=lambda reading: (reading.order or 0, reading.file.name))
    for _, group in groupby(ordered, key=lambda reading: reading.order):
        rivals = list(group)
        if len(rivals) < 2:
            continue
        union = "\nunion all\n".join(
            f"select deal_id, modified_at, source_file, source_line, hash({content}) as content from ("
            f"{file_statement(columns, reading, formats, layout.outcome_words)}) as deals where line_problem is null"
            for reading in rivals
        )
        row = engine.execute(
            f"select min((source_file, source_line)), max((source_file, source_line)) from ({union}) as versions "
            f"where deal_id is not null group by deal_id "
            f"having count(distinct content) > 1 and count(distinct source_file) > 1 and bool_or(modified_at is null) "
            f"order by 1 limit 1"
        ).fetchone()
        if row:
            (one, one_line), (other, other_line) = row
            raise ReadingError(
                f"The same deal stands in {one} (line {one_line}) and in {other} (line {other_line}) with different "
                f"content, and nothing says which is newer. Map modified_at, put a date into every file name "
                f"(deals_2025-12-31.csv), or list the files oldest first in {layout.settings_prefix}file_order."
            )


def _file_rows(layout: Layout, formats: Formats) -> list[tuple[object, ...]]:
    def row(object_name: str, file: ExportFile, dated_on: str | None, order: int | None) -> tuple[object, ...]:
        found = formats.get(file, FileFormat())
        return (
            object_name,
            file.name,
            file.sha256,
            file.records,
            None if file.is_parquet else file.encoding,
            None if file.is_parquet else DELIMITERS[file.delimiter],
            found.date_order,
            found.decimal_style,
            file.is_read_directly,
            dated_on,
            order,
        )

    return [row(reading.object, reading.file, reading.dated_on, reading.order) for reading in layout.readings]


def _column_rows(layout: Layout) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    used = columns_in_use(layout.readings)
    told: set[str] = set()
    for reading in layout.readings:
        for column in layout.objects[reading.object]:
            if column.name in reading.constants:
                continue
            binding = reading.bindings.get(column.name)
            headers = " or ".join(cell.header for cell in binding.cells) if binding else None
            rows.append((reading.object, reading.file.name, column.name, headers, "mapped" if binding else "missing"))
        if reading.file.name not in told:
            told.add(reading.file.name)
            rows += [
                (reading.object, reading.file.name, None, header, "ignored")
                for header, column in zip(reading.file.headers, reading.file.columns, strict=True)
                if header in reading.file.nameable_headers and column not in used[reading.file]
            ]
    return rows


def _notices(layout: Layout, engine: duckdb.DuckDBPyConnection) -> list[str]:
    """What a user should know though nothing is wrong. Never a cell: cells can name persons."""
    notices = list(layout.notices)
    for file in dict.fromkeys(reading.file for reading in layout.readings):
        objects = listed(reading.object for reading in layout.readings if reading.file is file)
        if file.records == 0:
            notices.append(f"{file.name} has a header and no records (read for {objects}).")
        if file.encoding == "windows-1252":
            notices.append(f"{file.name} is not UTF-8; it was read as Windows-1252.")
    for reading in layout.readings:
        for lookup in reading.lookups:
            row = engine.execute(
                f"select count(*), count(*) filter (where {lookup.alias}.lookup_key is null), "
                f"min(lines.source_line) filter (where {lookup.alias}.lookup_key is null) from {joined_lines(reading)}"
            ).fetchone()
            if row and row[1]:
                notices.append(
                    f"{lookup.file.name} has no line for the {lookup.object_key.header} of {row[1]} of {row[0]} records "
                    f"in {reading.file.name} (first on line {row[2]}); what it would add stays unknown there."
                )
    return notices


def plan_exports(request: str) -> str:
    """The plan as JSON, from a request in YAML or JSON; for SQL, so it never raises.

    Request: crm, folder, database, variables. Answer: error (sentences, one a line, or null), notices (list), tables (list
    of name and statement: what to store first, in the schema `landing`), statements (list of object and statement).
    """
    try:
        asked = yaml.safe_load(request)
        plan = make_plan(Request(asked["crm"], asked["folder"], asked["database"], asked.get("variables") or {}))
    except ReadingError as error:
        return _failed(str(error))
    except Exception as error:  # an exception inside an SQL function reaches the user as a stack trace
        # what it says is left out: it may quote a cell
        places = traceback.extract_tb(error.__traceback__)
        where = next((f"{Path(place.filename).name}:{place.lineno}" for place in reversed(places) if "exports" in place.filename), "")
        return _failed(f"The exports cannot be read ({type(error).__name__} in {where}). Please report this as a fault.")
    tables, statements = plan.landed()
    return json.dumps(
        {
            "error": None,
            "notices": list(plan.notices),
            "tables": [{"name": name, "statement": statement} for name, statement in tables.items()],
            "statements": [{"object": name, "statement": statement} for name, statement in statements.items()],
        }
    )


def _failed(sentences: str) -> str:
    return json.dumps({"error": sentences, "notices": [], "tables": [], "statements": []})


def empty_export(crm: str, object_name: str) -> str:
    """A SELECT with the columns of an object or report and no row; for SQL, so it never raises."""
    if object_name in REPORTS:
        return report_statement(REPORTS[object_name], [])
    return empty_statement(READER_OBJECTS.get(crm, {}).get(object_name, ()))
