{{ config(enabled=true, materialized='ephemeral') }}
{%- set z = '1.6448536269514722e0' -%}
-- One row per persona on closed deals of the trailing window: the counts by the close in words, and whether they rule a difference out (90 %
-- Newcombe interval, as for segments). Judged are decisions; deals, which are told, must not differ by more than the margin either.
-- noqa: disable=LT02

with whole as (

    select
        sum(decisions) as decisions,
        sum(won_decisions) as won_decisions
    from {{ ref('int_contact_strata') }}
    where period = 'window' and moment = 'at close'

),

decided as (

    select
        contacts.persona,
        count(distinct contacts.deal_key) as decisions,
        count(distinct case when contacts.outcome = 'won' then contacts.deal_key end) as won_decisions
    from {{ ref('bridge_deal_contacts') }} as contacts
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'window' and {{ in_period('contacts.closed_on') }}
    where contacts.is_counted and contacts.decision_line = 1
    group by contacts.persona

),

sides as (

    select
        decided.persona,
        {{ setting('equivalence_margin') | float }} as margin,
        decided.won_decisions / nullif(decided.decisions, 0) as rate_with,
        {{ wilson_columns('decided.won_decisions', 'decided.decisions', 'rate_with', z) }},
        (whole.won_decisions - decided.won_decisions) / nullif(whole.decisions - decided.decisions, 0) as rate_without,
        {{ wilson_columns('(whole.won_decisions - decided.won_decisions)', '(whole.decisions - decided.decisions)', 'rate_without', z) }},
        {{ difference_columns('rate_with', 'rate_without', 'difference') }}
    from decided
    cross join whole

)

select
    counted.persona,
    counted.won_deals_with || ' of ' || counted.closed_deals_with || ' deals with ' || counted.persona || ' by the close were won ('
    || {{ percent_text('counted.win_rate_with') }} || '), ' || {{ percent_text('counted.win_rate_without') }} || ' without.' as counts,
    abs(counted.win_rate_with - counted.win_rate_without) <= sides.margin
    and sides.difference_low >= -1 * sides.margin and sides.difference_high <= sides.margin as is_alike
from {{ ref('win_rates_by_persona') }} as counted
inner join sides on counted.persona = sides.persona
where counted.period = 'window' and counted.persona_type = 'persona'
