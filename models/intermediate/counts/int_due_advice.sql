-- One row per earlier recommendation that can be judged: only what was said last of a quarter counts, and only once the quarter after it is over.

-- advice that was drawn from deals which stand in these files, too
with of_these_deals as (

    {{ versions_of_these_deals(source('history', 'recommendations')) }}

),

said as (

    select
        history.*,
        max(history.version) over (partition by history.reviewed_quarter) as latest_version,
        min(history.version) over (partition by history.reviewed_quarter) as first_version,
        {{ quarters_later('history.reviewed_quarter_starts_on', 1) }} as next_quarter_starts_on
    from {{ source('history', 'recommendations') }} as history
    -- what was said of another company's deals is not judged by these
    inner join {{ source('landing', 'loads') }} as loads on history.crm = loads.crm
    left join of_these_deals
        on history.reviewed_quarter = of_these_deals.reviewed_quarter and history.version = of_these_deals.version
    where {{ is_of_these_deals('history', 'of_these_deals') }}

)

select said.*
from said
inner join {{ ref('dim_periods') }} as periods
    on periods.period = 'quarter'
    and said.next_quarter_starts_on <= periods.starts_on
    and not (periods.is_partial and said.next_quarter_starts_on = periods.starts_on)
where said.version = said.latest_version
