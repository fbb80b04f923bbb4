{%- set segmented = dimensions() | rejectattr('name', 'equalto', 'competitor') | list -%}
-- One row per period x competitor x dimension x known segment with `minimum_deals` closed deals that name the competitor: how often they were
-- won. Reported and never claimed: so many cells are compared by no one. A deal that names two competitors counts for both, and in every
-- dimension, so rows may not be added.

-- in one reading of the deals, alike ones of a day once, for periods overlap
with counted as (

    select
        deals.closed_on,
        competitors.competitor as named_competitor,
        competitors.kind,
        {%- for dimension in segmented %}
        deals.{{ dimension.name }},
        grouping(deals.{{ dimension.name }}) as without_{{ dimension.name }},
        {%- endfor %}
        count(*) as closed_deals,
        sum(deals.is_won) as won_deals
    from {{ ref('fct_closed_deals') }} as deals
    inner join {{ ref('bridge_deal_competitors') }} as competitors on deals.deal_key = competitors.deal_key
    group by grouping sets (
        {%- for dimension in segmented %}
        (deals.closed_on, competitors.competitor, competitors.kind, deals.{{ dimension.name }}),
        {%- endfor %}
        (deals.closed_on, competitors.competitor, competitors.kind)
    )

),

by_day as (

    select
        closed_on,
        named_competitor as competitor,
        kind,
        case
            when 1 = 0 then {{ absent() }}
            {%- for dimension in segmented %}
            when without_{{ dimension.name }} = 0 then '{{ dimension.name }}'
            {%- endfor %}
        end as dimension,
        case
            when 1 = 0 then {{ absent() }}
            {%- for dimension in segmented %}
            when without_{{ dimension.name }} = 0 then {{ dimension.name }}
            {%- endfor %}
        end as segment,
        closed_deals,
        won_deals
    from counted

),

cells as (

    select
        periods.period,
        by_day.competitor,
        by_day.kind,
        by_day.dimension,
        by_day.segment,
        periods.population,
        cast(sum(by_day.closed_deals) as bigint) as closed_deals,
        cast(sum(by_day.won_deals) as bigint) as won_deals
    from by_day
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods on by_day.closed_on is not distinct from periods.closed_on
    -- without a dimension it is the set of all segments together
    where by_day.dimension is not null and by_day.segment != 'unknown'
    group by periods.period, by_day.competitor, by_day.kind, by_day.dimension, by_day.segment, periods.population

)

select
    period,
    competitor,
    kind,
    dimension,
    segment,
    population,
    closed_deals,
    won_deals,
    closed_deals - won_deals as lost_deals,
    {{ rate('won_deals', 'closed_deals') }} as win_rate,
    {{ wilson_low('won_deals', 'closed_deals') }} as win_rate_low,
    {{ wilson_high('won_deals', 'closed_deals') }} as win_rate_high
from cells
where closed_deals >= {{ setting('minimum_deals') | int }}
