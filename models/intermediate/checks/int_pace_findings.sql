{{ config(materialized='ephemeral') }}
-- One row per data-quality rule about what curves and open deals rest on: how many deals of the population it concerns, of how many.

with judged as (

    select
        case when deals.outcome = 'disqualified' then 'lost' else deals.outcome end as outcome,
        deals.created_on is null
        or deals.created_on > as_of.as_of_on
        or (
            deals.outcome != 'open'
            and (deals.closed_on is null or deals.closed_on < deals.created_on or deals.closed_on > as_of.as_of_on)
        ) as is_left_out
    from {{ ref('fct_deals') }} as deals
    cross join {{ ref('dim_as_of') }} as as_of
    where deals.is_in_population

)

select
    outcomes.outcome || '_left_out_of_curves' as rule_id,
    count(*) filter (where judged.is_left_out) as found,
    count(judged.outcome) as of_records
from (values ('won'), ('lost'), ('open')) as outcomes (outcome)
left join judged on outcomes.outcome = judged.outcome
group by outcomes.outcome
union all
select
    'no_recent_losses' as rule_id,
    case when exp(-expected_losses) < {{ setting('alert_lopsided_chance') }} then won_since_deals else 0 end as found,
    closed_deals as of_records
from {{ ref('int_ceased_losses') }}
union all
select
    'stale_open_deals' as rule_id,
    count(*) filter (where is_stale) as found,
    count(*) as of_records
from {{ ref('int_open_deals') }}
union all
select
    'quarter_cut_off' as rule_id,
    cast(coalesce(sum(created_deals) filter (where maturity = 'cut off'), 0) as bigint) as found,
    cast(coalesce(sum(created_deals), 0) as bigint) as of_records
from {{ ref('win_rates_by_cohort') }}
