"""Whether a quarter is published again for the sake of so few deals that two files, subtracted, tell theirs.

A colleague who keeps the published file of Monday has, on Tuesday, the amount of the one deal that was won in between: totals differ by it
and cannot be hidden. So the file of Monday stays until enough deals changed; what the deals of a publication were, the private database
remembers by their keys and by hashes of what is published of them.
"""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

NO_QUARTER = "an export without quarters"
"""What stands in place of the quarter where none is reviewed."""

_REMEMBERED = 5
"""Publications that are remembered, the last ones; one that changed nothing is none."""

# What the published tables are made of, deal by deal. Sums of hashes do not depend on the order of rows.
_DEALS = """select
    deals.deal_key,
    deals.outcome,
    left(md5(concat_ws('|', deals.closed_on, deals.amount, 'days', deals.cycle_days)), 16) as value_hash,
    left(md5(concat_ws('|', {segments}, reasons.total)), 16) as segments_hash,
    coalesce(contacts.total, '') as contacts_hash
from marts.fct_closed_deals as deals
left join (
    select deal_key, cast(sum(cast(md5_number_lower(reason) as hugeint)) as varchar) as total
    from (
        select deal_key, 'lost ' || category as reason from marts.bridge_deal_loss_reasons
        union all
        select deal_key, 'won ' || win_factor as reason from marts.bridge_deal_win_factors
    ) as reasons_of_deals
    group by deal_key
) as reasons on deals.deal_key = reasons.deal_key
left join (
    select
        deal_key,
        cast(sum(cast(md5_number_lower(concat_ws('|', persona, seniority, department, role_source, buying_role)) as hugeint)) as varchar) as total
    from marts.bridge_deal_contacts
    where is_counted
    group by deal_key
) as contacts on deals.deal_key = contacts.deal_key"""

_CHANGES = """with of_quarter as (

    select * from history.published_deals where reviewed_quarter = $quarter

),

every_deal as (

    select publication, deal_key, outcome, value_hash, segments_hash, contacts_hash from of_quarter
    union all
    select publications.publication, deals.*
    from ({deals}) as deals
    cross join (select distinct publication from of_quarter) as publications

),

compared as (

    select
        publication,
        bool_or(outcome = 'won') as is_won,
        bool_or(outcome = 'lost') as is_lost,
        -- a deal that stands on one side only came or went
        count(*) = 1 or min(outcome || value_hash) != max(outcome || value_hash) as is_value_new,
        count(*) = 1 or min(segments_hash) != max(segments_hash) as are_segments_new,
        count(*) = 1 or min(contacts_hash) != max(contacts_hash) as are_contacts_new
    from every_deal
    group by publication, deal_key

)

select
    publication,
    count(*) filter (is_value_new and is_won) as won_deals,
    count(*) filter (is_value_new and is_lost) as lost_deals,
    count(*) filter (are_segments_new) as segment_deals,
    count(*) filter (are_contacts_new) as contact_deals
from compared
group by publication
order by publication"""

_WHAT = (
    "outcome, amount or dates of {} won deal{}",
    "outcome, amount or dates of {} lost deal{}",
    "segments or reasons of {} deal{}",
    "contacts of {} deal{}",
)


def objection(connection: duckdb.DuckDBPyConnection, quarter: str, minimum: int) -> str | None:
    """Why the marts of `connection` must not take the place of what was published of `quarter`; None where they may.

    `minimum` is the number of deals from which what changed between two publications may be known.
    """
    for _, *counts in _changes(connection, quarter):
        few = [
            what.format(count, "s" * (count > 1))
            for what, count in zip(_WHAT, counts, strict=True)
            if 0 < count < minimum
        ]
        if few:
            return (
                f"since {quarter} was published only the {' and the '.join(few)} changed, which a reader of both files could work out; "
                f"readers keep the previous build. Build again when {minimum} or more changed, or set allow_few_changes: true for this run."
            )
    return None


def remember(connection: duckdb.DuckDBPyConnection, publication: str, quarter: str) -> None:
    """Remember the deals that were published; a connection without history remembers none."""
    if not _has_history(connection) or any(not any(counts) for _, *counts in _changes(connection, quarter)):
        return
    connection.execute(
        "insert into history.published_deals by name "
        "select $publication as publication, cast($now as timestamp) as published_at, $quarter as reviewed_quarter, deals.* "
        f"from ({_deals(connection)}) as deals",
        {"publication": publication, "now": datetime.now(UTC).replace(tzinfo=None), "quarter": quarter},
    )
    connection.execute(
        "delete from history.published_deals where publication not in ("
        f"select publication from history.published_deals group by publication order by max(published_at) desc limit {_REMEMBERED})"
    )


def _changes(connection: duckdb.DuckDBPyConnection, quarter: str) -> list[tuple[str, int, int, int, int]]:
    """For each publication of the quarter, how many deals changed since, by what changed of them."""
    if not _has_history(connection):
        return []
    return connection.execute(_CHANGES.format(deals=_deals(connection)), {"quarter": quarter}).fetchall()


def _has_history(connection: duckdb.DuckDBPyConnection) -> bool:
    """Other engines, and databases of earlier versions, remember no deal."""
    return bool(
        connection.execute(
            "select count(*) from duckdb_tables() "
            "where database_name = current_database() and schema_name = 'history' and table_name = 'published_deals'"
        ).fetchall()[0][0]
    )


def _deals(connection: duckdb.DuckDBPyConnection) -> str:
    columns = connection.execute(
        "select distinct dimension from marts.dim_dimensions where not is_person order by dimension"
    ).fetchall()
    segments = ", ".join(["'segments'", *(f"'{column}'" + f", deals.{column}" for (column,) in columns)])
    return _DEALS.format(segments=segments)
