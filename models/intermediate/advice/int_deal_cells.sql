{{ config(materialized='table', enabled=true) }}
{%- set recommendable = dimensions() | selectattr('recommendable') | map(attribute='name') | reject('equalto', 'deal_type') | list %}
-- One row per quarter x values of all recommendable dimensions together. Recommendations ask many questions of the closed
-- deals; alike deals stand here in one row, so that a question costs the same for a million deals and for ten.
-- noqa: disable=LT02

select
    closed_quarter,
    deal_type
    {%- for column in recommendable %},
    {{ column }}
    {%- endfor %},
    count(*) as deals,
    cast(sum(is_won) as bigint) as won,
    sum(coalesce(amount, 0)) as amount,
    sum(case when is_won = 1 then coalesce(amount, 0) else 0 end) as won_amount,
    {{ sum_of_squares('amount') }} as squared_amount
from {{ ref('fct_closed_deals') }}
group by
    closed_quarter,
    deal_type
    {%- for column in recommendable %},
    {{ column }}
    {%- endfor %}
