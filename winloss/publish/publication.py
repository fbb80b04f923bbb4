"""The published files: what SQL clients, the report and everybody else may read.

Only marts of the allow-list `seeds/published_tables.csv` leave the private database, without their private columns, the
rows about owners, and the cells too small to show. The files of a build are written into a folder of their own, brought to the
disk, made read-only and then put in place in one step (`build_folders`), so that readers see the old files or the new ones, whole.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import errno
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from winloss.errors import printable
from winloss.formatting import FORMULA_STARTS
from winloss.own_files import is_published_database, new_folder, remove_folders
from winloss.publish.build_folders import BuildFolders, OthersFilesError, make_folder, published_place
from winloss.publish.small_cells import CONTACT_COUNTS, FIRST_DAYS, PUBLISHED_PERIODS, hide_first_days, hide_small_cells
from winloss.publish.small_values import (
    FOLLOWING,
    TABLES,
    CopyError,
    hide_small_values,
    judged_rows,
    not_shown,
    shown_values,
)
from winloss.questions import as_script, askable, read_questions
from winloss.settings import PROJECT

ALLOW_LIST = PROJECT / "seeds" / "published_tables.csv"
FORMATS = ("parquet", "csv")
"""Formats on request, besides DuckDB and SQLite."""

STORAGE_VERSION = "v1.0.0"
"""The storage format of DuckDB 1.0: every client from 1.1 to 2.0 reads it."""

SCHEMA = "marts"
"""Where the marts stand in the private database."""

_FILE = "winloss_publication"
_PUBLISHED = f"{_FILE}.main"
# the main schema, so that a table goes by its bare name: in a file called marts.duckdb, `marts.x` would be ambiguous
_BATCH = 10_000
_QUARTER = re.compile(r"^(FY)?[0-9]{4}-Q[1-4]$")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")

_ROOM = 1_000_000
"""Bytes that a disk must take to be called not full."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

_FILES = "published_files"
"""The files by the name that is published instead of theirs: a temporary table."""

_PEOPLE = "people_dimensions"
"""The dimensions whose segments are people, of any name: a temporary table."""

ADDRESS = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+"
"""An e-mail address inside a text: in a product or a source it names a person."""


OF_NO_VALUE = (duckdb.IOException, duckdb.TransactionException, duckdb.OutOfMemoryException)
"""Faults whose text names files and sizes, and no cell."""


class PublishError(Exception):
    """Nothing was published; the message says why and what to do."""


@dataclass(frozen=True)
class PublishedTable:
    """A line of the allow-list: columns that stay private, and columns that can name a dimension of people, such as `owner`."""

    name: str
    columns_left_out: tuple[str, ...] = ()
    owner_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Cells:
    """How a mart about groups of people names its cells, and what is still shown of a hidden one."""

    kind: str
    value: str
    period: str
    kept: tuple[str, ...]
    reason: str | None = None


@dataclass(frozen=True)
class Publication:
    """What to publish and where.

    `path` is the published DuckDB file, `quarter` the quarter under review (for a copy under its name), `formats` some of
    `FORMATS`, `minimum` the deals from which a cell about people is shown, `further` select statements of tables that
    are no marts, with the meaning of each table and column, `hidden_outcomes` those of whose deals no amount leaves;
    `has_deals` adds the closed deals, a row each.
    """

    path: Path
    build: str
    quarter: str | None = None
    formats: tuple[str, ...] = ()
    minimum: int = 5
    further: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[tuple[str, str | None], str] = field(default_factory=dict)
    hidden_outcomes: tuple[str, ...] = ()
    has_deals: bool = False


CELLS = {
    "win_rates_by_persona": _Cells(
        "persona_type",
        "persona",
        "period",
        ("period", "persona_type", "persona", "population", "is_comparable"),
        "missing_reason",
    ),
    "decision_makers": _Cells(
        "'decision_maker'",
        "persona || ' | ' || seniority || ' | ' || department",
        "period",
        ("period", "persona", "seniority", "department", "population", "all_contacts", "is_commonest_seniority"),
    ),
    "buying_groups": _Cells(
        "'group by ' || group_type",
        "buying_group",
        "period",
        ("period", "group_type", "buying_group", "population", "is_comparable", "coverage_warning"),
    ),
    "win_rates_by_contact_count": _Cells(
        # by all contacts at the close these are the groups by size
        "case when moment = 'at close' then 'group by size' else 'early contacts' end",
        "contact_band",
        "period",
        ("period", "moment", "contact_band", "population", "landmark_days"),
    ),
    "multithreading": _Cells(
        "'multithreading ' || moment",
        # where there are both, both are hidden or none
        "case when many_deals > 0 then 'many' else 'few' end",
        "period",
        ("period", "moment", "population", "many_contacts", "landmark_days", "is_usable", "is_claimed", "grade"),
        "missing_reason",
    ),
    "persona_evidence": _Cells(
        "persona_type",
        "persona",
        f"'{FIRST_DAYS}'",
        (
            "persona_type",
            "persona",
            "action",
            "landmark_days",
            "is_refused",
            "missing_reason",
            "method_version",
            "won_coverage",
            "lost_coverage",
            "population",
        ),
        "rationale",
    ),
}

