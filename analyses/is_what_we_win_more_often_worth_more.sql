-- Is what we win more often also worth more per opportunity?

select
    rank,
    segment_label,
    action,
    expected_lift,
    value_ratio,
    value_ratio_low,
    value_ratio_high,
    agreement,
    price_sentence
from {{ ref('advice_values') }}
where action in ('target_more', 'deprioritise')
order by rank
