{%- set names = dimensions() | map(attribute='name') | reject('equalto', 'competitor') | list %}
-- One row per period x competitor x dimension x known segment with `minimum_deals` closed deals that name the competitor: how often they were
-- won. Reported and never claimed: so many cells are compared by no one. A deal that names two competitors counts for both, and in every
-- dimension, so rows may not be added.

-- in one reading of the deals, by quarter, of which periods are made
with by_quarter as (

    select
        deals.closed_quarter_starts_on,
        competitors.competitor,
        competitors.kind,
        {{ cut_columns(names, 'deals.') }},
        count(*) as closed_deals,
        sum(deals.is_won) as won_deals
    from {{ ref('fct_closed_deals') }} as deals
    inner join {{ ref('bridge_deal_competitors') }} as competitors on deals.deal_key = competitors.deal_key
    group by grouping sets (
        {{ cut_sets(names, 'deals.closed_quarter_starts_on, competitors.competitor, competitors.kind', 'deals.') }}
    )

),

cells as (

    select
        periods.period,
        by_quarter.competitor,
        by_quarter.kind,
        by_quarter.dimension,
        by_quarter.segment,
        periods.population,
        cast(sum(by_quarter.closed_deals) as bigint) as closed_deals,
        cast(sum(by_quarter.won_deals) as bigint) as won_deals
    from by_quarter
    inner join {{ ref('dim_periods') }} as periods on {{ in_period('by_quarter.closed_quarter_starts_on') }}
    -- without a dimension it is the set of all segments together
    where by_quarter.dimension is not null and by_quarter.segment != 'unknown'
    group by periods.period, by_quarter.competitor, by_quarter.kind, by_quarter.dimension, by_quarter.segment, periods.population

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
    {{ rate_columns('won_deals', 'closed_deals', 'win_rate') }}
from cells
where closed_deals >= {{ setting('minimum_deals') | int }}
