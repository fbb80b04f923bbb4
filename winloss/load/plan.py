"""The plan for reading a folder of exports: how each file is read, and one SELECT per object."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import traceback
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

import duckdb
import yaml

from winloss.errors import ReadingError, did_you_mean, listed
from winloss.load.aliases import SEEDS, Likeness, aliases
from winloss.load.aliases import recognise as likenesses
from winloss.load.clock import landed_day_sql
from winloss.load.columns import REPORTS
from winloss.load.custom import custom_layout
from winloss.load.encodings import check_encodings
from winloss.load.file_inspection import DELIMITERS, ExportFile, KeptCells
from winloss.load.fiscal import fiscal_notices
from winloss.load.folder import Folder, holds_exports
from winloss.load.formats import decide_formats
from winloss.load.headers import headers_that_stand_twice, plain
from winloss.load.layout import Layout, whole_number
from winloss.load.line_tables import land
from winloss.load.mapping import own_headers
from winloss.load.recognition import crm_layout, is_better_told_by_words, recognise, recognised_crms
from winloss.load.statements import (
    LINES,
    FileFormat,
    FileReading,
    Formats,
    Lookup,
    amounts_with_currency,
    columns_in_use,
    file_statement,
    joined_lines,
    object_statement,
    report_statement,
    trimmed_sql,
    unstated_columns,
)
from winloss.own_files import new_folder, remove_folders
from winloss.quoting import identifier
from winloss.settings import PROJECT, declared

# Raised whenever the same files would be stored otherwise, so that they are loaded again.
LOADER_VERSION = 6
# What the setting outlier_gap_days says where it is not given.
LATE_AFTER_DAYS = 92
SAMPLE = "sample"
SAMPLE_FOLDER = Path("seeds") / "sample"
DEFAULT_FOLDER = "exports"
# What of the variables a load depends on.
SETTINGS = (
    "mapping",
    "extra_dimensions",
    "field_aliases",
    "date_order",
    "decimal",
    "file_order",
    "encoding",
    "show_owner_names",
    "keep",
)


class UnknownHeadersError(ReadingError):
    """The headers of the files are those of no CRM that is known."""


NO_WORD = "mapping.outcomes names no word under"
"""How the sentence begins that says a mapping knows no deal as won, or none as lost."""


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

    def unstated(self, object_name: str) -> set[str]:
        """The columns of an object that no file states: its statement has no value for them."""
        return unstated_columns(
            self.layout.objects[object_name],
            _of(self.layout.readings, object_name),
            self.formats,
            self.layout.outcome_words,
        )

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


def _sample_mapping(folder: Path) -> Mapping[str, object]:
    """The mapping of the sample company: its files have the canonical names as headers."""
    files = {path.stem.removeprefix("sample_"): path for path in sorted(folder.glob("sample_*.csv"))}
    headers = {
        name: path.read_text(encoding="utf-8").split("\n", 1)[0].strip().split(",") for name, path in files.items()
    }
    return {
        "files": {name: path.name for name, path in files.items()},
        "columns": {name: {header: header for header in found} for name, found in headers.items()},
    }


def recognised_crm(folder: Folder, field_aliases: object = None) -> str | None:
    """The CRM that most headers of the files in a folder are of, among those whose deals the files hold; None where none is known.

    Where no file holds deals, a file counts that looks like another object of a CRM or has mostly its headers: words such as stage
    and amount, which anybody writes, are no sign of one, nor is a file of deals that has more of them than of the CRM's
    own. Headers of the user's own, the setting `field_aliases`, count as if the CRM wrote them.
    """
    own = own_headers(field_aliases)
    wanted = [alias.header for alias in aliases()]
    wanted += [rule.header for rules in own.values() for rule in rules.values()]
    known, likely = Counter[str](), Counter[str]()
    hold_deals: set[str] = set()
    for file in folder.examine_all(wanted):
        headers = file.headers
        objects = {crm: {shape.object for shape in recognise(headers, crm, own)} for crm in recognised_crms()}
        others = {crm for crm in objects if "deals" in objects[crm] and is_better_told_by_words(headers, crm, own)}
        hold_deals |= {crm for crm, found in objects.items() if "deals" in found and crm not in others}
        best: dict[str, Likeness] = {}
        for likeness in likenesses(headers):
            best.setdefault(likeness.crm, likeness)
        found = {plain(header) for header in headers}
        of_own = len(found & {plain(rule.header) for rules in own.values() for rule in rules.values()})
        for crm, likeness in best.items():
            if crm not in others and likeness.known + of_own > 2:
                known[crm] += likeness.known + of_own
                likely[crm] += likeness.known + of_own if objects[crm] or likeness.known_share > 0.5 else 0
    counted = {crm: known[crm] for crm in hold_deals} if any(known[crm] for crm in hold_deals) else likely
    # of two that fit alike, the one that stands first in the list
    return max((crm for crm in recognised_crms() if counted.get(crm)), key=lambda crm: counted[crm], default=None)


def source_of(request: Request) -> Request:
    """The request with its CRM decided: as stated, else a mapping's, else the sample where no export is there, else as recognised.

    Raises ReadingError where the headers are those of no CRM.
    """
    if request.crm == SAMPLE:
        return replace(request, folder=str(SAMPLE_FOLDER))
    if request.crm:
        return request
    if request.variables.get("mapping"):
        return replace(request, crm="custom")
    folder = Path(request.folder)
    # a folder that was named and is not there is a mistake; the default one may not have been made yet
    is_missing = not folder.exists() and request.folder != DEFAULT_FOLDER
    if not is_missing and not folder.is_file() and not holds_exports(folder):
        return replace(request, crm=SAMPLE, folder=str(SAMPLE_FOLDER))
    engine = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        encodings = check_encodings(request.variables.get("encoding"))
        found = recognised_crm(
            Folder(folder, engine, new_copies(request.database), encodings), request.variables.get("field_aliases")
        )
    finally:
        engine.close()
        clear_copies(request.database)
    if found is None:
        raise UnknownHeadersError(
            f"The headers of the files in {request.folder} are those of no CRM known here ({listed(recognised_crms())}): describe the "
            f"files in winloss.yml. winloss check {request.folder} --write-mapping winloss.yml makes one to start from."
        )
    return replace(request, crm=found)


def fingerprint(request: Request) -> str:
    """A checksum of all that a load depends on: the files byte for byte, the settings, the lists of headers and the loader."""
    settings = {name: request.variables.get(name) for name in SETTINGS}
    digest = hashlib.sha256(json.dumps([LOADER_VERSION, request.crm, settings], sort_keys=True, default=str).encode())
    folder = Path(request.folder)
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "~$")))
    lists = [
        SEEDS / f"{name}.csv"
        for name in (
            "header_aliases",
            "crm_objects",
            "crm_rules",
            "outcome_words",
            "boolean_words",
            "month_words",
            "owner_suffixes",
        )
    ]
    for path in [*paths, *lists]:
        with path.open("rb") as file:
            digest.update(path.name.encode("utf-8", "surrogateescape") + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def kept_words(keep: object) -> frozenset[str]:
    """The words of the setting `keep`, in lower case; which dimension each belongs to is the models' business."""
    stated = keep.values() if isinstance(keep, Mapping) else [keep]
    words = [word for part in stated for word in (part if isinstance(part, (list, tuple)) else [part])]
    return frozenset(word.strip().lower() for word in words if isinstance(word, str))


