"""What a reader found: which file is read for which object, under which headers. One reader per CRM makes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch

from icp.exports.columns import Column
from icp.exports.folder import date_in_name
from icp.exports.problems import ReadingError
from icp.exports.shape import ExportFile
from icp.exports.statements import FileReading


@dataclass(frozen=True)
class Layout:
    """Everything a statement needs but the forms of the values.

    `objects` are the columns of each object the reader can give; `date_order` and `decimal` map a file name or
    pattern to the user's setting; `settings_prefix` is how messages name the user's variables; `notices` what the reader has to tell.
    """

    objects: Mapping[str, Sequence[Column]]
    readings: Sequence[FileReading]
    outcome_words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    date_order: Mapping[str, str] = field(default_factory=dict)
    decimal: Mapping[str, str] = field(default_factory=dict)
    settings_prefix: str = ""
    notices: Sequence[str] = ()


def places_in_order(files: Sequence[ExportFile], file_order: Sequence[str], variable: str) -> dict[str, int | None]:
    """The place of each file from oldest (1) to newest: as the user lists them, else by the dates in their names.

    All None when neither says. Raises ReadingError when the list leaves out one of the files.
    """
    names = [file.name for file in files]
    if file_order and len(names) > 1:
        places = {
            name: next(
                (place for place, pattern in enumerate(file_order, 1) if name == pattern or fnmatch(name, pattern)),
                None,
            )
            for name in names
        }
        left_out = [name for name, place in places.items() if place is None]
        if left_out:
            raise ReadingError(f'{variable} leaves out the file "{left_out[0]}": list all files, oldest first.')
        return places
    dates = {name: date_in_name(name) for name in names}
    known = sorted({date for date in dates.values() if date})
    if len(names) == 1 or None in dates.values():
        return dict.fromkeys(names)
    return {name: known.index(date) + 1 for name, date in dates.items() if date}
