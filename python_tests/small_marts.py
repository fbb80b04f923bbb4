"""A few marts written by hand into a DuckDB in memory, for tests of the steps that read them."""

from collections.abc import Iterable

import duckdb

from winloss.advice.parameters import Parameters
from winloss.rows import Reader

Deal = tuple[str, int, str, str]
"""Quarter, 1 for won, industry, region."""


def reader_over(connection: duckdb.DuckDBPyConnection) -> Reader:
    def query(sql: str) -> tuple[list[str], list[tuple[object, ...]]]:
        answer = connection.execute(sql)
        return [column[0] for column in answer.description or ()], answer.fetchall()

    return Reader(query, lambda name: name)


def marts_of(deals: Iterable[Deal], review_quarter: str, **settings: float) -> duckdb.DuckDBPyConnection:
    """Closed deals with industry and region, under review in a quarter such as 2025-Q4."""
    connection = duckdb.connect()
    connection.execute(
        "create table fct_closed_deals (closed_quarter varchar, is_won integer, amount decimal(18, 2), industry varchar, region varchar, "
        "closed_on date, deal_key varchar, deal_type varchar, account_key varchar, owner varchar, created_on date, cycle_days integer, "
        "decision_line integer default 1)"
    )
    connection.executemany(
        "insert into fct_closed_deals values (?, ?, 100, ?, ?, ?, ?, 'unknown', null, 'unknown', null, null, 1)",
        [
            (quarter, won, industry, region, first_day(quarter), f"d{number}")
            for number, (quarter, won, industry, region) in enumerate(deals)
        ],
    )
    connection.execute(
        "create table int_deal_cells as select closed_quarter, deal_type, industry, region, count(*) as deals, sum(is_won) as won, "
        "count(*) as decisions, sum(is_won) as won_decisions, "
        "sum(amount) as amount, sum(amount * is_won) as won_amount, sum(cast(amount as double) * amount) as squared_amount "
        "from fct_closed_deals group by closed_quarter, deal_type, industry, region"
    )
    starts = first_day(review_quarter)
    connection.execute(
        "create table dim_periods as select 'quarter' as period, cast(? as date) as starts_on, cast(? as date) + interval 3 month as ends_before_on, "
        "false as is_partial, false as has_undated_deals",
        [starts, starts],
    )
    connection.execute(
        "create table dim_dimensions (dimension varchar, dimension_order integer, is_recommendable boolean, "
        "is_known_before_the_deal boolean, is_account_attribute boolean)"
    )
    connection.execute(
        "insert into dim_dimensions values ('industry', 1, true, false, true), ('region', 2, true, false, true)"
    )
    connection.execute(
        "create table dim_segment_cuts (dimension varchar, cut varchar, segment varchar, segment_part varchar)"
    )
    connection.execute("create table dim_settings (setting varchar, value varchar)")
    stated = Parameters().as_row() | settings
    connection.executemany(
        "insert into dim_settings values (?, ?)", [(name, str(value)) for name, value in stated.items()]
    )
    return connection


def first_day(quarter: str) -> str:
    year, number = quarter.split("-Q")
    return f"{year}-{3 * int(number) - 2:02d}-01"
