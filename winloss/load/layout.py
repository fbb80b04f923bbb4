"""What a reader found: which file is read for which object, under which headers. One reader per CRM makes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch

from winloss.errors import ReadingError
from winloss.load.columns import Column
from winloss.load.folder import moment_in_name
from winloss.load.statements import FileReading


@dataclass(frozen=True)
class Layout:
    """Everything a statement needs but the forms of the values.

    `objects` are the columns of each object the reader can give; `date_order` and `decimal` map a file name or
    pattern to the user's setting; `settings_prefix` is how messages name the user's variables; `is_order_stated` tells
    whether the user lists the files of deals in their order, `late_names` which are named after a day beyond all they can
    hold; `notices` is what the reader has to tell.
    """

    objects: Mapping[str, Sequence[Column]]
    readings: Sequence[FileReading]
    outcome_words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    date_order: Mapping[str, str] = field(default_factory=dict)
    decimal: Mapping[str, str] = field(default_factory=dict)
    settings_prefix: str = ""
    is_order_stated: bool = False
    late_names: Sequence[str] = ()
    notices: Sequence[str] = ()


def fiscal_year_start_month(variables: Mapping[str, object]) -> int:
    """The setting of that name."""
    return whole_number(variables.get("fiscal_year_start_month"), 1)


def whole_number(stated: object, default: int) -> int:
    """A setting that is a whole number, also where it was written as text; the default where it is not stated."""
    return int(str(stated)) if str(stated).isdigit() else default


def placed(
    readings: Sequence[FileReading], file_order: Sequence[str], variable: str, fiscal_year_start_month: int
) -> list[FileReading]:
    """The readings of one object with the place of each file from oldest (1) to newest: as listed, else by the dates in their names.

    No place when neither says. Raises ReadingError when the list leaves out one of the files.
    """
    names = list(dict.fromkeys(reading.file.name for reading in readings))
    moments = {name: moment_in_name(name, fiscal_year_start_month) for name in names}
    places: dict[str, int | None] = dict.fromkeys(names)
    if file_order and len(names) > 1:
        for name in names:
            fitting = (
                place for place, pattern in enumerate(file_order, 1) if name == pattern or fnmatch(name, pattern)
            )
            places[name] = next(fitting, None)
        left_out = [name for name, place in places.items() if place is None]
        if left_out:
            raise ReadingError(f'{variable} leaves out the file "{left_out[0]}": list all files, oldest first.')
    elif len(names) > 1 and None not in moments.values():
        known = sorted({_comparable(moment, moments.values()) for moment in moments.values() if moment})
        places = {
            name: known.index(_comparable(moment, moments.values())) + 1 for name, moment in moments.items() if moment
        }
    return [
        replace(reading, dated_on=(moments[reading.file.name] or "")[:10] or None, order=places[reading.file.name])
        for reading in readings
    ]


def _comparable(moment: str, moments: Iterable[str | None]) -> str:
    """A moment as far as it can be compared: its day alone where another file of that day has no time of day in its name."""
    day = moment[:10]
    return day if any(other == day for other in moments) else moment
