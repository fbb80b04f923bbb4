"""The published figures as an Excel workbook: a sheet for each question of the report, one row of a table a row, to filter and to forward."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from winloss.formatting import FORMULA_STARTS
from winloss.report.marts import ReportError, open_published


@dataclass(frozen=True)
class Sheet:
    """A sheet, the published table it holds, and the order of its rows."""

    name: str
    table: str
    order: str


_PERIODS = "array_position(['quarter', 'previous_quarter', 'window', 'all'], period)"

SHEETS = (
    Sheet("Headline", "win_rate_baseline", _PERIODS),
    Sheet("Findings", "report_findings", "finding"),
    Sheet("Actions", "action_items", "item"),
    Sheet("What changed", "report_changes", "place, about"),
    Sheet("Segments", "win_rates_by_dimension", f"{_PERIODS}, dimension, segment_order, segment"),
    Sheet("Segment quarters", "segment_quarters", "dimension, segment_order, segment, starts_on"),
    Sheet("Reasons", "loss_reasons", f"{_PERIODS}, share_rank, category"),
    Sheet("Personas", "win_rates_by_persona", f"{_PERIODS}, persona_type, persona"),
    Sheet("Quarters", "win_rates_by_quarter", "starts_on"),
    Sheet("Trend", "win_rate_trend", "period"),
    Sheet("Dictionary", "data_dictionary", "table_name, position"),
)

_WIDEST = 60
_SHARE = re.compile(
    r"(rate|share|difference|change|line|limit|completeness)(_with|_without)?(_low|_high)?$|^(lower|upper)_limit$"
)
_MONEY = re.compile(r"amount(_low|_high)?$")


def workbook_of(path: Path) -> tuple[bytes, str | None]:
    """The workbook of the published file at `path`, the same bytes for the same file, and the quarter under review.

    Raises ReportError where it holds no tables that a sheet could be made of.
    """
    import xlsxwriter

    held = io.BytesIO()
    with closing(open_published(path)) as connection:
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        if not {sheet.table for sheet in SHEETS} <= tables:
            missing = next(sheet.table for sheet in SHEETS if sheet.table not in tables)
            raise ReportError(
                f"{path}: the table {missing} is not there. Build with this version of Winloss (winloss run, or dbt build)."
            )
        meanings = {
            (table, column): meaning
            for table, column, meaning in connection.execute(
                "select table_name, column_name, meaning from data_dictionary"
            ).fetchall()
        }
        quarter, as_of = connection.execute(
            "select max(last_quarter) filter (where period = 'quarter'), max(as_of_on) from dim_periods"
        ).fetchall()[0]
        with xlsxwriter.Workbook(held, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
            # what Excel shows as the day it was made is the day of the data: the same figures make the same file
            made = datetime.combine(as_of, time()) if as_of else datetime(2000, 1, 1)
            book.set_properties({"title": f"Win/loss {quarter or ''}".strip(), "created": made})
            formats = _Formats(book)
            for sheet in SHEETS:
                answer = connection.execute(f"select * from {sheet.table} order by {sheet.order}")
                names = [column[0] for column in answer.description or ()]
                _fill(book.add_worksheet(sheet.name), sheet.table, names, answer.fetchall(), meanings, formats)
    return held.getvalue(), quarter


class _Formats:
    def __init__(self, book: Any) -> None:
        def format_of(**properties: Any) -> Any:
            return book.add_format({"valign": "top", **properties})

        self.header = format_of(bold=True, text_wrap=True, bottom=1)
        self.text = format_of(text_wrap=True)
        # a text that begins like a formula stays a text when someone edits it
        self.disarmed = format_of(text_wrap=True, quote_prefix=True)
        self.share = format_of(num_format="0.0%")
        self.money = format_of(num_format="#,##0")
        self.whole = format_of(num_format="#,##0")
        self.number = format_of(num_format="#,##0.00")
        self.day = format_of(num_format="yyyy-mm-dd")
        self.plain = format_of()

    def of(self, column: str, value: Any) -> Any:
        if isinstance(value, str):
            return self.disarmed if value.lstrip(" \u00a0").startswith(tuple(FORMULA_STARTS)) else self.text
        if isinstance(value, bool):
            return self.plain
        if isinstance(value, date):
            return self.day
        if isinstance(value, int):
            return self.whole
        if _MONEY.search(column):
            return self.money
        return self.share if _SHARE.search(column) else self.number


def _fill(
    page: Any,
    table: str,
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    meanings: dict[tuple[str, str | None], str | None],
    formats: _Formats,
) -> None:
    for place, name in enumerate(names):
        page.write_string(0, place, name, formats.header)
        said = meanings.get((table, name)) or ""
        note = f"{meanings.get((table, None)) or ''}\n\n{name}: {said}" if place == 0 else said
        if note.strip():
            page.write_comment(0, place, note, {"x_scale": 3, "y_scale": 3 if place == 0 else 1.5})
        shown = [len(str(row[place])) for row in rows if row[place] is not None]
        page.set_column(place, place, min(max([len(name), 8, *shown]) + 2, _WIDEST))
    for line, row in enumerate(rows, start=1):
        for place, (name, value) in enumerate(zip(names, row, strict=True)):
            _write(page, line, place, value, formats.of(name, value))
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(len(rows), 1), len(names) - 1)


def _write(page: Any, line: int, place: int, value: Any, form: Any) -> None:
    """A cell of the type of its value; a text is never looked at for formulas or links, and an empty one stays empty."""
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(line, place, value, form)
    elif isinstance(value, int | float | Decimal):
        page.write_number(line, place, float(value), form)
    elif isinstance(value, date):
        page.write_datetime(line, place, value, form)
    else:
        page.write_string(line, place, str(value), form)
