{{ config(materialized='ephemeral') }}
{%- set stated = account_dimensions() + ['annual_revenue', 'employees'] -%}
{%- set looked_up = (account_dimensions() + deal_dimensions()) | reject('equalto', 'competitor') | list -%}
-- One row per accepted deal, as in stg_deals, with its segment of every dimension but the deal's own value. What no one filled in is `unknown`.
-- noqa: disable=LT02,LT05

-- the account says what it is, the deal only where the account does not
with deals as (

    select
        {{ all_but('deals', stated) }},
        {% for name in stated %}coalesce(accounts.{{ name }}, deals.{{ name }}) as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ ref('stg_deals') }} as deals
    left join {{ ref('stg_accounts') }} as accounts on deals.account_key = accounts.account_key

),

competitors as (

    select
        stated_competitors,
        case when count(*) > 1 then 'several competitors' else max(competitor) end as competitor,
        case when max(kind) = 'none' then 'none' else 'named' end as competition
    from {{ ref('int_competitors') }}
    group by stated_competitors

)

select
    {{ all_but('deals', stated + deal_dimensions() + ['win_factors']) }},
    {{ looked_up_segments(looked_up) }},
    coalesce(competitors.competitor, 'unknown') as competitor,
    coalesce(competitors.competition, 'unknown') as competition,
    coalesce(revenue_bands.band, 'unknown') as revenue_band,
    coalesce(employee_bands.band, 'unknown') as employee_band
from deals
left join competitors on deals.competitor = competitors.stated_competitors
{{ join_segments('deals', looked_up) }}
{{ join_band('revenue_bands', 'annual_revenue', 'deals.annual_revenue') }}
{{ join_band('employee_bands', 'employees', 'deals.employees') }}
