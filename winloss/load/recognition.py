"""Finds out which file of a CRM's export holds what: by its headers, whatever the file is called.

A CRM is rows in seeds: `crm_rules` lists the CRMs, `crm_objects` says what a file of each of their objects looks like,
`header_aliases` under which headers the CRM writes each column. The user's variable `field_aliases` adds headers of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import duckdb

from winloss.errors import ReadingError, did_you_mean, listed
from winloss.load.aliases import Alias, aliases, header_words, seed_rows
from winloss.load.aliases import recognise as likenesses
from winloss.load.columns import COLUMNS, with_dimensions
from winloss.load.file_inspection import ExportFile
from winloss.load.folder import Folder
from winloss.load.headers import normal, plain, positions
from winloss.load.layout import Layout, fiscal_year_start_month, placed
from winloss.load.mapping import CrmSettings, HeaderRule, check_crm_settings
from winloss.load.report_footer import refuse_groups, with_footers
from winloss.load.stage_columns import stages_entered
from winloss.load.statements import LINES, Binding, Cell, FileReading
from winloss.quoting import identifier, words


@dataclass(frozen=True)
class Crm:
    """A CRM as `seeds/crm_rules.csv` describes it, as far as reading its files goes."""

    crm: str
    name: str
    has_report_footer: bool


@dataclass(frozen=True)
class Shape:
    """What a CRM's file of one object looks like.

    A file holds the object when it has a header of each group in `needs` (columns of the list of headers) and none of the headers in
    `never`. Of the shapes that fit, the first is taken, and besides it those that are `additional`: one report can hold deals and
    their contacts. `example` names headers of such a file, for messages.
    """

    object: str
    needs: tuple[tuple[str, ...], ...]
    never: frozenset[str]
    additional: bool
    example: str


@cache
def crms() -> dict[str, Crm]:
    """Every CRM that is known, those that are not read from files included."""
    return {
        row["crm"]: Crm(row["crm"], row["name"], row["has_report_footer"] == "true") for row in seed_rows("crm_rules")
    }


@cache
def shapes(crm: str) -> tuple[Shape, ...]:
    """What the files of a CRM look like, in order of preference; none for one whose files a mapping describes."""
    return tuple(
        Shape(
            row["object"],
            tuple(tuple(group.split("|")) for group in row["has_one_of_each"].split()),
            frozenset(row["has_none_of"].split(";")) - {""},
            row["is_additional"] == "true",
            row["example"],
        )
        for row in seed_rows("crm_objects")
        if row["crm"] == crm
    )


# What every list of deals has somehow; and what CRMs call their own forms of it.
_ESSENTIAL = ("deal_id", "account_id", "created_on", "closed_on", "amount", "owner")
_FORMS = {
    "account_ids": "account_id",
    "account_name": "account_id",
    "won_on": "closed_on",
    "lost_on": "closed_on",
    "amount_actual": "amount",
    "amount_estimated": "amount",
    "amount_converted": "amount",
    "owner_id": "owner",
}


def is_better_told_by_words(
    headers: Sequence[str], crm: str, own: Mapping[str, Mapping[str, HeaderRule]] | None = None
) -> bool:
    """Whether a file of deals has more of what every list of deals has under words that anybody writes than under headers of the CRM.

    "Deal ID" and "Deal stage", or "Name" and "Stage", are headers of several programs: one that calls its id, its days and its amounts otherwise is
    another, and read as this one would lose them.
    """
    by_header: dict[str, set[str]] = {}
    for alias in _known(crm, "deals"):
        by_header.setdefault(plain(alias.header), set()).add(_FORMS.get(alias.column, alias.column))
    for name, rule in (own or {}).get("deals", {}).items():
        by_header.setdefault(plain(rule.header), set()).add(_FORMS.get(name, name))
    unknown = {normal(header) for header in headers if plain(header) not in by_header}
    read = {column for header in headers for column in by_header.get(plain(header), ())}
    by_words = {
        _FORMS.get(alias.column, alias.column)
        for alias in header_words()
        if alias.object in ("deals", "*") and alias.header in unknown
    }
    return len((by_words - read).intersection(_ESSENTIAL)) > len(read.intersection(_ESSENTIAL))


class NoDealsError(ReadingError):
    """Files of a CRM, none of which holds its deals."""


def recognised_crms() -> list[str]:
    """The CRMs whose files are recognised by their headers."""
    return [crm for crm in crms() if shapes(crm)]


def _known(crm: str, object_name: str) -> list[Alias]:
    return [alias for alias in aliases() if alias.crm == crm and alias.object == object_name]


def recognise(
    headers: Sequence[str], crm: str, own: Mapping[str, Mapping[str, HeaderRule]] | None = None
) -> list[Shape]:
    """The shapes a file with these headers has: none, one, or one and the additional ones.

    `own` are the user's own headers by object and column; they count as if the CRM wrote them.
    """
    found = {plain(header) for header in headers if plain(header)}
    fitting = []
    for shape in shapes(crm):
        written = {alias.column for alias in _known(crm, shape.object) if plain(alias.header) in found}
        names = {column.name for column in COLUMNS[shape.object]}
        rules = (own or {}).get(shape.object, {})
        written |= {name for name, rule in rules.items() if name in names and plain(rule.header) in found}
        if all(written.intersection(group) for group in shape.needs) and not found & shape.never:
            fitting.append(shape)
    return [shape for place, shape in enumerate(fitting) if place == 0 or shape.additional]


def bindings_of(file: ExportFile, crm: str, object_name: str, settings: CrmSettings) -> dict[str, Binding]:
    """Where each column of an object comes from in a file: the user's own header first, then every header known for it.

    What the user calls the id of a deal is that of the deals: another file may have an id of its own under the same header.
    """
    offered: dict[str, dict[int, Cell]] = {}
    columns = {column.name: column for column in with_dimensions(COLUMNS, settings.dimensions)[object_name]}
    rules = {**settings.own()[object_name], **settings.extra_dimensions}
    is_reference = object_name != "deals" and "deal_id" not in settings.object_aliases.get(object_name, {})
    has_known = any(
        alias.column == "deal_id" and alias.is_read and positions(alias.header, file.headers)
        for alias in _known(crm, object_name)
    )
    if is_reference and has_known:
        rules.pop("deal_id", None)
    for name in columns:
        if name in rules:
            offered[name] = {place: Cell(LINES, file, place) for place in positions(rules[name].header, file.headers)}
    factors = {name: rules[name].multiply_by for name, places in offered.items() if places}
    for alias in _known(crm, object_name):
        # A factor belongs to the user's header alone.
        if alias.is_read and factors.get(alias.column) is None:
            for place in positions(alias.header, file.headers):
                offered.setdefault(alias.column, {}).setdefault(place, Cell(LINES, file, place, alias.value_kind))
    return {
        name: Binding(column, tuple(offered[name].values()), factors.get(name))
        for name, column in columns.items()
        if offered.get(name)
    }


def crm_layout(folder: Folder, variables: Mapping[str, object], crm: str) -> Layout:
    """The layout of a CRM's export: every file examined, recognised and bound.

    Raises ReadingError with one sentence per thing to fix.
    """
    columns = {
        column.name: replace(column, required=False, crm_only=False)
        for shape in shapes(crm)
        for column in COLUMNS[shape.object]
    }
    example = next(shape.example for shape in shapes(crm) if shape.object == "deals")
    settings = check_crm_settings(variables, columns)
    own = settings.own()
    rules = [rule for by_column in own.values() for rule in by_column.values()]
    rules += settings.extra_dimensions.values()
    wanted = [alias.header for alias in aliases() if alias.crm == crm] + [rule.header for rule in rules]
    problems: list[str] = []
    unread: list[ExportFile] = []
    readings: list[FileReading] = []
    for name in folder.names():
        try:
            file = folder.examine(name, wanted)
        except ReadingError as error:
            problems += error.sentences
            continue
        found = recognise(file.headers, crm, own)
        if not found:
            unread.append(file)
        for shape in found:
            bindings = bindings_of(file, crm, shape.object, settings)
            readings.append(FileReading(shape.object, file, bindings))
    if not problems and not any(reading.object == "deals" for reading in readings):
        raise NoDealsError(
            _no_deals(folder, crm, readings, unread, example), *_own_headers_not_found(settings, readings)
        )
    problems += _own_headers_not_found(settings, readings)
    if problems:
        raise ReadingError(*problems)
    readings = [_with_true_outcome(reading, folder.engine) for reading in _in_order(readings, settings, variables)]
    refuse_groups(readings, folder.engine)
    if crms()[crm].has_report_footer:
        readings = with_footers(readings, folder.engine)
    entered = [reading for deals in readings if deals.object == "deals" for reading in stages_entered(deals)]
    return Layout(
        objects=with_dimensions(COLUMNS, settings.dimensions),
        readings=[*readings, *entered],
        date_order=settings.date_order,
        decimal=settings.decimal,
        is_order_stated=bool(settings.file_order),
        notices=[
            *folder.notices(),
            *(_unread_notice(file, crm) for file in unread),
            *_differing(readings),
            *(notice for reading in readings for notice in _matching_notices(reading, crm)),
        ],
    )


def _with_true_outcome(reading: FileReading, engine: duckdb.DuckDBPyConnection) -> FileReading:
    """The reading with the outcome taken from the column that holds outcomes: a field of the user's own may have the same header."""
    outcome = reading.bindings.get("outcome")
    if outcome is None or len(outcome.cells) < 2:
        return reading
    known = words(row["word"] for row in seed_rows("outcome_words"))
    counted = [
        engine.execute(
            f"select count(*) from {reading.file.relation()} as records where lower(trim({identifier(cell.column)})) in ({known})"
        ).fetchone()
        for cell in outcome.cells
    ]
    best = max(range(len(outcome.cells)), key=lambda place: ((counted[place] or (0,))[0], -place))
    return replace(reading, bindings={**reading.bindings, "outcome": replace(outcome, cells=(outcome.cells[best],))})


