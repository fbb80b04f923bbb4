"""A look at a folder of exports before any build: what each file is, what is read from it, what is missing and what that costs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import duckdb
import yaml

from icp.exports.aliases import aliases, seed_rows
from icp.exports.columns import DATED, OBJECTS, Kind
from icp.exports.folder import Folder
from icp.exports.headers import plain
from icp.exports.plan import ReadingPlan, Request, make_plan, recognised_crm
from icp.exports.problems import ReadingError, listed
from icp.exports.quoting import literal, words
from icp.exports.recognise import recognised_crms
from icp.exports.shape import ExportFile
from icp.exports.statements import FOOTER
from icp.exports.values import OUTCOMES

FINE, PROBLEMS, CANNOT_WORK = 0, 1, 2
"""Exit codes: everything can be read; something should be mended; nothing can be read."""

SHOWN_PROBLEMS = 3
SIMILAR = 0.75
TO_FILL_IN = "which header?"

# What a column of CRMs, and a header of anybody's own, is called here.
_SYNONYMS = {
    "deals": {
        "deal_id": "deal_id opportunity_id opp_id id deal",
        "account_id": "account account_name company company_name customer customer_id organization client",
        "outcome": "outcome status_raw status result deal_stage deal_status won_lost",
        "created_on": "created_at created created_date create_date engage_date opened open_date date_created start_date",
        "closed_on": "close_date closed_at closed closed_date date_closed end_date",
        "amount": "amount value deal_value close_value deal_amount acv arr tcv price revenue",
        "owner": "owner_name owner owner_rep sales_agent sales_rep rep salesperson account_executive",
        "lead_source": "lead_source source channel origin",
        "loss_reason": "loss_reason_raw lost_reason closed_lost_reason reason reason_lost",
        "competitor": "competitor_raw competitor",
        "qualification_score": "score qualification_score",
        "modified_at": "updated_at modified last_modified updated",
        "stage": "stage",
    },
    "accounts": {
        "account_id": "account_id account id account_name company company_name customer organization",
        "industry": "industry_raw sector vertical",
        "annual_revenue": "revenue turnover sales annual_revenue",
        "employees": "headcount employee_count number_of_employees size",
        "region": "state territory regional_office",
        "country": "country_code office_location location",
    },
    "contacts": {
        "contact_id": "contact_id id person_id",
        "title": "title_raw job_title position seniority_level",
        "buying_role": "role_raw role deal_role",
        "department": "department team function",
    },
}

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
_FLAGS = ("is_won", "is_closed", "is_lost")
_WORDS_OF_OUTCOMES = ("outcome", "stage")


@dataclass(frozen=True)
class Preview:
    """What a look at a folder found: lines of text for the user, and the exit code."""

    lines: tuple[str, ...]
    exit_code: int


def preview(path: str, crm: str | None = None, variables: Mapping[str, object] | None = None) -> Preview:
    """What a build would read from the folder. Never prints a cell of a file: cells can name persons.

    `crm` None recognises the CRM from the headers; `variables` are those of the build (mapping,
    field_aliases, extra_dimensions, date_order). Never raises for anything that stands in a file.
    """
    workplace = Path(tempfile.mkdtemp(prefix="winloss_check_"))
    database = str(workplace / "check.duckdb")
    engine = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        name = crm or ("custom" if variables and variables.get("mapping") else None)
        if name is None:
            name = recognised_crm(Folder(Path(path), engine, workplace / "copies"))
        if name is None:
            return Preview(
                (
                    f"The headers in {path} are those of no CRM known here ({listed(recognised_crms())}).",
                    "Write a mapping of your own: icp check PATH --write-mapping winloss.yml makes one to start from.",
                ),
                PROBLEMS,
            )
        try:
            plan = make_plan(Request(name, path, database, dict(variables or {})))
        except ReadingError as error:
            if crm or name == "custom":
                raise
            guessed = (
                f"Taken for {name} by the headers. If it is not: --crm names another, "
                "icp check PATH --write-mapping winloss.yml starts a mapping for any file."
            )
            return Preview((guessed, *error.sentences), CANNOT_WORK)
        lines = ([] if crm else [f"Read as {name}; --crm says otherwise."]) + _told(plan, name, engine)
        has_problems = any(line.lstrip().startswith(("line ", "and more")) for line in lines)
        return Preview(tuple(lines), PROBLEMS if has_problems else FINE)
    except ReadingError as error:
        return Preview(tuple(error.sentences), CANNOT_WORK)
    finally:
        engine.close()
        shutil.rmtree(workplace, ignore_errors=True)


def _examined(path: str, engine: duckdb.DuckDBPyConnection, copies: Path) -> list[ExportFile]:
    folder = Folder(Path(path), engine, copies)
    wanted = [alias.header for alias in aliases()] + [
        form
        for called in _SYNONYMS.values()
        for words_ in called.values()
        for word in words_.split()
        for form in (word, word.replace("_", " "))
    ]
    return [folder.examine(folder.path / name, wanted) for name in folder.names()]


def _told(plan: ReadingPlan, crm: str, engine: duckdb.DuckDBPyConnection) -> list[str]:
    costs = {(row["object"], row["column_name"]): row["missing_means"] for row in seed_rows("canonical_columns")}
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
        missing = [
            name
            for (of, name) in costs
            if of == object_name and not has.intersection((name, *_STANDS_FOR.get(name, ())))
        ]
        lines += [
            "",
            f"{source_file}: {records} rows, read as {object_name}" + (f", dates {date_order}" if date_order else ""),
        ]
        lines += [f"  read: {', '.join(dict.fromkeys(mapped))}"] if mapped else []
        lines += [f"  ignored: {', '.join(ignored)}"] if ignored else []
        lines += [f"  missing: {name}. {costs[object_name, name]}" for name in missing]
        lines += _first_problems(plan, crm, engine, object_name, source_file, has)
    lines += ["", *(f"Note: {notice}" for notice in plan.notices)] if plan.notices else []
    return lines


def _first_problems(
    plan: ReadingPlan, crm: str, engine: duckdb.DuckDBPyConnection, object_name: str, source_file: str, has: set[str]
) -> list[str]:
    """What is wrong with the first lines of a file that a build would reject or read in part, and where its footer begins."""
    statement = plan.statements.get(object_name)
    if statement is None:
        return []
    rows = engine.execute(
        f"select source_line, {_problem_sql(plan, crm, object_name, source_file, has)} as problem from ({statement}) as lines "
        f"where source_file = $1 and problem is not null and line_problem is distinct from $2 order by source_line limit {SHOWN_PROBLEMS + 1}",
        [source_file, FOOTER],
    ).fetchall()
    footer = engine.execute(
        f"select min(source_line), max(source_line) from ({statement}) as lines where source_file = $1 and line_problem = $2",
        [source_file, FOOTER],
    ).fetchone()
    lines = [f"  footer of the report, left out: lines {footer[0]} to {footer[1]}"] if footer and footer[0] else []
    lines += [f"  line {line}: {problem}" for line, problem in rows[:SHOWN_PROBLEMS]]
    return lines + (["  and more lines like these"] if len(rows) > SHOWN_PROBLEMS else [])


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


def _problem_sql(plan: ReadingPlan, crm: str, object_name: str, source_file: str, has: set[str]) -> str:
    """SQL of the first problem of a line, null where there is none. Names headers, never what stands below them."""

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
    for column in plan.layout.objects[object_name]:
        if column.kind is Kind.BOOLEAN and column.name in has:
            branches.append(
                f"when {column.name} not in ('true', 'false') then {said(column.name, 'is not a yes or no')}"
            )
        read = "timestamp" if column.kind in DATED else "double" if column.kind is Kind.NUMBER else None
        if read and column.name in has:
            form = "a date" if column.kind in DATED else "a number"
            branches.append(
                f"when {column.name} is not null and try_cast({column.name} as {read}) is null then {said(column.name, f'is not {form}')}"
            )
    return f"case {' '.join(branches)} end"


def _is_unknown_word(crm: str, word: str, has: set[str]) -> str:
    """SQL of whether no flag says a deal's outcome and the word that should is not known."""
    known = {row["word"] for row in seed_rows("outcome_words")} | {*OUTCOMES, "deleted"}
    known |= {row["stage"] for row in seed_rows("stage_map") if row["crm"] in (crm, "*")}
    silent = " and ".join(f"{flag} is null" for flag in _FLAGS if flag in has) or "true"
    silent += " and is_deleted is distinct from 'true'" if "is_deleted" in has else ""
    plain_word = f"regexp_replace(lower(regexp_replace({word}, '\\s+\\([^()]*\\)$', '')), '^[0-9]+ ?[.):-]* ?', '')"
    listed_words = words(name.lower() for name in known)
    return f"{silent} and {word} is not null and lower({word}) not in ({listed_words}) and {plain_word} not in ({listed_words})"


