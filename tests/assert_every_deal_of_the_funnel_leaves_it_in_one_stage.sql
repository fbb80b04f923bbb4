-- Detects a deal that is lost, disqualified or open in two stages or in none, one that did not reach the first stage, and a stage whose
-- deals are not all accounted for.
-- The shares of losses and the reading of the funnel from stage to stage rest on this.
-- A returned row is a pipeline, a stage of it or all of them, what is counted, and both counts.

with deals as (

    select
        deals.pipeline,
        count(*) as deals,
        count(*) filter (where deals.outcome = 'won') as won_deals,
        count(*) filter (where deals.outcome = 'lost') as lost_deals,
        count(*) filter (where deals.outcome = 'disqualified') as disqualified_deals,
        count(*) filter (where deals.outcome = 'open') as open_deals
    from {{ ref('fct_deals') }} as deals
    where deals.deal_key in (select deal_key from {{ ref('fct_deal_stages') }})
    group by deals.pipeline

),

funnel as (

    select
        pipeline,
        max(case when stage_order = 1 then reached_deals end) as deals,
        min(won_deals) as won_deals,
        sum(lost_deals) as lost_deals,
        sum(disqualified_deals) as disqualified_deals,
        sum(open_deals) as open_deals
    from {{ ref('stage_funnel') }}
    where period = 'all'
    group by pipeline

)

{% for counted in ['deals', 'won_deals', 'lost_deals', 'disqualified_deals', 'open_deals'] -%}
select
    coalesce(deals.pipeline, funnel.pipeline) as pipeline,
    'all stages' as stage,
    '{{ counted }}' as counted,
    deals.{{ counted }} as expected_deals,
    funnel.{{ counted }} as found_deals
from deals
full outer join funnel on deals.pipeline = funnel.pipeline
where deals.{{ counted }} is distinct from funnel.{{ counted }}
union all
{% endfor -%}
select
    pipeline,
    stage,
    'reached_deals in ' || period as counted,
    reached_deals as expected_deals,
    advanced_deals + lost_deals + disqualified_deals + open_deals as found_deals
from {{ ref('stage_funnel') }}
where reached_deals != advanced_deals + lost_deals + disqualified_deals + open_deals
