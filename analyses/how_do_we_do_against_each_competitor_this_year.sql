-- How do we do against each competitor, in the last four quarters together?

select
    segment as competitor,
    sum(closed_deals) as closed_deals,
    sum(won_deals) as won_deals,
    round(100.0 * sum(won_deals) / nullif(sum(closed_deals), 0)) as win_rate_percent
from {{ ref('segment_quarters') }}
where
    dimension = 'competitor'
    and quarter in (select quarter from {{ ref('win_rates_by_quarter') }} order by starts_on desc limit 4)
group by segment
order by closed_deals desc, segment
