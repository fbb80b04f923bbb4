"""Reading of Excel workbooks: one sheet as records of text, each with its row number."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Callable
from pathlib import Path

import python_calamine as calamine

from winloss.errors import ReadingError, listed
from winloss.load.headers import plain
from winloss.load.record_reader import HEADER_AGAIN, TITLE, Record

_OLD = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"


def old_workbook_problem(path: Path, start: bytes) -> str | None:
    """What is wrong with a file that is an old workbook, or a new one under a password; None where it is neither."""
    if not start.startswith(_OLD):
        return None
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        return "is protected by a password: open it, and save it without one, or as CSV (UTF-8)"
    return "is an old Excel workbook: save it as .xlsx or CSV (UTF-8)"


def is_workbook(path: Path, start: bytes) -> bool:
    """Whether a file is an Excel workbook, or by its name should be one."""
    if not start.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return path.suffix.lower() in (".xlsx", ".xlsm")


def likely_sheet(path: Path, name: str, known: Callable[[Record], int]) -> tuple[list[Record], str | None]:
    """The records of the first sheet with a known header, else of the first that holds anything; and a notice on other sheets.

    Sheets with the same header and other records, such as one for each quarter, are read on below it, their rows numbered on.
    `known` counts the headers hoped for on a row. Hidden sheets are left aside. Raises ReadingError with what to do about the file.
    """
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as workbook:
            shown = [
                sheet.name
                for sheet in workbook.sheets_metadata
                if sheet.visible is calamine.SheetVisibleEnum.Visible and sheet.typ is calamine.SheetTypeEnum.WorkSheet
            ]
            sheets = {sheet: _records(workbook.get_sheet_by_name(sheet)) for sheet in shown}
    except calamine.PasswordError:
        raise ReadingError(
            f"{name} is protected by a password: open it, and save it without one, or as CSV (UTF-8)."
        ) from None
    except BaseException as error:
        # the reader is not written in Python: a fault in it is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        raise ReadingError(
            f"{name} is a damaged Excel workbook: open it and save it again, or save it as CSV (UTF-8)."
        ) from None
    filled = {sheet: records for sheet, records in sheets.items() if records}
    if not filled:
        raise ReadingError(f"{name} is empty: it has no header line. Export it again.")
    has_header = [sheet for sheet, records in filled.items() if max(map(known, records[:30])) > 1]
    chosen = (has_header or list(filled))[0]
    place = max(range(min(30, len(filled[chosen]))), key=lambda row: (known(filled[chosen][row]), -row))
    records, begins = list(filled[chosen]), {chosen: filled[chosen][0].line}
    seen = _contents(records[place + 1 :])
    for sheet in has_header:
        header = _place_of(filled[chosen][place], filled[sheet])
        # a copy or a part of another sheet holds its records again
        if sheet == chosen or header is None or seen & (own := _contents(filled[sheet][header + 1 :])):
            continue
        seen |= own
        rows_before = records[-1].line
        begins[sheet] = rows_before + filled[sheet][0].line
        for row, record in enumerate(filled[sheet]):
            problem = TITLE if row < header else HEADER_AGAIN if row == header else record.problem
            records.append(Record(rows_before + record.line, record.cells, problem))
    return records, _notice_on_sheets(name, begins, [sheet for sheet in filled if sheet not in begins])


def _notice_on_sheets(name: str, begins: dict[str, int], others: list[str]) -> str | None:
    """What to know of the sheets of a workbook: which are read, from which line on, and which are not."""
    read = listed(list(begins))
    if len(begins) > 1:
        numbered = ", ".join(f'"{sheet}" from line {line:,}' for sheet, line in list(begins.items())[1:])
        notice = (
            f"{name}: the sheets {read} have the same headers and are read as one, their rows numbered on: {numbered}."
        )
        return f"{notice} Not read: {listed(others)}." if others else notice
    if others:
        return f"{name}: the sheet {read} is read, and not {listed(others)}. Save each sheet that is wanted as a file of its own."
    return None


def _contents(records: list[Record]) -> set[tuple[str, ...]]:
    """What records hold, those of one or two cells left out: totals and titles of two sheets may be the same."""
    filled = (tuple(cell.strip() for cell in record.cells) for record in records)
    return {cells for cells in filled if sum(cell != "" for cell in cells) > 2}


def _place_of(header: Record, records: list[Record]) -> int | None:
    """At which of its first records a sheet has the header; None where it has another."""
    wanted = [plain(cell) for cell in header.cells if plain(cell)]
    found = ([plain(cell) for cell in record.cells if plain(cell)] for record in records[:30])
    return next((place for place, cells in enumerate(found) if cells == wanted), None)


def _records(sheet: calamine.CalamineSheet) -> list[Record]:
    numbered = (
        (number, [_text(cell) for cell in row]) for number, row in enumerate(sheet.to_python(skip_empty_area=False), 1)
    )
    return [Record(number, cells, None) for number, cells in numbered if any(cell.strip() for cell in cells)]


def _text(cell: object) -> str:
    """A cell as Excel means it: whole numbers whole, days and moments as ISO, true and false as words."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if cell.is_integer():
            return str(int(cell))
        written = repr(cell)
        # three digits behind the point could be read as a thousand
        return f"{written}0" if len(written.partition(".")[2]) == 3 else written
    if isinstance(cell, datetime.datetime):
        moment = (cell + datetime.timedelta(microseconds=500_000)).replace(microsecond=0)
        return moment.date().isoformat() if moment.time() == datetime.time() else moment.isoformat(" ")
    if isinstance(cell, (datetime.date, datetime.time)):
        return cell.isoformat()
    return str(cell)
