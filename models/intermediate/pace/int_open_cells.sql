{{ config(materialized='table') }}
{%- set names = pace_dimensions() | map(attribute='name') | list -%}
-- One row per dimension x segment x last age at which deals of the window were decided before the open deals' own age: how many deals are
-- open. Dimensions overlap and may not be added.
-- noqa: disable=LT02

select
    {{ cut_columns(names, whole=['all', 'all deals']) }},
    step_age_days,
    count(*) as deals,
    count(*) filter (where is_stale) as stale_deals,
    count(*) filter (where is_beyond_record) as beyond_record_deals,
    count(amount) as amounts,
    sum(amount) as amount
from {{ ref('int_open_deals') }}
group by grouping sets ({{ cut_sets(names, 'step_age_days') }})
