"""An export of every format in which each text is one that would do harm where someone forgot that it is text.

What is planted follows from the reader's own lists: every column of every object it reads, under the first header it knows
for it, or under one of the user's own. So a column that is added is planted too.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_tests.canary_company import INJECTIONS, ODD_HEADER, ODD_SUFFIX, ODD_WORD
from winloss.load.aliases import aliases
from winloss.load.columns import COLUMNS, OBJECTS, Column, Kind
from winloss.load.recognition import recognised_crms, shapes

FORMATS = ("custom", *recognised_crms())
TIER = "tier"

DEALS_PER_TEXT = 4
DEALS = DEALS_PER_TEXT * len(INJECTIONS)
"""Deals that count: of each text two won and two lost."""

ODD_ID = "'--{{ 7 * 7 }}<b>=1+1 "
"""What every id begins with."""

ONE_CURRENCY = INJECTIONS[1]
IGNORED_HEADER = f"Notes{ODD_SUFFIX}"


SHOWN = {column.name for columns in COLUMNS.values() for column in columns if column.is_dimension} | {
    *("stage", "from_stage", "currency")
}
"""Columns whose words may be published: segments of dimensions, stages of the funnel, currencies."""

_KIN = {
    "contact_emails": "email",
    "contact_names": "contact_name",
    "account_ids": "account_id",
    "contact_ids": "contact_id",
    "deal_ids": "deal_id",
}
"""Columns that must say the same as another, so that records find each other."""


def canary(name: str) -> str:
    """A word that stands in every text of the columns of that name, and nowhere else."""
    return f"zq{_KIN.get(name, name).replace('_', '')}qz"


def canaries(crm: str) -> set[str]:
    """The words that no published file, report or log may hold: of every column of text whose words are not shown, and of one not read."""
    names = {plant.column.name for found in plants(crm).values() for plant in found if is_private(plant.column)}
    return {canary(name) for name in names | {"ignored"}}


def is_private(column: Column) -> bool:
    """Whether the texts of a column stay private."""
    of_text = column.kind in (Kind.IDENTIFIER, Kind.CATEGORY, Kind.STATED)
    return of_text and column.name not in {*SHOWN, "merged_into", "merged_ids"}


@dataclass(frozen=True)
class Plant:
    """A column of an object, the header it gets, and what the reader's list calls it."""

    column: Column
    header: str
    name: str


def plants(crm: str) -> dict[str, list[Plant]]:
    """By object, the columns that are planted: all but those with no header at all outside the deals."""
    if crm == "custom":
        return {
            name: [Plant(column, f"{column.name}{ODD_SUFFIX}", column.name) for column in columns]
            for name, columns in OBJECTS.items()
        }
    found: dict[str, list[Plant]] = {}
    for shape in shapes(crm):
        known: dict[str, str] = {}
        for alias in aliases():
            if (alias.crm, alias.object) == (crm, shape.object) and alias.is_read:
                known.setdefault(alias.column, alias.header)
        here: dict[Column, Plant] = {}
        for column in COLUMNS[shape.object]:
            own = f"Own {column.name}{ODD_SUFFIX}" if shape.object == "deals" and not column.crm_only else ""
            if header := known.get(column.name, own):
                here[column] = Plant(column, header, column.name)
        found[shape.object] = list(here.values())
    return found


def variables_of(crm: str) -> dict[str, Any]:
    """The variables such an export is built with: formats to publish, and where its own headers stand."""
    shared: dict[str, Any] = {
        "crm": crm,
        "publish_formats": ["parquet", "csv"],
        "publish_deals": True,
        "window_minimum_deals": 20,
    }
    planted = plants(crm)
    if crm == "custom":
        return shared | {
            "mapping": {
                "files": {name: file_name(name) for name in planted},
                "columns": {
                    name: {plant.column.name: plant.header for plant in found} for name, found in planted.items()
                },
                "outcomes": {"won": [ODD_WORD], "lost": ["Lost"]},
                "dimensions": {TIER: ODD_HEADER},
            },
        }
    own = {plant.name: plant.header for plant in planted["deals"] if plant.header.startswith("Own ")}
    return shared | {"field_aliases": own, "extra_dimensions": {TIER: ODD_HEADER}}


def file_name(name: str) -> str:
    return f"{name}{ODD_SUFFIX}.csv"


def write_export(crm: str, folder: Path) -> None:
    """One file for each object, with a header no one reads, and two deals that must be rejected."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in plants(crm).items():
        further = [IGNORED_HEADER, ODD_HEADER] if name == "deals" else [IGNORED_HEADER]
        # accounts are as many as there are texts; of the rest there is one for each deal
        rows: list[tuple[int, str]] = [
            (number, "") for number in range(len(INJECTIONS) if name == "accounts" else DEALS)
        ]
        if name == "deals":
            rows += [(DEALS, "outcome"), (DEALS + 1, "closed_on")]
        with (folder / file_name(name)).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*(plant.header for plant in found), *further])
            for number, spoiled in rows:
                writer.writerow(
                    [
                        *(_cell(crm, plant, number, spoiled) for plant in found),
                        f"{_text(number)} {canary('ignored')}",
                        *[_text(number)] * (len(further) - 1),
                    ]
                )


def _text(number: int) -> str:
    return INJECTIONS[number % len(INJECTIONS)]


def _cell(crm: str, plant: Plant, number: int, spoiled: str) -> str:
    text = _text(number)
    name, is_won = plant.column.name, (number // len(INJECTIONS)) % 2 == 0
    says_outcome = ("outcome", "is_won", "is_lost", "is_closed")
    if spoiled == "outcome" and name in says_outcome:
        return "" if name.startswith("is_") else text
    if name in ("merged_into", "merged_ids"):
        # a record that names another was merged into it, and is left out
        return ""
    if name == "outcome":
        return (ODD_WORD if crm == "custom" else "Won") if is_won else "Lost"
    if plant.column.kind is Kind.BOOLEAN:
        return str(
            {"is_won": is_won, "is_lost": not is_won, "is_closed": True, "is_primary": True}.get(name, False)
        ).lower()
    if plant.column.kind in (Kind.DATE, Kind.TIMESTAMP):
        is_close = name in ("closed_on", "won_on", "lost_on")
        if is_close and spoiled == "closed_on":
            return text
        if name in ("won_on", "lost_on") and is_won != (name == "won_on"):
            return ""
        return f"2025-{12 if is_close else 10}-{4 + number % 28:02d}"
    if plant.column.kind is Kind.NUMBER:
        # what is no number is counted as unreadable, and the deal stays
        return text if number == 0 and name == "amount" else "0.5" if name == "qualification_score" else "1000"
    if plant.column.kind is Kind.IDENTIFIER:
        letter = {"a": "A", "d": "D"}.get(name[0], "C")
        return f"{ODD_ID}{canary(name)}{letter}{number % len(INJECTIONS) if letter == 'A' else number}"
    if is_private(plant.column):
        return f"{text} {canary(name)}"
    return ONE_CURRENCY if name == "currency" else text
