{{ config(materialized='table', enabled=true) }}
{%- set measures = [
    'closed_deals', 'won_deals', 'won_amount', 'squared_amount', 'timed_won_deals', 'days', 'squared_days', 'timed_amount',
    'squared_timed_amount', 'amount_days', 'squared_account_amount', 'account_amount_deals', 'squared_account_deals',
] %}
{%- set counts = ['closed_deals', 'won_deals', 'timed_won_deals'] %}
-- One row per recommendable dimension x segment: what its closed deals of the window brought and how long they took, and the same of all
-- deals. A won deal without an amount says nothing of value: it is left out, and counted.
-- noqa: disable=LT02

with deals as (

    select
        segments.dimension,
        segments.segment,
        -- a deal without an account is one of its own
        coalesce(segments.account_key, segments.deal_key) as account,
        segments.cycle_days,
        case when segments.outcome = 'won' then 1 else 0 end as won_deals,
        segments.outcome = 'lost' or segments.amount is not null as is_valued,
        case when segments.outcome = 'won' then cast(segments.amount as double) else 0e0 end as won_value
    from {{ ref('fct_deal_segments') }} as segments
    inner join {{ ref('dim_periods') }} as periods
        on periods.period = 'window'
        and {{ in_period('segments.closed_on') }}
    where segments.outcome in ('won', 'lost') and segments.is_recommendable

),

accounts as (

    select
        dimension,
        segment,
        account,
        cast(sum(case when is_valued then 1 else 0 end) as double) as account_deals,
        {{ sum_in_any_order('won_value') }} as account_amount
    from deals
    group by dimension, segment, account

),

-- what tells how alike the deals of an account are
alike as (

    select
        dimension,
        segment,
        {{ sum_of_squares('account_amount') }} as squared_account_amount,
        {{ sum_in_any_order('account_amount * account_deals') }} as account_amount_deals,
        sum(account_deals * account_deals) as squared_account_deals
    from accounts
    group by dimension, segment

),

sums as (

    select
        dimension,
        segment,
        cast(sum(case when is_valued then 1 else 0 end) as bigint) as closed_deals,
        cast(sum(case when is_valued then won_deals else 0 end) as bigint) as won_deals,
        cast(sum(case when is_valued then 0 else 1 end) as bigint) as unvalued_won_deals,
        {{ sum_in_any_order('won_value') }} as won_amount,
        {{ sum_of_squares('won_value') }} as squared_amount,
        cast(sum(case when is_valued and cycle_days is not null then won_deals else 0 end) as bigint) as timed_won_deals,
        cast(sum(case when is_valued then cast(cycle_days as bigint) end) as double) as days,
        cast(sum(case when is_valued then cast(cycle_days as bigint) * cycle_days end) as double) as squared_days,
        {{ sum_in_any_order('case when cycle_days is not null then won_value else 0e0 end') }} as timed_amount,
        {{ sum_of_squares('case when cycle_days is not null then won_value else 0e0 end') }} as squared_timed_amount,
        {{ sum_in_any_order('case when cycle_days is not null then won_value * cycle_days else 0e0 end') }} as amount_days
    from deals
    group by dimension, segment

)

select
    sums.*,
    alike.squared_account_amount,
    alike.account_amount_deals,
    alike.squared_account_deals
    {%- for measure in measures %},
    cast(sum({{ measure }}) over (partition by sums.dimension) as {{ 'bigint' if measure in counts else 'double' }}) as all_{{ measure }}
    {%- endfor %}
from sums
inner join alike on sums.dimension = alike.dimension and sums.segment = alike.segment
