{{ config(materialized='ephemeral') }}
-- One row per period x definition of the win rate: the rate, as many deals as tell as much, and why a rate must not be told. Neither periods
-- nor definitions may be added.

with refused as (

    select
        counts.*,
        case
            when counts.counted_deals = 0 and counts.definition = 'competitive' then 'no closed deal of the period names a competitor'
            when counts.counted_deals = 0 then 'no such deals in this period'
            when counts.definition = 'by_value' and not counts.is_value_known then 'under half of the won or of the lost deals state an amount'
            when
                counts.definition = 'buyer_decided'
                and closed.unstated_deals / nullif(closed.counted_deals - closed.won_deals, 0) > {{ setting('alert_missing_reason_share') | float }}
                then 'too many losses state no reason to tell whether the buyer decided'
            when
                counts.definition = 'competitive'
                and abs(
                    counts.won_deals / nullif(closed.won_deals, 0)
                    - (counts.counted_deals - counts.won_deals) / nullif(closed.counted_deals - closed.won_deals, 0)
                ) > {{ setting('coverage_gap') | float }}
                then 'competitors are named on won and lost deals too differently'
        end as rate_refusal
    from {{ ref('int_definition_counts') }} as counts
    inner join {{ ref('int_definition_counts') }} as closed on counts.period = closed.period and closed.definition = 'closed'

)

select
    period,
    definition,
    counted_deals,
    won_deals,
    unstated_deals,
    case
        when rate_refusal is not null then null
        when definition = 'by_value' then won_amount / nullif(amount, 0)
        else won_deals / nullif(counted_deals, 0)
    end as win_rate,
    case
        when rate_refusal is not null then null
        when definition = 'by_value' then power(amount, 2) / nullif(squared_amount, 0)
        else cast(counted_deals as double)
    end as effective_deals,
    cast(null as integer) as within_days,
    rate_refusal
from refused
union all
select
    period,
    'pace' as definition,
    cast(null as bigint) as counted_deals,
    cast(null as bigint) as won_deals,
    cast(null as bigint) as unstated_deals,
    win_rate,
    effective_deals,
    within_days,
    rate_refusal
from {{ ref('int_pace_rates') }}
