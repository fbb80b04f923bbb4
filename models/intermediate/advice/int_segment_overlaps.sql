{{ config(materialized='table', enabled=true) }}
{%- set names = change_dimensions() | map(attribute='name') | list %}
{%- set pairs = pairs_of(names) %}
-- One row per quarter of the window x two segments of different dimensions that share decisions, each pair once. The other segments of a
-- dimension add up to the decisions of a segment. Counted in one reading of the deals, whatever the number of dimensions.

with counted as (

    select
        closed_quarter as quarter,
        {{ cut_columns(names if pairs else []) }},
        {{ cut_columns(names | reverse | list if pairs else [], prefix='other_') }},
        cast(sum({{ of_decision() }}) as bigint) as decisions
    from {{ ref('fct_closed_deals') }} as deals
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'window' and {{ in_period('deals.closed_quarter_starts_on') }}
    where closed_quarter != 'unknown'
    group by grouping sets ({{ cut_sets(pairs, 'closed_quarter', has_whole=false) }})

)

select *
from counted
-- without dimensions to compare there is one set, of no segments
where dimension is not null