def suggested_mapping(path: str) -> str:
    """A mapping of the folder's files to start from, as YAML: headers that some CRM writes, or that sound alike.

    Where none does, the largest file is taken for the deals, and what must be filled in stands as such.

    Raises ReadingError where no file can be opened.
    """
    workplace = Path(tempfile.mkdtemp(prefix="winloss_check_"))
    engine = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        files = _examined(path, engine, workplace / "copies")
    finally:
        engine.close()
        shutil.rmtree(workplace, ignore_errors=True)
    suggested: dict[str, tuple[ExportFile, dict[str, str]]] = {}
    for file in files:
        for object_name in ("deals", "accounts", "contacts"):
            found = _likely_columns(file.nameable_headers, object_name)
            best = suggested.get(object_name)
            if _is_enough(object_name, found) and (best is None or len(found) > len(best[1])):
                suggested[object_name] = (file, found)
    files_of = {name: file.name for name, (file, _) in suggested.items()}
    columns_of = {name: columns for name, (_, columns) in suggested.items()}
    if "deals" not in suggested and (
        unnamed := [file for file in files if file.name not in files_of.values() and len(file.headers) > 1]
    ):
        # headers in a language nobody told us: the user says which of them are the two that must be there
        files_of["deals"] = max(unnamed, key=lambda file: (file.records, file.name)).name
        columns_of["deals"] = dict.fromkeys(("deal_id", "outcome"), TO_FILL_IN)
    mapping = {
        "crm": "custom",
        "mapping": {
            "files": files_of,
            "columns": columns_of,
            "outcomes": {
                "won": ["Won", "Closed Won"],
                "lost": ["Lost", "Closed Lost"],
                "open": ["Open"],
                "disqualified": [],
            },
        },
    }
    unused = {
        file.name: [
            header
            for header in file.nameable_headers
            if header not in {h for f, c in suggested.values() if f is file for h in c.values()}
        ]
        for file in files
    }
    notes = "".join(f"# {name}: not used: {', '.join(headers)}\n" for name, headers in unused.items() if headers)
    notes += "".join(
        f"# {file.name}: line 1 has no header known here; write its headers below.\n"
        for file in files
        if not file.has_header
    )
    return (
        "# A start, made from the headers alone: check each line, and the words under outcomes.\n"
        + notes
        + yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True, width=120)
    )


