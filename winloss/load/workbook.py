"""Reading of Excel workbooks: one sheet as records of text, each with its row number."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Callable
from pathlib import Path

import python_calamine as calamine

from winloss.errors import ReadingError, listed
from winloss.load.record_reader import Record

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
    others = [sheet for sheet in filled if sheet != chosen]
    notice = (
        f'{name}: the sheet "{chosen}" is read, and not {listed(others)}. Save each sheet that is wanted as a file of its own.'
        if others
        else None
    )
    return filled[chosen], notice


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
