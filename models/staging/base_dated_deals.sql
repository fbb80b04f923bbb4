{{ config(materialized='ephemeral') }}
-- One row per line of the deal files, as in base_deal_outcomes, with the days on which the deal was created and closed.

with dated as (

    -- moments become days where the company is
    select
        *,
        {{ local_day('created_on') }} as created_day,
        {{ local_day('closed_on') }} as close_day,
        {{ local_day('won_on') }} as won_day,
        {{ local_day('lost_on') }} as lost_day
    from {{ ref('base_deal_outcomes') }}

)

select
    dated.*,
    coalesce(
        -- a day apart, the two tell the same close: by the clock of another place, or entered the morning after
        case
            when coalesce(abs({{ dbt.datediff(stated_day('dated.close_day'), "cast(closes.closed_at as date)", 'day') }}) > 1, true)
                then substring(cast(closes.closed_at as string), 1, 10)
        end,
        case dated.known_outcome
            when 'won' then dated.won_day
            when 'lost' then dated.lost_day
            when 'open' then null
            else coalesce(dated.won_day, dated.lost_day)
        end,
        -- what an open deal holds there is a plan, or left over from an earlier close
        case when rules.close_date_is_planned or dated.known_outcome is distinct from 'open' then dated.close_day end
    ) as closed_day,
    coalesce(
        case dated.known_outcome when 'won' then dated.won_on when 'lost' then dated.lost_on end,
        dated.closed_on
    ) as close_stated
from dated
left join {{ ref('crm_rules') }} as rules on dated.crm = rules.crm
left join {{ ref('base_deal_closes') }} as closes on dated.deal_id = closes.deal_id and dated.known_outcome = closes.outcome
