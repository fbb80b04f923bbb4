{%- set fields = {
    'account': 'account_key is not null',
    'created date': 'created_on is not null',
    'closed date': 'deals.closed_on is not null',
    'sales cycle': 'cycle_days is not null',
    'amount': 'stated_amount is not null',
    'qualification score': 'qualification_score is not null',
    'loss reason': "outcome != 'lost' or loss_reason_category != 'unspecified'",
} -%}
{#- Those that advice rests on. -#}
{%- set needed = ['amount', 'industry', 'revenue band', 'lead source', 'loss reason', 'qualification score', 'created date'] -%}
{%- for dimension in dimensions() %}{% do fields.update({dimension.name | replace('_', ' '): dimension.column ~ " != 'unknown'"}) %}{% endfor -%}
-- One row per period x outcome x field: how many deals have the field filled in. Open deals stand in `all` only.
-- noqa: disable=LT02

with counted as (

    select
        periods.period,
        periods.population,
        deals.outcome,
        count(*) as deals
        {%- for condition in fields.values() %},
        count(*) filter (where {{ condition }}) as filled_{{ loop.index }}
        {%- endfor %}
    from {{ ref('fct_deals') }} as deals
    inner join ({{ periods_by_day(ref('fct_deals')) }}) as periods
        on deals.closed_on is not distinct from periods.closed_on
    where deals.is_in_population
    group by periods.period, periods.population, deals.outcome

),

tall as (

    {% for field in fields -%}
    select period, population, outcome, '{{ field }}' as field, deals, filled_{{ loop.index }} as filled_deals
    from counted
    {%- if field == 'loss reason' %}
    where outcome = 'lost'
    {%- endif %}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select
    period,
    outcome,
    field,
    population,
    deals,
    filled_deals,
    {{ rate('filled_deals', 'deals') }} as filled_share,
    field in ('{{ needed | join("', '") }}') as is_needed_for_advice
from tall
