"""The folder of exports: which files stand in it, what they are, and when their names say they were made."""

from __future__ import annotations

import calendar
import datetime
import hashlib
import lzma
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import duckdb

from winloss.errors import ReadingError, did_you_mean, is_utf_8, listed, shown_name
from winloss.load.file_inspection import ExportFile, KeptCells, examine

NO_DATA = (
    ".md",
    ".rst",
    ".yml",
    ".yaml",
    ".pdf",
    ".doc",
    ".docx",
    ".html",
    ".pptx",
    ".rtf",
    ".eml",
    ".msg",
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".svg",
    ".heic",
    ".sql",
    ".py",
    ".sh",
    ".log",
)
"""Endings of files that are no exports, such as a README.md; whatever has another may be one, read here or not."""


def holds_exports(path: Path) -> bool:
    """Whether a folder holds a file that may be an export, also in a folder below; hidden ones and notes left out."""
    return path.is_dir() and any(
        # a link to nothing was meant to be one: the reader of the folder says so
        (found.is_file() or (found.is_symlink() and not found.exists()))
        and found.suffix.lower() not in NO_DATA
        and not any(part.startswith((".", "~$")) for part in found.relative_to(path).parts)
        and not _is_prose(found)
        for found in path.rglob("*")
    )


def _is_prose(path: Path) -> bool:
    """Whether a text file holds notes: one column, whatever separates columns."""
    if path.suffix.lower() not in (".txt", "") or not path.is_file():
        return False
    with path.open("rb") as file:
        first_line = file.readline(65536).replace(b"\0", b"")
    return not any(mark in first_line for mark in (b",", b";", b"\t", b"|"))


# The first bytes of what people keep beside their exports.
_PICTURES_AND_PAGES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf")
# What marks a text document or slides, in what is a zip archive like a workbook.
_DOCUMENTS = ("word/", "ppt/", "Index/Document.iwa")


