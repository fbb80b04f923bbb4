-- How much of the open pipeline lies where we should aim?

select
    profile_standing,
    open_deals,
    share,
    open_amount,
    open_amount_share,
    expected_wins
from {{ ref('open_pipeline_by_profile') }}
order by standing_order
