{{ config(materialized='ephemeral') }}
{%- set names = pace_dimensions() | map(attribute='name') | list %}
-- One row per dimension x segment x age when found x age when left x way of leaving: how many deals of the trailing window. Dimensions
-- overlap and may not be added.
-- noqa: disable=LT02

select
    {{ cut_columns(names) }},
    entered_days,
    left_days,
    left_as,
    count(*) as deals
from {{ ref('fct_open_spells') }}
where period = 'window' and {{ (names | length) }} > 0
group by grouping sets ({{ cut_sets(names, 'entered_days, left_days, left_as', has_whole=false) }})
