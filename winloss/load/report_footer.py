"""The footer below the records of an exported report: words, totals and a confidentiality note that are no records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import duckdb

from winloss.errors import ReadingError
from winloss.load.file_inspection import ExportFile
from winloss.load.headers import plain
from winloss.load.record_reader import HEADER_AGAIN, TITLE
from winloss.load.statements import FileReading
from winloss.quoting import identifier, words

_ID = "^[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?$"
_TOTALS = r"^Grand Totals \(([0-9., ]+) records?\)$"
_TOTALS_IN_ANY_LANGUAGE = r"^[^()]+\(([0-9][0-9., \x{A0}\x{202F}]*)[^()0-9]+\)$"
# How a line of totals begins that has no number in brackets.
_TOTAL = r"(?i)^((grand |sub)?totals?|sum|count|summe|gesamt(summe)?|total g[ée]n[ée]ral|totale|totaal|totalt|suma|razem|合計)( *[:(].*)?$"

# How a line begins that sums up a group of records, wherever it stands.
_SUBTOTAL = (
    r"(?i)^((grand |sub)?-?totals?|sum|count|avg|average|(zwischen|gesamt)?summe|gesamt|anzahl|sous-total|nombre|total g[ée]n[ée]ral|subtotale?|totale|"
    r"conteggio|recuento|contagem|subtotaal|totaal|aantal|totalt|suma|razem|小計|合計|件数)( *[:(].*)?$"
)

_LONGEST_SUBTOTAL = 60


def refuse_groups(readings: Sequence[FileReading], engine: duckdb.DuckDBPyConnection) -> None:
    """Raises ReadingError for a report that states a column once for each group of records: its other records would lack it.

    Such a report has lines that sum up, and between them one record that has the column, the first.
    """
    problems = []
    for reading in readings:
        if reading.object != "deals" or not reading.file.has_header:
            continue
        cells = {cell.column: cell.header for binding in reading.bindings.values() for cell in binding.cells}
        if header := _stated_once_for_each_group(reading.file, cells, engine):
            problems.append(
                f'{reading.file.name} is grouped by "{header}": of each group only the first record states it. '
                "Export the report without groups (in Salesforce Details Only), or repeat the value on each line."
            )
    if problems:
        raise ReadingError(*problems)


def _stated_once_for_each_group(
    file: ExportFile, cells: Mapping[str, str], engine: duckdb.DuckDBPyConnection
) -> str | None:
    filled = [f"nullif(trim({identifier(column)}), '')" for column in file.columns]
    is_filled = " + ".join(f"({cell} is not null)::int" for cell in filled)
    first = f"coalesce({', '.join(filled)})"
    sums = engine.execute(
        f"select count(*) from {file.relation()} as records where length({first}) < {_LONGEST_SUBTOTAL} and regexp_matches({first}, $1)",
        [_SUBTOTAL],
    ).fetchone()
    if not sums or sums[0] < 2:
        return None
    columns = {column: f"{identifier(column)} is not null and trim({identifier(column)}) != ''" for column in cells}
    first_only = ", ".join(
        f"bool_and(({is_stated}) = (place = 1)) as {identifier(column)}" for column, is_stated in columns.items()
    )
    row = engine.execute(
        f"with lines as (select *, {is_filled} as filled_cells, coalesce(regexp_matches({first}, $1), false) as sums_up "
        f"from {file.relation()} as records where line_problem is null), "
        f"groups as (select *, sum(sums_up::int) over (order by source_line) as group_number from lines), "
        f"records as (select *, row_number() over (partition by group_number order by source_line) as place "
        f"from groups where not sums_up and filled_cells > 1) "
        f"select {first_only} from records having count(distinct group_number) > 1 and count(*) > 2 * count(distinct group_number)",
        [_SUBTOTAL],
    ).fetchone()
    return next((header for header, is_grouped in zip(cells.values(), row or (), strict=False) if is_grouped), None)


def with_footers(readings: Sequence[FileReading], engine: duckdb.DuckDBPyConnection) -> list[FileReading]:
    """The readings with the line on which the footer of each report begins. Raises ReadingError for a report that is not whole."""
    reports = {reading.file for reading in readings if _is_report(reading.file)}
    ids = {
        reading.file: reading.bindings[name].cells[0].column
        for reading in readings
        for name in ("account_id", "contact_id", "deal_id")
        if name in reading.bindings and reading.file in reports
    }
    footers = {file: _footer_from(file, ids.get(file), engine) for file in sorted(reports, key=lambda file: file.name)}
    return [replace(reading, footer_from=footers.get(reading.file)) for reading in readings]


def _is_report(file: ExportFile) -> bool:
    return not {"id", "opportunityid"} & {plain(header) for header in file.headers}


def _footer_from(file: ExportFile, id_column: str | None, engine: duckdb.DuckDBPyConnection) -> int | None:
    """The line on which the footer of a report begins, None without one.

    Footer lines have words in the first cell alone, whatever their language, and follow the last record; a line of
    totals may hold sums too. Raises ReadingError when the grand totals count other records than stand above them.
    """
    if id_column and (footer := _footer_after_ids(file, id_column, engine)):
        return footer
    first = f"trim({identifier(file.columns[0])})"
    first_filled = ", ".join(f"nullif(trim({identifier(column)}), '')" for column in file.columns)
    filled = " + ".join(f"(nullif(trim({identifier(column)}), '') is not null)::int" for column in file.columns)
    row = engine.execute(
        f"with lines as (select source_line, {first} as first_cell, {filled} as filled_cells, "
        f"coalesce(regexp_matches(coalesce({first_filled}), $3), false) as says_total "
        f"from {file.relation()} as records where coalesce(line_problem, '') not in ({words((TITLE, HEADER_AGAIN))})), "
        f"totals as (select min(source_line) as line, min(first_cell) as words from lines where regexp_matches(first_cell, $1)), "
        f"last_record as (select coalesce(max(lines.source_line), 0) as line from lines cross join totals "
        f"where (totals.line is null or lines.source_line < totals.line) "
        f"and (filled_cells > 1 and not (says_total and 2 * filled_cells <= {len(file.columns)} + 1) or regexp_matches(first_cell, $2))) "
        f"select min(lines.source_line), any_value(totals.words), "
        f"(select count(*) from lines cross join last_record where source_line <= last_record.line) "
        f"from last_record cross join totals left join lines on lines.source_line > last_record.line",
        [_TOTALS, _ID, _TOTAL],
    ).fetchone()
    footer_from, totals, records = row or (None, None, 0)
    if totals and int(re.sub(r"\D", "", totals)) != records:
        raise ReadingError(
            f'{file.name} says "{totals}", but {records} records stand above that line: the file is not whole, or was '
            f"edited. Export the report again."
        )
    return footer_from if len(file.headers) > 1 else None


def _footer_after_ids(file: ExportFile, id_column: str, engine: duckdb.DuckDBPyConnection) -> int | None:
    """The first line after the last with an id, if a line of grand totals in any language follows; None otherwise.

    Known by what it says, not by its words: it has no id, and the number in its brackets is that of the records above.
    """
    first, own_id = (f"trim({identifier(column)})" for column in (file.columns[0], id_column))
    row = engine.execute(
        f"with lines as (select source_line, {first} as first_cell, coalesce(regexp_matches({own_id}, $1), false) as is_record "
        f"from {file.relation()} as records), "
        f"last_record as (select max(source_line) as line, count(*) as records from lines where is_record) "
        f"select (select min(source_line) from lines where source_line > last_record.line) "
        f"from last_record where exists (select 1 from lines where lines.source_line > last_record.line "
        f"and regexp_replace(regexp_extract(first_cell, $2, 1), '[^0-9]', '', 'g') = cast(last_record.records as varchar))",
        [_ID, _TOTALS_IN_ANY_LANGUAGE],
    ).fetchone()
    return row[0] if row else None
