-- How often is no one else in the deal, and how often do we not know?

select
    period,
    closed_deals,
    named_deals,
    none_deals,
    none_won_deals,
    unknown_deals
from {{ ref('competition_coverage') }}
order by period