def new_engine() -> duckdb.DuckDBPyConnection:
    """An engine of its own to look at files with: in memory, without a time zone of its machine's, and without the network."""
    engine = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    engine.execute("set TimeZone = 'UTC'")
    return engine


def make_plan(
    request: Request, engine: duckdb.DuckDBPyConnection | None = None, kept: KeptCells | None = None
) -> ReadingPlan:
    """The plan for a folder. Raises ReadingError with one sentence per thing the user has to fix.

    With `engine` and `kept` the files are read there, and the statements read what was kept of them; without, they read the files.
    """
    if engine is None:
        with new_engine() as own:
            return make_plan(request, own)
    readable = ["custom", *recognised_crms()]
    if request.crm not in (*readable, SAMPLE):
        raise ReadingError(f'There is no reader for crm "{request.crm}".{did_you_mean(request.crm, readable)}')
    clear_copies(request.database)
    try:
        encodings = check_encodings(request.variables.get("encoding"))
        folder = Folder(Path(request.folder), engine, new_copies(request.database), encodings, kept)
        if request.crm == SAMPLE:
            layout = custom_layout(folder, {"mapping": _sample_mapping(folder.path)})
        elif request.crm == "custom":
            layout = custom_layout(folder, request.variables)
        else:
            layout = crm_layout(folder, request.variables, request.crm)
        values = kept_words(request.variables.get("keep"))
        layout = replace(layout, readings=[replace(reading, kept_words=values) for reading in layout.readings])
        if not folder.has_copies():
            clear_copies(request.database)
        _check_lookups(layout, engine)
        formats = decide_formats(layout, engine)
        layout = _without_late_names(layout, formats, engine, request.variables)
        statements = _object_statements(layout, layout.readings, formats)
        _check_versions(layout, formats, engine)
        statements["files"] = report_statement(REPORTS["files"], _file_rows(layout, formats))
        statements["columns"] = report_statement(REPORTS["columns"], _column_rows(layout, formats))
        notices = (
            _notices(layout, engine)
            + _missing_words(layout, statements["deals"], engine)
            + fiscal_notices(layout, formats, request.crm, engine, request.variables)
        )
        return ReadingPlan(layout, formats, statements, notices)
    except BaseException:
        clear_copies(request.database)
        raise


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


