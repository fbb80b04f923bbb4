{{ config(materialized='table') }}
-- One row per deal that nothing in the export tells from another one of its account: one decision that stands in several lines, as a split
-- opportunity does. The first line of a decision has no row. A deal without an account, a day of creation or, once it has ended, a closed date
-- is told from none, nor is any where no closed deal has an amount: there honest deals may look alike.
-- noqa: disable=LT02

with accepted as (

    select * from {{ ref('base_deal_lines') }}
    where rule_id is null

),

-- hardly any deals share so much: only these are compared in everything
near as (

    select
        account_id,
        created_on,
        closed_on,
        outcome,
        amount
    from accepted
    where
        account_id is not null and created_on is not null and (closed_on is not null or outcome = 'open')
        and (select max(valued.amount) from accepted as valued where valued.outcome in ('won', 'lost')) is not null
    group by account_id, created_on, closed_on, outcome, amount
    having count(*) > 1

),

placed as (

    select
        accepted.deal_id,
        row_number() over (
            partition by
                accepted.account_id, accepted.created_on, accepted.closed_on, accepted.outcome, accepted.amount, accepted.amount_converted,
                accepted.currency, accepted.stage, accepted.loss_reason, accepted.win_factors, accepted.qualification_score,
                accepted.cycle_days, accepted.annual_revenue, accepted.employees{{ and_dimensions('accepted') }}
            order by accepted.deal_id
        ) as decision_line
    from accepted
    inner join near
        on accepted.account_id = near.account_id
        and accepted.created_on = near.created_on
        and accepted.closed_on is not distinct from near.closed_on
        and accepted.outcome = near.outcome
        and accepted.amount is not distinct from near.amount

)

select
    deal_id,
    cast(decision_line as integer) as decision_line
from placed
where decision_line > 1
