{%- set names = dimensions() | selectattr('recommendable') | map(attribute='name') | list %}
-- One row per period x pair of recommendable dimensions x their two segments, both known: counts, values and cycles. Pairs overlap and may not be
-- added. One dimension alone has no pairs: then one is paired with itself, and no row is left.
{%- set deals %}
{% for first, second in pairs_of(names) or [('deal_type', 'deal_type')] -%}
select
    periods.period,
    '{{ first }}' as dimension,
    deals.{{ first }} as segment,
    '{{ second }}' as second_dimension,
    deals.{{ second }} as second_segment,
    deals.deal_key,
    deals.outcome,
    deals.amount,
    deals.cycle_days
from {{ ref('fct_deals') }} as deals
inner join ({{ periods_by_day(ref('fct_deals')) }}) as periods
    on deals.closed_on is not distinct from periods.closed_on
where
    deals.is_in_population and deals.outcome != 'open'
    and '{{ first }}' != '{{ second }}' and deals.{{ first }} != 'unknown' and deals.{{ second }} != 'unknown'
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endset %}

with outcomes as (

    {{ outcome_cells(deals, ['period', 'dimension', 'segment', 'second_dimension', 'second_segment', 'outcome']) }}

)

select
    period,
    dimension,
    segment,
    second_dimension,
    second_segment,
    {{ deal_measures() }}
from outcomes
group by period, dimension, segment, second_dimension, second_segment