@dataclass
class Folder:
    """The user's folder, examined file by file; each file is looked at once however often it is asked for.

    A file in a zip archive is a file of the folder, named archive/file and unpacked among the private `copies`. `encodings` is the
    setting of that name. With `kept` the engine keeps the cells of what it examined.
    """

    path: Path
    engine: duckdb.DuckDBPyConnection
    copies: Path
    encodings: Mapping[str, str] = field(default_factory=dict)
    kept: KeptCells | None = None
    _examined: dict[str, ExportFile] = field(default_factory=dict)
    _places: dict[str, Path] = field(default_factory=dict)
    _left_aside: list[str] = field(default_factory=list)
    _folders: list[str] = field(default_factory=list)

    def has_copies(self) -> bool:
        """Whether a file that was examined is read from a private copy."""
        return any(file.copy or file.path.is_relative_to(self.copies) for file in self._examined.values())

    def names(self) -> list[str]:
        """The names of the files that may be exports, in order. Raises ReadingError if there is none."""
        return list(self._found())

    def notices(self) -> list[str]:
        """What was left aside because it is no export, and what is to know of the files."""
        notices = [notice for file in self._examined.values() for notice in file.notices]
        if self._left_aside:
            notices.append(f"Left aside, as no exports: {listed(self._left_aside)}.")
        if self._folders:
            notices.append(
                f"Not read, since it stands in a folder below: what is in {listed(self._folders)}. Put into {self.path.name} itself what is to be read."
            )
        return notices

    def _found(self) -> dict[str, Path]:
        if self._places:
            return self._places
        if not self.path.is_dir():
            what = "is a file, not a folder" if self.path.exists() else "is not there"
            raise ReadingError(
                f'The exports folder "{self.path}" {what}: put the files into a folder and name it as exports in winloss.yml, or in WINLOSS_EXPORTS.'
            )
        left_aside: list[str] = []
        folders: list[str] = []
        problems: dict[str, list[str]] = {}
        places: dict[str, Path] = {}
        for path in sorted(self.path.iterdir(), key=lambda path: path.name):
            if path.is_dir() and not path.name.startswith(".") and holds_exports(path):
                folders.append(path.name)
            # "~$" begins the name of the file Excel keeps beside a workbook it has open
            if path.name.startswith((".", "~$")) or not (path.is_file() or path.is_symlink()) or path.is_dir():
                continue
            try:
                self._check_link(path)
                members = zip_members(path)
                if is_beside_exports(path):
                    left_aside.append(shown_name(path.name))
                    continue
                _check_name(path)
                if members is None:
                    places[path.name] = path
                else:
                    places |= self._unpacked(path, members, left_aside)
            except ReadingError as error:
                problems[path.name] = error.sentences
            except OSError as error:
                problems[path.name] = [f"{shown_name(path.name)} cannot be opened: {error.strerror}."]
        if problems:
            # what else is wrong is said with it: a folder is put right once
            problems |= self._problems(places)
            raise ReadingError(*(said for name in sorted(problems) for said in problems[name]))
        if not places and folders:
            raise ReadingError(
                f'The exports folder "{self.path}" holds no file, but files in folders below it ({listed(folders)}): '
                "put the files themselves into it, under different names."
            )
        if not places:
            beside = f" of exports: there is {listed(left_aside)}" if left_aside else ""
            raise ReadingError(f'The exports folder "{self.path}" is empty{beside}: put the exported files into it.')
        self._places, self._left_aside, self._folders = places, left_aside, folders
        return places

    def _check_link(self, path: Path) -> None:
        """Refuses a link that leads out of the folder, or to nothing."""
        name = shown_name(path.relative_to(self.path).as_posix())
        if path.is_symlink() and not path.exists():
            raise ReadingError(f"{name} is a link to a file that is not there: put the file itself into the folder.")
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.path)):
            raise ReadingError(
                f"{name} is a link to a file outside of the folder of exports: put the file itself into the folder."
            )

    def _unpacked(self, path: Path, members: Sequence[zipfile.ZipInfo], left_aside: list[str]) -> dict[str, Path]:
        """The files of an archive that may be exports, unpacked among the copies under names of our own."""
        self.copies.mkdir(parents=True, exist_ok=True, mode=0o700)
        places = {}
        for number, member in enumerate(members):
            name = f"{path.name}/{member.filename}"
            if member.flag_bits & 0x1:
                raise ReadingError(
                    f"{name} is protected by a password: unpack {path.name} and put its files into the folder."
                )
            told_apart = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
            place = self.copies / f"unpacked_{number}_{told_apart}{PurePosixPath(member.filename).suffix}"
            try:
                place.touch(mode=0o600)
                with zipfile.ZipFile(path) as archive, archive.open(member) as packed, place.open("wb") as target:
                    shutil.copyfileobj(packed, target)
            except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, ValueError):
                raise ReadingError(
                    f"{name} cannot be unpacked, as if {path.name} were damaged: unpack it and put its files into the folder."
                ) from None
            if is_beside_exports(place):
                left_aside.append(name)
            else:
                places[name] = place
        return places

    def find(self, pattern: str, wanted_for: str) -> list[str]:
        """The files a name or a pattern (`deals*.csv`) means, in order of their names. Raises ReadingError if none.

        What is named exactly so is meant, also where the name has signs of a pattern; a file in an archive or a folder below may be named
        with or without its place.
        """
        places = self._found()
        if pattern in places:
            return [pattern]
        if leads_outside(pattern):
            raise ReadingError(f'"{pattern}" ({wanted_for}) must stand inside the folder of exports.')
        if (self.path / pattern).is_file():
            self._check_link(self.path / pattern)
            places[pattern] = self.path / pattern
            return [pattern]
        inside = [name for name in places if name.partition("/")[2] == pattern]
        if inside:
            return inside
        if any(character in pattern for character in "*?["):
            below = [path for path in self.path.glob(pattern) if path.is_file() and not path.name.startswith(".")]
            own = {path.relative_to(self.path).as_posix(): path for path in below}
            packed = {
                name: path
                for name, path in places.items()
                if "/" in name and (fnmatch(name, pattern) or fnmatch(name.partition("/")[2], pattern))
            }
            found = {name: path for name, path in own.items() if zip_members(path) is None} | packed
            for path in own.values():
                self._check_link(path)
                _check_name(path)
            if found:
                places |= found
                return sorted(found)
            raise ReadingError(
                f'No file in {self.path} is named like "{pattern}" ({wanted_for}). There is: {listed(places)}.'
            )
        raise ReadingError(
            f'There is no file "{pattern}" in {self.path} ({wanted_for}).{did_you_mean(pattern, places)}'
        )

    def examine(self, name: str, wanted: Collection[str]) -> ExportFile:
        """What the file of this name is; see `file_inspection.examine`."""
        if name not in self._examined:
            self._examined[name] = self._examine(name, self._found()[name], wanted)
        return self._examined[name]

    def examine_all(self, wanted: Collection[str]) -> list[ExportFile]:
        """What each file of the folder is, in order of their names. Raises ReadingError with a sentence for each that cannot be read."""
        problems: list[str] = []
        files: list[ExportFile] = []
        for name in self.names():
            try:
                files.append(self.examine(name, wanted))
            except ReadingError as error:
                problems += error.sentences
        if problems:
            raise ReadingError(*problems)
        return files

    def _examine(self, name: str, place: Path, wanted: Collection[str]) -> ExportFile:
        try:
            return examine(place, name, wanted, self.engine, self.copies, setting_for(name, self.encodings), self.kept)
        except OSError as error:
            raise ReadingError(f"{name} cannot be opened: {error.strerror}.") from None

    def _problems(self, places: Mapping[str, Path]) -> dict[str, list[str]]:
        """Why files cannot be read, by their names; without those that can be."""
        problems: dict[str, list[str]] = {}
        for name, place in places.items():
            try:
                self._examine(name, place, ())
            except ReadingError as error:
                problems[name] = error.sentences
        return problems


