{{ config(materialized='table') }}
-- One row per period x definition of the win rate but `pace`: the deals it counts, with their values. Periods overlap and may not be added,
-- nor may definitions.

with counted as (

    select
        periods.period,
        definitions.definition,
        cast(coalesce(sum(endings.deals), 0) as bigint) as counted_deals,
        cast(coalesce(sum(endings.deals) filter (where endings.ending = 'won'), 0) as bigint) as won_deals,
        cast(coalesce(sum(endings.deals) filter (where endings.ending = 'unstated'), 0) as bigint) as unstated_deals,
        cast(coalesce(sum(endings.amounts) filter (where endings.ending = 'won'), 0) as bigint) as won_amounts,
        cast(coalesce(sum(endings.amounts) filter (where endings.ending != 'won'), 0) as bigint) as other_amounts,
        cast(sum(endings.amount) as double) as amount,
        cast(coalesce(sum(endings.amount) filter (where endings.ending = 'won'), 0) as double) as won_amount,
        {{ sum_in_any_order('endings.squared_amount') }} as squared_amount
    from {{ ref('dim_periods') }} as periods
    cross join {{ ref('win_rate_definition_list') }} as definitions
    left join {{ ref('int_deal_endings') }} as endings
        on definitions.basis = endings.basis
        and (periods.period = 'all' or {{ in_period('endings.counted_on') }})
        and (endings.is_competitor_named or not definitions.is_named_competitor_only)
        and case endings.ending
            when 'won' then true
            when 'decided' then definitions.counts_decided
            when 'no_decision' then definitions.counts_no_decision
            when 'unstated' then definitions.counts_unstated
            when 'disqualified' then definitions.counts_disqualified
            when 'stale' then definitions.counts_stale
            else definitions.counts_open
        end
    where definitions.basis != 'watched'
    group by periods.period, definitions.definition

)

-- weighing by value needs an amount on at least half of the won and half of the lost deals
select
    *,
    2 * won_amounts >= won_deals and 2 * other_amounts >= counted_deals - won_deals as is_value_known
from counted
