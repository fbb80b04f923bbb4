-- One row per standing of open deals towards the advice: in a segment to target more, in one to deprioritise, in both, in neither. The
-- standings add up to all open deals of known age.

with standings as (

    select
        profile_standing,
        standing_order
    from (values ('target more', 1), ('both', 2), ('neither', 3), ('deprioritise', 4)) as listed (profile_standing, standing_order)

),

counted as (

    select
        standings.profile_standing,
        standings.standing_order,
        count(deals.deal_key) as open_deals,
        count(deals.deal_key) filter (where deals.is_stale) as stale_deals,
        cast(sum(deals.amount) as double) as amount,
        count(deals.amount) as amounts,
        -- of the claims' own deals the pace would flatter: the claims were chosen on them
        count(deals.win_chance) as deals_with_chance,
        {{ sum_expected('deals.win_chance') }} as expected_wins
    from standings
    left join {{ ref('int_open_deal_standings') }} as deals on standings.profile_standing = deals.profile_standing
    group by standings.profile_standing, standings.standing_order

),

valued as (

    select
        *,
        sum(open_deals) over () as all_open_deals,
        sum(amount) over () as all_amount,
        sum(deals_with_chance) over () = sum(open_deals) over () as is_pace_known,
        {{ open_value_refusal('open_deals', 'amounts') }} as value_refusal
    from counted

)

select
    valued.profile_standing,
    valued.standing_order,
    periods.population,
    periods.as_of_on,
    valued.open_deals,
    valued.open_deals / nullif(valued.all_open_deals, 0) as share,
    valued.stale_deals,
    case when valued.value_refusal is null then valued.amount end as open_amount,
    case when valued.value_refusal is null then valued.amount / nullif(valued.all_amount, 0) end as open_amount_share,
    case when valued.is_pace_known then valued.expected_wins end as expected_wins,
    coalesce(periods.value_missing_reason, valued.value_refusal) as value_missing_reason,
    case
        when valued.all_open_deals = 0 then 'no open deal that states when it was created'
        when not valued.is_pace_known then 'too few deals of known age were decided in the trailing window'
    end as missing_reason
from valued
inner join {{ ref('dim_periods') }} as periods on periods.period = 'all'
