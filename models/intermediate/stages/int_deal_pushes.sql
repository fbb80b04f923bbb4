-- One row per deal whose history states when it was expected to close: the first and the last such day while it was open, how far it
-- slipped, and on how many days it was pushed to a later one. A deal is pushed as it grows old: compare deals of the same age only.

with plans as (

    select
        history.deal_key,
        history.expected_close_on,
        lag(history.expected_close_on) over by_time as expected_before_on,
        first_value(history.expected_close_on) over by_time as first_expected_close_on,
        row_number() over (partition by history.deal_key order by history.entered_at desc nulls first, history.stage desc) as latest_first
    from {{ ref('stg_stage_history') }} as history
    inner join {{ ref('int_stages') }} as stages on history.stage = stages.stated_stage
    -- on closing it is no plan any more
    where history.expected_close_on is not null and stages.outcome = 'open'
    window by_time as (partition by history.deal_key order by history.entered_at nulls last, history.stage)

),

slips as (

    select
        deal_key,
        max(first_expected_close_on) as first_expected_close_on,
        max(case when latest_first = 1 then expected_close_on end) as last_expected_close_on,
        count(*) filter (where expected_close_on > expected_before_on) as push_records
    from plans
    group by deal_key

)

select
    deal_key,
    first_expected_close_on,
    last_expected_close_on,
    cast({{ dbt.datediff('first_expected_close_on', 'last_expected_close_on', 'day') }} as integer) as slipped_days,  -- noqa: LT05
    push_records
from slips
