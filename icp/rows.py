"""Plain rows between the engine and the pure functions: dictionaries of text, numbers, truth values or None."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from icp.parameters import Parameters

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
    """Rows as JSON text holding just the columns of `shape`, in its order."""
    return json.dumps([{name: row.get(name) for name in shape} for row in rows], ensure_ascii=False, allow_nan=False)


def parameters_from(settings: Iterable[Mapping[str, Value]]) -> Parameters:
    """The constants of the method as rows of `dim_settings` (setting, value) state them.

    Settings of other names are left alone. Raises ValueError where a value is out of range.
    """
    stated = {str(row["setting"]): str(row["value"]) for row in settings}
    values: dict[str, Any] = {}
    for field in fields(Parameters):
        if field.name in stated:
            number = float(stated[field.name])
            values[field.name] = int(number) if field.type == "int" else number
    return Parameters(**values)
