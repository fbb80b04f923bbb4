"""The bridge between dbt's Python models and the steps of `winloss.advice.steps`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from winloss.rows import Reader, Row, json_shape, to_json

MARTS_SCHEMA = "marts"
"""All marts stand in one schema, whatever folder their model is in."""

INTERMEDIATE_SCHEMA = "intermediate"


def as_relation(
    session: Any,
    database: str,
    step: Callable[[Reader], Sequence[Row]],
    shape: Mapping[str, str],
) -> Any:
    """Run `step` over the marts of `database`; its rows as a DuckDB relation of `shape`."""

    def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        answer = session.execute(sql)
        return [column[0] for column in answer.description], answer.fetchall()

    def arrays(sql: str) -> dict[str, Any]:
        found: dict[str, Any] = session.execute(sql).fetchnumpy()
        return found

    def relation(name: str) -> str:
        schema = INTERMEDIATE_SCHEMA if name.startswith("int_") else MARTS_SCHEMA
        return f'"{database}".{schema}.{name}'

    rows = step(Reader(query, relation, arrays=arrays))
    return session.sql(
        "select unnest(from_json($rows::json, $shape), recursive := true)",
        params={"rows": to_json(rows, shape), "shape": json_shape(shape)},
    )
