"""Finds out which file of a CRM's export holds what: by its headers, whatever the file is called.

The CRM's module says what its objects look like (`Shape`); `seeds/header_aliases.csv` says under which headers the CRM
writes each column; the user's variable `field_aliases` adds a header of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from icp.exports.aliases import Alias, aliases
from icp.exports.aliases import recognise as likenesses
from icp.exports.columns import EXTRA_COLUMNS, Column, Kind
from icp.exports.folder import Folder, date_in_name
from icp.exports.headers import plain, positions
from icp.exports.layout import Layout, places_in_order
from icp.exports.mapping import CrmSettings, HeaderRule, check_crm_settings
from icp.exports.problems import ReadingError, did_you_mean, listed
from icp.exports.shape import ExportFile
from icp.exports.statements import LINES, Binding, Cell, FileReading


@dataclass(frozen=True)
class Shape:
    """What a CRM's file of one object looks like, and what is read from it.

    `object` is the object's name in the plan, `alias_object` its name in the list of headers. `columns` are what is read,
    by the column's name in that list; several of those may mean one column. A file holds the object when it has a header
    of each group in `needs` (names of the list) and none of the headers in `never`. Of the shapes that fit, the first is
    taken, and besides it those that are `additional`: one report can hold deals and their contacts.
    """

    object: str
    alias_object: str
    columns: Mapping[str, Column]
    needs: tuple[tuple[str, ...], ...]
    never: frozenset[str] = frozenset()
    additional: bool = False

    def distinct_columns(self) -> tuple[Column, ...]:
        """The columns of the object's SELECT, in order."""
        return tuple(dict.fromkeys(self.columns.values()))


def landing(*described: tuple[Kind, str]) -> dict[str, Column]:
    """Columns to read, from (kind, "name name=alias|alias ...") pairs, by their names in the list of headers."""
    columns: dict[str, Column] = {}
    for kind, names in described:
        for entry in names.split():
            name, _, written = entry.partition("=")
            columns |= {alias: Column(name, kind) for alias in (written or name).split("|")}
    return columns


EXTRAS = landing((Kind.CATEGORY, " ".join(EXTRA_COLUMNS)))


def objects_of(shapes: Sequence[Shape]) -> dict[str, tuple[Column, ...]]:
    """The columns of each object a CRM's reader gives."""
    return {shape.object: shape.distinct_columns() for shape in shapes}


def _known(crm: str, shape: Shape) -> list[Alias]:
    return [alias for alias in aliases() if alias.crm == crm and alias.object == shape.alias_object]


def recognise(
    headers: Sequence[str], crm: str, shapes: Sequence[Shape], own: Mapping[str, HeaderRule] | None = None
) -> list[Shape]:
    """The shapes a file with these headers has: none, one, or one and the additional ones.

    `own` are the user's own headers by column; they count as if the CRM wrote them.
    """
    found = {plain(header) for header in headers if plain(header)}
    fitting = []
    for shape in shapes:
        written = {alias.column for alias in _known(crm, shape) if plain(alias.header) in found}
        written |= {
            name
            for name, column in shape.columns.items()
            if own and column.name in own and plain(own[column.name].header) in found
        }
        if all(written.intersection(group) for group in shape.needs) and not found & shape.never:
            fitting.append(shape)
    return [shape for place, shape in enumerate(fitting) if place == 0 or shape.additional]


def mapped_headers(headers: Sequence[str], crm: str, shape: Shape) -> dict[str, list[str]]:
    """The headers each column of a shape would be read from, in order of preference."""
    mapped: dict[str, list[str]] = {}
    for alias in _known(crm, shape):
        if alias.column in shape.columns:
            places = positions(alias.header, headers)
            mapped.setdefault(shape.columns[alias.column].name, []).extend(headers[place] for place in places)
    return {name: list(dict.fromkeys(found)) for name, found in mapped.items() if found}


def bindings_of(file: ExportFile, crm: str, shape: Shape, settings: CrmSettings) -> dict[str, Binding]:
    """Where each column of an object comes from in a file: the user's own header first, then every header known for it."""
    offered: dict[str, list[int]] = {}
    columns = {column.name: column for column in shape.columns.values()}
    rules = {**settings.field_aliases, **settings.extra_dimensions}
    for name in columns:
        if name in rules:
            offered[name] = positions(rules[name].header, file.headers)
    factors = {name: rules[name].multiply_by for name, places in offered.items() if places}
    for alias in _known(crm, shape):
        if alias.column in shape.columns:
            name = shape.columns[alias.column].name
            # A factor belongs to the user's header alone.
            if factors.get(name) is None:
                offered.setdefault(name, []).extend(positions(alias.header, file.headers))
    return {
        name: Binding(column, tuple(Cell(LINES, file, place) for place in dict.fromkeys(offered[name])), factors.get(name))
        for name, column in columns.items()
        if offered.get(name)
    }


