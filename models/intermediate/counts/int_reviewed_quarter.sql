{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}
{%- set named = text_literal(setting('review_quarter')) if setting('review_quarter') else 'cast(null as string)' %}
{%- set known = "coalesce((select min(quarter) || ' to ' || max(quarter) from quarters), 'nothing')" %}
-- One row: the last quarter that is complete, or the one that `review_quarter` names, and of how many quarters the window that ends with it is.

with closed_deals as (

    select * from {{ ref('fct_closed_deals') }}

),

as_of as (

    select * from {{ ref('dim_as_of') }}

),

quarters as (

    select
        closed_deals.closed_quarter_starts_on as starts_on,
        closed_deals.closed_quarter as quarter,
        {{ quarters_later('closed_deals.closed_quarter_starts_on', 1) }} as ends_before_on,
        as_of.as_of_on,
        -- lines of one decision teach what one does
        count(*) - count(*) filter (where closed_deals.decision_line > 1) as decisions
    from closed_deals
    cross join as_of
    where closed_deals.closed_quarter_starts_on <= as_of.as_of_on
    group by closed_deals.closed_quarter_starts_on, closed_deals.closed_quarter, as_of.as_of_on

),

-- a quarter is complete when the export reaches its end, or nearly so: nothing closes on the last days of many a quarter
judged as (

    select
        *,
        ends_before_on > as_of_on + 1 as is_cut_short,
        cast({{ dbt.dateadd('day', "(-1 - " ~ (setting('quarter_end_tolerance_days') | int) ~ ")", 'ends_before_on') }} as date) > as_of_on as is_partial
    from quarters

),

reviewed as (

    select
        max(starts_on) as starts_on,
        max(quarter) as quarter,
        bool_or(is_partial) as is_partial,
        bool_or(is_cut_short) as is_cut_short,
        case
            when count(*) = 0 and {{ named }} is not null
                then {{ fail("'review_quarter ' || " ~ named ~ " || ' is not in the data. Quarters with closed deals: ' || " ~ known ~ " || '. Set review_quarter to one of them, or leave it out.'") }}  -- noqa: LT05
        end as problem
    from judged
    where coalesce(quarter = {{ named }}, starts_on = (select max(complete.starts_on) from judged as complete where not complete.is_partial))

),

-- the longer window where the shorter holds too few deals to learn from
window_length as (

    select
        case
            when coalesce(sum(quarters.decisions), 0) < {{ setting('window_minimum_deals') | int }} then {{ setting('extended_window_quarters') | int }}
            else {{ setting('window_quarters') | int }}
        end as quarter_count
    from reviewed
    left join quarters
        on quarters.starts_on <= reviewed.starts_on
        and quarters.starts_on > {{ quarters_later('reviewed.starts_on', -1 * (setting('window_quarters') | int)) }}

),

dated as (

    select
        min(closed_quarter_starts_on) as first_closed_starts_on,
        count(*) > 0 and count(closed_on) = 0 as are_undated,
        count(*) = 0 as are_none
    from closed_deals

)

select
    as_of.as_of_on,
    reviewed.starts_on,
    reviewed.is_partial,
    reviewed.is_cut_short,
    window_length.quarter_count as window_quarters,
    dated.first_closed_starts_on,
    dated.are_undated,
    dated.are_none
from reviewed
cross join window_length
cross join dated
cross join as_of
where reviewed.problem is null