def _is_enough(object_name: str, found: Mapping[str, str]) -> bool:
    needed = {"deals": ("deal_id", "outcome"), "accounts": ("account_id",), "contacts": ("contact_id",)}[object_name]
    return all(name in found for name in needed) and len(found) > 2


def _likely_columns(headers: Sequence[str], object_name: str) -> dict[str, str]:
    """Canonical column to header, each header once: known spellings first, then names that sound alike."""
    columns = [column.name for column in OBJECTS[object_name] if not column.name.startswith("extra_")]
    called = {word: column for column, words in _SYNONYMS[object_name].items() for word in words.split()}
    known = {
        plain(alias.header): called.get(alias.column, alias.column)
        for alias in aliases()
        if alias.object == object_name
    } | {plain(word.replace("_", " ")): column for word, column in called.items()}
    found: dict[str, str] = {}
    for header in headers:
        column = known.get(plain(header)) or known.get(plain(header.replace("_", " ")))
        if column in columns and column not in found:
            found[column] = header
    for column in columns:
        if column in found:
            continue
        rest = [header for header in headers if header and header not in found.values()]
        likely = sorted(
            (
                (SequenceMatcher(None, column.replace("_", " "), plain(header).replace("_", " ")).ratio(), header)
                for header in rest
            ),
            reverse=True,
        )
        if likely and likely[0][0] >= SIMILAR:
            found[column] = likely[0][1]
    if "outcome" in columns and "outcome" not in found and "stage" in found:
        found["outcome"] = found.pop("stage")
    return found
