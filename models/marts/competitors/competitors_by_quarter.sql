-- One row per quarter x competitor ever named: its share of the deals that name one, and how often we won against it. Shares of a quarter add up to
-- more than one where deals name several.

with quarters as (

    select
        deals.closed_quarter as quarter,
        min(deals.closed_quarter_starts_on) as starts_on,
        count(*) as closed_deals,
        count(*) filter (where deals.competition = 'named') as named_deals
    from {{ ref('fct_closed_deals') }} as deals
    where deals.closed_quarter != 'unknown'
    group by deals.closed_quarter

),

seen as (

    select
        competitor,
        kind
    from {{ ref('int_competitor_strata') }}
    where closed_quarter != 'unknown'
    group by competitor, kind

),

named as (

    select
        quarters.quarter,
        quarters.starts_on,
        quarters.closed_deals,
        quarters.named_deals,
        seen.competitor,
        seen.kind,
        coalesce(strata.closed_deals, 0) as competitor_deals,
        coalesce(strata.won_deals, 0) as won_deals
    from quarters
    cross join seen
    left join {{ ref('int_competitor_strata') }} as strata
        on strata.period = 'all' and quarters.quarter = strata.closed_quarter and seen.competitor = strata.competitor

),

shares as (

    select
        *,
        {{ rate('competitor_deals', 'named_deals') }} as share
    from named

),

-- the previous quarter, where deals closed in it
compared as (

    select
        shares.*,
        previous.share as previous_share,
        shares.share - previous.share as share_change
    from shares
    left join shares as previous
        on shares.competitor = previous.competitor and shares.starts_on = {{ quarters_later('previous.starts_on', 1) }}

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
    {{ rate('compared.won_deals', 'compared.competitor_deals') }} as win_rate,
    compared.share,
    {{ wilson_columns('compared.competitor_deals', 'compared.named_deals', 'share') }},
    compared.previous_share,
    compared.share_change,
    case when compared.share_change is not null then changes.p_value end as p_value,
    case when compared.share_change is not null then changes.q_value end as q_value,
    coalesce(compared.share_change is not null and changes.is_changed, false) as is_changed,
    case when compared.share_change is not null then changes.explained_by end as explained_by,
    case
        when compared.named_deals = 0 then 'no deal of the quarter names a competitor'
        when compared.share_change is null then 'no deal of the previous quarter names a competitor'
        when not coalesce(changes.is_tested, false) then 'too few deals name it to compare the two quarters'
    end as missing_reason
from compared
inner join {{ ref('dim_periods') }} as population on population.period = 'all'
left join {{ advice('int_competitor_changes') }} as changes
    on compared.quarter = changes.quarter and compared.competitor = changes.competitor