# Of these only the rows of PUBLISHED_PERIODS leave.
_PEOPLE_BY_PERIOD = (
    "win_rates_by_persona",
    "decision_makers",
    "buying_groups",
    "contact_coverage",
    "win_rates_by_contact_count",
    "multithreading",
)

_COVERAGE_KEPT = ("period", "population", "won_deals", "lost_deals", "is_comparable")

# Sentences that quote figures of a cell: the table, its text, and where the sentence says which cell it quotes.
_SENTENCES = {"action_items": "evidence", "report_findings": "detail"}
# What is worded upon that sentence, and says nothing without it.
_WORDED_UPON = {"action_items": ("title", "action", "how_we_will_know", "source_row"), "report_findings": ()}
_QUOTED_CELLS = """exists (
    select 1 from hidden_cells
    where (
        said.source_table = 'persona_evidence' and hidden_cells.period = 'FIRST_DAYS'
        and (said.source_row = hidden_cells.value or said.source_row = hidden_cells.kind || ' ' || hidden_cells.value)
    ) or (
        said.source_table = 'win_rates_by_persona' and hidden_cells.period = 'window' and hidden_cells.kind = 'persona'
        and said.source_row = hidden_cells.value
    ) or (
        -- who decides, and who champions, of the window
        said.source_table = 'decision_makers' and hidden_cells.period = 'window'
        and (
            (hidden_cells.kind = 'decision_maker' and split_part(hidden_cells.value, ' | ', 1) = said.source_row)
            or (
                hidden_cells.kind = 'persona_in_role' and ends_with(hidden_cells.value, ' as champion')
                and starts_with(said.{text}, replace(hidden_cells.value, ' as champion', ' champions '))
            )
        )
    )
)""".replace("FIRST_DAYS", FIRST_DAYS)

UNSUPPRESSED: Mapping[str, str] = {
    "account_points": "Points of attributes; numbers of few accounts are empty where they are counted.",
    "account_tiers": "Expected rates; numbers of few accounts are empty where they are counted.",
    "alerts": "Figures of all deals of a build, and of its files.",
    "competition_coverage": "Counts of deals.",
    "competitor_loss_reasons": "Counts of deals.",
    "competitors_by_quarter": "Counts of deals.",
    "data_quality_findings": "Counts of records.",
    "dim_dimensions": "Names of dimensions.",
    "dim_periods": "Days and counts of all deals.",
    "dim_playbook": "What is advised in general.",
    "dim_segment_cuts": "Names of segments.",
    "dim_settings": "What the build was set to.",
    "dim_stages": "Counts of deals.",
    "field_completeness": "Counts of filled fields.",
    "icp_backtest": "Counts of deals.",
    "icp_profile": "Names of segments.",
    "input_columns": "Headers that are read.",
    "input_files": "Counts of records; files go by number.",
    "loss_reason_changes": "Counts of deals.",
    "loss_reason_quarters": "Counts of deals.",
    "loss_reason_reliability": "Counts of deals.",
    "recommendation_follow_up": "Counts of deals.",
    "recommended_score_threshold": "Counts of deals.",
    "rejected_record_counts": "Counts of records.",
    "rejected_records": "Places in files, without what stands there.",
    "report_changes": "Titles of actions and findings on segments, reasons and alerts; none on people.",
    "score_thresholds": "Counts of deals.",
    "scorecard_quality": "Figures of all deals.",
    "stage_changes": "Counts of deals.",
    "win_rate_change_segments": "Counts of deals.",
    "win_rate_changes": "Figures of all deals.",
    "win_rate_trend": "Rates of all deals.",
    "win_rates_by_competitor": "Counts of deals.",
    "win_rates_by_competitor_segment": "Counts of deals.",
}
"""Published marts of which every figure may leave, each with the reason; of all others something is hidden (`suppressed_marts`)."""


