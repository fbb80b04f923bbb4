{{ config(materialized='ephemeral') }}
-- One row per data-quality rule about what curves and open deals rest on: how many deals of the population it concerns, of how many.

with judged as (

    select
        case when deals.outcome = 'disqualified' then 'lost' else deals.outcome end as outcome,
        deals.closed_on,
        deals.outcome != 'open' and deals.closed_on <= as_of.as_of_on as is_closed_by_then,
        deals.created_on is null
        or deals.created_on > as_of.as_of_on
        or (
            deals.outcome != 'open'
            and (deals.closed_on is null or deals.closed_on < deals.created_on or deals.closed_on > as_of.as_of_on)
        ) as is_left_out
    from {{ ref('fct_deals') }} as deals
    cross join {{ ref('dim_as_of') }} as as_of
    where deals.is_in_population

),

last_losses as (

    select max(closed_on) as lost_on
    from judged
    where outcome = 'lost' and is_closed_by_then

),

-- losses come by chance: how many would have come since the last one, at the rate of the window
since as (

    select
        count(*) filter (where judged.outcome = 'won' and judged.closed_on > last_losses.lost_on) as won_since_deals,
        count(*) filter (where judged.outcome = 'lost' and judged.closed_on >= periods.starts_on and judged.closed_on < periods.ends_before_on)
        * max({{ dbt.datediff('last_losses.lost_on', 'periods.as_of_on', 'day') }})
        / nullif(cast(max({{ dbt.datediff('periods.starts_on', 'periods.ends_before_on', 'day') }}) as double), 0) as expected_losses,
        count(*) as closed_deals
    from judged
    cross join last_losses
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
    where judged.is_closed_by_then

)

{% for outcome in ['won', 'lost', 'open'] -%}
select
    '{{ outcome }}_left_out_of_curves' as rule_id,
    count(*) filter (where is_left_out) as found,
    count(*) as of_records
from judged
where outcome = '{{ outcome }}'
union all
{% endfor -%}
select
    'no_recent_losses' as rule_id,
    case when exp(-expected_losses) < {{ setting('alert_lopsided_chance') }} then won_since_deals else 0 end as found,
    closed_deals as of_records
from since
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
