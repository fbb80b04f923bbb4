{# First day of the fiscal quarter a date lies in; the fiscal year starts on the first of `fiscal_year_start_month`. #}
{% macro quarter_start(date_column) -%}
    {%- set listed = fiscal_quarters() -%}
    {%- if listed -%}
    case
        {%- for quarter in listed[:-1] %}
        {%- set next_starts_on = listed[loop.index].starts_on %}
        when {{ date_column }} >= cast('{{ quarter.starts_on }}' as date) and {{ date_column }} < cast('{{ next_starts_on }}' as date)
            then cast('{{ quarter.starts_on }}' as date)
        {%- endfor %}
    end
    {%- else -%}
    {%- set shift = (setting('fiscal_year_start_month') | int - 1) % 3 -%}
    {%- if shift == 0 -%}
    cast(date_trunc('quarter', {{ date_column }}) as date)
    {%- else -%}
    cast({{ dbt.dateadd('month', shift, "date_trunc('quarter', " ~ dbt.dateadd('month', -shift, date_column) ~ ")") }} as date)
    {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# Name of the quarter that starts on a date: 2025-Q4, or FY2026-Q1 where the fiscal year does not start in January. #}
{% macro quarter_name(start_column) -%}
    {%- set listed = fiscal_quarters() -%}
    {%- if listed -%}
    case cast({{ start_column }} as date)
        {%- for quarter in listed %}
        when cast('{{ quarter.starts_on }}' as date) then '{{ quarter.quarter }}'
        {%- endfor %}
    end
    {%- else -%}
    {%- set month = setting('fiscal_year_start_month') | int -%}
    {%- if month == 1 -%}
    cast(extract(year from {{ start_column }}) as {{ dbt.type_string() }}) || '-Q' || cast(extract(quarter from {{ start_column }}) as {{ dbt.type_string() }})
    {%- else -%}
    'FY' || cast(extract(year from {{ start_column }}) + case when extract(month from {{ start_column }}) >= {{ month }} then 1 else 0 end as {{ dbt.type_string() }})
        || '-Q' || cast(cast(floor((extract(month from {{ start_column }}) + {{ 12 - month }}) % 12 / 3e0) + 1 as integer) as {{ dbt.type_string() }})
    {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# First day of the quarter so many quarters after the one that starts on a date; before it where the number is negative. #}
{% macro quarters_later(start_column, number) -%}
    {%- set listed = fiscal_quarters() -%}
    {%- if listed -%}
    case cast({{ start_column }} as date)
        {%- for place in range([0, -number] | max, listed | length - [0, number] | max) %}
        when cast('{{ listed[place].starts_on }}' as date) then cast('{{ listed[place + number].starts_on }}' as date)
        {%- endfor %}
    end
    {%- else -%}
    cast({{ dbt.dateadd('month', 3 * number, start_column) }} as date)
    {%- endif -%}
{%- endmacro %}

{# The quarters of seeds/fiscal_quarters.csv in order, for companies whose quarters are weeks and not months; none where the list is empty.
   Before and after the list quarters of 13 weeks are assumed: ten years back, for windows, and one ahead. Written out when a model compiles
   and found by its name, like the rules of taxonomies; `base_deals` waits for the seed. #}
{% macro fiscal_quarters() -%}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {%- set seed = taxonomy_relation('fiscal_quarters') -%}
    {%- set rows = run_query('select quarter, cast(starts_on as ' ~ dbt.type_string() ~ ') as starts_on from ' ~ seed ~ ' order by starts_on').rows if seed else [] -%}
    {%- set quarters = [] -%}
    {%- for row in rows -%}
        {%- set place = 'seeds/fiscal_quarters.csv: ' ~ (row['quarter'] or 'a line without a quarter') -%}
        {%- if not row['starts_on'] or not modules.re.match('^(FY)?[0-9]{4}-Q[1-4]$', row['quarter'] or '') -%}
            {{ exceptions.raise_compiler_error(place ~ ' must be written like FY2025-Q4 and have a day on which it starts.') }}
        {%- elif quarters and row['quarter'] != next_quarter_name(quarters[-1].quarter) -%}
            {{ exceptions.raise_compiler_error(place ~ ' follows ' ~ quarters[-1].quarter ~ ' by its first day. Give every quarter one line, without gaps.') }}
        {%- endif -%}
        {%- do quarters.append({'quarter': row['quarter'], 'starts_on': row['starts_on'][:10]}) -%}
    {%- endfor -%}
    {%- if quarters -%}
        {%- for _ in range(40) -%}
            {%- do quarters.insert(0, {'quarter': next_quarter_name(quarters[0].quarter, -1), 'starts_on': days_later(quarters[0].starts_on, -91)}) -%}
        {%- endfor -%}
        {%- for _ in range(5) -%}
            {%- do quarters.append({'quarter': next_quarter_name(quarters[-1].quarter), 'starts_on': days_later(quarters[-1].starts_on, 91)}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(quarters) }}
{%- endmacro %}

{# FY2026-Q1 after FY2025-Q4. #}
{% macro next_quarter_name(quarter, step=1) -%}
    {%- set year, number = quarter[:-3].replace('FY', '') | int, quarter[-1] | int -%}
    {%- set place = year * 4 + number - 1 + step -%}
    {{ return(('FY' if quarter.startswith('FY') else '') ~ (place // 4) ~ '-Q' ~ (place % 4 + 1)) }}
{%- endmacro %}

{# A day so many days after another, both as text. #}
{% macro days_later(day, days) -%}
    {{ return((modules.datetime.datetime.strptime(day, '%Y-%m-%d') + modules.datetime.timedelta(days=days)).strftime('%Y-%m-%d')) }}
{%- endmacro %}