def _matching_notices(reading: FileReading, crm: str) -> Iterator[str]:
    """What is found by a name, a domain or an e-mail address because the file has no ids of it."""
    name, has = reading.file.name, reading.bindings.keys()

    def remedy(column: str) -> str:
        header = next(
            (alias.header for alias in _known(crm, reading.object) if alias.is_read and alias.column == column), None
        )
        return f' Add "{header}" to the export to be sure.' if header else ""

    if reading.object == "deals" and "deal_id" not in has:
        yield f"{name} has no ids of deals: deals are told apart by name, account and day of creation.{remedy('deal_id')}"
    if (
        reading.object != "accounts"
        and not has & {"account_id", "account_ids"}
        and has & {"account_domain", "account_name"}
    ):
        by = "domain" if "account_domain" in has else "name"
        yield f"{name} has no ids of accounts: they are found by {by}.{remedy('account_id')}"
    if (
        reading.object == "deals"
        and not has & {"contact_ids", "contact_id"}
        and has & {"contact_emails", "contact_names", "contact_name"}
    ):
        by = "name" if "contact_name" in has else "e-mail address"
        yield f"{name} has no ids of contacts: they are found by {by}.{remedy('contact_ids') or remedy('contact_id')}"


def _in_order(
    readings: Sequence[FileReading], settings: CrmSettings, variables: Mapping[str, object]
) -> list[FileReading]:
    """The readings with the place of each file among those of its object."""
    ordered = []
    for object_name in dict.fromkeys(reading.object for reading in readings):
        same = [reading for reading in readings if reading.object == object_name]
        listed_names = settings.file_order if object_name == "deals" else []
        ordered += placed(same, listed_names, "file_order", fiscal_year_start_month(variables))
    return ordered


