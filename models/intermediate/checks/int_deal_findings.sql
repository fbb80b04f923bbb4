{{ config(materialized='ephemeral') }}
-- One row per data-quality rule about what a won or lost deal states: how many deals it concerns, of how many.

with closed_deals as (

    select
        count(*) as of_records,
        count(*) filter (where deals.closed_on < deals.created_on) as closed_before_created,
        count(*) filter (where deals.closed_on is null) as closed_without_date,
        count(*) filter (where deals.closed_on > as_of.as_of_on) as closed_implausibly_late,
        count(*) filter (where deals.stated_amount <= 0) as amount_not_positive,
        count(*) filter (where deals.stated_amount is null) as amount_missing,
        count(*) filter (where deals.is_in_population and lower(deals.deal_type) like '%renew%') as renewal_in_population,
        count(*) filter (where accounts.account_key is null) as account_missing,
        count(*) filter (where deals.decision_line > 1) as repeated_decision
    from {{ ref('fct_deals') }} as deals
    cross join {{ ref('dim_as_of') }} as as_of
    left join {{ ref('stg_accounts') }} as accounts on deals.account_key = accounts.account_key
    where deals.outcome in ('won', 'lost')

),

lost_deals as (

    select
        count(*) as of_records,
        count(*) filter (where loss_reason_category = 'unspecified') as loss_reason_missing,
        count(*) filter (where loss_reason_category = 'other') as loss_reason_unmapped
    from {{ ref('fct_deals') }}
    where outcome = 'lost'

)

select
    rule_id,
    found,
    of_records
from closed_deals
unpivot (
    found for rule_id in (
        closed_before_created, closed_without_date, closed_implausibly_late, amount_not_positive, amount_missing, renewal_in_population,
        account_missing, repeated_decision
    )
)
union all
select
    rule_id,
    found,
    of_records
from lost_deals
unpivot (found for rule_id in (loss_reason_missing, loss_reason_unmapped))
union all
select
    'loss_reason_default' as rule_id,
    count(*) filter (where reasons.matched_by = 'default') as found,
    count(*) as of_records
from {{ ref('stg_deals') }} as deals
left join {{ ref('int_loss_reasons') }} as reasons on deals.loss_reason = reasons.loss_reason and reasons.is_primary
where deals.outcome = 'lost'
