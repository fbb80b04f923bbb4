{%- set columns = account_dimensions() | reject('in', extra_account_dimensions()) | list -%}
-- One row per accepted account, with deals or without, in the segments its deals would have. Never published.

with deals as (

    select
        account_key,
        count(*) as deals,
        sum(case when is_in_population and outcome in ('won', 'lost') then 1 else 0 end) as closed_deals,
        sum(case when is_in_population and outcome = 'won' then 1 else 0 end) as won_deals,
        sum(case when is_in_population and outcome = 'open' then 1 else 0 end) as open_deals
    from {{ ref('fct_deals') }}
    where account_key is not null
    group by account_key

)

select
    accounts.account_key,
    {{ looked_up_segments(columns) }},
    coalesce(revenue_bands.band, 'unknown') as revenue_band,
    coalesce(employee_bands.band, 'unknown') as employee_band,
    cast(coalesce(deals.closed_deals, 0) as bigint) as closed_deals,
    cast(coalesce(deals.won_deals, 0) as bigint) as won_deals,
    cast(coalesce(deals.open_deals, 0) as bigint) as open_deals,
    deals.account_key is null as is_whitespace
from {{ ref('stg_accounts') }} as accounts
left join deals on accounts.account_key = deals.account_key
{{ join_segments('accounts', columns) }}
{{ join_band('revenue_bands', 'annual_revenue', 'accounts.annual_revenue') }}
{{ join_band('employee_bands', 'employees', 'accounts.employees') }}
