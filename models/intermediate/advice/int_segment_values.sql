{{ config(materialized='table', enabled=true) }}
{%- set sums = [
    'won_amount', 'squared_amount', 'days', 'squared_days', 'timed_amount', 'squared_timed_amount', 'amount_days', 'squared_account_amount',
    'account_amount_deals', 'squared_account_deals', 'decision_days',
] %}
{%- set names = dimensions() | selectattr('recommendable') | map(attribute='name') | list %}
{%- set counts = ['closed_deals', 'won_deals', 'timed_won_deals', 'decisions', 'won_decisions', 'timed_won_decisions'] %}
-- One row per recommendable dimension x segment: what its closed deals of the window brought and how long they took, and the same of all
-- deals. A won deal without an amount says nothing of value: it is left out, and counted. Squares and products are those of decisions.
-- noqa: disable=LT02,LT05

with deals as (

    select
        -- a deal without an account is one of its own
        coalesce(closed.account_key, closed.deal_key) as account,
        closed.cycle_days,
        closed.is_won as won_deals,
        coalesce(closed.decision_line, 1) as line,
        {{ of_decision(line='closed.decision_line') }} as is_decision,
        closed.is_won = 0 or closed.amount is not null as is_valued,
        case when closed.is_won = 1 then closed.amount end as won_amount,
        case when closed.is_won = 1 then cast(closed.amount as double) else 0e0 end as won_value{{ and_dimensions('closed', names) }}  -- noqa: LT02
    from {{ ref('fct_closed_deals') }} as closed
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'window' and {{ in_period('closed.closed_on') }}

),

accounts as (

    select
        {{ cut_columns(names) }},
        account,
        cast(sum(case when is_valued then is_decision else 0 end) as double) as account_deals,
        coalesce(cast(sum(won_amount) as double), 0e0) as account_amount
    from deals
    -- accounts alone are read by no one: they stand in for a company without a dimension that is recommendable
    group by grouping sets ({{ cut_sets(names, 'account', has_whole=false) }})

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
    where dimension is not null
    group by dimension, segment

),

sums as (

    select
        {{ cut_columns(names) }},
        count(case when is_valued then 1 end) as closed_deals,
        cast(sum(case when is_valued then won_deals else 0 end) as bigint) as won_deals,
        count(case when not is_valued then 1 end) as unvalued_won_deals,
        coalesce(cast(sum(won_amount) as double), 0e0) as won_amount,
        {{ sum_in_any_order('won_value * won_value * (2 * line - 1)') }} as squared_amount,
        cast(sum(case when is_valued and cycle_days is not null then won_deals else 0 end) as bigint) as timed_won_deals,
        cast(sum(case when is_valued then cast(cycle_days as bigint) end) as double) as days,
        cast(sum(case when is_valued then cast(cycle_days as bigint) * cycle_days * is_decision end) as double) as squared_days,
        coalesce(cast(sum(case when cycle_days is not null then won_amount end) as double), 0e0) as timed_amount,
        {{ sum_in_any_order('case when cycle_days is not null then won_value * won_value * (2 * line - 1) else 0e0 end') }} as squared_timed_amount,
        {{ sum_in_any_order('case when cycle_days is not null then won_value * cycle_days else 0e0 end') }} as amount_days,
        cast(sum(case when is_valued then is_decision else 0 end) as bigint) as decisions,
        cast(sum(case when is_valued then is_decision * won_deals else 0 end) as bigint) as won_decisions,
        cast(sum(case when is_valued and cycle_days is not null then is_decision * won_deals else 0 end) as bigint) as timed_won_decisions,
        cast(sum(case when is_valued then cast(cycle_days as bigint) * is_decision end) as double) as decision_days
    from deals
    group by grouping sets ({{ cut_sets(names, '') }})

)

select
    sums.*,
    alike.squared_account_amount,
    alike.account_amount_deals,
    alike.squared_account_deals
    {%- for name in sums %}, cast(sum({{ name }}) over (partition by sums.dimension) as double) as all_{{ name }}{% endfor %}
    {%- for name in counts %}, cast(sum({{ name }}) over (partition by sums.dimension) as bigint) as all_{{ name }}{% endfor %}
from sums
inner join alike on sums.dimension = alike.dimension and sums.segment = alike.segment
