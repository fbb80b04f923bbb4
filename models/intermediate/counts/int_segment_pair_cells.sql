{%- set recommendable = dimensions() | selectattr('recommendable') | map(attribute='name') | list -%}
{%- set pairs = [] -%}
{%- for first in recommendable -%}
{%- for second in recommendable[loop.index:] -%}
{%- do pairs.append((first, second)) -%}
{%- endfor -%}
{%- endfor -%}
-- One row per period x pair of recommendable dimensions x their two segments, both known: counts, values and cycles. Pairs overlap and may not be
-- added.

with outcomes as (

    {#- one dimension alone has no pairs: this one compares nothing, and keeps the table's shape #}
    {% for first, second in pairs or [('', '')] -%}
    {%- set first_column, second_column = ('deals.' ~ first, 'deals.' ~ second) if first else ("'unknown'", "'unknown'") -%}
    select
        periods.period,
        '{{ first }}' as dimension,
        {{ first_column }} as segment,
        '{{ second }}' as second_dimension,
        {{ second_column }} as second_segment,
        deals.outcome,
        {{ outcome_measures() }}
    from {{ ref('fct_deals') }} as deals
    inner join ({{ periods_by_day(ref('fct_deals')) }}) as periods
        on deals.closed_on is not distinct from periods.closed_on
    where
        deals.is_in_population and deals.outcome != 'open'
        and {{ first_column }} != 'unknown' and {{ second_column }} != 'unknown'
    group by periods.period, {{ first_column }}, {{ second_column }}, deals.outcome
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

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
