-- One row per recommendable dimension x known segment: what an opportunity there was worth in the window, won or not, and a selling day, both
-- compared with all other deals, those without a value in the dimension included: less would tell what these few brought. Nothing here may
-- be added; lost amounts are not used.

with bounded as (

    select
        own.dimension,
        own.segment,
        own.closed_deals,
        own.won_deals,
        own.unvalued_won_deals,
        own.decisions,
        own.won_decisions,
        compared.value_per_deal,
        compared.other_value_per_deal,
        compared.value_per_deal / compared.other_value_per_deal as value_ratio,
        compared.value_per_deal / compared.other_value_per_deal * exp(-1.959964 * compared.log_error) as value_ratio_low,
        compared.value_per_deal / compared.other_value_per_deal * exp(1.959964 * compared.log_error) as value_ratio_high,
        {{ shrunken('compared.value_per_deal * own.decisions', 'own.decisions', 'compared.all_value_per_deal') }} as expected_value_per_deal,
        compared.all_value_per_deal,
        case when compared.day_error is not null then compared.value_per_day end as value_per_day,
        case when compared.day_error is not null then compared.other_value_per_day end as other_value_per_day,
        compared.value_per_day / compared.other_value_per_day as ratio_of_days,
        compared.day_error,
        compared.dimension is not null as is_compared,
        baseline.value_missing_reason,
        baseline.population
    from {{ ref('int_segment_values') }} as own
    inner join {{ ref('win_rate_baseline') }} as baseline on baseline.period = 'window'
    -- no value is told where too few deals state an amount, or several currencies do
    left join {{ ref('int_segment_value_errors') }} as compared
        on own.dimension = compared.dimension and own.segment = compared.segment and baseline.value_missing_reason is null

)

select
    {{ all_but('bounded', ['won_decisions', 'ratio_of_days', 'day_error', 'is_compared', 'value_missing_reason']) }},
    case when day_error is not null then ratio_of_days end as day_ratio,
    ratio_of_days * exp(-1.959964 * day_error) as day_ratio_low,
    ratio_of_days * exp(1.959964 * day_error) as day_ratio_high,
    case
        when value_ratio_low > 1 then 'worth more'
        when value_ratio_high < 1 and won_decisions >= {{ setting('worth_less_won_deals') | int }} then 'worth less'
        when is_compared then 'cannot be told'
    end as value_verdict,
    case
        when value_missing_reason is not null then value_missing_reason
        when not is_compared then 'too few closed or won deals with an amount, in the segment or outside'
    end as value_missing_reason
from bounded
where segment != 'unknown'
