{%- set answers = [
    'win_rate_baseline', 'win_rates_by_dimension', 'win_rates_by_segment_pair', 'loss_reasons', 'loss_reasons_by_dimension', 'win_reasons',
    'win_rates_by_persona', 'decision_makers', 'buying_groups', 'contact_coverage', 'score_thresholds', 'field_completeness',
    'win_rate_definitions', 'stage_funnel',
] -%}
{%- set without_period = [
    'win_rates_by_quarter', 'segment_quarters', 'loss_reason_quarters', 'win_rates_by_cohort', 'open_pipeline', 'open_pipeline_by_profile',
] -%}
-- Detects an answer that says nothing, or something else than `dim_periods`, about which deals count.
-- Renewals are won far more often than new business: a rate means nothing without its population.
-- A returned row is a table and what it states.

with stated as (

    {% for answer in answers -%}
    select
        '{{ answer }}' as answer,
        period,
        population
    from {{ ref(answer) }}
    union all
    {% endfor -%}
    {% for answer in without_period -%}
    select
        '{{ answer }}' as answer,
        'all' as period,
        population
    from {{ ref(answer) }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select distinct
    stated.answer,
    stated.population
from stated
left join {{ ref('dim_periods') }} as periods on stated.period = periods.period
where stated.population is distinct from periods.population or stated.population = ''
