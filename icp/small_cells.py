"""Which figures about groups of people are too small to leave the private file.

A cell is a persona, seniority, department, buying role or buying group in a period. Cells on fewer deals than the
minimum are hidden. A hidden cell must not come back by subtraction either: cells add up to totals and to other cells, so
wherever a sum would give a hidden cell away, the next smallest cell of that sum is hidden as well (complementary cell
suppression: Hundepool et al., Statistical Disclosure Control, 2012, section 4.4). The unit of the sums is the contact,
because contacts add up and deals, which can have several, do not.

All of it is SQL on DuckDB, over tables that hold counts and never a deal.
"""

from __future__ import annotations

import duckdb

CONTACT_COUNTS = """select
    periods.period,
    contacts.persona,
    contacts.seniority,
    contacts.department,
    case when contacts.role_source = 'stated' then contacts.buying_role end as stated_role,
    count(*) as contacts
from {bridge_deal_contacts} as contacts
inner join {dim_periods} as periods
    on periods.period = 'all'
    or (contacts.closed_on >= periods.starts_on and contacts.closed_on < periods.ends_before_on)
where contacts.is_counted
group by
    periods.period, contacts.persona, contacts.seniority, contacts.department,
    case when contacts.role_source = 'stated' then contacts.buying_role end"""
"""Contacts by all they are counted by, for any engine: a few thousand rows whatever the number of deals."""

DECIDING_ROLES = "('decision_maker', 'economic_buyer')"

_CELLS = """create or replace temp table cells as
select persona_type as kind, persona as value, period, closed_deals_with as deals, contacts
from {marts}.win_rates_by_persona
union all
select
    'decision_maker' as kind, persona || ' | ' || seniority || ' | ' || department as value, period,
    won_deals + lost_deals as deals, contacts
from {marts}.decision_makers
union all
select 'group by ' || group_type as kind, buying_group as value, period, closed_deals as deals, closed_deals as contacts
from {marts}.buying_groups"""

_HIDDEN = """create or replace temp table hidden_cells as
select kind, value, period from cells where deals < $minimum"""

_LABELS = f"""create or replace temp table labels as
with counted as (

    select row_number() over () as place, * from {{contact_counts}}

)

select place, period, 'persona' as kind, persona as value from counted
union all
select place, period, 'seniority' as kind, seniority as value from counted
union all
select place, period, 'department' as kind, department as value from counted
union all
select place, period, 'buying_role' as kind, stated_role as value from counted where stated_role is not null
union all
select place, period, 'persona_in_role' as kind, persona || ' as ' || replace(stated_role, '_', ' ') as value
from counted where stated_role is not null
union all
select place, period, 'decision_maker' as kind, persona || ' | ' || seniority || ' | ' || department as value
from counted where stated_role in {DECIDING_ROLES}
union all
select place, period, 'decider' as kind, persona as value from counted where stated_role in {DECIDING_ROLES}"""