def suppressed_marts() -> set[str]:
    """The marts of which small cells, or what quotes them, do not leave."""
    return {*CELLS, "contact_coverage", *_SENTENCES, *TABLES, *FOLLOWING}


SUPPRESSED_MEANING = "True where the row is on fewer deals than small_cell_minimum, or its figures would tell those of such a row: they are null."


def read_allow_list(path: Path = ALLOW_LIST) -> tuple[dict[str, PublishedTable], set[str]]:
    """The tables to publish by name, and the names of those that stay private. Raises PublishError on a wrong line."""
    published: dict[str, PublishedTable] = {}
    private: set[str] = set()
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            names = [row["table_name"] or "", *_words(row["columns_left_out"]), *_words(row["owner_columns"])]
            wrong = [name for name in names if not _NAME.match(name)]
            if wrong or row["is_published"] not in ("true", "false"):
                raise PublishError(
                    f"{path.name} line {line} cannot be used: names are small letters, digits and underscores, "
                    "is_published is true or false."
                )
            if row["is_published"] == "true":
                published[names[0]] = PublishedTable(
                    names[0], _words(row["columns_left_out"]), _words(row["owner_columns"])
                )
            else:
                private.add(names[0])
    return published, private


def publish(
    connection: duckdb.DuckDBPyConnection, publication: Publication, allow_list: Path = ALLOW_LIST
) -> list[Path]:
    """Put the marts of `connection`, in its schema `marts`, in place as published files; their paths, the main one last.

    Raises PublishError; then every file that stood before still stands, and nothing half-written is left behind.
    """
    try:
        final = published_place(publication.path)
    except OSError as error:
        raise PublishError(_sentence(error, publication.path)) from error
    _refuse_own_database(connection, final)
    if final.suffix == ".sqlite":
        raise PublishError(
            f"Not published: {final} is the place of the SQLite copy: name a file that ends in .duckdb in WINLOSS_PUBLISHED."
        )
    if final.is_dir():
        raise PublishError(f"Not published: {final} is a folder. Name a file in WINLOSS_PUBLISHED.")
    try:
        make_folder(final.parent)
        with _sole_publisher(final):
            remove_folders(final.parent, final.name)
            # beside the published file, so that putting it in place is a renaming and not a copy
            folder = new_folder(final.parent, final.name)
            try:
                written = _write(connection, publication, read_allow_list(allow_list)[0], folder)
                return _put_in_place(folder, final, written)
            except (OSError, duckdb.Error, sqlite3.Error) as error:
                # asked while what was written still stands: it is removed next, and there is room again
                raise PublishError(_sentence(error, final, _is_full(folder))) from error
            finally:
                remove_folders(final.parent, final.name)
    except PublishError:
        raise
    except CopyError as error:
        raise PublishError(
            f"Not published: {error} does not say what it shows, so that no one knows what it tells beside a new build; readers keep the previous "
            "build. Move it away, or bring it back from a backup."
        ) from error
    except (OSError, duckdb.Error, sqlite3.Error) as error:
        raise PublishError(_sentence(error, final)) from error


