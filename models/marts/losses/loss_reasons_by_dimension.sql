-- One row per period x dimension x segment x loss reason category seen in that segment. Segments of one dimension and category add up,
-- but for competitors, several of which a deal may name; dimensions and periods overlap and may not be added.

with reasons as (

    select
        periods.period,
        endings.dimension,
        endings.segment,
        endings.category,
        cast(sum(endings.deals) as bigint) as lost_deals,
        sum(endings.first_deals) as first_deals,
        cast(sum(endings.amount) as double) as lost_amount
    from {{ ref('int_segment_endings') }} as endings
    inner join {{ ref('dim_periods') }} as periods on {{ in_period('endings.starts_on') }}
    where endings.outcome = 'lost'
    group by periods.period, endings.dimension, endings.segment, endings.category

),

-- deals whose segment is unknown are not compared with; a deal with two competitors is one deal
compared as (

    select
        reasons.*,
        sum(lost_deals) over (partition by period, dimension, segment) as segment_lost_deals,
        sum(case when segment != 'unknown' then first_deals else 0 end) over (partition by period, dimension)
        - case when segment != 'unknown' then sum(lost_deals) over (partition by period, dimension, segment) else 0 end as other_lost_deals,
        sum(case when segment != 'unknown' then first_deals else 0 end) over (partition by period, dimension, category)
        - case when segment != 'unknown' then lost_deals else 0 end as rest_reason_deals
    from reasons

),

shares as (

    select
        *,
        {{ rate_columns('lost_deals', 'segment_lost_deals', 'share') }},
        {{ rate_columns('rest_reason_deals', 'other_lost_deals', 'other_share') }}
    from compared

)

select
    {{ all_but('shares', ['first_deals', 'segment_lost_deals', 'other_lost_deals', 'rest_reason_deals', 'other_share_low', 'other_share_high']) }},
    baseline.population,
    cast(shares.segment_lost_deals as bigint) as segment_lost_deals,
    cast(shares.other_lost_deals as bigint) as other_lost_deals,
    {{ difference_columns('shares.share', 'shares.other_share', 'difference') }},
    baseline.value_missing_reason
from shares
inner join {{ ref('win_rate_baseline') }} as baseline on shares.period = baseline.period
