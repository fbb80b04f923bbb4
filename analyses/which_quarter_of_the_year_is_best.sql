-- Which quarter of the year do we win most in?

select
    substr(quarter, -2) as quarter_of_the_year,
    count(*) as years,
    sum(closed_deals) as closed_deals,
    sum(won_deals) as won_deals,
    round(100.0 * sum(won_deals) / nullif(sum(closed_deals), 0)) as win_rate_percent
from {{ ref('win_rates_by_quarter') }}
where not is_partial
group by substr(quarter, -2)
order by quarter_of_the_year
