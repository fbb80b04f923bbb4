"""The canonical columns of each object, and what kind of value each one holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

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
    """One column as a file is read: `required` ones must be mapped for their object to be read, `crm_only` ones cannot be."""

    name: str
    kind: Kind
    required: bool = False
    crm_only: bool = False


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

MOST_EXTRA_DIMENSIONS = 6
EXTRA_COLUMNS = tuple(f"extra_{number}" for number in range(1, MOST_EXTRA_DIMENSIONS + 1))

# Columns whose values are the words of a dimension.
WORDS_OF_DIMENSIONS = frozenset(
    "lead_source deal_type product competitor pipeline industry region country account_type".split()
) | set(EXTRA_COLUMNS)

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

# Names an extra dimension may not take: they already mean something in the answers.
RESERVED_DIMENSIONS = frozenset(
    "industry revenue_band employee_band region country lead_source deal_type product deal_size_band owner "
    "competitor pipeline all unknown none dimension segment period".split()
) | {column.name for columns in OBJECTS.values() for column in columns}
