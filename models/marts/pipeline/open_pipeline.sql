-- One row per dimension x segment: the deals open when the export ends, and how many of them will be won if deals of the segment go on at
-- their pace of the trailing window. Segments of a dimension add up to all open deals; dimensions overlap and may not be added.

with valued as (

    select
        segments.dimension,
        segments.segment,
        periods.population,
        periods.as_of_on,
        segments.open_deals,
        segments.stale_deals,
        segments.beyond_record_deals,
        segments.open_amount,
        outlook.won_deals,
        outlook.expected_won_deals,
        outlook.won_pace,
        outlook.expected_wins,
        1.959963984540054e0 * outlook.standard_error as half_width,
        case when segments.open_amount is not null then outlook.expected_amount end as expected_amount,
        coalesce(periods.value_missing_reason, segments.value_refusal) as value_missing_reason
    from {{ ref('int_open_segments') }} as segments
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'all'
    left join {{ ref('int_pipeline_outlook') }} as outlook on segments.dimension = outlook.dimension and segments.segment = outlook.segment

)

select
    dimension,
    segment,
    population,
    as_of_on,
    open_deals,
    stale_deals,
    stale_deals / nullif(open_deals, 0) as stale_share,
    beyond_record_deals,
    won_deals as won_in_window,
    expected_won_deals as won_at_average_pace,
    won_pace as pace,
    expected_wins,
    case when expected_wins is not null then greatest(0e0, expected_wins - half_width) end as expected_wins_low,
    case when expected_wins is not null then least(cast(open_deals as double), expected_wins + half_width) end as expected_wins_high,
    open_amount,
    expected_amount,
    open_amount / nullif(expected_amount, 0) as amount_per_won_amount,
    case when dimension = 'all' then expected_amount / nullif(greatest({{ setting('quota_amount') | float }}, 0) / 4, 0) end as quota_coverage,
    value_missing_reason,
    case
        when open_deals = 0 then 'no open deal that states when it was created'
        when expected_wins is null then 'too few deals of known age were decided in the trailing window'
    end as missing_reason
from valued
