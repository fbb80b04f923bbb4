-- Detects periods that are missing, have a gap between them or do not end together.
-- Changes since the previous quarter, and the window, are read as neighbours in time.
-- A returned row shows the dates of the periods as they are.

with dates as (

    select
        count(*) as periods,
        max(case when period = 'quarter' then starts_on end) as quarter_starts_on,
        max(case when period = 'quarter' then ends_before_on end) as quarter_ends_before_on,
        max(case when period = 'previous_quarter' then ends_before_on end) as previous_ends_before_on,
        max(case when period = 'previous_quarter' then starts_on end) as previous_starts_on,
        max(case when period = 'window' then starts_on end) as window_starts_on,
        max(case when period = 'window' then ends_before_on end) as window_ends_before_on,
        max(case when period = 'quarter' then as_of_on end) as as_of_on
    from {{ ref('dim_periods') }}

)

select *
from dates
where
    periods != 4
    or previous_ends_before_on is distinct from quarter_starts_on
    or window_ends_before_on is distinct from quarter_ends_before_on
    or window_starts_on > previous_starts_on
    or {{ dbt.datediff('previous_starts_on', 'quarter_starts_on', 'month') }} != 3
    or {{ dbt.datediff('quarter_starts_on', 'quarter_ends_before_on', 'month') }} != 3
    or quarter_starts_on > as_of_on
