{{ config(enabled=true, materialized='ephemeral') }}
{%- set minimum = setting('minimum_reason_losses') | int %}
{#- each measure: a part of a whole, and the deals and the decisions that it rests on -#}
{%- set measures = [
    ('losses', 'unusable_reasons', 'unusable_reasons', 'lost_decisions', 'lost_deals', 'lost_decisions'),
    ('losses', 'quarter_end_spike', 'last_days_decisions', 'dated_decisions', 'dated_deals', 'dated_decisions'),
    ('losses', 'competitor_not_named', 'unnamed_competitors', 'competitor_decisions', 'competitor_deals', 'competitor_decisions'),
    ('losses', 'competitor_not_blamed', 'unblamed_competitors', 'named_decisions', 'named_deals', 'named_decisions'),
    ('losses', 'bulk_closes', 'bulk_decisions', 'lost_decisions', 'lost_deals', 'lost_decisions'),
    ('owners', 'silent_owners', 'silent_owners', 'owners', 'owned_deals', 'owned_decisions'),
    ('owners', 'one_reason_owners', 'one_reason_owners', 'owners', 'owned_deals', 'owned_decisions'),
] %}
-- One row per period x measure of how loss reasons are recorded, of decisions: many lines of one deal say no more than one. Measures overlap
-- and may not be added.

with owners as (

    select
        period,
        count(*) filter (where lost_decisions >= {{ minimum }}) as owners,
        coalesce(sum(lost_deals) filter (where lost_decisions >= {{ minimum }}), 0) as owned_deals,
        coalesce(sum(lost_decisions) filter (where lost_decisions >= {{ minimum }}), 0) as owned_decisions,
        count(*) filter (where lost_decisions >= {{ minimum }} and stated_share < {{ setting('silent_owner_share') | float }}) as silent_owners,
        count(*) filter (where stated_lost_decisions >= {{ minimum }} and top_share > {{ setting('one_reason_share') | float }}) as one_reason_owners
    from (
        select
            period,
            lost_deals,
            lost_decisions,
            stated_lost_decisions,
            {{ rate('stated_lost_decisions', 'lost_decisions') }} as stated_share,
            {{ rate('top_lost_decisions', 'stated_lost_decisions') }} as top_share
        from {{ ref('loss_reason_coverage_by_owner') }}
        where owner != 'unknown'
    ) as shares
    group by period

),

losses as (

    select * from {{ ref('int_recorded_losses') }}

)

{% for counts, measure, part, whole, deals, decisions in measures -%}
select
    period,
    '{{ measure }}' as measure,
    {{ deals }} as deals,
    {{ decisions }} as decisions,
    {{ rate(part, whole) }} as value
from {{ counts }}
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
