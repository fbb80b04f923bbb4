{{ config(materialized='table', enabled=true) }}
{%- set dimensions = change_dimensions() -%}
{%- set pairs = [] -%}
{%- for first in dimensions -%}
    {%- for second in dimensions[loop.index:] -%}{%- do pairs.append((first.name, second.name)) -%}{%- endfor -%}
{%- endfor -%}
-- One row per quarter of the window x two segments of different dimensions that share decisions, each pair once. The other segments of a
-- dimension add up to the decisions of a segment. Counted in one reading of the deals, whatever the number of dimensions.

-- depends_on: {{ ref('dim_periods') }}

with counted as (

    {% if pairs -%}
    select
        closed_quarter as quarter,
        {%- for dimension in dimensions %}
        {{ dimension.name }},
        grouping({{ dimension.name }}) as without_{{ dimension.name }},
        {%- endfor %}
        cast(sum({{ of_decision() }}) as bigint) as decisions
    from {{ ref('fct_closed_deals') }} as deals
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'window' and {{ in_period('deals.closed_quarter_starts_on') }}
    where closed_quarter != 'unknown'
    group by grouping sets (
        {%- for first, second in pairs %}
        (closed_quarter, {{ first }}, {{ second }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
    {%- else -%}
    select
        closed_quarter as quarter,
        0 as decisions
    from {{ ref('fct_closed_deals') }}
    where 1 = 0
    {%- endif %}

)

select
    quarter,
    {%- for order, prefix in [(dimensions, ''), (dimensions | reverse | list, 'other_')] %}
    {%- if pairs %}
    case
        {%- for dimension in order %}
        when without_{{ dimension.name }} = 0 then '{{ dimension.name }}'
        {%- endfor %}
    end as {{ prefix }}dimension,
    case
        {%- for dimension in order %}
        when without_{{ dimension.name }} = 0 then {{ dimension.name }}
        {%- endfor %}
    end as {{ prefix }}segment,
    {%- else %}
    {{ absent() }} as {{ prefix }}dimension,
    {{ absent() }} as {{ prefix }}segment,
    {%- endif %}
    {%- endfor %}
    decisions
from counted
