{{ config(enabled=true) }}
{%- set minimum = setting('minimum_reason_losses') | int %}
{#- each measure: a part of a whole, and the deals that it rests on -#}
{%- set measures = [
    ('counted', 'unusable_reasons', 'unusable_reasons', 'lost_deals', 'lost_deals'),
    ('counted', 'quarter_end_spike', 'last_days_deals', 'dated_deals', 'dated_deals'),
    ('counted', 'competitor_not_named', 'unnamed_competitors', 'competitor_reasons', 'competitor_reasons'),
    ('counted', 'competitor_not_blamed', 'unblamed_competitors', 'named_competitors', 'named_competitors'),
    ('bulk', 'bulk_closes', 'bulk_deals', 'lost_deals', 'lost_deals'),
    ('owners', 'silent_owners', 'silent_owners', 'owners', 'owned_deals'),
    ('owners', 'one_reason_owners', 'one_reason_owners', 'owners', 'owned_deals'),
] %}
-- One row per period x measure of how loss reasons are recorded. Measures overlap and may not be added.

with lost_deals as (

    select
        periods.period,
        deals.*,
        {{ dbt.datediff('deals.closed_on', quarters_later('deals.closed_quarter_starts_on', 1), 'day') }} as days_to_quarter_end  -- noqa: LT05
    from {{ ref('fct_closed_deals') }} as deals
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods on deals.closed_on is not distinct from periods.closed_on
    where deals.outcome = 'lost'

),

-- the most losses one owner closed on one day
bulk as (

    select
        period,
        sum(lost_deals) as lost_deals,
        max(case when closed_on is not null and owner != 'unknown' then lost_deals end) as bulk_deals
    from (
        select
            period,
            owner,
            closed_on,
            count(*) as lost_deals
        from lost_deals
        group by period, owner, closed_on
    ) as days
    group by period

),

owners as (

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

counted as (

    select
        period,
        count(*) as lost_deals,
        count(*) filter (where loss_reason_category in ('unspecified', 'other')) as unusable_reasons,
        count(*) filter (where days_to_quarter_end <= {{ setting('quarter_end_days') | int }}) as last_days_deals,
        count(*) filter (where closed_on is not null) as dated_deals,
        count(*) filter (where loss_reason_category = 'competitor') as competitor_reasons,
        count(*) filter (where loss_reason_category = 'competitor' and competitor in ('unknown', 'none')) as unnamed_competitors,
        count(*) filter (where competitor not in ('unknown', 'none')) as named_competitors,
        count(*) filter (where competitor not in ('unknown', 'none') and loss_reason_category != 'competitor') as unblamed_competitors
    from lost_deals
    group by period

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
