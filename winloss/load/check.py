"""A look at a folder of exports before any build: what each file is, what is read from it, what is missing and what that costs."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from winloss.errors import ReadingError, did_you_mean, listed
from winloss.load.aliases import seed_rows
from winloss.load.clock import landed_day_sql
from winloss.load.columns import DATED, OBJECTS, Kind
from winloss.load.contents import contents, plain_stage_sql, plain_stage_words, versions
from winloss.load.encodings import check_encodings
from winloss.load.file_inspection import KeptCells
from winloss.load.folder import Folder
from winloss.load.parsing import OUTCOMES, ROUNDED
from winloss.load.plan import NO_WORD, ReadingPlan, Request, make_plan, new_engine, recognised_crm
from winloss.load.recognition import recognised_crms
from winloss.load.statements import LEFT_OUT, NO_VALUE
from winloss.load.version_check import SAID, TWO_VERSIONS, find_two_versions
from winloss.quoting import identifier, literal, words

FINE, PROBLEMS, CANNOT_WORK = 0, 1, 2
"""Exit codes: everything can be read; something should be fixed; nothing can be read."""

SHOWN_PROBLEMS = 3
# How a line of text begins that says what is wrong with a line of a file.
_A_PROBLEM = re.compile(r"  (line \d+: |and more lines)")
WHOLE_OBJECT = "*"

# What a CRM writes instead of a column of ours.
_STANDS_FOR = {
    "deal_id": ("deal_name",),
    "outcome": ("stage", "is_won", "is_lost", "is_closed", "won_on", "lost_on"),
    "account_id": ("account_ids", "account_domain", "account_name"),
    "contact_id": ("contact_name", "first_name", "last_name"),
    "closed_on": ("won_on", "lost_on"),
    "amount": ("amount_converted", "amount_actual", "amount_estimated"),
    "owner": ("owner_id",),
    "loss_reason": ("status_reason",),
}


# What each row must have, and what says its outcome: flags by themselves, the others where their words are known.
_IDS = {
    "deals": "deal_id",
    "accounts": "account_id",
    "deal_contacts": "deal_id",
    "stage_history": "deal_id",
    "deal_competitors": "deal_id",
}
_KEYS = ("deal_id", "account_id", "contact_id", "modified_at")
# Whose files may say what an object's would; the models' `place_of_object`.
_SAY_THE_SAME = {
    "accounts": ("deals",),
    "deals": ("deal_competitors",),
    "contacts": ("deal_contacts",),
    "deal_contacts": ("contacts",),
}
# Stands in the cost of a missing object for what no other file says.
COLUMNS_IT_COSTS = "{columns}"
_FLAGS = ("is_won", "is_closed", "is_lost")
_WORDS_OF_OUTCOMES = ("outcome", "stage")


@dataclass(frozen=True)
class Preview:
    """What a look at a folder found: lines of text for the user, and the exit code."""

    lines: tuple[str, ...]
    exit_code: int


def preview(path: str, crm: str | None = None, variables: Mapping[str, object] | None = None) -> Preview:
    """What a build would read from the folder. Prints of cells only the commonest words of categories: others can name persons.

    `crm` None recognises the CRM from the headers; `variables` are those of the build (mapping,
    field_aliases, extra_dimensions, date_order). Never raises for anything that stands in a file.
    """
    workplace = Path(tempfile.mkdtemp(prefix="winloss_check_"))
    database = str(workplace / "check.duckdb")
    engine, kept = new_engine(), KeptCells()
    try:
        engine.execute(f"set temp_directory = {literal(str(workplace / 'spilled'))}")
        _not_used(variables or {})
        name = crm or ("custom" if variables and variables.get("mapping") else None)
        if name is None:
            encodings = check_encodings((variables or {}).get("encoding"))
            stated = (variables or {}).get("field_aliases")
            name = recognised_crm(Folder(Path(path), engine, workplace / "copies", encodings, kept), stated)
        if name is None:
            return Preview(
                (
                    f"The headers in {path} are those of no CRM known here ({listed(recognised_crms())}).",
                    "Write a mapping of your own: winloss check PATH --write-mapping winloss.yml makes one to start from.",
                ),
                PROBLEMS,
            )
        try:
            plan = make_plan(Request(name, path, database, dict(variables or {})), engine, kept)
        except ReadingError as error:
            if crm or name == "custom":
                raise
            guessed = (
                f"Taken for {name} by the headers. If it is not: --crm names another, "
                "winloss check PATH --write-mapping winloss.yml starts a mapping for any file."
            )
            return Preview((guessed, *error.sentences), CANNOT_WORK)
        plan = _landed(plan, engine)
        versions_found = find_two_versions(plan, name, engine, variables or {})
        lines = ([] if crm else [f"Read as {name}; --crm says otherwise."]) + _told(
            plan, name, engine, variables or {}, versions_found.are_chosen
        )
        if versions_found.refusal:
            return Preview((*lines, "", versions_found.refusal), CANNOT_WORK)
        has_problems = any(_A_PROBLEM.match(line) or line.startswith(f"Note: {NO_WORD}") for line in lines)
        return Preview(tuple(lines), PROBLEMS if has_problems else FINE)
    except ReadingError as error:
        return Preview(tuple(error.sentences), CANNOT_WORK)
    finally:
        engine.close()
        shutil.rmtree(workplace, ignore_errors=True)


def _landed(plan: ReadingPlan, engine: duckdb.DuckDBPyConnection) -> ReadingPlan:
    """The plan over a table that holds the lines of deals, of which most is asked; of the rest, two questions read what was kept of the files."""
    # a table of a million deals pays for each column, also for one that is empty
    empty = [identifier(name) for name in sorted(plan.unstated("deals"))]
    held = f"* exclude ({', '.join(empty)})" if empty else "*"
    engine.execute(f"create temporary table checked_deals as select {held} from ({plan.statements['deals']}) as lines")
    told = ", ".join(["*", *(f"{NO_VALUE} as {name}" for name in empty)])
    return replace(plan, statements={**plan.statements, "deals": f"select {told} from checked_deals"})


def _told(
    plan: ReadingPlan,
    crm: str,
    engine: duckdb.DuckDBPyConnection,
    variables: Mapping[str, object],
    versions_are_chosen: bool,
) -> list[str]:
    costs = {(row["object"], row["column_name"]): row["missing_means"] for row in seed_rows("canonical_columns")}
    not_used = _not_used(variables)
    files = engine.execute(
        f"select distinct object, source_file, records, date_order from ({plan.statements['files']}) as files order by source_file, object"
    ).fetchall()
    # stages that stand in columns of the deals are no file of their own
    listed_files = {(row[0], row[1]) for row in files}
    in_columns = {
        (reading.object, reading.file.name): reading.file.records
        for reading in plan.layout.readings
        if reading.constants
    }
    files += [(*key, records, None) for key, records in in_columns.items() if key not in listed_files]
    files.sort(key=lambda row: (row[1], row[0]))
    columns = engine.execute(
        f"select object, source_file, column_name, source_header, status from ({plan.statements['columns']}) as columns"
    ).fetchall()
    held = _held(columns)
    made = {
        (reading.object, reading.file.name): {"contact_id"} for reading in plan.layout.readings if reading.described_by
    }
    lines: list[str] = []
    for object_name, source_file, records, date_order in files:
        own = [row for row in columns if row[0] == object_name and row[1] == source_file]
        mapped = [f"{row[3]} as {row[2]}" for row in own if row[4] == "mapped"]
        ignored = [str(row[3]) for row in own if row[4] == "ignored"]
        has = {str(row[2]) for row in own if row[4] == "mapped"} | made.get((object_name, source_file), set())
        has |= {
            name
            for reading in plan.layout.readings
            if (reading.object, reading.file.name) == (object_name, source_file)
            for name in reading.constants
        }
        lacking = [
            name
            for (of, name) in costs
            if of == object_name and name != WHOLE_OBJECT and not has.intersection((name, *_STANDS_FOR.get(name, ())))
        ]
        missing = [
            name
            for name in lacking
            if not not_used & {name, object_name} and not _is_said_elsewhere(object_name, name, held)
        ]
        if not versions_are_chosen:
            missing = [name for name in missing if (object_name, name) != ("deals", "modified_at")]
        lines += [
            "",
            f"{source_file}: {records} rows, read as {object_name}" + (f", dates {date_order}" if date_order else ""),
        ]
        lines += [] if records else ["  no records: the file ends with its header"]
        lines += _fewer_deals(plan, engine, object_name, source_file)
        lines += [f"  read: {', '.join(dict.fromkeys(mapped))}"] if mapped else []
        lines += [f"  ignored: {', '.join(ignored)}"] if ignored else []
        lines += [f"  missing: {name}. {costs[object_name, name]}" for name in missing]
        lines += _first_problems(plan, crm, engine, object_name, source_file, has)
    lines += _missing_objects(crm, {str(row[0]) for row in columns if row[4] == "mapped"}, held, costs, not_used)
    lines += contents(plan, crm, engine, variables)
    lines += _order_of_files(plan, engine)
    lines += ["", *(f"Note: {notice}" for notice in plan.notices)] if plan.notices else []
    return lines


def _not_used(variables: Mapping[str, object]) -> set[str]:
    """The fields and objects that the company does not have. Raises ReadingError for what is none."""
    stated = variables.get("ignore") or []
    not_used = {str(name) for name in stated} if isinstance(stated, list) else set[str]()
    known = {*OBJECTS, *(column.name for columns in OBJECTS.values() for column in columns)}
    for name in sorted(not_used):
        if name in ("deals", "deal_id", "outcome"):
            raise ReadingError(f"Setting ignore: {name} cannot be left out: nothing can be read without it.")
        if name not in known:
            raise ReadingError(f"Setting ignore: {name} is no field or object that is read.{did_you_mean(name, known)}")
    return not_used


def _missing_objects(
    crm: str,
    read: set[str],
    held: set[tuple[str, str]],
    costs: Mapping[tuple[str, str], str],
    not_used: set[str],
) -> list[str]:
    """The objects of which no file is read, with what that costs. Contacts may be named on the deals, and deals on the contacts."""
    read = read | {of for of, _ in held}
    rules = next((row for row in seed_rows("crm_rules") if row["crm"] == crm), {})
    missing = [
        name
        for name, column in costs
        if column == WHOLE_OBJECT
        and not {name} & (read | not_used)
        and (name != "stage_history" or rules.get("history_tells_close") == "true")
    ]
    told = []
    for name in missing:
        lacking = sorted(
            column.replace("_", " ")
            for of, column in costs
            if of == name
            and column not in (WHOLE_OBJECT, *not_used, *_KEYS)
            and not _is_said_elsewhere(name, column, held)
        )
        cost = costs[name, WHOLE_OBJECT]
        if lacking or COLUMNS_IT_COSTS not in cost:
            told.append(f"No file of {name}. {cost.replace(COLUMNS_IT_COSTS, ', '.join(lacking))}")
    return ["", *told] if told else []


def _held(columns: Sequence[tuple[str, ...]]) -> set[tuple[str, str]]:
    """The objects and columns that some file holds, under the names that the answers use: int_read_columns of the models."""
    rules: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in seed_rows("reported_columns"):
        rules.setdefault((row["object"], row["column_name"]), []).append(
            (row["reported_object"], row["reported_column"])
        )
    held: set[tuple[str, str]] = set()
    for of, _, name, _, status in columns:
        if status == "mapped":
            shown = rules.get((of, name), []) + rules.get(("*", name), []) or [(of, name)]
            held |= {(of if shown_of == "*" else shown_of or of, shown_name or name) for shown_of, shown_name in shown}
    return held


def _is_said_elsewhere(of: str, name: str, held: set[tuple[str, str]]) -> bool:
    """Whether files of another object alone say what a column would: deals what accounts would, and either file of contacts or of competitors."""
    return name not in _KEYS and any((other, name) in held for other in _SAY_THE_SAME.get(of, ()))


def _fewer_deals(plan: ReadingPlan, engine: duckdb.DuckDBPyConnection, object_name: str, source_file: str) -> list[str]:
    """How many deals the lines of a file hold, where a deal stands on several: one for each product, or several versions."""
    if object_name != "deals":
        return []
    row = engine.execute(
        f"select count(*), count(deal), count(distinct deal) from (select source_file, case when line_problem is null "
        f"then coalesce(deal_id, made_from) end as deal from ({plan.statements['deals']}) as lines) as deals where source_file = $1",
        [source_file],
    ).fetchone()
    return [f"  {row[0]} lines, {row[2]} deals"] if row and row[2] < row[1] else []


def _order_of_files(plan: ReadingPlan, engine: duckdb.DuckDBPyConnection) -> list[str]:
    """Which file of deals is newer, what says so, and how much of each counts, where there are several."""
    readings = [reading for reading in plan.layout.readings if reading.object == "deals"]
    by_place = sorted((reading.order, reading.file.name) for reading in readings if reading.order)
    if len(by_place) < 2:
        return []
    by = "as file_order lists them" if plan.layout.is_order_stated else "by the dates in their names"
    if all("modified_at" in reading.bindings for reading in readings):
        by = f"by the date of the last change, then {by}"
    files = ", then ".join(name for _, name in by_place)
    return ["", f"Of a deal that stands in several files the newest version counts: {files} ({by}).", *versions(engine)]


def _first_problems(
    plan: ReadingPlan, crm: str, engine: duckdb.DuckDBPyConnection, object_name: str, source_file: str, has: set[str]
) -> list[str]:
    """What is wrong with the first lines of a file that a build would reject or read in part, and which lines are no records."""
    statement = plan.statements.get(object_name)
    if statement is None:
        return []
    has_versions = {str(row[0]) for row in engine.execute(f"select distinct object from {TWO_VERSIONS}").fetchall()}
    problem = _problem_sql(plan, crm, object_name, source_file, has, has_versions)
    # what is left out by each rule, of whichever of its lines, and the first lines that are not; both from one look at the file
    found = engine.execute(
        f"with problems as materialized (select source_line, {problem} as problem, "
        f"case when line_problem in ({words(LEFT_OUT)}) then line_problem end as left_out "
        f"from ({statement}) as lines where source_file = {literal(source_file)} and problem is not null) "
        f"select left_out, min(source_line) as first_line, max(source_line), count(*) from problems where left_out is not null group by left_out "
        f"union all (select problem, source_line, source_line, null from problems where left_out is null "
        f"order by source_line limit {SHOWN_PROBLEMS + 1}) order by first_line, 1"
    ).fetchall()
    rows = [(line, problem) for problem, line, _, number in found if number is None]
    lines = [
        f"  {LEFT_OUT[problem]}, left out: {_lines_between(first, last, number)}"
        for problem, first, last, number in found
        if number is not None
    ]
    lines += [f"  line {line}: {problem}" for line, problem in rows[:SHOWN_PROBLEMS]]
    return lines + (["  and more lines like these"] if len(rows) > SHOWN_PROBLEMS else [])


def _lines_between(first: int, last: int, number: int) -> str:
    """Which lines these are: a line, all from one to another, or so many between the two."""
    if last == first:
        return f"line {first}"
    return f"lines {first} to {last}" if number == last - first + 1 else f"{number} lines between {first} and {last}"


def _names(plan: ReadingPlan, object_name: str) -> set[str]:
    return {column.name for column in plan.layout.objects[object_name]}


def _header(plan: ReadingPlan, object_name: str, source_file: str, column: str) -> str:
    """What a file calls a column: a header in quotes, or several."""
    readings = [
        reading for reading in plan.layout.readings if (reading.object, reading.file.name) == (object_name, source_file)
    ]
    found = dict.fromkeys(
        cell.header for reading in readings if column in reading.bindings for cell in reading.bindings[column].cells
    )
    return " or ".join(f'"{header}"' for header in found) or column


def _problem_sql(
    plan: ReadingPlan, crm: str, object_name: str, source_file: str, has: set[str], has_versions: set[str]
) -> str:
    """SQL of the first problem of a line, null where there is none. Names headers, never what stands below them.

    `has_versions` are the objects of which lines stand in the table `two_versions`.
    """

    def said(column: str, problem: str) -> str:
        return literal(f"{_header(plan, object_name, source_file, column)} {problem}")

    branches = ["when line_problem is not null then line_problem"]
    key = _IDS.get(object_name)
    if key in has:
        branches.append(f"when {key} is null then {said(key, 'is empty')}")
    if object_name == "deals" and (
        word := next((name for name in _WORDS_OF_OUTCOMES if name in has & _names(plan, object_name)), None)
    ):
        rules = next((row for row in seed_rows("crm_rules") if row["crm"] == crm), {})
        place = "seeds/stage_map.csv" if word == "stage" else rules.get("outcome_list", "seeds/outcome_words.csv")
        branches.append(
            f"when {_is_unknown_word(crm, word, has)} then {said(word, f'holds a word that is not in {place}: add it there')}"
        )
    if object_name in has_versions:
        branches.append(
            f"when (source_file, source_line) in (select (source_file, source_line) from {TWO_VERSIONS} where object = {literal(object_name)}) "
            f"then {literal(SAID)}"
        )
    for column in plan.layout.objects[object_name]:
        if column.kind is Kind.IDENTIFIER and column.name in has and column.name != key:
            branches.append(
                f"when contains({column.name}, '+') and regexp_full_match({column.name}, '{ROUNDED}') then {said(column.name, 'was rounded by a spreadsheet')}"
            )
        if column.kind is Kind.BOOLEAN and column.name in has:
            branches.append(
                f"when {column.name} not in ('true', 'false') then {said(column.name, 'is not a yes or no')}"
            )
        # as the models take it: the engine would cut off what stands behind a moment
        read = landed_day_sql(column.name) if column.kind in DATED else f"try_cast({column.name} as double)"
        if column.kind in (*DATED, Kind.NUMBER) and column.name in has:
            form = "a date" if column.kind in DATED else "a number"
            branches.append(
                f"when {column.name} is not null and {read} is null then {said(column.name, f'is not {form}')}"
            )
    return f"case {' '.join(branches)} end"


def _is_unknown_word(crm: str, word: str, has: set[str]) -> str:
    """SQL of whether no flag says a deal's outcome and the word that should is not known."""
    known = {row["word"] for row in seed_rows("outcome_words")} | {*OUTCOMES, "deleted"}
    known |= {row["stage"] for row in seed_rows("stage_map") if row["crm"] in (crm, "*")}
    silent = " and ".join(f"{flag} is null" for flag in _FLAGS if flag in has) or "true"
    silent += " and is_deleted is distinct from 'true'" if "is_deleted" in has else ""
    listed_words = words(name.lower() for name in known)
    plain_words = words(plain_stage_words(dict.fromkeys(known, "known")))
    return f"{silent} and {word} is not null and lower({word}) not in ({listed_words}) and " + (
        f"{plain_stage_sql(word)} not in ({plain_words})" if word == "stage" else "true"
    )
