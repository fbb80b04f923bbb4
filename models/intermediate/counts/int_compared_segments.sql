{{ config(materialized='ephemeral') }}
-- One row per period x dimension x segment that closed a deal: its deals, and those of the other segments that are known.
{%- set deals %}
    select
        periods.period,
        segments.*
    from {{ ref('fct_deal_segments') }} as segments
    inner join ({{ periods_by_day(ref('fct_deals')) }}) as periods
        on segments.closed_on is not distinct from periods.closed_on
{%- endset %}

with outcomes as (

    {{ outcome_cells(
        deals,
        ['period', 'dimension', 'segment', 'is_recommendable', 'outcome'],
        ['count(*) filter (where is_first) as first_deals', 'sum(' ~ of_decision() ~ ') as decisions']
    ) }}

),

cells as (

    select
        period,
        dimension,
        segment,
        segment != 'unknown' as is_known,
        is_recommendable,
        coalesce(sum(first_deals) filter (where outcome in ('won', 'lost')), 0) as first_closed,
        coalesce(sum(first_deals) filter (where outcome = 'won'), 0) as first_won,
        cast(coalesce(sum(decisions) filter (where outcome in ('won', 'lost')), 0) as bigint) as decisions,
        {{ deal_measures() }}
    from outcomes
    group by period, dimension, segment, is_recommendable

),

-- deals whose segment is unknown are not compared with; a deal with two competitors is one deal
compared as (

    select
        *,
        cast((sum(case when is_known then first_closed end) over others) - case when is_known then closed_deals else 0 end as bigint) as other_closed_deals,
        cast((sum(case when is_known then first_won end) over others) - case when is_known then won_deals else 0 end as bigint) as other_won_deals
    from cells
    window others as (partition by period, dimension)

)

select
    compared.*,
    {{ rate_columns('won_deals', 'closed_deals', 'win_rate') }},
    {{ rate_columns('other_won_deals', 'other_closed_deals', 'other_win_rate') }}
from compared