def _without_late_names(
    layout: Layout, formats: Formats, engine: duckdb.DuckDBPyConnection, variables: Mapping[str, object]
) -> Layout:
    """The layout without the order of deal files where the name of one is dated long after everything in them: that is no day of export."""
    readings = _of(layout.readings, "deals")
    if layout.is_order_stated or not any(reading.order for reading in readings):
        return layout
    days = [landed_day_sql(name) for name in ("created_on", "closed_on", "modified_at")]
    newest = "\nunion all\n".join(
        f"select max(greatest({', '.join(days)})) as newest from ("
        f"{file_statement(layout.objects['deals'], reading, formats, layout.outcome_words)}) as deals where line_problem is null"
        for reading in readings
    )
    gap = whole_number(variables.get("outlier_gap_days"), LATE_AFTER_DAYS)
    row = engine.execute(f"select cast(max(newest) + {gap} as varchar) from ({newest}) as files").fetchone()
    last_day = row[0][:10] if row and row[0] else None
    late = [reading.file.name for reading in readings if last_day and reading.dated_on and reading.dated_on > last_day]
    if not late:
        return layout
    undated = [
        replace(reading, order=None, dated_on=None if reading.file.name in late else reading.dated_on)
        if reading.object == "deals"
        else reading
        for reading in layout.readings
    ]
    return replace(layout, readings=undated, late_names=late)


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
            late = [
                f" The date in the name of {name} lies long after everything in the files."
                for name in layout.late_names
            ]
            raise ReadingError(
                f"The same deal stands in {one} (line {one_line}) and in {other} (line {other_line}) with different "
                f"content, and nothing says which is newer.{''.join(late)} Map modified_at, put a date into every file name "
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
            None if file.is_parquet or file.is_workbook else file.encoding,
            None if file.is_parquet or file.is_workbook else DELIMITERS[file.delimiter],
            found.date_order,
            found.decimal_style,
            file.is_read_directly,
            dated_on,
            order,
        )

    # stages that stand in columns of the deals are no file: models count them
    files = [reading for reading in layout.readings if "stage" not in reading.constants]
    return [row(reading.object, reading.file, reading.dated_on, reading.order) for reading in files]


def _column_rows(layout: Layout, formats: Formats) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    used = columns_in_use(layout.readings)
    told: set[str] = set()
    for reading in layout.readings:
        for column in layout.objects[reading.object]:
            binding = reading.bindings.get(column.name)
            if column.name in reading.constants or (binding is None and (column.crm_only or column.is_own)):
                continue
            headers = " or ".join(cell.header for cell in binding.cells) if binding else None
            if column.name == "currency" and not binding:
                # it may stand beside the amount, in its cell
                headers = " or ".join(amounts_with_currency(reading, formats)) or None
            if binding and binding.is_together:
                headers = " and ".join(cell.header for cell in binding.cells)
            if binding and binding.is_line_number:
                headers = "line number"
            if binding and binding.file_says is not None:
                headers = "file name"
            rows.append((reading.object, reading.file.name, column.name, headers, "mapped" if headers else "missing"))
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
        if same := _same_lines(layout, file, engine):
            notices.append(
                f"{file.name}: {same} lines are the same as another in every column and count as deals of their own. Add the id of the "
                f"deal to the export."
            )
    used = columns_in_use(layout.readings)
    for file in dict.fromkeys(
        file for reading in layout.readings for file in (reading.file, *(lookup.file for lookup in reading.lookups))
    ):
        notices += _unread_headers(file, used.get(file, ()))
    for reading in layout.readings:
        notices += _differing_headers(reading, engine)
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