def _is_full(folder: Path) -> bool:
    """Whether the disk of a folder takes no more: what an engine says where closing a file fails does not tell."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_ROOM))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno in _NO_ROOM
    return False


def _write(
    connection: duckdb.DuckDBPyConnection, publication: Publication, allowed: Mapping[str, PublishedTable], folder: Path
) -> list[Path]:
    """Write every file into `folder` under the path it will have in the published folder; the paths, main file last."""
    name = publication.path.name
    connection.execute(
        f"attach {_text(str(folder / name))} as {_FILE} (storage_version '{STORAGE_VERSION}', block_size 16384)"
    )
    try:
        _fill(connection, publication, allowed)
        written = [
            _write_questions(allowed, folder / f"{publication.path.stem}_questions.sql"),
            _write_sqlite(connection, folder / f"{publication.path.stem}.sqlite"),
        ]
        for kind in publication.formats:
            written += _write_folder(connection, folder, kind)
        connection.execute(f"checkpoint {_FILE}")
    except BaseException:
        # what went wrong first is told
        with suppress(duckdb.Error):
            connection.execute(f"detach {_FILE}")
        raise
    connection.execute(f"detach {_FILE}")
    if (folder / f"{name}.wal").exists():
        raise PublishError("Not published: DuckDB left the new file unfinished; readers keep the previous build.")
    if publication.quarter and _QUARTER.match(publication.quarter):
        copy = folder / publication.quarter / name
        copy.parent.mkdir()
        shutil.copyfile(folder / name, copy)
        written.append(copy)
    return [*written, folder / name]


def _fill(
    connection: duckdb.DuckDBPyConnection, publication: Publication, allowed: Mapping[str, PublishedTable]
) -> None:
    """Make the tables and their comments in the attached file."""
    columns = _columns(connection)
    _check_allow_list(allowed, columns)
    connection.execute(f"create or replace temp table contact_counts as {_contact_counts(columns)}")
    connection.execute(f"create or replace temp table {_PEOPLE} as {_people_dimensions(columns)}")
    hide_small_cells(connection, SCHEMA, "contact_counts", publication.minimum)
    if "persona_evidence" in columns:
        hide_first_days(connection, SCHEMA, publication.minimum)
    hide_small_values(
        connection, SCHEMA, columns, publication.minimum, _kept_copies(publication), publication.hidden_outcomes
    )
    connection.execute(f"create or replace temp table {_FILES} as {_published_files(columns)}")
    statements = {
        table.name: published_select(table, columns[table.name], publication.minimum) for table in allowed.values()
    } | dict(publication.further)
    meanings = dict(publication.meanings)
    if publication.has_deals:
        statements[DEALS], of_deals = _published_deals(connection, columns)
        meanings |= of_deals
    # one transaction, so that the disk is waited for once and not a thousand times
    connection.execute("begin")
    try:
        for name, statement in statements.items():
            # the alerts of a build come with those of its end, and not as the mart alone
            rows = without_file_names(name, statement, columns.get(name, {}))
            connection.execute(f"create table {_PUBLISHED}.{name} as select * from ({rows}) order by all")
        _comment(connection, meanings)
        _describe(connection)
        connection.execute("commit")
    except duckdb.Error:
        with suppress(duckdb.Error):
            connection.execute("rollback")
        raise


def published_select(table: PublishedTable, columns: Mapping[str, str], minimum: int) -> str:
    """The statement that reads of a mart what may leave; `hidden_cells`, `people_dimensions` and `value_cells` must stand in the connection.

    `columns` are the mart's columns with their types.
    """
    addressed = [
        column for column, kind in columns.items() if kind == "VARCHAR" and column not in table.columns_left_out
    ]
    masked = ", ".join(
        f"regexp_replace({column}, '{ADDRESS}', '(e-mail address)', 'g') as {column}" for column in addressed
    )
    statement = _shown_select(table, list(columns), minimum)
    return f"select * replace ({masked}) from ({statement}) as shown" if masked else statement


def without_file_names(name: str, statement: str, columns: Mapping[str, str]) -> str:
    """The same rows with files by object and number, `deals 1`: people and customers stand in file names, too."""
    if name == "input_columns":
        # what was not read stays private, its header too
        statement = f"select * from ({statement}) as read where status is distinct from 'ignored'"
    if {"object", "source_file"} <= set(columns):
        known = f"select published_name from {_FILES} as files where files.object = said.object and files.source_file = said.source_file"
        return f"select * replace (coalesce(({known}), 'another file') as source_file) from ({statement}) as said"
    if name == "alerts" and "subject" in columns:
        known = f"select min(published_name) from {_FILES} as files where files.object || ': ' || files.source_file = said.subject"
        return f"select * replace (coalesce(({known}), subject) as subject) from ({statement}) as said"
    return statement


def _kept_copies(publication: Publication) -> list[Path]:
    """The published files of other quarters that stand beside the new one."""
    final = published_place(publication.path)
    found = [
        path / final.name
        for path in sorted(final.parent.iterdir())
        if _QUARTER.match(path.name) and path.name != publication.quarter
    ]
    return [path for path in found if path.is_file() and is_published_database(path)]


def _published_files(columns: Mapping[str, Mapping[str, str]]) -> str:
    if not {"object", "source_file"} <= set(columns.get("input_files", {})):
        return "select '' as object, '' as source_file, '' as published_name where false"
    return (
        "select object, source_file, object || ' ' || row_number() over (partition by object order by source_file) as published_name "
        f"from (select distinct object, source_file from {SCHEMA}.input_files) as files"
    )


def _shown_select(table: PublishedTable, columns: Sequence[str], minimum: int) -> str:
    shown = [column for column in columns if column not in table.columns_left_out]
    rows = f"select * from {SCHEMA}.{table.name}"
    conditions = [
        f"{column} is distinct from 'owner' and ({column} is null or {column} not in (select dimension from {_PEOPLE}))"
        for column in table.owner_columns
    ]
    if table.name in _PEOPLE_BY_PERIOD:
        conditions.append(f"period in ({', '.join(_text(period) for period in PUBLISHED_PERIODS)})")
    if conditions:
        rows += f" where {' and '.join(conditions)}"
    few = f"'{not_shown(minimum)}'"
    if table.name in CELLS:
        cells = CELLS[table.name]
        source = f"""select
    keyed.*,
    exists (
        select 1 from hidden_cells
        where
            hidden_cells.kind = keyed.cell_kind
            and hidden_cells.value = keyed.cell_value
            and hidden_cells.period = keyed.cell_period
    ) as is_suppressed
