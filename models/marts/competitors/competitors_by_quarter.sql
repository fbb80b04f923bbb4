-- One row per quarter x competitor ever named: its share of the deals that name one, which may name several, and how often we won against it.

with quarters as (

    select
        closed_quarter as quarter,
        min(closed_quarter_starts_on) as starts_on,
        count(*) as closed_deals,
        count(*) filter (where competition = 'named') as named_deals
    from {{ ref('fct_closed_deals') }}
    where closed_quarter != 'unknown'
    group by closed_quarter

),

shares as (

    select
        quarters.*,
        seen.*,
        coalesce(strata.closed_deals, 0) as competitor_deals,
        coalesce(strata.won_deals, 0) as won_deals,
        coalesce(strata.closed_deals, 0) / nullif(quarters.named_deals, 0) as share
    from quarters
    cross join (select distinct competitor, kind from {{ ref('int_competitor_strata') }} where closed_quarter != 'unknown') as seen  -- noqa: LT09
    left join {{ ref('int_competitor_strata') }} as strata
        on strata.period = 'all' and quarters.quarter = strata.closed_quarter and seen.competitor = strata.competitor

)

select
    compared.quarter,
    compared.competitor,
    compared.kind,
    population.population,
    compared.closed_deals,
    compared.named_deals,
    compared.competitor_deals,
    compared.won_deals,
    compared.won_deals / nullif(compared.competitor_deals, 0) as win_rate,
    compared.share,
    {{ wilson_columns('compared.competitor_deals', 'compared.named_deals', 'share') }},
    previous.share as previous_share,
    compared.share - previous.share as share_change,
    changes.p_value,
    changes.q_value,
    coalesce(changes.is_changed, false) as is_changed,
    changes.explained_by,
    case
        when compared.named_deals = 0 then 'no deal of the quarter names a competitor'
        when previous.share is null then 'no deal of the previous quarter names a competitor'
        when not coalesce(changes.is_tested, false) then 'too few deals name it to compare the two quarters'
    end as missing_reason
from shares as compared
inner join {{ ref('dim_periods') }} as population on population.period = 'all'
-- the previous quarter, where deals closed in it
left join shares as previous
    on compared.competitor = previous.competitor and compared.starts_on = {{ quarters_later('previous.starts_on', 1) }}
left join {{ advice('int_competitor_changes') }} as changes
    on compared.quarter = changes.quarter and compared.competitor = changes.competitor and compared.share is not null and previous.share is not null
