"""Decides how each file writes its dates and numbers, from all of its rows, and says so when nothing decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from winloss.errors import ReadingError
from winloss.load.columns import DATED, Kind
from winloss.load.file_inspection import ExportFile
from winloss.load.folder import setting_for
from winloss.load.layout import Layout
from winloss.load.parsing import (
    DateColumn,
    date_beginning_sql,
    date_column,
    find_date_order,
    find_decimal_style,
    number_column,
    number_shape_sql,
    number_shapes_sql,
    ticked_sql,
    year_comes_first,
)
from winloss.load.statements import FileFormat, trimmed_column_sql, trimmed_sql
from winloss.quoting import identifier, literal

# What says how a deal stands. Where it is only ever ticked, an empty cell says no.
FLAGS = ("is_won", "is_lost", "is_closed")


@dataclass
class _Typed:
    """The columns of one file that hold dates, numbers and flags, for whichever object, and their headers."""

    dates: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)


def decide_formats(layout: Layout, engine: duckdb.DuckDBPyConnection) -> dict[ExportFile, FileFormat]:
    """The format of every file with dates, numbers or flags. Raises ReadingError naming file, lines and variable."""
    typed: dict[ExportFile, _Typed] = {}
    for reading in layout.readings:
        for binding in reading.bindings.values():
            for cell in binding.cells:
                columns = typed.setdefault(cell.file, _Typed())
                if binding.column.kind in DATED:
                    columns.dates[cell.column] = cell.header
                elif binding.column.kind is Kind.NUMBER:
                    columns.numbers[cell.column] = cell.header
                elif binding.column.name in FLAGS:
                    columns.flags[cell.column] = cell.header
    formats: dict[ExportFile, FileFormat] = {}
    problems: list[str] = []
    for file, columns in typed.items():
        try:
            formats[file] = _file_format(file, columns, layout, engine)
        except ReadingError as error:
            problems += error.sentences
    if problems:
        raise ReadingError(*problems)
    return formats


def _file_format(file: ExportFile, typed: _Typed, layout: Layout, engine: duckdb.DuckDBPyConnection) -> FileFormat:
    samples = _samples(file, typed, engine)
    problems: list[str] = []
    order, style = None, None
    styles: dict[str, str | None] = {}
    try:
        order = _date_order(file, typed, samples, layout, engine)
    except ReadingError as error:
        problems += error.sentences
    try:
        styles = _decimal_styles(file, typed, samples, layout, engine)
    except ReadingError as error:
        problems += error.sentences
    if problems:
        raise ReadingError(*problems)
    said = sorted({style for style in styles.values() if style})
    style = said[0] if len(said) == 1 else "point and comma" if said else None
    dates = {column: _date_column(file, samples[column], order, layout) for column in typed.dates}
    if not order and any(column.order == "ymd" for column in dates.values()):
        order = "ymd"
    return FileFormat(
        dates=dates,
        numbers={column: number_column(samples[column], styles.get(column)) for column in typed.numbers},
        date_order=order,
        decimal_style=style,
        ticked=_ticked(file, typed, engine),
    )


def _ticked(file: ExportFile, typed: _Typed, engine: duckdb.DuckDBPyConnection) -> frozenset[str]:
    if not typed.flags:
        return frozenset()
    trimmed = ", ".join(trimmed_column_sql(file, column) for column in typed.flags)
    asked = ", ".join(ticked_sql(identifier(column)) for column in typed.flags)
    row = engine.execute(
        f"select {asked} from (select {trimmed} from {file.relation()} as records where line_problem is null) as cells"
    ).fetchone()
    return frozenset(column for column, is_ticked in zip(typed.flags, row or (), strict=True) if is_ticked)


def _date_column(file: ExportFile, texts: Sequence[str], order: str | None, layout: Layout) -> DateColumn:
    begins_with_year = not setting_for(file.name, layout.date_order) and year_comes_first(texts)
    return date_column(texts, "ymd" if begins_with_year else order)


def _samples(file: ExportFile, typed: _Typed, engine: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Per column, the distinct beginnings of its dates or the distinct shapes of its numbers, over all rows."""
    if not typed.dates and not typed.numbers:
        return {}
    # A column may serve as both; its dates then come first and its shapes under the same name would hide them.
    shapes = {column: f"list(distinct {date_beginning_sql(identifier(column))})" for column in typed.dates}
    shapes |= {column: number_shapes_sql(identifier(column)) for column in typed.numbers if column not in shapes}
    trimmed = ", ".join(trimmed_column_sql(file, column) for column in shapes)
    row = engine.execute(
        f"select {', '.join(shapes.values())} from (select {trimmed} from {file.relation()} as records where line_problem is null) as cells"
    ).fetchone()
    found = row or [None] * len(shapes)
    return {column: [text for text in texts or [] if text] for column, texts in zip(shapes, found, strict=True)}


