-- One row per period that answers compare: the quarter under review, the one before it, the trailing window, and all deals.
-- Periods overlap: figures of different periods may not be added.

with reviewed as (

    select * from {{ ref('int_reviewed_quarter') }}

),

population as (

    select
        coalesce({{ listed("case when not counts then field || ' ' || case when value = '*' then 'not named here' else value end end") }}, 'none') as left_out
    from {{ ref('population') }}

),

periods as (

    select
        'quarter' as period,
        1 as period_order,
        1 as quarter_count,
        false as has_undated_deals,
        reviewed.starts_on as starts_on,
        {{ quarters_later('reviewed.starts_on', 1) }} as ends_before_on
    from reviewed
    union all
    select
        'previous_quarter' as period,
        2 as period_order,
        1 as quarter_count,
        false as has_undated_deals,
        {{ quarters_later('reviewed.starts_on', -1) }} as starts_on,
        reviewed.starts_on as ends_before_on
    from reviewed
    union all
    select
        'window' as period,
        3 as period_order,
        -- where no deal has a closed date there are no quarters, and the window is all of them
        case when not reviewed.are_undated then reviewed.window_quarters end as quarter_count,
        reviewed.are_undated as has_undated_deals,
        cast(case
            when reviewed.window_quarters = {{ setting('extended_window_quarters') | int }}
                then {{ quarters_later('reviewed.starts_on', 1 - (setting('extended_window_quarters') | int)) }}
            else {{ quarters_later('reviewed.starts_on', 1 - (setting('window_quarters') | int)) }}
        end as date) as starts_on,
        {{ quarters_later('reviewed.starts_on', 1) }} as ends_before_on
    from reviewed
    union all
    select
        'all' as period,
        4 as period_order,
        cast(null as integer) as quarter_count,
        true as has_undated_deals,
        cast(null as date) as starts_on,
        cast(null as date) as ends_before_on
    from reviewed

),

counted as (

    select
        periods.period,
        count(closed_deals.deal_key) as closed_deals
    from periods
    left join {{ ref('fct_closed_deals') }} as closed_deals
        on periods.has_undated_deals
        or (closed_deals.closed_on >= periods.starts_on and closed_deals.closed_on < periods.ends_before_on)
    group by periods.period

)

select
    periods.period,
    periods.period_order,
    case when periods.starts_on is not null then {{ quarter_name('periods.starts_on') }} end as first_quarter,
    case when periods.starts_on is not null then {{ quarter_name(quarters_later('periods.ends_before_on', -1)) }} end as last_quarter,
    case when reviewed.starts_on is not null then {{ quarter_name(quarters_later('reviewed.starts_on', 1)) }} end as next_quarter,
    periods.quarter_count,
    periods.has_undated_deals,
    periods.starts_on,
    periods.ends_before_on,
    reviewed.as_of_on,
    '{{ time_zone() }}' as time_zone,
    counted.closed_deals,
    periods.period in ('quarter', 'window') and coalesce(reviewed.is_partial, false) as is_partial,
    case
        when periods.period in ('previous_quarter', 'all') or reviewed.starts_on is null then 'complete'
        when reviewed.is_partial then 'partial: the export ends before the quarter does'
        when reviewed.is_cut_short then 'taken as complete: the last record is a few days before the end'
        else 'complete'
    end as completeness,
    currencies.value_currency,
    currencies.value_missing_reason,
    case when population.left_out = 'none' then 'all deal types and pipelines' else 'all deals except ' || population.left_out end as population,
    case
        when counted.closed_deals > 0 then null
        when periods.period = 'all' or reviewed.are_none then 'no closed deals in the data'
        when reviewed.are_undated then 'no deal has a closed date'
        when reviewed.starts_on is null then 'no complete quarter in the data; set review_quarter to review a partial one'
        else 'no closed deals in this period'
    end as missing_reason
from periods
inner join counted on periods.period = counted.period
cross join reviewed
cross join population
cross join {{ ref('int_currencies') }} as currencies
