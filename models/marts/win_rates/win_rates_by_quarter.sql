{%- set minimum_deals = setting('minimum_deals') | int -%}
{%- set claim_z = (setting('win_rate_claim_z') | string) ~ 'e0' -%}
-- One row per calendar or fiscal quarter from the first close to the last, quarters without a close included. A verdict on the win
-- rate needs quarters that have ended and `minimum_deals` closed deals in each: two deals against two are no change.

with bounds as (

    select
        -- a deal closed before that has a mistyped year, and there is nothing to see between it and the others
        min(case when deals.closed_quarter_starts_on > {{ dbt.dateadd('month', -300, 'periods.as_of_on') }} then deals.closed_quarter_starts_on end)
            as first_starts_on,
        least(max(deals.closed_quarter_starts_on), max(periods.as_of_on)) as last_starts_on
    from {{ ref('fct_closed_deals') }} as deals
    cross join {{ ref('dim_periods') }} as periods

),

-- every quarter the export speaks of, and those of mistyped years where deals stand in them
quarters as (

    {% for quarter in fiscal_quarters() -%}
    select cast('{{ quarter.starts_on }}' as date) as starts_on
    from bounds
    where cast('{{ quarter.starts_on }}' as date) between first_starts_on and last_starts_on
    union
    {% else -%}
    select cast({{ dbt.dateadd('month', '(3 * numbers.number)', 'bounds.first_starts_on') }} as date) as starts_on
    from bounds
    inner join (select cast(id as integer) as number from range(102) as counted (id)) as numbers
        on {{ dbt.dateadd('month', '(3 * numbers.number)', 'bounds.first_starts_on') }} <= bounds.last_starts_on
    union
    {% endfor -%}
    select closed_quarter_starts_on as starts_on
    from {{ ref('fct_closed_deals') }}
    where closed_quarter_starts_on is not null

),

outcomes as (

    select
        closed_quarter_starts_on,
        outcome,
        {{ outcome_measures() }}
    from {{ ref('fct_deals') }}
    where is_in_population and outcome != 'open'
    group by closed_quarter_starts_on, outcome

),

measured as (

    select
        quarters.starts_on,
        {{ deal_measures() }}
    from quarters
    left join outcomes on quarters.starts_on = outcomes.closed_quarter_starts_on
    group by quarters.starts_on

),

rated as (

    select
        *,
        {{ rate_columns('won_deals', 'closed_deals', 'win_rate') }},
        {{ wilson_low('won_deals', 'closed_deals', claim_z) }} as claim_low,
        {{ wilson_high('won_deals', 'closed_deals', claim_z) }} as claim_high,
        {{ rate('sum(won_deals) over ()', 'sum(closed_deals) over ()') }} as center_line
    from measured

),

-- p-chart (Shewhart 1931): three standard errors around the rate of all quarters, for this quarter's number of deals
charted as (

    select
        *,
        {{ quarters_later('starts_on', 1) }} as ends_before_on,
        case when closed_deals > 0 then greatest(0e0, center_line - 3 * sqrt(center_line * (1 - center_line) / closed_deals)) end as lower_limit,
        case when closed_deals > 0 then least(1e0, center_line + 3 * sqrt(center_line * (1 - center_line) / closed_deals)) end as upper_limit,
        lag(starts_on) over (order by starts_on) as previous_starts_on,
        lag(closed_deals) over (order by starts_on) as previous_closed_deals,
        lag(win_rate) over (order by starts_on) as previous_win_rate,
        lag(win_rate_low) over (order by starts_on) as previous_win_rate_low,
        lag(win_rate_high) over (order by starts_on) as previous_win_rate_high,
        lag(claim_low) over (order by starts_on) as previous_claim_low,
        lag(claim_high) over (order by starts_on) as previous_claim_high
    from rated

),

compared as (

    select
        charted.*,
        periods.population,
        periods.value_missing_reason,
        charted.ends_before_on
        > cast({{ dbt.dateadd('day', 1 + (setting('quarter_end_tolerance_days') | int), 'periods.as_of_on') }} as date) as is_partial,
        {{ difference_columns('charted.win_rate', 'charted.previous_win_rate', 'win_rate_change') }},
        {{ newcombe_low('charted.win_rate', 'charted.claim_low', 'charted.previous_win_rate', 'charted.previous_claim_high') }} > 0
        or {{ newcombe_high('charted.win_rate', 'charted.claim_high', 'charted.previous_win_rate', 'charted.previous_claim_low') }} < 0 as leaves_out_zero
    from charted
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'all'

)

select
    {{ quarter_name('compared.starts_on') }} as quarter,
    compared.starts_on,
    compared.ends_before_on,
    compared.population,
    compared.is_partial,
    compared.closed_deals,
    compared.won_deals,
    compared.lost_deals,
    compared.disqualified_deals,
    compared.win_rate,
    compared.win_rate_low,
    compared.win_rate_high,
    case when compared.closed_deals = 0 then 'no closed deals in this quarter' end as missing_reason,
    compared.center_line,
    compared.lower_limit,
    compared.upper_limit,
    case
        when compared.closed_deals > 0
            then
                (compared.win_rate < compared.lower_limit or compared.win_rate > compared.upper_limit)
                and compared.closed_deals >= {{ minimum_deals }} and not compared.is_partial
    end as is_outside_limits,
    compared.win_rate_change,
    compared.win_rate_change_low,
    compared.win_rate_change_high,
    -- a quarter that is far from the one before it in the table has a mistyped year between them
    case
        when
            not compared.is_partial
            and least(compared.closed_deals, compared.previous_closed_deals) >= {{ minimum_deals }}
            and compared.starts_on = {{ quarters_later('compared.previous_starts_on', 1) }}
            then compared.win_rate_change_low > 0 or compared.win_rate_change_high < 0
    end as is_win_rate_changed,
    -- the same at the level of a claim
    case
        when
            not compared.is_partial
            and least(compared.closed_deals, compared.previous_closed_deals) >= {{ minimum_deals }}
            and compared.starts_on = {{ quarters_later('compared.previous_starts_on', 1) }}
            then compared.leaves_out_zero
    end as is_win_rate_change_claimed,
    {{ value_columns('compared', has_interval=false) }},
    -- sales velocity: closed deals x win rate x mean won value / mean cycle of won deals
    compared.closed_deals * compared.win_rate * compared.mean_won_amount / nullif(compared.mean_won_cycle_days, 0) as velocity_amount_per_day,
    compared.value_missing_reason
from compared
