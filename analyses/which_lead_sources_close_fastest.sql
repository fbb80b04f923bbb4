-- Which lead sources bring won deals fastest?

select
    segment as lead_source,
    sum(won_deals) as won_deals,
    round(1.0 * sum(won_cycle_days) / nullif(sum(timed_won_deals), 0)) as mean_won_cycle_days
from {{ ref('segment_quarters') }}
where dimension = 'lead_source'
group by segment
order by mean_won_cycle_days nulls last, segment
