"""The headers CRMs are known to write, and what a file may be that has them.

The list is `seeds/header_aliases.csv`. Matching is by `headers.plain`, so letter case, spaces at the ends and a closing
asterisk make no difference.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from winloss.load.headers import plain
from winloss.settings import PROJECT

SEEDS = PROJECT / "seeds"

# In the list, the one who writes a header that belongs to no CRM.
ANYONE = "any"


@dataclass(frozen=True)
class Alias:
    """A header a CRM writes in one kind of export of one object, and the canonical column it stands for."""

    crm: str
    export_kind: str
    object: str
    header: str
    column: str
    value_kind: str
    is_read: bool


@dataclass(frozen=True)
class Likeness:
    """How well a file fits what a CRM writes for an object: the share of its headers known, and how many."""

    crm: str
    object: str
    known_share: float
    known: int


def seed_rows(name: str) -> list[dict[str, str]]:
    """The rows of a list among the seeds, in its order."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def aliases() -> tuple[Alias, ...]:
    """All headers known of CRMs, in the order of the list, which is the order of preference."""
    return tuple(alias for alias in _listed() if alias.crm != ANYONE)


@cache
def header_words() -> tuple[Alias, ...]:
    """What people write above columns of their own, whatever the program; of object `*` those of deals and accounts. The likeliest first."""
    return tuple(alias for alias in _listed() if alias.crm == ANYONE)


@cache
def _listed() -> tuple[Alias, ...]:
    return tuple(
        Alias(
            row["crm"],
            row["export_kind"],
            row["object"],
            row["source_header"],
            row["canonical_column"],
            row["value_kind"],
            row["is_read"] == "true",
        )
        for row in seed_rows("header_aliases")
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
