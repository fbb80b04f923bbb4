{{ config(materialized='table') }}
-- One row per closed deal that nothing in the export tells from another one of its account: one decision that stands in several lines, as a
-- split opportunity does. The first line of a decision has no row. A deal without an account, a day of creation or a closed date is told
-- from none, nor is any where no closed deal has an amount: there honest deals may look alike.
-- noqa: disable=LT02

with closed as (

    select * from {{ ref('base_deal_lines') }}
    where rule_id is null and outcome in ('won', 'lost')

),

-- hardly any deals share so much: only these are compared in everything
near as (

    select
        account_id,
        created_on,
        closed_on,
        outcome,
        amount
    from closed
    where
        account_id is not null and created_on is not null and closed_on is not null
        and (select max(valued.amount) from closed as valued) is not null
    group by account_id, created_on, closed_on, outcome, amount
    having count(*) > 1

),

placed as (

    select
        closed.deal_id,
        row_number() over (
            partition by
                closed.account_id, closed.created_on, closed.closed_on, closed.outcome, closed.amount, closed.amount_converted, closed.currency,
                closed.stage, closed.loss_reason, closed.win_factors, closed.qualification_score, closed.cycle_days, closed.annual_revenue,
                closed.employees
                {%- for column in account_dimensions() + deal_dimensions() %},
                closed.{{ column }}
                {%- endfor %}
            order by closed.deal_id
        ) as decision_line
    from closed
    inner join near
        on closed.account_id = near.account_id
        and closed.created_on = near.created_on
        and closed.closed_on = near.closed_on
        and closed.outcome = near.outcome
        and closed.amount is not distinct from near.amount

)

select
    deal_id,
    cast(decision_line as integer) as decision_line
from placed
where decision_line > 1
