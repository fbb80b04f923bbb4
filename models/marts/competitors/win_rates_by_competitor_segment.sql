-- One row per period x competitor x dimension x known segment with `minimum_deals` closed deals that name the competitor: how often they were
-- won. Reported and never claimed: so many cells are compared by no one. A deal that names two competitors counts for both, and in every
-- dimension, so rows may not be added.

with cells as (

    select
        periods.period,
        competitors.competitor,
        competitors.kind,
        segments.dimension,
        segments.segment,
        periods.population,
        count(*) as closed_deals,
        count(*) filter (where segments.outcome = 'won') as won_deals
    from {{ ref('fct_deal_segments') }} as segments
    inner join {{ ref('bridge_deal_competitors') }} as competitors on segments.deal_key = competitors.deal_key
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods on segments.closed_on is not distinct from periods.closed_on
    where segments.outcome in ('won', 'lost') and segments.dimension != 'competitor' and segments.segment != 'unknown'
    group by periods.period, competitors.competitor, competitors.kind, segments.dimension, segments.segment, periods.population

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