from (
    select *, {cells.kind} as cell_kind, {cells.value} as cell_value, {cells.period} as cell_period
    from ({rows}) as mart
) as keyed"""
        return _suppressed(source, shown, cells.kept, cells.reason, few, table.name)
    if table.name == "contact_coverage":
        source = f"""select
    *, won_deals_with_contacts + lost_deals_with_contacts between 1 and {minimum - 1} as is_suppressed
from ({rows}) as mart"""
        return _suppressed(source, shown, _COVERAGE_KEPT, "missing_reason", few, table.name)
    if table.name in _SENTENCES:
        text = _SENTENCES[table.name]
        source = f"select *, {_QUOTED_CELLS.format(text=text)} as is_suppressed from ({rows}) as said"
        kept = tuple(column for column in columns if column not in (text, *_WORDED_UPON[table.name]))
        return _suppressed(source, shown, kept, text, "'Not shown: it rests on too few deals.'", table.name)
    values = shown_values(table.name, dict.fromkeys(columns, ""), shown, minimum)
    selected = [f"{values[column]} as {column}" if column in values else column for column in shown]
    return (
        f"select {', '.join(selected)} from ({judged_rows(table.name, dict.fromkeys(columns, ''), rows)}) as shown_rows"
    )


def _suppressed(
    source: str, shown: Sequence[str], kept: Sequence[str], reason: str | None, few: str, table: str
) -> str:
    selected = []
    for column in shown:
        if column in kept:
            selected.append(column)
        elif column == reason:
            selected.append(f"case when is_suppressed then {few} else {column} end as {column}")
        elif table == "decision_makers" and column == "seniority_contacts":
            # the sum of a seniority would give its one hidden row away
            selected.append(
                f"case when not bool_or(is_suppressed) over (partition by period, seniority) then {column} end as {column}"
            )
        else:
            selected.append(f"case when not is_suppressed then {column} end as {column}")
    return f"select {', '.join(selected)}, is_suppressed from ({source}) as judged"


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Columns of each mart with their types, in order."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and schema_name = $schema order by table_name, column_index",
        {"schema": SCHEMA},
    ).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def _check_allow_list(allowed: Mapping[str, PublishedTable], columns: Mapping[str, Mapping[str, str]]) -> None:
    for table in allowed.values():
        if table.name not in columns:
            raise PublishError(
                f"Not published: {ALLOW_LIST.name} names {table.name}, which is no mart.{_meant(table.name, list(columns))}"
            )
        for column in (*table.columns_left_out, *table.owner_columns):
            if column not in columns.get(table.name, ()):
                raise PublishError(
                    f"Not published: {ALLOW_LIST.name} names the column {column}, which {table.name} does not have."
                    f"{_meant(column, list(columns.get(table.name, ())))}"
                )


def _contact_counts(columns: Mapping[str, Mapping[str, str]]) -> str:
    # where the engine is not DuckDB, the counts were fetched from it and stand as a table
    if "contact_counts" in columns:
        return f"select * from {SCHEMA}.contact_counts"
    return CONTACT_COUNTS.format(
        bridge_deal_contacts=f"{SCHEMA}.bridge_deal_contacts", dim_periods=f"{SCHEMA}.dim_periods"
    )


def _people_dimensions(columns: Mapping[str, Mapping[str, str]]) -> str:
    # a database that an earlier version built does not say which they are, but for the owner
    known = "is_person" in columns.get("dim_dimensions", {})
    return f"select dimension from {SCHEMA}.dim_dimensions where is_person" if known else "select 'owner' as dimension"


def _comment(connection: duckdb.DuckDBPyConnection, meanings: Mapping[tuple[str, str | None], str]) -> None:
    """Copy what dbt described to the file: clients show it."""
    texts: dict[tuple[str, str | None], str] = {}
    for table, column, text in connection.execute(
        "select table_name, null as column_name, comment from duckdb_tables() "
        "where database_name = current_database() and schema_name = $schema "
        "union all "
        "select table_name, column_name, comment from duckdb_columns() "
        "where database_name = current_database() and schema_name = $schema",
        {"schema": SCHEMA},
    ).fetchall():
        if text:
            texts[(table, column)] = text
    texts.update(meanings)
    statements = []
    for table, column in connection.execute(
        f"select table_name, column_name from duckdb_columns() where database_name = '{_FILE}' "
        f"union all select table_name, null from duckdb_tables() where database_name = '{_FILE}' order by all"
    ).fetchall():
        text = SUPPRESSED_MEANING if column == "is_suppressed" else texts.get((table, column))
        if text:
            what = f"table {_PUBLISHED}.{table}" if column is None else f"column {_PUBLISHED}.{table}.{column}"
            statements.append(f"comment on {what} is {_text(text)}")
    connection.execute(";\n".join(statements))


DEALS = "closed_deals"
"""Closed deals under pseudonyms, where `publish_deals` asks for them."""


def _published_deals(
    connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Mapping[str, str]]
) -> tuple[str, dict[tuple[str, str | None], str]]:
    """The statement that reads the closed deals without persons, accounts and days, and what its columns mean.

    Raises PublishError where the deals stand in another engine.
    """
    of_deals = columns.get("fct_deals", {})
    if "deal_key" not in of_deals:
        raise PublishError(
            "Not published: publish_deals needs deals that were built on DuckDB. Leave it out for another target."
        )
    dimensions = [
        name
        for (name,) in connection.execute(
            f"select dimension from {SCHEMA}.dim_dimensions where not is_person order by dimension_order"
        ).fetchall()
        if name in of_deals
    ]
    kept = [
        "closed_quarter",
        "outcome",
        "loss_reason_category",
        "amount",
        "cycle_days",
        "qualification_score",
        *dimensions,
    ]
    masked = [f"regexp_replace({name}, '{ADDRESS}', '(e-mail address)', 'g') as {name}" for name in dimensions]
    meanings: dict[tuple[str, str | None], str] = {
        (DEALS, name): f"Segment of the dimension {name}." for name in dimensions
    }
    meanings |= {
        (DEALS, name): text
        for name, text in connection.execute(
            "select column_name, comment from duckdb_columns() "
            "where database_name = current_database() and schema_name = $schema and table_name = 'fct_deals'",
            {"schema": SCHEMA},
        ).fetchall()
        if text and name in kept
    }
    meanings |= {
        (
            DEALS,
            None,
        ): "One row per won, lost or disqualified deal in the population, published because publish_deals is set. Amounts of single "
        "deals stand in it: share it as you would the export.",
        (DEALS, "deal"): "Pseudonym of the deal: a part of its keyed hash, the same in every publication.",
        (DEALS, "closed_month"): "First day of the month in which the deal was closed; null when not stated.",
    }
    return (
        "select left(deal_key, 16) as deal, cast(date_trunc('month', closed_on) as date) as closed_month, "
        f"{', '.join([*(name for name in kept if name not in dimensions), *masked])} "
        f"from {SCHEMA}.fct_deals where is_in_population and outcome != 'open'",
        meanings,
    )


DICTIONARY = "data_dictionary"
"""What the comments of the published file say, as a table: SQLite and CSV have no comments."""

_DICTIONARY_MEANINGS = {
    None: "One row per published table, under position 0, and per column of it: what it means and which type it has.",
    "table_name": "Name of the table.",
    "position": "Place of the column in its table, from 1; 0 for the table itself.",
    "column_name": "Name of the column; null for the table itself.",
    "data_type": "Type of the column in the DuckDB file; null for the table itself.",
    "meaning": "What a row of the table is, or what the column says.",
}


def _describe(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `data_dictionary` of the attached file, itself included."""
    table = f"{_PUBLISHED}.{DICTIONARY}"
    connection.execute(
        f"create table {table} (table_name varchar, position integer, column_name varchar, data_type varchar, meaning varchar)"
    )
    for column, text in _DICTIONARY_MEANINGS.items():
        what = f"table {table}" if column is None else f"column {table}.{column}"
        connection.execute(f"comment on {what} is {_text(text)}")
    connection.execute(
        f"""insert into {table}
select table_name, 0, null, null, comment from duckdb_tables() where database_name = '{_FILE}'
union all
select table_name, column_index, column_name, data_type, comment from duckdb_columns() where database_name = '{_FILE}'
order by all"""
    )


