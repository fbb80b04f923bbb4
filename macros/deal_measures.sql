{# What every win-rate table is made of, in two steps. First, rows of fct_deals that are won, lost or disqualified, added up by `keys`, their
   outcome among others: grouping by the outcome costs engines half of what filtering every measure by it does. `deals` is a query of the
   keys, deal_key, amount, cycle_days, and what `measures`, counts of the table's own, are made of. #}
{% macro outcome_cells(deals, keys, measures=[]) -%}
    {%- set named %}
        {%- for key in keys %}deals.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
    {%- endset -%}
    {%- set is_enclosed = encloses_medians() -%}
    select
        {{ named }},
        {%- for measure in measures %}
        {{ measure }},
        {%- endfor %}
        count(*) as deals,
        count(amount) as amounts,
        sum(amount) as amount,
        {{ sum_of_squares('amount') }} as squared_amount,
        {{ exact_median('amount', 'cast(amount as double)', is_enclosed) }} as median_amount,
        avg(cast(cycle_days as double)) as mean_cycle_days,
        {{ exact_median('cycle_days', 'cycle_days', is_enclosed) }} as median_cycle_days
    from ({{ deals }}) as deals
    {{ median_bounds(deals, keys) if is_enclosed }}
    group by {{ named }}
{%- endmacro %}

{# The sum of the squares of amounts, as a double. Squares of large amounts are beyond every decimal, and a sum of doubles hangs on the
   order of the rows: so what is large is added up in whole million millions, what is small to the last digit, both exactly. #}
{% macro sum_of_squares(amount) -%}
    {{ sum_in_any_order("cast(" ~ amount ~ " as double) * cast(" ~ amount ~ " as double)") }}
{%- endmacro %}

{% macro sum_in_any_order(value) -%}
    coalesce(cast(sum(case when {{ value }} < 1e24 then cast({{ value }} as decimal(38, 4)) end) as double), 0e0)
        + coalesce(cast(sum(case when {{ value }} >= 1e24 then cast(({{ value }}) / 1e12 as decimal(38, 0)) end) as double), 0e0) * 1e12
{%- endmacro %}

{# Then the counts, values and cycles that every win-rate table carries, over those rows, one per outcome. #}
{% macro deal_measures() -%}
    cast(coalesce(sum(deals) filter (where outcome in ('won', 'lost')), 0) as bigint) as closed_deals,
        cast(coalesce(sum(deals) filter (where outcome = 'won'), 0) as bigint) as won_deals,
        cast(coalesce(sum(deals) filter (where outcome = 'lost'), 0) as bigint) as lost_deals,
        cast(coalesce(sum(deals) filter (where outcome = 'disqualified'), 0) as bigint) as disqualified_deals,
        cast(sum(amount) filter (where outcome = 'won') as double) as won_amount,
        cast(sum(amount) filter (where outcome = 'lost') as double) as lost_amount,
        -- weighing by value needs an amount on at least half of the won and half of the lost deals
        case
            when coalesce(bool_and(2 * amounts >= deals) filter (where outcome in ('won', 'lost')), true)
                then cast(sum(amount) filter (where outcome in ('won', 'lost')) as double)
        end as closed_amount,
        sum(squared_amount) filter (where outcome in ('won', 'lost')) as squared_amount,
        max(cast(amount as double) / nullif(amounts, 0)) filter (where outcome = 'won') as mean_won_amount,
        max(cast(amount as double) / nullif(amounts, 0)) filter (where outcome = 'lost') as mean_lost_amount,
        max(median_amount) filter (where outcome = 'won') as median_won_amount,
        max(median_amount) filter (where outcome = 'lost') as median_lost_amount,
        max(mean_cycle_days) filter (where outcome = 'won') as mean_won_cycle_days,
        max(mean_cycle_days) filter (where outcome = 'lost') as mean_lost_cycle_days,
        max(median_cycle_days) filter (where outcome = 'won') as median_won_cycle_days,
        max(median_cycle_days) filter (where outcome = 'lost') as median_lost_cycle_days
{%- endmacro %}

{# What those tables say of value and time, over rows of these measures. A rate by value weighs deals unlike: its interval is that of the
   number of equal deals that would tell as much (Kish 1965). #}
{% macro value_columns(rows, has_interval=true) -%}
    {%- set effective_deals = 'power(' ~ rows ~ '.closed_amount, 2) / nullif(' ~ rows ~ '.squared_amount, 0)' -%}
    {%- set won_of_them = '(' ~ effective_deals ~ ' * coalesce(' ~ rows ~ '.won_amount, 0) / nullif(' ~ rows ~ '.closed_amount, 0))' -%}
    {{ rows }}.won_amount,
    {{ rows }}.lost_amount,
    {{ rate('coalesce(' ~ rows ~ '.won_amount, 0)', rows ~ '.closed_amount') }} as value_win_rate,
    {{ effective_deals }} as value_effective_deals,
    {%- if has_interval %}
    {{ wilson_low(won_of_them, '(' ~ effective_deals ~ ')') }} as value_win_rate_low,
    {{ wilson_high(won_of_them, '(' ~ effective_deals ~ ')') }} as value_win_rate_high,
    {%- endif %}
    {%- for measure in ['amount', 'cycle_days'] %}
    {{ rows }}.mean_won_{{ measure }},
    {{ rows }}.mean_lost_{{ measure }},
    {{ rows }}.median_won_{{ measure }},
    {{ rows }}.median_lost_{{ measure }}
    {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
