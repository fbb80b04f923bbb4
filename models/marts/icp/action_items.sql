-- One row per action for the next quarter, most useful first. Its grade says how much it may be trusted: a claim held up against
-- chance, a directional one is not, fixing the data comes before any finding.

with items as (

    select
        *,
        1 as kind_place
    from {{ ref('int_targeting_actions') }}
    union all
    select
        *,
        2 as kind_place
    from {{ ref('int_competitor_actions') }}
    union all
    select
        *,
        3 as kind_place
    from {{ ref('int_loss_reason_actions') }}
    union all
    select
        *,
        4 as kind_place
    from {{ ref('int_score_actions') }}
    union all
    select
        *,
        5 as kind_place
    from {{ ref('int_persona_actions') }}
    union all
    select
        *,
        6 as kind_place
    from {{ ref('int_process_actions') }}

)

select
    cast(row_number() over (order by items.kind_place, items.place) as bigint) as item,
    items.kind,
    items.grade,
    items.title,
    items.action,
    items.owner,
    items.evidence,
    items.how_we_will_know,
    periods.next_quarter as due_quarter,
    periods.last_quarter as reviewed_quarter,
    items.source_table,
    items.source_row,
    periods.population
from items
inner join {{ ref('dim_periods') }} as periods on periods.period = 'quarter'
-- without closed deals there is nothing to do about them
inner join {{ ref('dim_periods') }} as deals on deals.period = 'all' and deals.closed_deals > 0
