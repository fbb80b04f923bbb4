{%- set fields = completeness_fields() -%}
{%- set needed = fields.items() | selectattr('1.is_needed') | map(attribute='0') | list -%}
-- One row per period x outcome x field: how many deals have the field filled in. Open deals stand in `all` only.
-- A field that no file holds, or that the company does not have, has no share: that is another matter than one that is not filled in.
-- noqa: disable=LT02,LT05

with counted as (

    select
        periods.period,
        periods.population,
        deals.outcome,
        count(*) as deals
        {%- for field in fields.values() %},
        count(*) filter (where {{ field.condition }}) as filled_{{ loop.index }}
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
    from counted{{ " where outcome = 'lost'" if field == 'loss reason' }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

judged as (

    select
        tall.*,
        -- what another object of the CRM fills is there, whatever the deals lack
        case when max(tall.filled_deals) over (partition by tall.field) = 0 then standings.missing_reason end as missing_reason
    from tall
    left join {{ ref('int_field_standings') }} as standings on tall.field = standings.field

)

select
    period,
    outcome,
    field,
    population,
    deals,
    filled_deals,
    case when missing_reason is null then filled_deals / nullif(deals, 0) end as filled_share,
    missing_reason,
    field in ('{{ needed | join("', '") }}') as is_needed_for_advice
from judged
