{{ config(materialized='table', enabled=true) }}
{%- set names = change_dimensions() | map(attribute='name') | list %}
-- One row per quarter x dimension x segment with closed deals, over the dimensions by which a change of the win rate is told apart.
-- The segments of one dimension add up to the closed deals of the quarter; those of different dimensions hold the same deals.

with counted as (

    select
        closed_quarter as quarter,
        {{ cut_columns(names) }},
        count(*) as closed_deals,
        cast(sum(is_won) as bigint) as won_deals,
        cast(sum({{ of_decision() }}) as bigint) as decisions,
        cast(sum({{ of_decision('is_won') }}) as bigint) as won_decisions
    from {{ ref('fct_closed_deals') }}
    where closed_quarter != 'unknown'
    group by grouping sets ({{ cut_sets(names, 'closed_quarter', has_whole=false) }})

)

select *
from counted
-- without dimensions there is one set, of no segment
where dimension is not null
