-- One row per period that answers compare: the quarter under review, the one before it, the trailing window, and all deals.
-- Periods overlap: figures of different periods may not be added. A window that begins before the first closed deal is told from that quarter on.

with counted as (

    select
        periods.period,
        count(closed_deals.deal_key) as closed_deals
    from {{ ref('int_period_bounds') }} as periods
    left join {{ ref('fct_closed_deals') }} as closed_deals
        on periods.has_undated_deals
        or (closed_deals.closed_on >= periods.starts_on and closed_deals.closed_on < periods.ends_before_on)
    group by periods.period

)

select
    periods.period,
    periods.period_order,
    case
        when periods.starts_on is null then null
        when periods.ends_before_on > reviewed.first_closed_starts_on then {{ quarter_name('greatest(periods.starts_on, reviewed.first_closed_starts_on)') }}
        else {{ quarter_name('periods.starts_on') }}
    end as first_quarter,
    case when periods.starts_on is not null then {{ quarter_name(quarters_later('periods.ends_before_on', -1)) }} end as last_quarter,
    case when reviewed.starts_on is not null then {{ quarter_name(quarters_later('reviewed.starts_on', 1)) }} end as next_quarter,
    periods.quarter_count,
    periods.has_undated_deals,
    periods.starts_on,
    periods.ends_before_on,
    reviewed.as_of_on,
    '{{ time_zone() }}' as time_zone,
    counted.closed_deals,
    (periods.period in ('quarter', 'window') and coalesce(reviewed.is_partial, false))
    or coalesce(reviewed.first_closed_starts_on > periods.starts_on and reviewed.first_closed_starts_on < periods.ends_before_on, false) as is_partial,
    case
        when periods.period = 'all' or reviewed.starts_on is null then 'complete'
        when periods.ends_before_on <= reviewed.first_closed_starts_on then 'missing: the export begins after it'
        when periods.starts_on < reviewed.first_closed_starts_on
            then 'partial: the export begins after the period does' || case when reviewed.is_partial then ', and ends before it does' else '' end
        when periods.period = 'previous_quarter' then 'complete'
        when reviewed.is_partial then 'partial: the export ends before the quarter does'
        when reviewed.is_cut_short then 'taken as complete: the last record is a few days before the end'
        else 'complete'
    end as completeness,
    currencies.value_currency,
    currencies.value_missing_reason,
    population.population,
    case
        when counted.closed_deals > 0 then null
        when periods.period = 'all' or reviewed.are_none then 'no closed deals in the data'
        when reviewed.are_undated then 'no deal has a closed date'
        when reviewed.starts_on is null then 'no complete quarter in the data; set review_quarter to review a partial one'
        else 'no closed deals in this period'
    end as missing_reason
from {{ ref('int_period_bounds') }} as periods
inner join counted on periods.period = counted.period
cross join {{ ref('int_reviewed_quarter') }} as reviewed
cross join {{ ref('int_population') }} as population
cross join {{ ref('int_currencies') }} as currencies
