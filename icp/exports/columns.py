"""The canonical columns of each object, and what kind of value each one holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
    """One canonical column; `required` columns must be mapped for their object to be read."""

    name: str
    kind: Kind
    required: bool = False


MOST_EXTRA_DIMENSIONS = 6
EXTRA_COLUMNS = tuple(f"extra_{number}" for number in range(1, MOST_EXTRA_DIMENSIONS + 1))


def _columns(*described: tuple[Kind, str]) -> tuple[Column, ...]:
    """Columns from (kind, "name name! ...") pairs; an exclamation mark says required."""
    return tuple(
        Column(name.rstrip("!"), kind, name.endswith("!")) for kind, names in described for name in names.split()
    )


OBJECTS: dict[str, tuple[Column, ...]] = {
    "deals": _columns(
        (Kind.IDENTIFIER, "deal_id! account_id"),
        (Kind.OUTCOME, "outcome!"),
        (Kind.CATEGORY, "stage"),
        (Kind.DATE, "created_on closed_on"),
        (Kind.TIMESTAMP, "modified_at"),
        (Kind.NUMBER, "amount"),
        (Kind.CATEGORY, "currency owner deal_type lead_source product pipeline competitor"),
        (Kind.STATED, "loss_reason win_factors"),
        (Kind.NUMBER, "qualification_score"),
        (Kind.BOOLEAN, "is_deleted"),
        (Kind.CATEGORY, "industry"),
        (Kind.NUMBER, "annual_revenue employees"),
        (Kind.CATEGORY, "region country account_type " + " ".join(EXTRA_COLUMNS)),
    ),
    "accounts": _columns(
        (Kind.IDENTIFIER, "account_id!"),
        (Kind.CATEGORY, "industry"),
        (Kind.NUMBER, "annual_revenue employees"),
        (Kind.CATEGORY, "region country account_type"),
        (Kind.TIMESTAMP, "modified_at"),
        (Kind.BOOLEAN, "is_deleted"),
    ),
    "contacts": _columns(
        (Kind.IDENTIFIER, "contact_id account_id"),
        (Kind.CATEGORY, "title department buying_role"),
        (Kind.TIMESTAMP, "modified_at"),
        (Kind.BOOLEAN, "is_deleted"),
    ),
    "deal_contacts": _columns(
        (Kind.IDENTIFIER, "deal_id! contact_id"),
        (Kind.CATEGORY, "buying_role"),
        (Kind.BOOLEAN, "is_primary"),
        (Kind.DATE, "added_on"),
        (Kind.BOOLEAN, "is_deleted"),
    ),
    "stage_history": _columns(
        (Kind.IDENTIFIER, "deal_id!"),
        (Kind.CATEGORY, "stage!"),
        (Kind.DATE, "entered_on!"),
    ),
}

# What tells one unnumbered person on a deal from another.
DESCRIBING_A_CONTACT = ("title", "department", "buying_role")

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
    "export_files": (
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
    "export_columns": (
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
