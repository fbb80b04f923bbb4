"""The canonical columns of each object, and what kind of value each one holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

import duckdb
import yaml

from winloss.settings import PROJECT


class Kind(Enum):
    """What a column holds, which decides how its cells are made canonical."""

    IDENTIFIER = "identifier"
    OUTCOME = "outcome"
    CATEGORY = "category"
    STATED = "stated"  # a person's own words: 'N/A' is an answer and is kept
    DATE = "date"
    TIMESTAMP = "timestamp"
    NUMBER = "number"
    BOOLEAN = "boolean"


DATED = (Kind.DATE, Kind.TIMESTAMP)


@dataclass(frozen=True)
class Column:
    """One column as a file is read: `required` ones must be mapped for their object to be read, `crm_only` ones cannot be.

    The words of an `is_dimension` column are its segments; `is_own` marks one that the user added, `is_person` one whose values are people.
    """

    name: str
    kind: Kind
    required: bool = False
    crm_only: bool = False
    is_dimension: bool = False
    is_own: bool = False
    is_person: bool = False


SOURCES = PROJECT / "models" / "staging" / "sources.yml"


def _columns_read(table: Mapping[str, Any]) -> tuple[Column, ...]:
    """What is read from files for one landing table: its columns of a kind, and the words that hashes are made of."""
    columns: dict[str, Column] = {}
    for declared in table["columns"]:
        meta = declared.get("config", {}).get("meta")
        if meta:
            kind = Kind(meta.get("kind", "category"))
            for name in meta.get("reads", [declared["name"]]):
                own = name == declared["name"]
                column = Column(
                    name,
                    kind if own else Kind.CATEGORY,
                    own and meta.get("required", False),
                    meta.get("crm_only", False) or not own,
                    own and meta.get("dimension", False),
                )
                columns.setdefault(name, column)
    return tuple(columns.values())


def _declared() -> dict[str, tuple[Column, ...]]:
    with SOURCES.open(encoding="utf-8") as file:
        # every command reads it: the parser in C takes a tenth of the time
        declared = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["sources"]
        (landing,) = [source for source in declared if source["name"] == "landing"]
    return {table["name"]: columns for table in landing["tables"] if (columns := _columns_read(table))}


# What is read for each object; the list stands in the sources of the models, and here only once more as Python knows it.
COLUMNS = _declared()
# The part of it that a mapping may name.
OBJECTS = {name: tuple(column for column in columns if not column.crm_only) for name, columns in COLUMNS.items()}


@dataclass(frozen=True)
class OwnDimension:
    """What the user says of a dimension of their own: whether its values are people, and whether it is an attribute of the account."""

    is_person: bool = False
    is_of_account: bool = False


def with_dimensions(
    columns: Mapping[str, tuple[Column, ...]], added: Mapping[str, OwnDimension]
) -> dict[str, tuple[Column, ...]]:
    """The columns of each object, those of deals followed by the dimensions that the user added, those of accounts by the attributes among them."""
    own = {
        name: Column(name, Kind.CATEGORY, is_dimension=True, is_own=True, is_person=said.is_person)
        for name, said in added.items()
    }
    attributes = [column for name, column in own.items() if added[name].is_of_account]
    return {**columns, "deals": (*columns["deals"], *own.values()), "accounts": (*columns["accounts"], *attributes)}


# The models in which a dimension of the user's own is a column.
_CARRYING = (
    "base_staged_deals base_deal_outcomes base_dated_deals base_deals_with_accounts base_deals_with_offers base_deals base_typed_deals "
    "base_account_lines stg_accounts dim_account_profiles "
    "base_ruled_deals base_deal_lines stg_deals int_segmented_deals int_valued_deals fct_deals int_segment_pair_cells win_rates_by_segment_pair"
).split()

# What tells one unnumbered person on a deal from another.
DESCRIBING_A_CONTACT = ("title", "department", "buying_role")

# What a deal may have several of, each on a line of its own that repeats the deal.
SEVERAL_PER_DEAL = frozenset(
    "product competitor contact_id contact_ids contact_name contact_names contact_emails contact_title".split()
)

# What every row carries besides the columns of its object: where it came from.
PROVENANCE: tuple[tuple[str, str], ...] = (
    ("source_file", "varchar"),
    ("source_line", "bigint"),
    ("line_problem", "varchar"),
    ("file_dated_on", "varchar"),
    ("file_order", "integer"),
)

# Two more relations, about the files themselves.
REPORTS: dict[str, tuple[tuple[str, str], ...]] = {
    "files": (
        ("object", "varchar"),
        ("source_file", "varchar"),
        ("sha256", "varchar"),
        ("records", "bigint"),
        ("encoding", "varchar"),
        ("delimiter", "varchar"),
        ("date_order", "varchar"),
        ("decimal_style", "varchar"),
        ("is_read_directly", "boolean"),
        ("file_dated_on", "varchar"),
        ("file_order", "integer"),
    ),
    "columns": (
        ("object", "varchar"),
        ("source_file", "varchar"),
        ("column_name", "varchar"),
        ("source_header", "varchar"),
        ("status", "varchar"),
    ),
}

_DECLARING = re.compile(r"^ +- (?:name: |\{name: )(\w+)", re.MULTILINE)
_NAMING = re.compile(r"\bas (\w+)")


@cache
def reserved_names() -> frozenset[str]:
    """Names that a dimension of the user's own may not take: columns and steps of the models that carry it, and words of SQL."""
    own = {column.name for columns in OBJECTS.values() for column in columns}
    own |= {"all", "unknown", "none", "dimension", "segment", "period"}
    for path in (PROJECT / "models").rglob("*.*"):
        if path.stem in _CARRYING:
            named = _DECLARING if path.suffix == ".yml" else _NAMING
            own |= set(named.findall(path.read_text(encoding="utf-8")))
    with duckdb.connect() as engine:
        words = engine.execute(
            "select keyword_name from duckdb_keywords() where keyword_category != 'unreserved'"
        ).fetchall()
    return frozenset(own | {word for (word,) in words})


def dimension_name_problem(name: str, where: str, instead: str) -> str | None:
    """One sentence where a dimension of the user's own may not have a name; it is a column from the landing table to the facts."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        return f'{where}: a dimension\'s name is made of small letters, digits and "_", such as regional_office.'
    if name in reserved_names():
        return f"{where}: {name} already means something; map it under {instead}, or choose another name."
    return None
