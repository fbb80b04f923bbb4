-- One row per period x definition of the win rate, all of the same deals, each with the step from the definition it widens. Neither periods
-- nor definitions may be added.

with rates as (

    select
        rates.*,
        definitions.definition_order,
        definitions.label,
        definitions.basis,
        definitions.weighed_by,
        nullif(definitions.steps_from, '') as steps_from,
        definitions.who_uses_it,
        periods.population,
        case
            when rates.win_rate is not null then null
            when definitions.weighed_by = 'value' then coalesce(periods.missing_reason, periods.value_missing_reason, rates.rate_refusal)
            when definitions.basis = 'created' then rates.rate_refusal
            else coalesce(periods.missing_reason, rates.rate_refusal)
        end as missing_reason
    from {{ ref('int_definition_rates') }} as rates
    inner join {{ ref('dim_periods') }} as periods on rates.period = periods.period
    inner join {{ ref('win_rate_definition_list') }} as definitions on rates.definition = definitions.definition

)

select
    rates.period,
    rates.definition,
    rates.definition_order,
    rates.label,
    rates.basis,
    rates.weighed_by,
    rates.population,
    rates.counted_deals,
    rates.won_deals,
    rates.unstated_deals,
    rates.win_rate,
    {{ wilson_columns('rates.win_rate * rates.effective_deals', 'rates.effective_deals', 'win_rate') }},
    case when rates.win_rate is not null then rates.effective_deals end as effective_deals,
    rates.steps_from,
    rates.counted_deals - narrower.counted_deals as added_deals,
    rates.win_rate - narrower.win_rate as step,
    rates.within_days,
    rates.win_rate - pace.win_rate as pace_gap,
    -- the closed rate is judged once, by the window and by decisions; nothing is said against the rates that are shown
    case when (rates.win_rate - pace.win_rate) * judged.gap > 0 then judged.grade end as grade,
    rates.who_uses_it,
    rates.missing_reason
from rates
left join rates as narrower on rates.period = narrower.period and rates.steps_from = narrower.definition
left join rates as pace on rates.period = pace.period and rates.definition = 'closed' and pace.definition = 'pace'
left join {{ ref('int_closed_rate_verdict') }} as judged on rates.period = 'window' and rates.definition = 'closed'
