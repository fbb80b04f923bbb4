"""Plain rows between the engine and the pure functions: dictionaries of text, numbers, truth values or None."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

Value = str | int | float | bool | None
Row = dict[str, Value]

_TYPES = {"text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "truth": "BOOLEAN"}


def plain(value: Any) -> Any:
    """A value as every engine means it: decimals as floats, dates as ISO text."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value


def number(value: Value) -> float:
    """A number of a row, 0 where it is null."""
    if isinstance(value, str):
        raise TypeError("a text where a row should hold a number")
    return value or 0


def to_rows(columns: Sequence[str], records: Iterable[Sequence[Any]]) -> list[Row]:
    """Records of a query as rows, column names in lower case."""
    names = [name.lower() for name in columns]
    return [{name: plain(value) for name, value in zip(names, record)} for record in records]


def json_shape(shape: Mapping[str, str]) -> str:
    """`shape` (column to text, integer, number or truth) as DuckDB's from_json takes it."""
    return json.dumps([{name: _TYPES[kind] for name, kind in shape.items()}])


def to_json(rows: Iterable[Mapping[str, Value]], shape: Mapping[str, str]) -> str:
    """Rows as JSON text holding just the columns of `shape`, in its order; what is null is left out, and read as null."""
    told = [{name: value for name in shape if (value := row.get(name)) is not None} for row in rows]
    return json.dumps(told, ensure_ascii=False, allow_nan=False)


Query = Callable[[str], tuple[Sequence[str], Sequence[Sequence[Any]]]]
"""Runs one select statement; returns column names and records."""


Arrays = Callable[[str], "Mapping[str, np.ndarray[Any, Any]]"]
"""The same as one array per column."""


@dataclass(frozen=True)
class Reader:
    """Runs SQL over the marts.

    `query` runs one select statement, `relation` spells a mart's name as the engine does, `engine` is duckdb or spark, and
    `arrays` asks for columns in the place of records, where the engine gives them.
    """

    query: Query
    relation: Callable[[str], str]
    engine: str = "duckdb"
    arrays: Arrays | None = None

    def columns(self, sql: str) -> dict[str, np.ndarray[Any, Any]]:
        """Columns of numbers, none of them null: a million of them cost no million objects."""
        if self.arrays is not None:
            return {name.lower(): values for name, values in self.arrays(sql).items()}
        # a report reads rows, and is written before numpy is imported
        import numpy as np

        names, records = self.query(sql)
        table = zip(*records) if records else [[] for _ in names]
        return {name.lower(): np.array([plain(value) for value in column]) for name, column in zip(names, table)}

    def rows(self, sql: str) -> list[Row]:
        return to_rows(*self.query(sql))

    def table(self, name: str, where: str = "1 = 1") -> list[Row]:
        rows = self.rows(f"select * from {self.relation(name)} where {where}")
        # engines give rows in any order: two that tie must not trade places from build to build
        return rows if "order by" in where else sorted(rows, key=lambda row: [str(value) for value in row.values()])