def _keys(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The key of each published table that has one: that of the mart, where what left still has one row for each."""
    keys = {DICTIONARY: ["table_name", "position"], DEALS: ["deal"]}
    for table, names in connection.execute(
        "select table_name, constraint_column_names from duckdb_constraints() "
        "where database_name = current_database() and schema_name = $schema and constraint_type = 'PRIMARY KEY'",
        {"schema": SCHEMA},
    ).fetchall():
        keys[table] = names
    columns = {table: {name for name, *_ in of} for table, of in _published_columns(connection).items()}
    keys = {table: names for table, names in keys.items() if set(names) <= columns.get(table, set())}
    # two segments that were e-mail addresses are one text now
    counted = [
        f"(select count(*) = count(distinct ({', '.join(names)})) from {_PUBLISHED}.{table})"
        for table, names in keys.items()
    ]
    is_unique = connection.execute(f"select {', '.join(counted)}").fetchall()[0]
    return {table: keys[table] for table, is_key in zip(keys, is_unique, strict=True) if is_key}


# ---------------------------------------------------------------- copies


def _published_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str, str | None]]]:
    """Name, type and meaning of the columns of each published table."""
    found: dict[str, list[tuple[str, str, str | None]]] = {}
    for table, column, kind, text in connection.execute(
        f"select table_name, column_name, data_type, comment from duckdb_columns() where database_name = '{_FILE}' "
        "order by table_name, column_index"
    ).fetchall():
        found.setdefault(table, []).append((column, kind, text))
    return found


def _write_questions(allowed: Mapping[str, PublishedTable], path: Path) -> Path:
    """The questions that these tables answer, as plain SQL."""
    answered = askable(read_questions(), {name: table.columns_left_out for name, table in allowed.items()})
    path.write_text(as_script(answered), encoding="utf-8")
    return path


def _write_sqlite(connection: duckdb.DuckDBPyConnection, path: Path) -> Path:
    """A copy for clients that cannot open DuckDB files; what is no number is text, a truth value 0 or 1."""
    tables, keys = _published_columns(connection), _keys(connection)
    with closing(sqlite3.connect(path, isolation_level=None)) as copy:
        # the file is thrown away if anything goes wrong: nothing to roll back
        copy.execute("pragma journal_mode = off")
        copy.execute("pragma synchronous = off")
        copy.execute("begin")
        for table, columns in tables.items():
            parts = [f"{name} {_sqlite_type(kind)}" for name, kind, _ in columns]
            if table in keys:
                parts.append(f"primary key ({', '.join(keys[table])})")
            copy.execute(f"create table {table} ({', '.join(parts)})")
            cells = ", ".join(_sqlite_cell(name, kind) for name, kind, _ in columns)
            rows = connection.execute(f"select {cells} from {_PUBLISHED}.{table}")
            while batch := rows.fetchmany(_BATCH):
                copy.executemany(f"insert into {table} values ({', '.join('?' * len(columns))})", batch)
        copy.execute("commit")
    return path


def _sqlite_type(kind: str) -> str:
    if kind == "BOOLEAN" or kind.endswith("INT") or kind == "INTEGER":
        return "integer"
    return "real" if kind == "DOUBLE" or kind.startswith("DECIMAL") else "text"


def _sqlite_cell(name: str, kind: str) -> str:
    stored = {"integer": "bigint", "real": "double", "text": "varchar"}[_sqlite_type(kind)]
    return f"cast({name} as {stored}) as {name}"


def _write_folder(connection: duckdb.DuckDBPyConnection, folder: Path, kind: str) -> list[Path]:
    """One Parquet or CSV file per table, in a folder named after the format."""
    written = []
    (folder / kind).mkdir()
    for table, columns in _published_columns(connection).items():
        path = folder / kind / f"{table}.{kind}"
        listed = ", ".join(_csv_cell(name, type_) if kind == "csv" else name for name, type_, _ in columns)
        options = "format csv, header true" if kind == "csv" else "format parquet, compression zstd"
        connection.execute(
            f"copy (select {listed} from {_PUBLISHED}.{table}) to {_text(str(path))} ({options})"
        ).fetchall()
        if kind == "csv":
            # without the mark, Excel takes the letters beyond ASCII for those of Windows
            path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
        written.append(path)
    return written


def _csv_cell(name: str, kind: str) -> str:
    if kind != "VARCHAR":
        return name
    starts = ", ".join(f"chr({ord(character)})" for character in FORMULA_STARTS)
    # programs that read CSV pass over blanks before a formula
    return (
        f"case when left(ltrim({name}, ' ' || chr(160)), 1) in ({starts}) then '''' || {name} else {name} end as {name}"
    )


# ---------------------------------------------------------------- files


def _put_in_place(folder: Path, final: Path, written: Sequence[Path]) -> list[Path]:
    """Make the files those that are read, all in one step; their places, the main one last."""
    names = [path.relative_to(folder).as_posix() for path in written]
    # the copies of earlier quarters stay beside those of the new build
    kept = [path.name for path in final.parent.iterdir() if _QUARTER.match(path.name)]
    try:
        BuildFolders(final).put_in_place(folder, names, kept)
    except OthersFilesError as error:
        more = f" (and {len(error.paths) - 1} more)" if len(error.paths) > 1 else ""
        raise PublishError(
            f"Not published: {error.paths[0]}{more} is no file that a build published, or it was damaged or changed since, and it is left as it is. "
            "Move it away, or name another file in WINLOSS_PUBLISHED."
        ) from None
    return [final.parent / name for name in names]


@contextmanager
def _sole_publisher(final: Path) -> Iterator[None]:
    """One publisher at a time per published file, so that what lies about half-written is no one's work in progress."""
    descriptor = os.open(final.parent / f".{final.name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except (ImportError, OSError):
            # not on this system or file system: two builds that publish to one file at once are the user's to avoid
            pass
        yield
    finally:
        os.close(descriptor)


def _refuse_own_database(connection: duckdb.DuckDBPyConnection, final: Path) -> None:
    row = connection.execute("select path from duckdb_databases() where database_name = current_database()").fetchall()
    own = row[0][0] if row else None
    if own and os.path.realpath(own) == os.path.realpath(final):
        raise PublishError(
            f"Not published: {final} is the private database itself. Name another file in WINLOSS_PUBLISHED."
        )


# ---------------------------------------------------------------- words


def _sentence(error: Exception, final: Path, is_full: bool = False) -> str:
    """One sentence a person can act on, for whatever the system or an engine said."""
    said = printable(str(error).splitlines()[0]) if str(error) else type(error).__name__
    keep = "readers keep the previous build"
    if is_full or getattr(error, "errno", None) in _NO_ROOM or "No space left" in said or "disk is full" in said:
        return f"Not published: the disk of {final.parent} is full; {keep}. Make room there and build again."
    if isinstance(error, PermissionError) or "Permission denied" in said or "Read-only file system" in said:
        return f"Not published: {final.parent} cannot be written; {keep}. Change its rights, or name another file in WINLOSS_PUBLISHED."
    if isinstance(error, NotADirectoryError | FileExistsError):
        at = Path(error.filename2 or error.filename or final.parent)
        wrong = next((path for path in (at, *at.parents) if path.exists() and not path.is_dir()), final.parent)
        return (
            f"Not published: {wrong} is not a folder; {keep}. Move it away, or name another file in WINLOSS_PUBLISHED."
        )
    if isinstance(error, OSError) and error.filename:
        named = printable(str(error.filename))
        return f"Not published: {named} cannot be used ({error.strerror}); {keep}. Move it away, or name another file in WINLOSS_PUBLISHED."
    if "CHECKPOINT" in said:
        return (
            f"Not published: DuckDB could not finish the new file in {final.parent}, though there is room ({said.rstrip('.')}); {keep}. "
            "Build again; if it fails again, winloss doctor looks at that disk."
        )
    if isinstance(error, duckdb.Error) and not isinstance(error, OF_NO_VALUE):
        # what an engine says of a value may hold it
        return f"Not published: DuckDB met a fault that was not foreseen ({type(error).__name__}); {keep}. Please report it."
    return f"Not published: {said}; {keep}."


def _meant(word: str, known: Sequence[str]) -> str:
    nearest = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {nearest[0]}?" if nearest else ""


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in (text or "").split(";") if word.strip())


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
