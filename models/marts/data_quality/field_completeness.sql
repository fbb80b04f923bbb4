{%- set fields = {
    'account': 'account_key is not null',
    'created date': 'created_on is not null',
    'closed date': 'deals.closed_on is not null',
    'sales cycle': 'cycle_days is not null',
    'amount': 'stated_amount is not null',
    'qualification score': 'qualification_score is not null',
    'loss reason': "outcome != 'lost' or loss_reason_category != 'unspecified'",
} -%}
{#- Those that advice rests on. -#}
{%- set needed = ['amount', 'industry', 'revenue band', 'lead source', 'loss reason', 'qualification score', 'created date'] -%}
{#- the columns of the files that fill a field of another name -#}
{%- set columns_of = {
    'account': ['account_id'],
    'created date': ['created_on'],
    'closed date': ['closed_on'],
    'sales cycle': ['created_on', 'closed_on'],
    'revenue band': ['annual_revenue'],
    'employee band': ['employees'],
    'deal size band': ['amount'],
} -%}
{%- for dimension in dimensions() %}{% do fields.update({dimension.name | replace('_', ' '): dimension.name ~ " != 'unknown'"}) %}{% endfor -%}
-- One row per period x outcome x field: how many deals have the field filled in. Open deals stand in `all` only.
-- A field that no file holds, or that the company does not have, has no share: that is another matter than one that is not filled in.
-- noqa: disable=LT02

with counted as (

    select
        periods.period,
        periods.population,
        deals.outcome,
        count(*) as deals
        {%- for condition in fields.values() %},
        count(*) filter (where {{ condition }}) as filled_{{ loop.index }}
        {%- endfor %}
    from {{ ref('fct_deals') }} as deals
    inner join ({{ periods_by_day(ref('fct_deals')) }}) as periods
        on deals.closed_on is not distinct from periods.closed_on
    where deals.is_in_population
    group by periods.period, periods.population, deals.outcome

),

tall as (

    {% for field in fields -%}
    select period, population, outcome, '{{ field }}' as field, deals, filled_{{ loop.index }} as filled_deals
    from counted
    {%- if field == 'loss reason' %}
    where outcome = 'lost'
    {%- endif %}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

standings as (

    select
        of_field.field,
        -- `not exported` comes before `not used` comes before any other
        case
            when max(case when asked.standing = 'not exported' then 1 else 0 end) = 1 then 'not exported'
            when max(case when asked.standing = 'not used' then 1 else 0 end) = 1 then 'not used'
        end as missing_reason
    from (
        {% for field in fields -%}
        {%- for column in columns_of.get(field, [field | replace(' ', '_')]) -%}
        select '{{ field }}' as field, '{{ column }}' as column_name
        {% if not loop.last %}union all
        {% endif %}
        {%- endfor %}
        {% if not loop.last %}union all
        {% endif %}
        {%- endfor %}
    ) as of_field
    left join {{ ref('int_asked_fields') }} as asked
        on of_field.column_name = asked.column_name and asked.object in ('deals', 'accounts')
    group by of_field.field

),

judged as (

    select
        tall.*,
        -- what another object of the CRM fills is there, whatever the deals lack
        case when max(tall.filled_deals) over (partition by tall.field) = 0 then standings.missing_reason end as missing_reason
    from tall
    left join standings on tall.field = standings.field

)

select
    period,
    outcome,
    field,
    population,
    deals,
    filled_deals,
    case when missing_reason is null then {{ rate('filled_deals', 'deals') }} end as filled_share,
    missing_reason,
    field in ('{{ needed | join("', '") }}') as is_needed_for_advice
from judged
