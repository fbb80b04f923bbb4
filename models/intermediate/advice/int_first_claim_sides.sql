{{ config(enabled=true, materialized='ephemeral') }}
-- One row per side of the first claim, its segment and all other closed deals of the window: what they brought, and the sums by account that tell
-- how alike deals of one are. No row without a claim. A won deal without an amount says nothing of what deals are worth and is left out.
-- noqa: disable=LT02

with deals as (

    select
        -- a deal without an account is one of its own
        coalesce(closed.account_key, closed.deal_key) as account,
        coalesce(closed.decision_line, 1) as line,
        {{ of_decision('1e0', 'closed.decision_line') }} as is_decision,
        cast(case when closed.is_won = 1 then closed.amount end as double) as won_amount,
        ({{ dimension_value('first_claim.dimension', 'closed') }} = first_claim.segment or cuts.segment_part is not null)
        and (
            first_claim.second_segment is null
            or {{ dimension_value('first_claim.second_dimension', 'closed') }} = first_claim.second_segment
        ) as is_inside
    from {{ ref('fct_closed_deals') }} as closed
    inner join {{ ref('dim_periods') }} as periods
        on periods.period = 'window'
        and {{ in_period('closed.closed_on') }}
    cross join {{ ref('int_first_claim') }} as first_claim
    -- the deals of a cut are those of its bands
    left join {{ ref('dim_segment_cuts') }} as cuts
        on first_claim.dimension = cuts.dimension and first_claim.segment = cuts.segment
        and {{ dimension_value('first_claim.dimension', 'closed') }} = cuts.segment_part
    where closed.is_won = 0 or closed.amount is not null

),

accounts as (

    select
        is_inside,
        account,
        cast(count(*) as double) as closed_deals,
        sum(is_decision) as decisions,
        sum(case when won_amount is not null then is_decision else 0e0 end) as won_decisions,
        {{ sum_in_any_order('won_amount') }} as won_amount,
        {{ sum_in_any_order('won_amount * won_amount * (2 * line - 1)') }} as squared_amount
    from deals
    group by is_inside, account

)

select
    is_inside,
    sum(closed_deals) as closed_deals,
    sum(decisions) as decisions,
    sum(won_decisions) as won_decisions,
    {{ sum_in_any_order('won_amount') }} as won_amount,
    {{ sum_in_any_order('squared_amount') }} as squared_amount,
    {{ sum_of_squares('won_amount') }} as squared_account_amount,
    {{ sum_in_any_order('won_amount * decisions') }} as account_amount_deals,
    sum(decisions * decisions) as squared_account_deals
from accounts
group by is_inside
