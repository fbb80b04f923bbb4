-- One row per dimension x segment: how many of its deals were won and lost in the trailing window, how many would have been at the pace of
-- all deals, given their ages and how long they were watched, and the ratios of both, shrunk towards one. Dimensions may not be added.

with ends as (

    select
        {{ setting('shrinkage_deals') | float }} * max(final_won_share) as won_weight,
        {{ setting('shrinkage_deals') | float }} * (1 - max(final_won_share)) as lost_weight
    from {{ ref('int_win_chances') }}
    where period = 'window'

),

-- indirect standardisation (Breslow and Day 1987, chapter 2): each deal is expected to be won as often as others of its ages
counted as (

    select
        spells.dimension,
        spells.segment,
        cast(coalesce(sum(spells.deals) filter (where spells.left_as = 'won'), 0) as bigint) as won_deals,
        cast(coalesce(sum(spells.deals) filter (where spells.left_as in ('lost', 'disqualified')), 0) as bigint) as lost_deals,
        {{ sum_expected('spells.deals * (leaving.won_hazards - entering.won_hazards)') }} as expected_won_deals,
        {{ sum_expected('spells.deals * (leaving.lost_hazards - entering.lost_hazards)') }} as expected_lost_deals
    from {{ ref('int_window_spells') }} as spells
    inner join {{ ref('int_win_chances') }} as leaving on leaving.period = 'window' and spells.left_days = leaving.age_days
    inner join {{ ref('int_win_chances') }} as entering on entering.period = 'window' and spells.entered_days - 1 = entering.age_days
    group by spells.dimension, spells.segment

)

-- where neither came nor was to come anything, there is no pace of its own
select
    counted.*,
    ends.won_weight,
    ends.lost_weight,
    coalesce((counted.won_deals + ends.won_weight) / nullif(counted.expected_won_deals + ends.won_weight, 0), 1e0) as won_pace,
    coalesce((counted.lost_deals + ends.lost_weight) / nullif(counted.expected_lost_deals + ends.lost_weight, 0), 1e0) as lost_pace
from counted
cross join ends