# Sums a reader of the published file can write down. Each row is a cell of such a sum; `is_unpublished` stands for what
# the sum holds besides its cells, which no table shows.
_SUMS = """create or replace temp table sums as
with hierarchy (child_kind, parent_kind) as (

    values
        ('persona', 'seniority'), ('persona', 'department'),
        ('persona_in_role', 'persona'), ('persona_in_role', 'buying_role'),
        ('decision_maker', 'persona'), ('decision_maker', 'seniority'), ('decision_maker', 'department')

),

-- a cell is part of another where all its contacts are: everybody called CFO is in Finance
parts as (

    select child.kind as child_kind, child.value as child_value, parent.kind as parent_kind, min(parent.value) as parent_value
    from labels as child
    inner join hierarchy on child.kind = hierarchy.child_kind
    inner join labels as parent on child.place = parent.place and hierarchy.parent_kind = parent.kind
    group by child.kind, child.value, parent.kind
    having count(distinct parent.value) = 1

),

part_sums as (

    select
        concat_ws('/', 'part', period, parent_kind, parent_value, child_kind) as sum_name,
        cells.kind, cells.value, cells.period, cells.contacts, -cells.contacts as rest
    from cells
    inner join parts on cells.kind = parts.child_kind and cells.value = parts.child_value
    union all
    select distinct
        concat_ws('/', 'part', period, parent_kind, parent_value, child_kind) as sum_name,
        cells.kind, cells.value, cells.period, cells.contacts, cells.contacts as rest
    from cells
    inner join parts on cells.kind = parts.parent_kind and cells.value = parts.parent_value

),

-- the same people as personas in a deciding role and as decision makers
decider_sums as (

    select distinct
        concat_ws('/', 'decider', cells.period, decider.value) as sum_name,
        cells.kind, cells.value, cells.period, cells.contacts
    from labels as decider
    inner join labels as part on decider.place = part.place and part.kind in ('persona_in_role', 'decision_maker')
    inner join cells on part.kind = cells.kind and part.value = cells.value and part.period = cells.period
    where decider.kind = 'decider'

),

-- the window holds the quarter and, unless it is one quarter long, the one before it; all deals hold the window
period_sums as (

    select
        concat_ws('/', 'recent', cells.kind, cells.value) as sum_name,
        cells.kind, cells.value, cells.period, cells.contacts,
        case when cells.period = 'window' then cells.contacts else -cells.contacts end as rest
    from cells
    where
        cells.period in ('quarter', 'window')
        or (
            cells.period = 'previous_quarter'
            and (select max(quarter_count) from {marts}.dim_periods where period = 'window') > 1
        )
    union all
    select
        concat_ws('/', 'ever', cells.kind, cells.value) as sum_name,
        cells.kind, cells.value, cells.period, cells.contacts,
        case when cells.period = 'all' then cells.contacts else -cells.contacts end as rest
    from cells
    where cells.period in ('window', 'all')

),

with_rests as (

    select sum_name, kind, value, period, contacts, rest from part_sums
    union all
    select sum_name, kind, value, period, contacts, rest from period_sums

)

select concat_ws('/', 'total', period, kind) as sum_name, kind, value, period, contacts, false as is_unpublished
from cells
union all
-- the deciding roles add up to the contacts of all decision makers
select concat_ws('/', 'deciding', period) as sum_name, kind, value, period, contacts, false as is_unpublished
from cells
where kind = 'buying_role' and value in ('decision_maker', 'economic_buyer')
union all
select sum_name, kind, value, period, contacts, false as is_unpublished from decider_sums
union all
select sum_name, kind, value, period, contacts, false as is_unpublished from with_rests
union all
select sum_name, 'rest' as kind, sum_name as value, 'rest' as period, sum(rest) as contacts, true as is_unpublished
from with_rests
group by sum_name
having sum(rest) > 0"""

# One round. In each sum that holds a hidden cell, the cells hidden must be two or more and hold at least the minimum of
# contacts together; else the smallest of the others is hidden too. What lies before the window is not published, but is
# the difference of two cells that are: where that is small, the cell of all deals goes, which matters less than the window.
_ROUND = """insert into hidden_cells
with marked as (

    select
        sums.*,
        sums.is_unpublished or hidden_cells.kind is not null as is_hidden,
        (hidden_cells.kind is not null)
        or (sums.is_unpublished and sums.contacts < $minimum and sums.sum_name similar to '(ever|recent)/.*') as is_giveaway
    from sums
    left join hidden_cells
        on sums.kind = hidden_cells.kind and sums.value = hidden_cells.value and sums.period = hidden_cells.period
    where sums.contacts > 0

),

placed as (

    select
        *,
        bool_or(is_giveaway) over (partition by sum_name) as needs_cover,
        row_number() over hidden_then_smallest as place,
        coalesce(sum(contacts) over (hidden_then_smallest rows between unbounded preceding and 1 preceding), 0) as contacts_before
    from marked
    window hidden_then_smallest as (
        partition by sum_name
        order by is_hidden desc, sum_name like 'ever/%' and period = 'all' desc, contacts, kind, value, period
    )

)

select distinct kind, value, period
from placed
where needs_cover and not is_hidden and (place <= 2 or contacts_before < $minimum)"""


def hide_small_cells(connection: duckdb.DuckDBPyConnection, marts: str, contact_counts: str, minimum: int) -> int:
    """Fill the temporary table `hidden_cells` (kind, value, period) of `connection`; its number of rows.

    `marts` is the schema of the marts, `contact_counts` a relation of the rows of `CONTACT_COUNTS`, `minimum` the number
    of deals from which a cell may be shown.
    """
    connection.execute(_CELLS.format(marts=marts))
    connection.execute(_HIDDEN, {"minimum": minimum})
    connection.execute(_LABELS.format(contact_counts=contact_counts))
    connection.execute(_SUMS.format(marts=marts))
    while _count(connection, _ROUND, minimum):
        pass
    return _count(connection, "select count(*) from hidden_cells")


def _count(connection: duckdb.DuckDBPyConnection, sql: str, minimum: int | None = None) -> int:
    answer = connection.execute(sql, {"minimum": minimum} if minimum is not None else None).fetchone()
    return int(answer[0]) if answer else 0
