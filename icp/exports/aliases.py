"""The headers CRMs are known to write: what a file is, and which of its headers stand for a canonical column.

The list is `seeds/header_aliases.csv`. Matching is by `headers.plain`, so letter case, spaces at the ends and a closing
asterisk make no difference.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from icp.exports.columns import Column
from icp.exports.headers import plain, positions
from icp.exports.shape import ExportFile
from icp.exports.statements import LINES, Binding, Cell

ALIASES = Path(__file__).resolve().parents[2] / "seeds" / "header_aliases.csv"


@dataclass(frozen=True)
class Alias:
    """A header a CRM writes in one kind of export of one object, and the canonical column it stands for."""

    crm: str
    export_kind: str
    object: str
    header: str
    column: str


@dataclass(frozen=True)
class Likeness:
    """How well a file fits what a CRM writes for an object: the share of its headers known, and how many."""

    crm: str
    object: str
    known_share: float
    known: int


@cache
def aliases() -> tuple[Alias, ...]:
    """All known headers, in the order of the list, which is the order of preference."""
    with ALIASES.open(encoding="utf-8", newline="") as file:
        return tuple(
            Alias(row["crm"], row["export_kind"], row["object"], row["source_header"], row["canonical_column"])
            for row in csv.DictReader(file)
        )


def recognise(headers: Sequence[str], crm: str | None = None) -> list[Likeness]:
    """What a file with these headers may be, the likeliest first; only what shares a header with it at all."""
    found = {plain(header) for header in headers if plain(header)}
    known: dict[tuple[str, str], set[str]] = {}
    for alias in aliases():
        if crm in (None, alias.crm):
            known.setdefault((alias.crm, alias.object), set()).add(plain(alias.header))
    likenesses = [
        Likeness(crm_name, object_name, len(found & names) / len(found), len(found & names))
        for (crm_name, object_name), names in known.items()
        if found & names
    ]
    return sorted(likenesses, key=lambda likeness: (-likeness.known, likeness.crm, likeness.object))


def bindings(
    file: ExportFile, crm: str, object_name: str, columns: Mapping[str, Column]
) -> dict[str, Binding]:
    """Where each column comes from in a file: every header known for it, in order of preference, first value wins.

    A header that stands in the file several times gives all its places.
    """
    cells: dict[str, list[Cell]] = {}
    for alias in aliases():
        if alias.crm == crm and alias.object == object_name and alias.column in columns:
            offered = cells.setdefault(alias.column, [])
            for place in positions(alias.header, file.headers):
                if all(cell.position != place for cell in offered):
                    offered.append(Cell(LINES, file, place))
    return {name: Binding(columns[name], tuple(offered)) for name, offered in cells.items() if offered}
