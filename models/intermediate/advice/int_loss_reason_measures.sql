{{ config(enabled=true, materialized='ephemeral') }}
-- One row per period x measure of how loss reasons are recorded, of decisions: many lines of one deal say no more than one. Measures overlap
-- and may not be added.

with owners as (

    select
        period,
        count(*) filter (where has_enough) as owners,
        coalesce(sum(lost_deals) filter (where has_enough), 0) as owned_deals,
        coalesce(sum(lost_decisions) filter (where has_enough), 0) as owned_decisions,
        count(*) filter (where has_enough and stated_part < {{ setting('silent_owner_share') | float }}) as silent_owners,
        count(*) filter (where has_enough_stated and top_part > {{ setting('one_reason_share') | float }}) as one_reason_owners
    from (
        select
            *,
            lost_decisions >= {{ setting('minimum_reason_losses') | int }} as has_enough,
            stated_lost_decisions >= {{ setting('minimum_reason_losses') | int }} as has_enough_stated,
            stated_lost_decisions / nullif(lost_decisions, 0) as stated_part,
            top_lost_decisions / nullif(stated_lost_decisions, 0) as top_part
        from {{ ref('loss_reason_coverage_by_owner') }}
        where owner != 'unknown'
    ) as shares
    group by period

),

losses as (

    select * from {{ ref('int_recorded_losses') }}

),

-- each measure: a part of a whole, and the deals and the decisions that it rests on
measured as (  -- noqa: disable=LT09,AL08

    select period, 'unusable_reasons' as measure, lost_deals as deals, lost_decisions as decisions, unusable_reasons as part, lost_decisions as whole
    from losses
    union all
    select period, 'quarter_end_spike' as measure, dated_deals, dated_decisions, last_days_decisions, dated_decisions from losses
    union all
    select period, 'competitor_not_named' as measure, competitor_deals, competitor_decisions, unnamed_competitors, competitor_decisions from losses
    union all
    select period, 'competitor_not_blamed' as measure, named_deals, named_decisions, unblamed_competitors, named_decisions from losses
    union all
    select period, 'bulk_closes' as measure, lost_deals, lost_decisions, bulk_decisions, lost_decisions from losses
    union all
    select period, 'silent_owners' as measure, owned_deals, owned_decisions, silent_owners, owners from owners
    union all
    select period, 'one_reason_owners' as measure, owned_deals, owned_decisions, one_reason_owners, owners from owners

)

select period, measure, deals, decisions, part / nullif(whole, 0) as value
from measured
