-- One row per calendar or fiscal quarter from the first close to the last, quarters without a close included. A verdict needs quarters that have
-- ended and `minimum_deals` decisions in each. Intervals and limits are of decisions, of which lines that nothing tells apart are one.
{%- set deals %}
    select * from {{ ref('fct_deals') }}
    where is_in_population and outcome != 'open'
{%- endset %}

with outcomes as (

    {{ outcome_cells(deals, ['closed_quarter_starts_on', 'outcome'], ['sum(' ~ of_decision() ~ ') as decisions']) }}

),

measured as (

    select
        quarters.starts_on,
        cast(coalesce(sum(outcomes.decisions) filter (where outcomes.outcome in ('won', 'lost')), 0) as bigint) as decisions,
        cast(coalesce(sum(outcomes.decisions) filter (where outcomes.outcome = 'won'), 0) as bigint) as won_decisions,
        {{ deal_measures() }}
    from {{ ref('int_quarters') }} as quarters
    left join outcomes on quarters.starts_on = outcomes.closed_quarter_starts_on
    group by quarters.starts_on

),

rated as (

    select
        *,
        {{ rate_columns('(cast(won_deals as double) * decisions / nullif(closed_deals, 0))', 'decisions', 'win_rate') }},
        {{ rate_columns('won_decisions', 'decisions', 'decided_rate') }},
        {{ wilson_columns('won_decisions', 'decisions', 'claim', setting('win_rate_claim_z') ~ 'e0') }},
        sum(won_deals) over () / nullif(sum(closed_deals) over (), 0) as center_line,
        lag(starts_on) over (order by starts_on) as previous_starts_on
    from measured

),

-- p-chart (Shewhart 1931): three standard errors around the rate of all quarters, for this quarter's decisions
charted as (

    select
        rated.*,
        periods.population,
        periods.value_missing_reason,
        {{ quarters_later('rated.starts_on', 1) }} as ends_before_on,
        {{ quarters_later('rated.starts_on', 1) }} > periods.as_of_on + 1 + {{ setting('quarter_end_tolerance_days') | int }} as is_partial,
        3 * sqrt(rated.center_line * (1 - rated.center_line) / nullif(rated.decisions, 0)) as half_width
    from rated
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'all'

),

compared as (

    select
        charted.*,
        greatest(0e0, charted.center_line - charted.half_width) as lower_limit,
        least(1e0, charted.center_line + charted.half_width) as upper_limit,
        -- a verdict is that of deals and of decisions alike, so that the lines of one make none
        least(charted.win_rate, charted.decided_rate) > upper_limit or greatest(charted.win_rate, charted.decided_rate) < lower_limit as is_far,
        {{ difference_columns('charted.win_rate', 'previous.win_rate', 'win_rate_change') }},
        {{ difference_columns('charted.decided_rate', 'previous.decided_rate', 'decided_change') }},
        (win_rate_change_low > 0 and decided_change_low > 0) or (win_rate_change_high < 0 and decided_change_high < 0) as is_changed,
        {{ newcombe_low('charted.decided_rate', 'charted.claim_low', 'previous.decided_rate', 'previous.claim_high') }} > 0
        or {{ newcombe_high('charted.decided_rate', 'charted.claim_high', 'previous.decided_rate', 'previous.claim_low') }} < 0 as leaves_out_zero,
        charted.decisions >= {{ setting('minimum_deals') | int }} and not charted.is_partial as is_judged,
        -- a quarter that is far from the one before it in the table has a mistyped year between them
        previous.decisions >= {{ setting('minimum_deals') | int }} and charted.starts_on = {{ quarters_later('previous.starts_on', 1) }} as is_next
    from charted
    left join charted as previous on charted.previous_starts_on = previous.starts_on

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
    case when compared.closed_deals > 0 then compared.lower_limit end as lower_limit,
    case when compared.closed_deals > 0 then compared.upper_limit end as upper_limit,
    case when compared.closed_deals > 0 then compared.is_judged and compared.is_far end as is_outside_limits,
    compared.win_rate_change,
    compared.win_rate_change_low,
    compared.win_rate_change_high,
    case when compared.is_judged and compared.is_next then compared.is_changed end as is_win_rate_changed,
    case when compared.is_judged and compared.is_next then compared.is_changed and compared.leaves_out_zero end as is_win_rate_change_claimed,
    {{ value_columns('compared', has_interval=false) }},
    compared.closed_deals * compared.win_rate * compared.mean_won_amount / nullif(compared.mean_won_cycle_days, 0) as velocity_amount_per_day,
    compared.value_missing_reason,
    compared.decisions
from compared
