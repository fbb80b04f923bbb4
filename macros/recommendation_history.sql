{# What earlier builds left behind stands beside the marts and is never rebuilt: its tables, and columns a later version of the project
   declares (models/marts/sources.yml), are made where they are missing. #}
{% macro open_history() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'compile', 'docs') -%}
    {{ return(adapter.dispatch('open_history')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__open_history() -%}
    create schema if not exists history;
    {%- for table in history_tables() %}
    create table if not exists history.{{ table.name }} ({{ columns_with_types(table) }});
    comment on table history.{{ table.name }} is '{{ escape_single_quotes(table.description) }}';
    {%- for column in table.columns.values() %}
    alter table history.{{ table.name }} add column if not exists {{ column.name }} {{ column.data_type }};
    comment on column history.{{ table.name }}.{{ column.name }} is '{{ escape_single_quotes(column.description) }}';
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}

{# Spark takes one statement at a time. #}
{% macro spark__open_history() -%}
    {%- do run_query('create schema if not exists history') -%}
    {%- for table in history_tables() -%}
        {%- do run_query('create table if not exists history.' ~ table.name ~ ' (' ~ columns_with_types(table) ~ ')') -%}
    {%- endfor -%}
{%- endmacro %}

{# The columns that a source declares, as a table is created with them. #}
{% macro columns_with_types(table) -%}
    {%- for column in table.columns.values() -%}{{ column.name }} {{ column.data_type }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{% macro history_tables() -%}
    {{ return(graph.sources.values() | selectattr('source_name', 'equalto', 'history') | list) }}
{%- endmacro %}

{# Remembers what this build recommends. The same quarter with the same advice changes nothing; with other advice, because
   the past was changed in the CRM, it becomes a further version, so that the change shows. #}
{% macro keep_recommendations() -%}
    {%- if execute and is_advice_new() and not why_not_green() -%}
    insert into history.recommendations by name
    with said as (

        select
            '{{ crm() }}' as crm,
            periods.last_quarter as reviewed_quarter,
            periods.starts_on as reviewed_quarter_starts_on,
            advice.rank, advice.dimension, advice.segment, advice.second_dimension, advice.second_segment, advice.segment_label,
            advice.action, advice.grade, advice.title, advice.win_rate as predicted_win_rate,
            advice.expected_lift as predicted_lift, advice.expected_lift_low as predicted_lift_low, advice.expected_lift_high as predicted_lift_high,
            advice.window_start, advice.window_end, advice.method_version,
            nullif({{ company_literal() }}, '') as company,
            ({{ deals_seen() }}) as deals_seen
        from marts.icp_recommendations as advice
        inner join marts.dim_periods as periods on periods.period = 'quarter'
        where advice.grade in ('strong', 'directional') and periods.last_quarter is not null

    ),

    printed as (

        select md5(coalesce({{ listed_in_order("concat_ws('|', rank, title, grade, round(predicted_win_rate, 6), round(predicted_lift, 6))", 'rank') }}, '')) as fingerprint
        from said

    ),

    {{ where_said_anew('history.recommendations') }}
    {%- endif -%}
{%- endmacro %}

{# The end of what is remembered: `said` with the fingerprint of `printed`, under the next version of its quarter, unless the last version said the same. #}
{% macro where_said_anew(history) -%}
    latest as (

        select reviewed_quarter, max(version) as version, max_by(fingerprint, version) as fingerprint
        from {{ history }}
        where crm = '{{ crm() }}'
        group by reviewed_quarter

    )

    select said.*, printed.fingerprint, coalesce(latest.version, 0) + 1 as version
    from said
    cross join printed
    left join latest on said.reviewed_quarter = latest.reviewed_quarter
    where latest.fingerprint is distinct from printed.fingerprint
{%- endmacro %}

{# Some of the deals that it was drawn from, by which the company is known again under other files. #}
{% macro deals_seen() -%}
    select {{ listed_in_order('deal_seen', 'deal_seen') }}
    from (select {{ deal_seen('deals') }} as deal_seen from marts.fct_closed_deals as deals order by 1 limit 20) as sampled
{%- endmacro %}

{# Remembers what this build's report says, so that the next one can tell what is new and what is gone. Once for a quarter, as long as it says the same. #}
{% macro keep_report() -%}
    {%- if execute and is_advice_new() and not why_not_green() -%}
    insert into history.reports by name
    with said as (

        select
            '{{ crm() }}' as crm, periods.last_quarter as reviewed_quarter, periods.starts_on as reviewed_quarter_starts_on,
            changes.kind, changes.about, changes.grade, changes.statement, changes.place,
            nullif({{ company_literal() }}, '') as company,
            ({{ deals_seen() }}) as deals_seen
        from marts.report_changes as changes
        inner join marts.dim_periods as periods on periods.period = 'quarter'
        where changes.state != 'gone' and periods.last_quarter is not null

    ),

    printed as (

        select md5(coalesce({{ listed_in_order("concat_ws('|', about, grade, statement)", 'place') }}, '')) as fingerprint
        from said

    ),

    {{ where_said_anew('history.reports') }}
    {%- endif -%}
{%- endmacro %}

{# The reviewed quarters and versions of a table of the history that were drawn from deals which stand in these files, too. #}
{% macro versions_of_these_deals(history) -%}
    select distinct
        seen.reviewed_quarter,
        seen.version
    from (
        select
            advice.reviewed_quarter,
            advice.version,
            {{ split_to_rows('advice.deals_seen', ';') }} as deal_seen
        from (select distinct reviewed_quarter, version, deals_seen from {{ history }}) as advice
    ) as seen
    inner join {{ ref('fct_closed_deals') }} as deals on seen.deal_seen = {{ deal_seen('deals') }}
{%- endmacro %}

{# Whether a row of the history was said of this company's deals: by its name, where it is set then and now, else by the deals. #}
{% macro is_of_these_deals(history, of_these_deals) -%}
    case
        when {{ history }}.company is not null and {{ company_literal() }} != '' then {{ history }}.company = {{ company_literal() }}
        else {{ history }}.deals_seen is null or {{ of_these_deals }}.version is not null
    end
{%- endmacro %}

{# A deal as the memory of advice knows it: ids alone, such as 1 and 2, are those of any company's deals. #}
{% macro deal_seen(deals) -%}
    md5(concat_ws('|', {{ deals }}.deal_key, cast(coalesce({{ deals }}.created_on, {{ deals }}.closed_on) as {{ dbt.type_string() }})))
{%- endmacro %}

{# The name of the company as SQL; an empty text where none is set. #}
{% macro company_literal() -%}
    {{ text_literal(setting('company_name')) }}
{%- endmacro %}

{# Whether this run made the advice: on DuckDB any full build does, elsewhere the run that builds upon what `winloss recommend` wrote. #}
{% macro is_advice_new() -%}
    {{ return(adapter.dispatch('is_advice_new')()) }}
{%- endmacro %}

{% macro default__is_advice_new() -%}
    {{ return(not why_not_full()) }}
{%- endmacro %}

{% macro spark__is_advice_new() -%}
    {{ return('model.winloss.action_items' in selected_resources and 'model.winloss.fct_deals' not in selected_resources) }}
{%- endmacro %}
