"""The folder of exports: which files stand in it, what they are, and when their names say they were made."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from winloss.errors import ReadingError, did_you_mean, listed
from winloss.load.file_inspection import ExportFile, examine

NO_DATA = (
    ".md",
    ".rst",
    ".yml",
    ".yaml",
    ".pdf",
    ".doc",
    ".docx",
    ".html",
    ".png",
    ".jpg",
    ".sql",
    ".py",
    ".sh",
    ".log",
)
"""Endings of files that are no exports, such as a README.md; whatever has another may be one, read here or not."""


def holds_exports(path: Path) -> bool:
    """Whether a folder holds a file that may be an export, also in a folder below; hidden ones and notes left out."""
    return path.is_dir() and any(
        found.is_file()
        and found.suffix.lower() not in NO_DATA
        and not any(part.startswith((".", "~$")) for part in found.relative_to(path).parts)
        and not _is_prose(found)
        for found in path.rglob("*")
    )


def _is_prose(path: Path) -> bool:
    """Whether a text file holds notes: one column, whatever separates columns."""
    if path.suffix.lower() not in (".txt", ""):
        return False
    with path.open("rb") as file:
        first_line = file.readline(65536).replace(b"\0", b"")
    return not any(mark in first_line for mark in (b",", b";", b"\t", b"|"))


@dataclass
class Folder:
    """The user's folder, examined file by file; each file is looked at once however often it is asked for."""

    path: Path
    engine: duckdb.DuckDBPyConnection
    copies: Path
    _examined: dict[Path, ExportFile] = field(default_factory=dict)

    def has_copies(self) -> bool:
        """Whether a file that was examined is read from a private copy."""
        return any(file.copy for file in self._examined.values())

    def names(self) -> list[str]:
        """The names of the files in the folder, in order, hidden ones left out. Raises ReadingError if none."""
        if not self.path.is_dir():
            what = "is a file, not a folder" if self.path.exists() else "is not there"
            raise ReadingError(
                f'The exports folder "{self.path}" {what}: put the files into a folder and name it as exports in winloss.yml, or in WINLOSS_EXPORTS.'
            )
        files = [found for found in self.path.iterdir() if found.is_file()]
        # "~$" begins the name of the file Excel keeps beside a workbook it has open
        names = sorted(file.name for file in files if not file.name.startswith((".", "~$")))
        if not names:
            raise ReadingError(f'The exports folder "{self.path}" is empty: put the exported files into it.')
        return names

    def find(self, pattern: str, wanted_for: str) -> list[Path]:
        """The files a name or a pattern (`deals*.csv`) means, in order of their names. Raises ReadingError if none."""
        names = self.names()
        exact = self.path / pattern
        if exact.is_file():
            return [exact]
        if any(character in pattern for character in "*?["):
            found = sorted(path for path in self.path.glob(pattern) if path.is_file() and not path.name.startswith("."))
            if found:
                return found
            raise ReadingError(
                f'No file in {self.path} is named like "{pattern}" ({wanted_for}). There is: {listed(names)}.'
            )
        raise ReadingError(f'There is no file "{pattern}" in {self.path} ({wanted_for}).{did_you_mean(pattern, names)}')

    def examine(self, path: Path, wanted: Collection[str]) -> ExportFile:
        """What a file is; see `shape.examine`."""
        if path not in self._examined:
            name = path.relative_to(self.path).as_posix()
            try:
                self._examined[path] = examine(path, name, wanted, self.engine, self.copies)
            except OSError as error:
                raise ReadingError(f"{name} cannot be opened: {error.strerror}.") from None
        return self._examined[path]


_QUARTER = re.compile(r"(?<!\d)(20\d\d)[ _.-]?[Qq]([1-4])(?!\d)|(?<![A-Za-z])[Qq]([1-4])[ _.-]?(20\d\d)(?!\d)")
_DAY = re.compile(r"(?<!\d)(20\d\d)([ _.-]?)(0[1-9]|1[0-2])\2([0-3]\d)(?!\d)")
_MONTH = re.compile(r"(?<!\d)(20\d\d)[_.-]?(0[1-9]|1[0-2])(?!\d)")


def date_in_name(name: str) -> str | None:
    """The date in a file's name as 'yyyy-mm-dd': a day, or the last day of a month (2025-11) or quarter (2025-Q4)."""
    if match := _DAY.search(name):
        try:
            return datetime.date(int(match[1]), int(match[3]), int(match[4])).isoformat()
        except ValueError:
            return None
    if match := _QUARTER.search(name):
        year, month = int(match[1] or match[4]), 3 * int(match[2] or match[3])
    elif match := _MONTH.search(name):
        year, month = int(match[1]), int(match[2])
    else:
        return None
    return datetime.date(year, month, calendar.monthrange(year, month)[1]).isoformat()