def _check_name(path: Path) -> None:
    """Refuses a file whose name no engine can open."""
    if not is_utf_8(path.name):
        raise ReadingError(f'The name of the file "{shown_name(path.name)}" is not UTF-8: rename it.')


def leads_outside(name: str) -> bool:
    """Whether a name or a pattern of the user's means a file outside of the folder it is looked for in."""
    plain = name.replace("\\", "/")
    return plain.startswith("/") or ".." in plain.split("/") or re.match(r"[A-Za-z]:/", plain) is not None


def zip_members(path: Path) -> list[zipfile.ZipInfo] | None:
    """The files of a zip archive that may be exports; None where the file is no archive, or a workbook or document that is one inside."""
    with path.open("rb") as file:
        if file.read(4) not in (b"PK\x03\x04", b"PK\x05\x06"):
            return None
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        if path.suffix.lower() == ".zip":
            raise ReadingError(f"{path.name} is a damaged zip archive: fetch it again, or unpack it.") from None
        return None
    if any(member.filename.startswith(("xl/", *_DOCUMENTS)) for member in members):
        return None
    return [
        member
        for member in sorted(members, key=lambda member: member.filename)
        if not member.is_dir()
        and not any(
            part.startswith((".", "~$", "__MACOSX")) and part != ".." for part in PurePosixPath(member.filename).parts
        )
    ]


def is_beside_exports(path: Path) -> bool:
    """Whether a file is one of those people keep beside their exports: notes, pictures, documents."""
    if path.suffix.lower() in NO_DATA or _is_prose(path):
        return True
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_PICTURES_AND_PAGES):
        return True
    if not start.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith(_DOCUMENTS) for name in archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return False


def setting_for(name: str, settings: Mapping[str, str]) -> str | None:
    """The user's setting for a file: under its own name, else under the first pattern it matches; in an archive, with or without it."""
    names = [name, name.partition("/")[2] or name]
    for own in names:
        if own in settings:
            return settings[own]
    return next((value for pattern, value in settings.items() if any(fnmatch(own, pattern) for own in names)), None)