def _missing_words(layout: Layout, deals: str, engine: duckdb.DuckDBPyConnection) -> list[str]:
    """A sentence where a mapping has no word for won deals, or for lost ones, none is one by the word itself, and the others are more than a few."""
    lacking = [outcome for outcome in ("won", "lost") if not layout.outcome_words.get(outcome)]
    if layout.settings_prefix != "mapping." or not lacking:
        return []
    row = engine.execute(
        f"select count(*) filter (where outcome = 'won'), count(*) filter (where outcome = 'lost') from ({deals}) as deals where line_problem is null"
    ).fetchone()
    counted = dict(zip(("won", "lost"), row or (0, 0), strict=True))
    return [
        f"{NO_WORD} {outcome}, so no deal counts as {outcome} and no win rate means anything: write the words of {outcome} deals there."
        for outcome in lacking
        if not counted[outcome] and sum(counted.values()) >= int(declared()["minimum_deals"].default)
    ]


def _unread_headers(file: ExportFile, used: Collection[str]) -> list[str]:
    """A sentence for each header that stands twice in a file, where for that reason none of its columns is read."""
    told = []
    for name, places in headers_that_stand_twice(file).items():
        if not any(file.columns[place] in used for place in places):
            columns = " and ".join(str(place + 1) for place in places)
            told.append(
                f'{file.name} has the header "{name}" {len(places)} times, as columns {columns}, and none of them is read: rename all but one, '
                "or leave them out of the export."
            )
    return told


def _differing_headers(reading: FileReading, engine: duckdb.DuckDBPyConnection) -> list[str]:
    """A sentence for each header that stands twice in a file, with other values below the second."""
    told = []
    for binding in reading.bindings.values():
        cells = [cell for cell in binding.cells if cell.source == LINES]
        first = cells[0] if cells else None
        again = [cell for cell in cells[1:] if first and plain(cell.header) == plain(first.header)]
        if not first or not again:
            continue
        one = trimmed_sql(first.file, first.column)
        differs = " or ".join(f"{one} != {trimmed_sql(cell.file, cell.column)}" for cell in again)
        row = engine.execute(
            f"select count(*), min(source_line) from {first.file.relation()} as records where line_problem is null and ({differs})"
        ).fetchone()
        if row and row[0]:
            told.append(
                f'{first.file.name} has the header "{first.header}" {1 + len(again)} times, with different values on {row[0]} lines (first on '
                f"line {row[1]}): the first of them counts. Leave the other out of the export, or rename it."
            )
    return told


def _same_lines(layout: Layout, file: ExportFile, engine: duckdb.DuckDBPyConnection) -> int:
    """How many lines of a file whose deals have no ids are the same as another in every column."""
    if not any(reading.numbers_deals for reading in layout.readings if reading.file is file):
        return 0
    columns = ", ".join(identifier(column) for column in file.columns)
    row = engine.execute(
        f"select sum(same) from (select count(*) - 1 as same from {file.relation()} as records where line_problem is null "
        f"and coalesce({columns}) is not null group by {columns}) as lines"
    ).fetchone()
    return int(row[0] or 0) if row else 0


def plan_load(request: str) -> str:
    """The load of a folder as JSON, from a request in YAML or JSON; for SQL, so it never raises.

    Request: crm (empty: found out), folder, database, variables, and the fingerprint of what is loaded already. Answer: error
    (sentences, one a line, or null), crm, fingerprint, is_loaded (nothing changed: no statements), notices (list), tables (name and
    statement of what to store for the time of the load) and objects (name and statement of each landing table).
    """
    try:
        asked = yaml.safe_load(request)
        found = source_of(
            Request(asked.get("crm") or "", asked["folder"], asked["database"], asked.get("variables") or {})
        )
        answer: dict[str, object] = {
            "error": None,
            "crm": found.crm,
            "folder": found.folder,
            "fingerprint": fingerprint(found),
        }
        if answer["fingerprint"] == asked.get("fingerprint"):
            return json.dumps({**answer, "is_loaded": True, "notices": [], "tables": [], "objects": []})
        plan = make_plan(found)
    except ReadingError as error:
        return json.dumps({"error": str(error)})
    except Exception as error:  # an exception inside an SQL function reaches the user as a stack trace
        # what it says is left out: it may quote a cell
        places = traceback.extract_tb(error.__traceback__)
        where = next(
            (
                f"{Path(place.filename).name}:{place.lineno}"
                for place in reversed(places)
                if Path(place.filename).is_relative_to(PROJECT / "winloss")
            ),
            "",
        )
        return json.dumps(
            {"error": f"The exports cannot be read ({type(error).__name__} in {where}). Please report this as a fault."}
        )
    tables, statements = plan.landed()
    return json.dumps(
        {
            **answer,
            "is_loaded": False,
            "notices": list(plan.notices),
            "tables": [{"name": name, "statement": statement} for name, statement in tables.items()],
            "objects": [{"name": name, "statement": statement} for name, statement in statements.items()],
        }
    )
