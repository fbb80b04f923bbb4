-- One row per dimension x segment: the deals open when the export ends, and how many of them will be won if deals of the segment go on at
-- their pace of the trailing window. Segments of a dimension add up to all open deals; dimensions overlap and may not be added.

with open_deals as (

    select
        dimension,
        segment,
        cast(sum(deals) as bigint) as open_deals,
        cast(sum(stale_deals) as bigint) as stale_deals,
        cast(sum(beyond_record_deals) as bigint) as beyond_record_deals,
        cast(sum(amount) as double) as amount,
        case
            when 2 * sum(amounts) < sum(deals) then 'under half of the open deals state an amount'
            when sum(deals) < {{ setting('small_cell_minimum') | int }}
                then 'fewer than {{ setting("small_cell_minimum") | int }} open deals'
        end as value_refusal
    from {{ ref('int_open_cells') }}
    group by dimension, segment

),

-- a segment without open deals has a row, and so have all deals
segments as (

    select
        dimension,
        segment
    from {{ ref('int_pipeline_outlook') }}
    union
    select
        dimension,
        segment
    from open_deals
    union
    select
        'all' as dimension,
        'all deals' as segment

),

valued as (

    select
        segments.dimension,
        segments.segment,
        periods.population,
        periods.as_of_on,
        coalesce(open_deals.open_deals, 0) as open_deals,
        coalesce(open_deals.stale_deals, 0) as stale_deals,
        coalesce(open_deals.beyond_record_deals, 0) as beyond_record_deals,
        outlook.won_deals,
        outlook.expected_won_deals,
        outlook.won_pace,
        outlook.expected_wins,
        1.959963984540054e0 * outlook.standard_error as half_width,
        case when open_deals.value_refusal is null then open_deals.amount end as open_amount,
        case when open_deals.value_refusal is null and open_deals.amount is not null then outlook.expected_amount end as expected_amount,
        coalesce(
            periods.value_missing_reason,
            open_deals.value_refusal,
            case when open_deals.open_deals is null then 'no open deals' end
        ) as value_missing_reason
    from segments
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'all'
    left join open_deals on segments.dimension = open_deals.dimension and segments.segment = open_deals.segment
    left join {{ ref('int_pipeline_outlook') }} as outlook on segments.dimension = outlook.dimension and segments.segment = outlook.segment

)

select
    dimension,
    segment,
    population,
    as_of_on,
    open_deals,
    stale_deals,
    {{ rate('stale_deals', 'open_deals') }} as stale_share,
    beyond_record_deals,
    won_deals as won_in_window,
    expected_won_deals as won_at_average_pace,
    won_pace as pace,
    expected_wins,
    case when expected_wins is not null then greatest(0e0, expected_wins - half_width) end as expected_wins_low,
    case when expected_wins is not null then least(cast(open_deals as double), expected_wins + half_width) end as expected_wins_high,
    open_amount,
    expected_amount,
    {{ rate('open_amount', 'expected_amount') }} as amount_per_won_amount,
    {%- if setting('quota_amount') | float > 0 %}
    case when dimension = 'all' then expected_amount / {{ (setting('quota_amount') | float) / 4 }} end as quota_coverage,
    {%- else %}
    cast(null as double) as quota_coverage,
    {%- endif %}
    value_missing_reason,
    case
        when open_deals = 0 then 'no open deal that states when it was created'
        when expected_wins is null then 'too few deals of known age were decided in the trailing window'
    end as missing_reason
from valued
