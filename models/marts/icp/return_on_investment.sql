-- One row: what following the first claim would be worth on the user's own quota, margin and cost, at what the segment's own deals are
-- worth: win rate and size together, per closed deal. A bet has no price. The interval is that of the ratio of two values per deal.

with recommended as (

    select
        *,
        row_number() over (order by rank) as place
    from {{ ref('icp_recommendations') }}
    where action = 'target_more' and not is_remainder

),

first_claim as (

    select *
    from recommended
    where place = 1

),

-- gains of target segments that share deals do not add up
target_deals as (

    select
        count(*) as target_deals,
        sum(case when segments > 1 then 1 else 0 end) as shared_target_deals
    from (
        select
            closed.deal_key,
            count(*) as segments
        from {{ ref('fct_closed_deals') }} as closed
        inner join {{ ref('dim_periods') }} as periods
            on periods.period = 'window'
            and {{ in_period('closed.closed_on') }}
        inner join recommended on recommended.second_segment is null
        left join {{ ref('dim_segment_cuts') }} as cuts
            on recommended.dimension = cuts.dimension and recommended.segment = cuts.segment
            and {{ dimension_value('recommended.dimension', 'closed') }} = cuts.segment_part
        where {{ dimension_value('recommended.dimension', 'closed') }} = recommended.segment or cuts.segment_part is not null
        group by closed.deal_key
    ) as targeted

),

stated as (

    select
        nullif(cast({{ setting('quota_amount') }} as double), 0) as quota_amount,
        nullif(cast({{ setting('gross_margin') }} as double), 0) as gross_margin,
        cast({{ setting('programme_cost') }} as double) as programme_cost

),

deals as (

    select
        closed.is_won,
        cast(case when closed.is_won = 1 then closed.amount end as double) as won_amount,
        ({{ dimension_value('first_claim.dimension', 'closed') }} = first_claim.segment or cuts.segment_part is not null)
        and (
            first_claim.second_segment is null
            or {{ dimension_value('first_claim.second_dimension', 'closed') }} = first_claim.second_segment
        ) as is_inside
    from {{ ref('fct_closed_deals') }} as closed
    inner join {{ ref('dim_periods') }} as periods
        on periods.period = 'window'
        and {{ in_period('closed.closed_on') }}
    cross join first_claim
    -- the deals of a cut are those of its bands
    left join {{ ref('dim_segment_cuts') }} as cuts
        on first_claim.dimension = cuts.dimension and first_claim.segment = cuts.segment
        and {{ dimension_value('first_claim.dimension', 'closed') }} = cuts.segment_part

),

sides as (

    select
        is_inside,
        cast(count(*) as double) as closed_deals,
        cast(count(won_amount) as double) as valued_deals,
        sum(won_amount) as won_amount,
        {{ sum_of_squares('won_amount') }} as squared_amount
    from deals
    -- a won deal without an amount says nothing of what deals are worth
    where is_won = 0 or won_amount is not null
    group by is_inside

),

compared as (

    select
        inside.closed_deals,
        outside.won_amount / outside.closed_deals as other_value,
        (inside.won_amount + outside.won_amount) / (inside.closed_deals + outside.closed_deals) as value_of_all,
        ln((inside.won_amount / inside.closed_deals) / (outside.won_amount / outside.closed_deals)) as log_ratio,
        sqrt(
            greatest(
                inside.valued_deals * inside.squared_amount / power(inside.won_amount, 2),
                outside.valued_deals * outside.squared_amount / power(outside.won_amount, 2)
            ) / inside.valued_deals
            - 1 / inside.closed_deals
            + outside.squared_amount / power(outside.won_amount, 2)
            - 1 / outside.closed_deals
        ) as log_error
    from sides as inside
    inner join sides as outside on inside.is_inside and not outside.is_inside
    where
        least(inside.closed_deals, outside.closed_deals) >= {{ setting('minimum_deals') | int }}
        and least(inside.valued_deals, outside.valued_deals) >= {{ setting('priced_won_deals') | int }}
        and least(inside.won_amount, outside.won_amount) > 0

),

-- the value per deal of the segment, drawn to that of all deals as rates are
bounded as (

    select
        *,
        other_value * exp(log_ratio) as value,
        other_value * exp(log_ratio - 1.959964 * log_error) as value_low,
        other_value * exp(log_ratio + 1.959964 * log_error) as value_high,
        {{ setting('shrinkage_deals') }} as prior_deals
    from compared

),

worth as (

    select
        (closed_deals * value + prior_deals * value_of_all) / (closed_deals + prior_deals) / value_of_all - 1 as relative_value,
        (closed_deals * value_low + prior_deals * value_of_all) / (closed_deals + prior_deals) / value_of_all - 1 as relative_value_low,
        (closed_deals * value_high + prior_deals * value_of_all) / (closed_deals + prior_deals) / value_of_all - 1 as relative_value_high
    from bounded

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
        case when first_claim.segment_label is not null then target_deals.target_deals end as target_deals,
        case when first_claim.segment_label is not null then coalesce(target_deals.shared_target_deals, 0) end as shared_target_deals,
        first_claim.shift_points / 100e0 * worth.relative_value as relative_gain,
        first_claim.shift_points / 100e0 * worth.relative_value_low as relative_gain_low,
        first_claim.shift_points / 100e0 * worth.relative_value_high as relative_gain_high
    from {{ ref('win_rate_baseline') }} as baseline
    cross join stated
    cross join target_deals
    left join first_claim on first_claim.place = 1
    left join worth on baseline.won_amount is not null
    where baseline.period = 'window'

)

select
    period,
    segment_label,
    grade,
    shift_points,
    wins_per_100,
    extra_wins_per_100,
    extra_wins_low,
    extra_wins_high,
    cast(target_deals as bigint) as target_deals,
    cast(shared_target_deals as bigint) as shared_target_deals,
    quota_amount,
    gross_margin,
    programme_cost,
    round(quota_amount * relative_gain, 2) as revenue_gain,
    round(quota_amount * relative_gain_low, 2) as revenue_gain_low,
    round(quota_amount * relative_gain_high, 2) as revenue_gain_high,
    round(quota_amount * relative_gain * gross_margin - programme_cost, 2) as net_gain,
    round(quota_amount * relative_gain_low * gross_margin - programme_cost, 2) as net_gain_low,
    round(quota_amount * relative_gain_high * gross_margin - programme_cost, 2) as net_gain_high,
    population,
    case
        when segment_label is null then 'no segment is claimed: a bet has no price'
        when wins_per_100 is null or wins_per_100 = 0 then 'advice reads no won deal'
        when quota_amount is null then 'the setting quota_amount is not set'
        when relative_gain is null then 'too few won deals with an amount, in one currency, to tell what its deals are worth'
    end as missing_reason
from valued