_EPOCH = re.compile(r"(?<!\d)(1\d{12}|1\d{9})(?!\d)")
_DAY = re.compile(
    r"(?<!\d)(20\d\d)([ _.-]?)(0[1-9]|1[0-2])\2([0-3]\d)(?:[T _]+([01]\d|2[0-3])[-:._]([0-5]\d)(?:[-:._]([0-5]\d))?)?(?!\d)"
)
_LOCAL_DAY = re.compile(
    r"(?<!\d)(\d{1,2})([_.-])(\d{1,2})\2(20\d\d)(?!\d)(?: +(\d{1,2})[-:._](\d\d)[-:._](\d\d) ?([AP])M)?", re.IGNORECASE
)
_QUARTER = re.compile(
    r"(?<!\d)(?P<year>20\d\d)[ _.-]?Q(?P<quarter>[1-4])(?!\d)"
    r"|(?<![A-Za-z])FY[ _.-]?(?P<short>\d\d)[ _.-]?Q(?P<of_short>[1-4])(?!\d)"
    r"|(?<![A-Za-z])Q(?P<before>[1-4])[ _.-]?(?:FY[ _.-]?)?(?P<after>20\d\d)(?!\d)"
    r"|(?<![A-Za-z])Q(?P<before_short>[1-4])[ _.-]?FY[ _.-]?(?P<after_short>\d\d)(?!\d)",
    re.IGNORECASE,
)
_MONTH = re.compile(r"(?<!\d)(20\d\d)[_.-]?(0[1-9]|1[0-2])(?!\d)")


def moment_in_name(name: str, fiscal_year_start_month: int = 1) -> str | None:
    """The last date in a file's name as 'yyyy-mm-dd', or 'yyyy-mm-dd hh:mm:ss' where it names the moment; in an archive, else in its name.

    A day, a moment in seconds or milliseconds since 1970, or the last day of a month (2025-11) or of a quarter of the company's
    (2025-Q4, FY26-Q1). A day whose month could be either number is none, unless it has a twelve-hour clock beside it.
    """
    archive, _, inside = name.partition("/")
    moments = _moments(inside or archive, fiscal_year_start_month) or _moments(archive, fiscal_year_start_month)
    return max(moments, default=None)


def date_in_name(name: str, fiscal_year_start_month: int = 1) -> str | None:
    """The day of `moment_in_name`."""
    moment = moment_in_name(name, fiscal_year_start_month)
    return moment[:10] if moment else None


def _moments(name: str, fiscal_year_start_month: int) -> list[str]:
    found: list[str | None] = []
    forms: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
        (_DAY, _day),
        (_LOCAL_DAY, _local_day),
        (_QUARTER, lambda match: _quarter_end(match, fiscal_year_start_month)),
        (_EPOCH, _epoch),
        (_MONTH, lambda match: _month_end(int(match[1]), int(match[2]))),
    )
    for form, read in forms:
        found += [read(match) for match in form.finditer(name)]
        # what is part of a date is no date of another form
        name = form.sub("~", name)
    return [moment for moment in found if moment]


def _moment(*parts: int) -> str | None:
    """The day, and the time of day, of which these are the parts; None where there is no such day."""
    try:
        day = datetime.date(*parts[:3])
    except ValueError:
        return None
    clock = ":".join(f"{part:02}" for part in parts[3:])
    return f"{day.isoformat()} {clock}" if clock else day.isoformat()


def _day(match: re.Match[str]) -> str | None:
    clock = [int(part or 0) for part in (match[5], match[6], match[7])] if match[5] else []
    return _moment(int(match[1]), int(match[3]), int(match[4]), *clock)


def _local_day(match: re.Match[str]) -> str | None:
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    half = (match[8] or "").upper()
    if match[2] == "." or first > 12:
        day, month = first, second
    elif second > 12 or half or first == second:
        day, month = second, first
    else:
        return None
    clock = [int(match[5]) % 12 + 12 * (half == "P"), int(match[6]), int(match[7])] if half else []
    return _moment(year, month, day, *clock)


def _quarter_end(match: re.Match[str], fiscal_year_start_month: int) -> str:
    year = int(match["year"] or match["after"] or 2000 + int(match["short"] or match["after_short"] or 0))
    quarter = int(match["quarter"] or match["of_short"] or match["before"] or match["before_short"])
    # a fiscal year is named by the calendar year it ends in
    months = 12 * (year - (fiscal_year_start_month > 1)) + fiscal_year_start_month + 3 * quarter - 2
    return _month_end(months // 12, months % 12 + 1)


def _month_end(year: int, month: int) -> str:
    return datetime.date(year, month, calendar.monthrange(year, month)[1]).isoformat()


def _epoch(match: re.Match[str]) -> str | None:
    seconds = int(match[1][:10])
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None)
    return f"{moment.isoformat(' ')}.{match[1][10:] or '000'}" if moment.year >= 2010 else None