def crm_layout(
    folder: Folder, variables: Mapping[str, object], crm: str, shapes: Sequence[Shape], example: str
) -> Layout:
    """The layout of a CRM's export: every file examined, recognised and bound.

    `example` names headers of the deals file, for messages. Raises ReadingError with one sentence per thing to mend.
    """
    columns = {name: Column(name, column.kind) for shape in shapes for name, column in _by_name(shape).items()}
    settings = check_crm_settings(variables, columns)
    rules = [*settings.field_aliases.values(), *settings.extra_dimensions.values()]
    wanted = [alias.header for alias in aliases() if alias.crm == crm] + [rule.header for rule in rules]
    problems: list[str] = []
    unread: list[ExportFile] = []
    readings: list[FileReading] = []
    for name in folder.names():
        try:
            file = folder.examine(folder.path / name, wanted)
        except ReadingError as error:
            problems += error.sentences
            continue
        found = recognise(file.headers, crm, shapes, settings.field_aliases)
        if not found:
            unread.append(file)
        for shape in found:
            bindings = bindings_of(file, crm, shape, settings)
            readings.append(FileReading(shape.object, file, bindings, dated_on=date_in_name(name)))
    if not problems and not any(reading.object == "deals" for reading in readings):
        problems.append(_no_deals(folder, crm, readings, unread, example))
    problems += _own_headers_not_found(settings, readings)
    if problems:
        raise ReadingError(*problems)
    return Layout(
        objects=objects_of(shapes),
        readings=_in_order(readings, settings),
        date_order=settings.date_order,
        decimal=settings.decimal,
        notices=[*(_unread_notice(file, crm) for file in unread), *_differing(readings)],
    )


def _by_name(shape: Shape) -> dict[str, Column]:
    return {column.name: column for column in shape.columns.values()}


def _in_order(readings: Sequence[FileReading], settings: CrmSettings) -> list[FileReading]:
    """The readings with the place of each file among those of its object."""
    placed = []
    for object_name in dict.fromkeys(reading.object for reading in readings):
        same = [reading for reading in readings if reading.object == object_name]
        listed_names = settings.file_order if object_name == "deals" else []
        places = places_in_order([reading.file for reading in same], listed_names, "file_order")
        placed += [replace(reading, order=places.get(reading.file.name)) for reading in same]
    return placed


def _no_deals(
    folder: Folder, crm: str, readings: Sequence[FileReading], unread: Sequence[ExportFile], example: str
) -> str:
    others = {found[0].crm for file in unread if (found := likenesses(file.headers)) and found[0].known > 2} - {crm}
    if others and not readings:
        hint = f" The files look like {' or '.join(sorted(others))}: set WINLOSS_CRM to it."
    else:
        hint = " Export the deals with those columns, name a column of your own in field_aliases, or use crm: custom."
    names = [f"{reading.file.name} ({reading.object})" for reading in readings] + [file.name for file in unread]
    return f"No file in {folder.path} holds deals of {crm}: none has headers such as {example}. There is: {listed(names)}.{hint}"


def _own_headers_not_found(settings: CrmSettings, readings: Sequence[FileReading]) -> Iterable[str]:
    headers = list(dict.fromkeys(header for reading in readings for header in reading.file.nameable_headers))
    for kind, rules in (("field_aliases", settings.field_aliases), ("extra_dimensions", settings.extra_dimensions)):
        for name, rule in rules.items():
            can_hold = [reading for reading in readings if name in reading.bindings]
            if not any(positions(rule.header, reading.file.headers) for reading in can_hold):
                shown = settings.dimension_names.get(name, name)
                yield f'No file that is read has the column "{rule.header}" ({kind}.{shown}).{did_you_mean(rule.header, headers)}'


def _unread_notice(file: ExportFile, crm: str) -> str:
    if not file.has_header:
        return f"{file.name} was not read: no header known of {crm} stands in its first line. If it holds deals or contacts, export it with its header line."
    return (
        f"{file.name} was not read: its headers are those of no object read from {crm}. Nothing to do if it holds none; "
        f"else export it with the columns docs/exports/{crm}.md names, or name its columns in field_aliases."
    )


def _differing(readings: Sequence[FileReading]) -> list[str]:
    """A notice for every file that lacks columns which another file of the same object has."""
    notices = []
    for object_name in dict.fromkeys(reading.object for reading in readings):
        same = [reading for reading in readings if reading.object == object_name]
        everything = list(dict.fromkeys(name for reading in same for name in reading.bindings))
        for reading in same:
            lacking = [name for name in everything if name not in reading.bindings]
            if lacking:
                having = next(other for other in same if lacking[0] in other.bindings)
                notices.append(
                    f"{reading.file.name} and {having.file.name} both hold {object_name}, but {reading.file.name} lacks "
                    f"{listed(lacking)}, which stay unknown for its rows. Export both with the same columns, or take one "
                    f"of them out of the folder."
                )
    return notices
