{{ config(enabled=true, materialized='ephemeral') }}
-- One row per period x measure of how far the stated loss reasons can be trusted, with what it means and its limit. Fewer than `minimum_deals`
-- losses make no measure doubtful, in however many lines they stand.

with measures as (

    select
        *,
        cast(case measure
            when 'unusable_reasons' then {{ setting('unusable_reason_share') | float }}
            when 'quarter_end_spike' then {{ setting('quarter_end_share') | float }}
            when 'competitor_not_named' then {{ setting('unnamed_competitor_share') | float }}
            when 'competitor_not_blamed' then {{ setting('unblamed_competitor_share') | float }}
            when 'bulk_closes' then {{ setting('bulk_close_share') | float }}
            when 'silent_owners' then {{ setting('silent_owners_share') | float }}
            when 'one_reason_owners' then {{ setting('one_reason_owners_share') | float }}
        end as double) as threshold,
        case measure
            when 'unusable_reasons' then 'share of lost deals without a usable reason'
            when 'quarter_end_spike' then 'share of losses closed on the last {{ setting('quarter_end_days') }} days of a quarter'
            when 'competitor_not_named' then 'share of losses to a competitor that name none'
            when 'competitor_not_blamed' then 'share of losses with a named competitor that state another reason'
            when 'bulk_closes' then 'share of losses that one owner closed on a single day'
            when 'silent_owners'
                then 'share of owners who state a reason on fewer than ' || {{ percent_text(setting('silent_owner_share') ~ 'e0') }} || ' of their losses'
            when 'one_reason_owners'
                then 'share of owners who give the same reason on more than ' || {{ percent_text(setting('one_reason_share') ~ 'e0') }} || ' of their losses'
        end as meaning
    from {{ ref('int_loss_reason_measures') }}

)

select
    *,
    coalesce(value > threshold and decisions >= {{ setting('minimum_deals') | int }}, false) as is_doubtful
from measures
