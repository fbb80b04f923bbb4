"""How many deals changed since a published file was made, told from its figures alone.

Where no one remembers the deals of a publication (another engine, a private database made anew, a run that was killed before it wrote them
down) the figures say at least so much: deals of a cell that came or went change its count, and no cell counts a deal twice. Amounts
that differ by more than that may be those of one deal: who cannot be sure, says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from winloss.publish.small_values import LOST, TABLES, WON, Table, is_judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

_OF_ALL_DEALS = ("win_rate_baseline", "win_rates_by_quarter")
_BY_CELL = ("win_rates_by_dimension", "loss_reasons", "win_reasons", "value_by_currency", "stage_funnel")
_OPEN = "open_pipeline"
# What is expected of open deals changes with their age, every day.
_FIGURES = {"won": WON, "lost": LOST, "open": ("open_amount",)}

_PEOPLE = {"period", "persona_type", "persona", "closed_deals_with", "contacts"}

Columns = Mapping[str, Mapping[str, str]]


def doubted(connection: duckdb.DuckDBPyConnection, path: Path, minimum: int) -> list[str]:
    """Of which deals the published file at `path` and the marts of `connection` differ by what may be fewer than `minimum`.

    Of a file that reviews another quarter only what is said of open deals counts: the periods of closed ones are others.
    """
    with _attached(connection, path) as before:
        now = _columns(connection, "current_database()", "marts")
        found = []
        for outcome in _FIGURES:
            totals, cells = (
                [
                    _difference(connection, name, outcome, now, before, condition)
                    for name, condition in tables
                    if is_judged(name, now.get(name, {}), outcome) and is_judged(name, before.get(name, {}), outcome)
                ]
                for tables in (
                    [*((name, "") for name in _OF_ALL_DEALS), (_OPEN, "dimension = 'all'")],
                    [*((name, "") for name in _BY_CELL), (_OPEN, "dimension != 'all'")],
                )
            )
            if _is_doubted(totals, minimum) or (
                any(differs for _, differs in cells) and _is_doubted([*totals, *cells], minimum)
            ):
                found.append(f"{outcome} deals")
        are_known = all(set(columns.get("win_rates_by_persona", {})) >= _PEOPLE for columns in (now, before))
        if are_known and _is_doubted([_people(connection)], minimum):
            found.append("contacts")
        return found


def _is_doubted(differences: list[tuple[int, bool]], minimum: int) -> bool:
    """Whether something differs, and nothing by as many deals as it takes."""
    # what differs is one deal's at least
    return any(differs for _, differs in differences) and max(1, *(deals for deals, _ in differences)) < minimum


def _difference(
    connection: duckdb.DuckDBPyConnection, name: str, outcome: str, now: Columns, before: Columns, condition: str
) -> tuple[int, bool]:
    """The most deals by which a cell of a mart differs, and whether any of its figures that both files show does."""
    table = TABLES[name]
    figures = [figure for figure in _FIGURES[outcome] if figure in now[name] and figure in before[name]]

    def rows(schema: str, other: str) -> str:
        conditions = [condition or "true", *(_in_both(table, other, name))]
        cell = ", ".join(["'cell'", *(f"coalesce({column}, '')" for column in table.cell)])
        listed = ", ".join([f"concat_ws(' | ', {cell}) as cell", f"{table.period} as period", *figures])
        return f"select {listed}, coalesce({outcome}_deals, 0) as deals from {schema}.{name} where {' and '.join(conditions)}"

    differs = [
        f"abs(coalesce(new.{figure} - old.{figure}, 0)) > 1e-9 * abs(coalesce(old.{figure}, 0))" for figure in figures
    ]
    most, any_differs = connection.execute(
        f"select coalesce(max(abs(coalesce(new.deals, 0) - coalesce(old.deals, 0))), 0), "
        f"coalesce(bool_or({' or '.join(['coalesce(new.deals, 0) != coalesce(old.deals, 0)', *differs])}), false) "
        f"from ({rows('marts', 'standing_file.main')}) as new full join ({rows('standing_file.main', 'marts')}) as old "
        "on new.cell = old.cell and new.period = old.period"
    ).fetchall()[0]
    return int(most), bool(any_differs)


def _in_both(table: Table, other: str, name: str) -> list[str]:
    """A dimension that came or went, such as one of people, says nothing of deals that did."""
    return [f"{column} in (select {column} from {other}.{name})" for column in table.cell if column == "dimension"]


def _people(connection: duckdb.DuckDBPyConnection) -> tuple[int, bool]:
    most, differs = connection.execute(
        "select coalesce(max(abs(new.closed_deals_with - old.closed_deals_with)), 0), "
        "coalesce(bool_or(new.closed_deals_with != old.closed_deals_with or new.contacts != old.contacts), false) "
        "from marts.win_rates_by_persona as new inner join standing_file.main.win_rates_by_persona as old "
        "on new.persona_type = old.persona_type and new.persona = old.persona and new.period = old.period"
    ).fetchall()[0]
    return int(most), bool(differs)


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[Columns]:
    quoted = str(path).replace("'", "''")
    connection.execute(f"attach '{quoted}' as standing_file (read_only, type duckdb)")
    try:
        yield _columns(connection, "'standing_file'", "main")
    finally:
        connection.execute("detach standing_file")


def _columns(connection: duckdb.DuckDBPyConnection, database: str, schema: str) -> Columns:
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        f"select table_name, column_name, data_type from duckdb_columns() where database_name = {database} and schema_name = '{schema}'"
    ).fetchall():
        found.setdefault(table, {})[column] = kind
    return found
