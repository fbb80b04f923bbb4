{{ config(materialized='table', enabled=true) }}
{%- set recommendable = dimensions() | selectattr('recommendable') | map(attribute='name') | reject('equalto', 'deal_type') | list %}
-- One row per quarter x values of all recommendable dimensions together. Recommendations ask many questions of the closed
-- deals; alike deals stand here in one row, so that a question costs the same for a million deals and for ten. Claims rest on decisions, of
-- which lines that nothing tells apart are one; shown are deals. The value of a decision is that of its lines together: of m lines of a
-- each it is m a, whose square is the sum of a squared, 3 a squared, 5 a squared and so on.
-- noqa: disable=LT02

select
    closed_quarter,
    deal_type{% for name in recommendable %}, {{ name }}{% endfor %},
    count(*) as deals,
    cast(sum(is_won) as bigint) as won,
    cast(sum({{ of_decision() }}) as bigint) as decisions,
    cast(sum({{ of_decision('is_won') }}) as bigint) as won_decisions,
    sum(coalesce(amount, 0)) as amount,
    sum(case when is_won = 1 then coalesce(amount, 0) else 0 end) as won_amount,
    {{ sum_in_any_order('cast(amount as double) * cast(amount as double) * (2 * decision_line - 1)') }} as squared_amount
from {{ ref('fct_closed_deals') }}
group by all
