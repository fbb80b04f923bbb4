{{ config(materialized='ephemeral') }}
{%- set columns = pace_dimensions() | map(attribute='name') | list %}
-- One row per dimension x segment x age when found x age when left x way of leaving: how many deals of the trailing window. Dimensions
-- overlap and may not be added.
-- noqa: disable=LT02

select
    {{ cut_name() }} as dimension,
    {{ cut_segment() }} as segment,
    entered_days,
    left_days,
    left_as,
    count(*) as deals
from {{ ref('fct_open_spells') }}
where period = 'window'{{ ' and 1 = 0' if not columns }}
group by grouping sets (
    {%- for column in columns or [none] %}
    ({{ column ~ ', ' if column }}entered_days, left_days, left_as){{ ',' if not loop.last }}
    {%- endfor %}
)
