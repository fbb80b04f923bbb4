-- One row per recommendable dimension x known segment: what an opportunity there was worth in the window, won or not, and a selling day, both
-- compared with all other deals, those without a value in the dimension included: less would tell what these few brought. Nothing here may
-- be added; lost amounts are not used.

with sides as (

    select
        own.*,
        all_closed_deals - closed_deals as rest_closed_deals,
        all_won_deals - won_deals as rest_won_deals,
        all_won_amount - won_amount as rest_won_amount,
        all_squared_amount - squared_amount as rest_squared_amount,
        all_timed_won_deals - timed_won_deals as rest_timed_won_deals,
        all_days - days as rest_days,
        all_squared_days - squared_days as rest_squared_days,
        all_timed_amount - timed_amount as rest_timed_amount,
        all_squared_timed_amount - squared_timed_amount as rest_squared_timed_amount,
        all_amount_days - amount_days as rest_amount_days
    from {{ ref('int_segment_values') }} as own

),

-- few wins hide their tail: the spread of won amounts is the larger of both sides
compared as (

    select
        *,
        {{ rate('won_amount', 'closed_deals') }} as value_per_deal,
        {{ rate('rest_won_amount', 'rest_closed_deals') }} as other_value_per_deal,
        {{ rate('timed_amount', 'days') }} as value_per_day,
        {{ rate('rest_timed_amount', 'rest_days') }} as other_value_per_day,
        sqrt(greatest(
            0e0,
            greatest(won_deals * squared_amount / power(won_amount, 2), rest_won_deals * rest_squared_amount / power(rest_won_amount, 2)) / won_deals
            - 1e0 / closed_deals
            + rest_squared_amount / power(rest_won_amount, 2)
            - 1e0 / rest_closed_deals
        )) as log_error
    from sides
    where
        least(closed_deals, rest_closed_deals) >= {{ setting('minimum_deals') | int }}
        and least(won_deals, rest_won_deals) >= {{ setting('priced_won_deals') | int }}
        and least(won_amount, rest_won_amount) > 0

),

timed as (

    select
        dimension,
        segment,
        sqrt(greatest(
            0e0,
            greatest(
                timed_won_deals * squared_timed_amount / power(timed_amount, 2),
                rest_timed_won_deals * rest_squared_timed_amount / power(rest_timed_amount, 2)
            ) / timed_won_deals
            + squared_days / power(days, 2)
            - 2e0 * amount_days / (timed_amount * days)
            + rest_squared_timed_amount / power(rest_timed_amount, 2)
            + rest_squared_days / power(rest_days, 2)
            - 2e0 * rest_amount_days / (rest_timed_amount * rest_days)
        )) as log_error
    from compared
    where
        least(timed_won_deals, rest_timed_won_deals) >= {{ setting('priced_won_deals') | int }}
        and least(timed_amount, rest_timed_amount, days, rest_days) > 0

),

bounded as (

    select
        sides.dimension,
        sides.segment,
        sides.closed_deals,
        sides.won_deals,
        sides.unvalued_won_deals,
        compared.value_per_deal,
        compared.other_value_per_deal,
        compared.value_per_deal / compared.other_value_per_deal as value_ratio,
        compared.value_per_deal / compared.other_value_per_deal * exp(-1.959964 * compared.log_error) as value_ratio_low,
        compared.value_per_deal / compared.other_value_per_deal * exp(1.959964 * compared.log_error) as value_ratio_high,
        (compared.won_amount + {{ setting('shrinkage_deals') }} * {{ rate('compared.all_won_amount', 'compared.all_closed_deals') }})
        / (compared.closed_deals + {{ setting('shrinkage_deals') }}) as expected_value_per_deal,
        {{ rate('compared.all_won_amount', 'compared.all_closed_deals') }} as all_value_per_deal,
        case when timed.dimension is not null then compared.value_per_day end as value_per_day,
        case when timed.dimension is not null then compared.other_value_per_day end as other_value_per_day,
        compared.value_per_day / compared.other_value_per_day as ratio_of_days,
        timed.log_error as day_error,
        compared.dimension is not null as is_compared,
        baseline.value_missing_reason,
        baseline.population
    from sides
    inner join {{ ref('win_rate_baseline') }} as baseline on baseline.period = 'window'
    -- no value is told where too few deals state an amount, or several currencies do
    left join compared
        on sides.dimension = compared.dimension and sides.segment = compared.segment and baseline.value_missing_reason is null
    left join timed on compared.dimension = timed.dimension and compared.segment = timed.segment

)

select
    dimension,
    segment,
    closed_deals,
    won_deals,
    unvalued_won_deals,
    value_per_deal,
    other_value_per_deal,
    value_ratio,
    value_ratio_low,
    value_ratio_high,
    expected_value_per_deal,
    all_value_per_deal,
    value_per_day,
    other_value_per_day,
    case when day_error is not null then ratio_of_days end as day_ratio,
    ratio_of_days * exp(-1.959964 * day_error) as day_ratio_low,
    ratio_of_days * exp(1.959964 * day_error) as day_ratio_high,
    case
        when value_ratio_low > 1 then 'worth more'
        when value_ratio_high < 1 and won_deals >= {{ setting('worth_less_won_deals') | int }} then 'worth less'
        when is_compared then 'cannot be told'
    end as value_verdict,
    population,
    case
        when value_missing_reason is not null then value_missing_reason
        when not is_compared then 'too few closed or won deals with an amount, in the segment or outside'
    end as value_missing_reason
from bounded
where segment != 'unknown'
