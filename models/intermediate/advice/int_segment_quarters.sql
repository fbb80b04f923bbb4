{{ config(materialized='table', enabled=true) }}
{%- set dimensions = change_dimensions() -%}
-- One row per quarter x dimension x segment with closed deals, over the dimensions by which a change of the win rate is told apart.
-- The segments of one dimension add up to the closed deals of the quarter; those of different dimensions hold the same deals.

with counted as (

    {% if dimensions -%}
    select
        closed_quarter as quarter,
        {%- for dimension in dimensions %}
        {{ dimension.name }},
        grouping({{ dimension.name }}) as without_{{ dimension.name }},
        {%- endfor %}
        count(*) as closed_deals,
        cast(sum(is_won) as bigint) as won_deals,
        cast(sum({{ of_decision() }}) as bigint) as decisions,
        cast(sum({{ of_decision('is_won') }}) as bigint) as won_decisions
    from {{ ref('fct_closed_deals') }}
    where closed_quarter != 'unknown'
    group by grouping sets (
        {%- for dimension in dimensions %}
        (closed_quarter, {{ dimension.name }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
    {%- else -%}
    select
        closed_quarter as quarter,
        0 as closed_deals,
        0 as won_deals,
        0 as decisions,
        0 as won_decisions
    from {{ ref('fct_closed_deals') }}
    where 1 = 0
    {%- endif %}

)

select
    quarter,
    {%- if dimensions %}
    case
        {%- for dimension in dimensions %}
        when without_{{ dimension.name }} = 0 then '{{ dimension.name }}'
        {%- endfor %}
    end as dimension,
    case
        {%- for dimension in dimensions %}
        when without_{{ dimension.name }} = 0 then {{ dimension.name }}
        {%- endfor %}
    end as segment,
    {%- else %}
    {{ absent() }} as dimension,
    {{ absent() }} as segment,
    {%- endif %}
    closed_deals,
    won_deals,
    decisions,
    won_decisions
from counted
