-- How often do we win in each region, in the last four quarters together?

select
    segment as region,
    sum(closed_deals) as closed_deals,
    sum(won_deals) as won_deals,
    round(100.0 * sum(won_deals) / nullif(sum(closed_deals), 0)) as win_rate_percent,
    -- null where a quarter of few deals hides the days of the segment
    round(1.0 * sum(won_cycle_days) / nullif(sum(timed_won_deals), 0)) as mean_won_cycle_days
from {{ ref('segment_quarters') }}
where
    dimension = 'region'
    and quarter in (select quarter from {{ ref('win_rates_by_quarter') }} order by starts_on desc limit 4)
group by segment
order by closed_deals desc, segment