def _date_order(
    file: ExportFile,
    typed: _Typed,
    samples: Mapping[str, Sequence[str]],
    layout: Layout,
    engine: duckdb.DuckDBPyConnection,
) -> str | None:
    given = setting_for(file.name, layout.date_order)
    if given:
        return given
    variable = f"{layout.settings_prefix}date_order"
    first_years = {column: year_comes_first(samples[column]) for column in typed.dates}
    for column, comes_first in first_years.items():
        if comes_first is None:
            text = min(samples[column])
            raise ReadingError(
                f"{file.name}: {text} in {typed.dates[column]} (line {_line(file, column, text, engine)}) could begin with the day, "
                f"the month or the year, and no date in the file decides it. Set {variable} to dmy, mdy or ymd."
            )
    found = find_date_order({column: samples[column] for column in typed.dates if not first_years[column]})
    if found.is_contradiction:
        (day_column, day_first), (month_column, month_first) = found.examples
        raise ReadingError(
            f"{file.name} writes dates both ways: {day_first} in {typed.dates[day_column]} "
            f"(line {_line(file, day_column, day_first, engine)}) has the day first, {month_first} in "
            f"{typed.dates[month_column]} (line {_line(file, month_column, month_first, engine)}) the month. "
            f"Set {variable} to dmy or mdy; dates that do not fit are then reported one by one."
        )
    if found.examples:
        ((column, text),) = found.examples
        raise ReadingError(
            f"{file.name}: {text} in {typed.dates[column]} (line {_line(file, column, text, engine)}) could be day or "
            f"month first, and no date in the file decides it. Set {variable} to dmy or mdy."
        )
    return found.order


def _line(file: ExportFile, column: str, beginning: str, engine: duckdb.DuckDBPyConnection) -> int | None:
    row = engine.execute(
        f"select min(source_line) from {file.relation()} as records "
        f"where {date_beginning_sql(trimmed_sql(file, column))} = {literal(beginning)}"
    ).fetchone()
    return row[0] if row else None


def _decimal_styles(
    file: ExportFile,
    typed: _Typed,
    samples: Mapping[str, Sequence[str]],
    layout: Layout,
    engine: duckdb.DuckDBPyConnection,
) -> dict[str, str | None]:
    """The decimal mark of each column: its own evidence, else what the other columns of the file agree on."""
    given = setting_for(file.name, layout.decimal)
    columns = [column for column in typed.numbers if column not in typed.dates]
    if given:
        return dict.fromkeys(columns, given)
    variable = f"{layout.settings_prefix}decimal"
    evidence = {column: find_decimal_style(samples[column]) for column in columns}
    agreed = {style for found in evidence.values() if len(found.sure) == 1 for style in found.sure}
    styles: dict[str, str | None] = {}
    for column, found in evidence.items():
        if len(found.sure) == 2:
            one, first = _example(file, column, found.sure["comma"], engine)
            other, second = _example(file, column, found.sure["point"], engine)
            raise ReadingError(
                f"{file.name} writes {typed.numbers[column]} both ways: {first} (line {one}) has a decimal comma, "
                f"{second} (line {other}) a decimal point. Set {variable} to comma or point."
            )
        if found.sure:
            styles[column] = next(iter(found.sure))
        elif not found.ambiguous:
            styles[column] = None
        elif len(agreed) == 1:
            styles[column] = next(iter(agreed))
        elif len(found.ambiguous) == 2:
            raise ReadingError(
                f"{file.name}: {typed.numbers[column]} holds both a comma and a point before three digits. "
                f"Set {variable} to comma or point."
            )
        elif file.is_parquet or ("," in found.ambiguous and file.delimiter == "," and not file.is_workbook):
            # Where commas part the cells, a comma inside a number groups its digits.
            styles[column] = "point"
        else:
            line, text = _example(file, column, next(iter(found.ambiguous.values())), engine)
            raise ReadingError(
                f"{file.name}: {text} in {typed.numbers[column]} (line {line}) could be a thousand or a fraction, and "
                f"no number in the file decides it. Set {variable} to comma or point."
            )
    return styles


def _example(
    file: ExportFile, column: str, shape: str, engine: duckdb.DuckDBPyConnection
) -> tuple[int | None, str | None]:
    cell = identifier("cell")
    row = engine.execute(
        f"select source_line, cell from (select source_line, {trimmed_sql(file, column)} as cell "
        f"from {file.relation()} as records) as cells where {number_shape_sql(cell)} = {literal(shape)} "
        f"order by source_line limit 1"
    ).fetchone()
    return (row[0], row[1]) if row else (None, None)
