-- Why do we lose in each region, in the last four quarters?

select
    segment as region,
    category,
    sum(lost_deals) as lost_deals
from {{ ref('loss_reason_quarters') }}
where
    dimension = 'region'
    and quarter in (select quarter from {{ ref('win_rates_by_quarter') }} order by starts_on desc limit 4)
group by segment, category
order by segment, lost_deals desc, category
