{{ config(materialized=('view' if target.type == 'duckdb' else 'table')) }}
-- One row per period x deal of the population that was open on a day of it: its age in days when the period found it, its age when the
-- period left it, and how it left. A deal that outlasts the period leaves it open. Left out: deals without a day of creation, closed
-- without a day, before they were created or after the export ends. Periods overlap and may not be added.
-- noqa: disable=LT02

select
    bounds.period,
    deals.deal_key,
    deals.decision_line,
    deals.created_on,
    deals.amount,
    cast(
        case
            when deals.created_on < bounds.from_on then {{ dbt.datediff('deals.created_on', 'bounds.from_on', 'day') }}  -- noqa: LT05
            else 0
        end as integer
    ) as entered_days,
    cast(
        case
            when deals.closed_on <= bounds.until_on then deals.cycle_days
            else {{ dbt.datediff('deals.created_on', 'bounds.until_on', 'day') }}
        end as integer
    ) as left_days,
    case when deals.closed_on <= bounds.until_on then deals.outcome else 'open' end as left_as{{ and_dimensions('deals', segment_columns()) }}
from {{ ref('fct_deals') }} as deals
inner join {{ ref('int_watched_periods') }} as bounds
    on deals.created_on <= bounds.until_on
    -- nothing is known of a period that was over before the export began
    and coalesce(bounds.from_on <= bounds.until_on, true)
    and (
        deals.outcome = 'open'
        or (deals.closed_on >= bounds.from_on and deals.closed_on >= deals.created_on and deals.closed_on <= bounds.as_of_on)
    )
where deals.is_in_population
