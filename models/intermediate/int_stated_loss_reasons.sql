{{ config(materialized='ephemeral') }}
-- One row per distinct stated loss reason, its words folded, with whether it says nothing: the CRM writes it where no one chose a reason, or it
-- stands on nearly every loss.

with stated_reasons as (

    -- grouped so that Spark folds a reason once, and not for every rule
    select
        loss_reason,
        max(words) as words
    from (
        select
            loss_reason,
            {{ fold_text(split_camel_case('loss_reason')) }} as words
        from (select distinct loss_reason from {{ ref('stg_deals') }} where loss_reason is not null) as stated
    ) as folded
    group by loss_reason

),

lost_deals as (

    select
        stated_reasons.words,
        count(*) as deals,
        sum(count(*)) over () as all_deals
    from {{ ref('stg_deals') }} as deals
    left join stated_reasons on deals.loss_reason = stated_reasons.loss_reason
    where deals.outcome = 'lost'
    group by stated_reasons.words

)

select
    stated_reasons.loss_reason,
    stated_reasons.words,
    max(case when defaults.crm is not null or lost_deals.words is not null then 1 else 0 end) = 1 as is_default
from stated_reasons
left join {{ ref('loss_reason_defaults') }} as defaults
    on stated_reasons.words = {{ fold_text(split_camel_case('defaults.stated_reason')) }}
    and defaults.crm in (select crm from {{ source('landing', 'loads') }})
left join lost_deals
    on stated_reasons.words = lost_deals.words
    and lost_deals.deals > {{ setting('default_reason_share') }} * lost_deals.all_deals
    and lost_deals.all_deals >= {{ setting('default_reason_minimum_losses') }}
group by stated_reasons.loss_reason, stated_reasons.words
