{{ config(enabled=true) }}
{%- set minimum = setting('minimum_reason_losses') | int %}
{#- each measure: a part of a whole, and the deals that it rests on -#}
{%- set measures = [
    ('losses', 'unusable_reasons', 'unusable_reasons', 'lost_deals', 'lost_deals'),
    ('losses', 'quarter_end_spike', 'last_days_deals', 'dated_deals', 'dated_deals'),
    ('losses', 'competitor_not_named', 'unnamed_competitors', 'competitor_reasons', 'competitor_reasons'),
    ('losses', 'competitor_not_blamed', 'unblamed_competitors', 'named_competitors', 'named_competitors'),
    ('losses', 'bulk_closes', 'bulk_deals', 'lost_deals', 'lost_deals'),
    ('owners', 'silent_owners', 'silent_owners', 'owners', 'owned_deals'),
    ('owners', 'one_reason_owners', 'one_reason_owners', 'owners', 'owned_deals'),
] %}
-- One row per period x measure of how loss reasons are recorded. Measures overlap and may not be added.

with owners as (

    select
        period,
        count(*) filter (where lost_deals >= {{ minimum }}) as owners,
        coalesce(sum(lost_deals) filter (where lost_deals >= {{ minimum }}), 0) as owned_deals,
        count(*) filter (where lost_deals >= {{ minimum }} and stated_share < {{ setting('silent_owner_share') | float }}) as silent_owners,
        count(*) filter (where stated_lost_deals >= {{ minimum }} and top_share > {{ setting('one_reason_share') | float }}) as one_reason_owners
    from {{ ref('loss_reason_coverage_by_owner') }}
    where owner != 'unknown'
    group by period

),

losses as (

    select * from {{ ref('int_recorded_losses') }}

)

{% for counts, measure, part, whole, deals in measures -%}
select
    period,
    '{{ measure }}' as measure,
    {{ deals }} as deals,
    {{ rate(part, whole) }} as value
from {{ counts }}
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
