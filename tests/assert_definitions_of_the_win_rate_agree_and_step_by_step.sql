-- Detects a definition of the win rate that is not what it says: `closed` and `by_value` are the rates and intervals of
-- `win_rate_baseline`; a definition that widens another counts all its deals, and its step is the difference of the rates.
-- The bridge of the report adds the steps up, and every other table speaks of the closed win rate.
-- A returned row is a period and definition.

select
    definitions.period,
    definitions.definition,
    'not the rate or interval of the baseline' as problem
from {{ ref('win_rate_definitions') }} as definitions
inner join {{ ref('win_rate_baseline') }} as baseline on definitions.period = baseline.period
where
    (
        definitions.definition = 'closed'
        and (
            definitions.counted_deals != baseline.closed_deals
            or definitions.won_deals != baseline.won_deals
            or definitions.win_rate is distinct from baseline.win_rate
            or coalesce(abs(definitions.win_rate_low - baseline.win_rate_low) > 1e-9, false)
            or coalesce(abs(definitions.win_rate_high - baseline.win_rate_high) > 1e-9, false)
        )
    )
    or (
        definitions.definition = 'by_value'
        and (
            (definitions.win_rate is null) != (baseline.value_win_rate is null)
            or coalesce(abs(definitions.win_rate - baseline.value_win_rate) > 1e-9, false)
            or coalesce(abs(definitions.win_rate_low - baseline.value_win_rate_low) > 1e-9, false)
            or coalesce(abs(definitions.win_rate_high - baseline.value_win_rate_high) > 1e-9, false)
        )
    )
union all
select
    wider.period,
    wider.definition,
    'does not widen ' || narrower.definition as problem
from {{ ref('win_rate_definitions') }} as wider
inner join {{ ref('win_rate_definitions') }} as narrower on wider.period = narrower.period and wider.steps_from = narrower.definition
where
    wider.won_deals < narrower.won_deals
    or wider.counted_deals < narrower.counted_deals
    or wider.added_deals is distinct from wider.counted_deals - narrower.counted_deals
    or coalesce(abs(narrower.win_rate + wider.step - wider.win_rate) > 1e-9, false)
    or (wider.step is null) != (narrower.win_rate is null or wider.win_rate is null)
union all
select
    periods.period,
    list.definition,
    'missing' as problem
from {{ ref('dim_periods') }} as periods
cross join {{ ref('win_rate_definition_list') }} as list
left join {{ ref('win_rate_definitions') }} as definitions on periods.period = definitions.period and list.definition = definitions.definition
where definitions.definition is null