def _no_deals(
    folder: Folder, crm: str, readings: Sequence[FileReading], unread: Sequence[ExportFile], example: str
) -> str:
    others = {found[0].crm for file in unread if (found := likenesses(file.headers)) and found[0].known > 2} - {crm}
    if others and not readings:
        hint = f" The files look like {' or '.join(sorted(others))}: state it as crm in winloss.yml."
    else:
        hint = " Export the deals with those columns, name a column of your own in field_aliases, or use crm: custom."
    names = [f"{reading.file.name} ({reading.object})" for reading in readings] + [file.name for file in unread]
    return f"No file in {folder.path} holds deals of {crm}: none has headers such as {example}. There is: {listed(names)}.{hint}"


def _own_headers_not_found(settings: CrmSettings, readings: Sequence[FileReading]) -> Iterable[str]:
    headers = list(dict.fromkeys(header for reading in readings for header in reading.file.nameable_headers))
    stated: list[tuple[str, str | None, Mapping[str, HeaderRule]]] = [
        ("field_aliases", None, settings.field_aliases),
        ("extra_dimensions", None, settings.extra_dimensions),
    ]
    stated += [(f"field_aliases.{name}", name, rules) for name, rules in settings.object_aliases.items()]
    for kind, only, rules in stated:
        for name, rule in rules.items():
            can_hold = [reading for reading in readings if name in reading.bindings and only in (None, reading.object)]
            if not any(positions(rule.header, reading.file.headers) for reading in can_hold):
                yield f'No file that is read has the column "{rule.header}" ({kind}.{name}).{did_you_mean(rule.header, headers)}'


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
