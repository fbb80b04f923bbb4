{{ config(materialized='ephemeral') }}
-- One row per data-quality rule about one outcome that is missing: how many closed deals it concerns, of how many.

with outcomes as (

    select
        count(*) as closed_deals,
        count(*) filter (where outcome = 'won') as won_deals,
        count(*) filter (where outcome = 'lost') as lost_deals,
        count(*) filter (where outcome = 'won' and closed_on is null) as undated_won_deals,
        count(*) filter (where outcome = 'lost' and closed_on is null) as undated_lost_deals
    from {{ ref('fct_closed_deals') }}

),

undated as (

    select
        *,
        undated_won_deals > {{ setting('alert_undated_share') }} * won_deals as won_are_undated,
        undated_lost_deals > {{ setting('alert_undated_share') }} * lost_deals as lost_are_undated
    from outcomes

)

select
    'no_lost_deals' as rule_id,
    case when lost_deals = 0 and closed_deals >= {{ setting('minimum_deals') | int }} then closed_deals else 0 end as found,
    closed_deals as of_records
from undated
union all
select
    'no_won_deals' as rule_id,
    case when won_deals = 0 and closed_deals >= {{ setting('minimum_deals') | int }} then closed_deals else 0 end as found,
    closed_deals as of_records
from undated
union all
select
    'undated_outcome' as rule_id,
    case
        when won_are_undated and not lost_are_undated then undated_won_deals
        when lost_are_undated and not won_are_undated then undated_lost_deals
        else 0
    end as found,
    closed_deals as of_records
from undated
union all
select
    'lopsided_quarter' as rule_id,
    cast(coalesce(sum(case when chance < {{ setting('alert_lopsided_chance') }} then closed_deals end), 0) as bigint) as found,
    cast(coalesce(sum(closed_deals), 0) as bigint) as of_records
from {{ ref('int_one_sided_quarters') }}
