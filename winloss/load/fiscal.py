"""The fiscal quarter that an export states beside each close date, against the one in which the deal counts."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from winloss.errors import listed
from winloss.load.aliases import aliases, seed_rows
from winloss.load.clock import landed_day_sql
from winloss.load.headers import positions
from winloss.load.layout import Layout, fiscal_year_start_month
from winloss.load.statements import FileReading, Formats, file_statement, trimmed_sql

FISCAL = ("fiscal_year", "fiscal_quarter", "fiscal_period")
# A setting that fits all but so many of the deals is the one: a date or two may have been corrected since.
_FITTING_SHARE = 0.98


def fiscal_notices(
    layout: Layout, formats: Formats, crm: str, engine: duckdb.DuckDBPyConnection, variables: Mapping[str, object]
) -> list[str]:
    """A sentence for each file whose own fiscal quarters are not those by which its deals are counted."""
    if any(row["starts_on"] for row in seed_rows("fiscal_quarters")):
        return []
    told = [
        _notice(reading, layout, formats, crm, engine, fiscal_year_start_month(variables))
        for reading in layout.readings
        if reading.object == "deals" and "closed_on" in reading.bindings
    ]
    return [notice for notice in told if notice]


def _places(reading: FileReading, crm: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for alias in aliases():
        if (alias.crm, alias.object) == (crm, "deals") and alias.column in FISCAL:
            for place in positions(alias.header, reading.file.headers):
                found.setdefault(alias.column, place)
    return found


def _notice(
    reading: FileReading,
    layout: Layout,
    formats: Formats,
    crm: str,
    engine: duckdb.DuckDBPyConnection,
    start_month: int,
) -> str | None:
    places = _places(reading, crm)
    cells = {name: trimmed_sql(reading.file, reading.file.columns[place]) for name, place in places.items()}
    if "fiscal_quarter" in cells:
        quarter = f"try_cast(regexp_extract({cells['fiscal_quarter']}, '[1-4]') as integer)"
    elif "fiscal_period" in cells:
        # Q4-2025, or 2025 4 from the API
        quarter = f"try_cast(regexp_extract({cells['fiscal_period']}, '(^|[^0-9])([1-4])([^0-9]|$)', 2) as integer)"
    else:
        return None
    columns = layout.objects["deals"]
    counted = ", ".join(
        f"count_if(quarter(day + interval {(13 - month) % 12} month) = stated)" for month in range(1, 13)
    )
    row = engine.execute(
        f"select count(*), {counted} from (select {landed_day_sql('deals.closed_on')} as day, stated from "
        f"({file_statement(columns, reading, formats, layout.outcome_words)}) as deals "
        f"inner join (select source_line, {quarter} as stated from {reading.file.relation()} as records) as records "
        f"using (source_line) where deals.line_problem is null) as days where day is not null and stated is not null"
    ).fetchone()
    if not row or not row[0]:
        return None
    deals, *agreeing = row
    differing = deals - agreeing[start_month - 1]
    if differing <= (1 - _FITTING_SHARE) * deals:
        return None
    headers = listed(reading.file.headers[place] for place in places.values())
    months = [month for month, agree in enumerate(agreeing, 1) if agree >= _FITTING_SHARE * deals]
    remedy = (
        f"Set fiscal_year_start_month to {months[0]} to count them by fiscal quarters."
        if months
        else "List the quarters in seeds/fiscal_quarters.csv to count them by fiscal quarters."
    )
    return (
        f"{reading.file.name}: {headers} put {differing} of {deals} deals into another quarter than the one they count in, for quarters are "
        f"reckoned from the close date. {remedy}"
    )
