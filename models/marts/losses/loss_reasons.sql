-- One row per period x loss reason category seen in any period, by primary reason. Categories add up to all lost deals of a period.

with reasons as (

    select
        periods.period,
        loss_reasons.category,
        count(*) filter (where loss_reasons.is_primary) as lost_deals,
        count(*) as mentioned_deals,
        cast(sum(loss_reasons.amount) filter (where loss_reasons.is_primary) as double) as lost_amount
    from {{ ref('bridge_deal_loss_reasons') }} as loss_reasons
    inner join ({{ periods_by_day(ref('bridge_deal_loss_reasons')) }}) as periods
        on loss_reasons.closed_on is not distinct from periods.closed_on
    group by periods.period, loss_reasons.category

),

listed as (

    select
        baseline.period,
        baseline.population,
        baseline.lost_deals as all_lost_deals,
        baseline.lost_amount as all_lost_amount,
        baseline.missing_reason,
        baseline.value_missing_reason,
        categories.category,
        categories.label,
        categories.family
    from {{ ref('win_rate_baseline') }} as baseline
    cross join {{ ref('loss_reason_categories') }} as categories
    where categories.category in (select category from reasons)

),

shares as (

    select
        listed.*,
        coalesce(reasons.lost_deals, 0) as lost_deals,
        coalesce(reasons.mentioned_deals, 0) as mentioned_deals,
        reasons.lost_amount,
        {{ rate_columns('coalesce(reasons.lost_deals, 0)', 'listed.all_lost_deals', 'share') }}
    from listed
    left join reasons on listed.period = reasons.period and listed.category = reasons.category

)

select
    {{ all_but('shares', ['all_lost_amount', 'missing_reason']) }},
    cast(row_number() over (partition by shares.period order by shares.lost_deals desc, shares.category) as bigint) as share_rank,
    shares.lost_amount / nullif(shares.all_lost_amount, 0) as lost_amount_share,
    previous.lost_deals as previous_lost_deals,
    previous.share as previous_share,
    {{ difference_columns('shares.share', 'previous.share', 'share_change') }},
    case when shares.all_lost_deals = 0 then coalesce(shares.missing_reason, 'no lost deals in this period') end as missing_reason
from shares
left join shares as previous
    on shares.period = 'quarter' and previous.period = 'previous_quarter' and shares.category = previous.category
