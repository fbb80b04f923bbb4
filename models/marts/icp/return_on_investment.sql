-- One row: what following the first claim would be worth on the user's own quota, margin and cost, at what the segment's own deals are
-- worth: win rate and size together, per closed deal. A bet has no price. The interval is that of the ratio of two values per deal.

with stated as (

    select
        nullif(cast({{ setting('quota_amount') }} as double), 0) as quota_amount,
        nullif(cast({{ setting('gross_margin') }} as double), 0) as gross_margin,
        cast({{ setting('programme_cost') }} as double) as programme_cost

),

valued as (

    select
        first_claim.segment_label,
        first_claim.grade,
        first_claim.shift_points,
        first_claim.extra_wins_per_100,
        first_claim.extra_wins_low,
        first_claim.extra_wins_high,
        stated.*,
        baseline.period,
        baseline.population,
        100e0 * baseline.win_rate as wins_per_100,
        cast(case when first_claim.segment_label is not null then overlap.target_deals end as bigint) as target_deals,
        cast(case when first_claim.segment_label is not null then overlap.shared_target_deals end as bigint) as shared_target_deals,
        first_claim.shift_points / 100e0 * worth.relative_value as relative_gain,
        first_claim.shift_points / 100e0 * worth.relative_value_low as relative_gain_low,
        first_claim.shift_points / 100e0 * worth.relative_value_high as relative_gain_high
    from {{ ref('win_rate_baseline') }} as baseline
    cross join stated
    cross join {{ ref('int_target_overlap') }} as overlap
    left join {{ ref('int_first_claim') }} as first_claim on baseline.period = 'window'
    left join {{ ref('int_first_claim_value') }} as worth on baseline.won_amount is not null
    where baseline.period = 'window'

)

select
    {{ all_but('valued', ['relative_gain', 'relative_gain_low', 'relative_gain_high']) }},
    round(quota_amount * relative_gain, 2) as revenue_gain,
    round(quota_amount * relative_gain_low, 2) as revenue_gain_low,
    round(quota_amount * relative_gain_high, 2) as revenue_gain_high,
    round(quota_amount * relative_gain * gross_margin - programme_cost, 2) as net_gain,
    round(quota_amount * relative_gain_low * gross_margin - programme_cost, 2) as net_gain_low,
    round(quota_amount * relative_gain_high * gross_margin - programme_cost, 2) as net_gain_high,
    case
        when segment_label is null then 'no segment is claimed: a bet has no price'
        when wins_per_100 is null or wins_per_100 = 0 then 'advice reads no won deal'
        when quota_amount is null then 'the setting quota_amount is not set'
        when relative_gain is null then 'too few won deals with an amount, in one currency, to tell what its deals are worth'
    end as missing_reason
from valued
