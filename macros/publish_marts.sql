{# The first hook at the end of a run: a full build, green or not, becomes a row of the run history. #}
{% macro record_run() -%}
    {%- if execute and flags.WHICH == 'build' and target.type == 'duckdb' and not why_not_full() -%}
    {%- set tests = results | selectattr('node.resource_type', 'equalto', 'test') | list -%}
    {%- set run = {
        'invocation_id': invocation_id,
        'started_at': run_started_at.isoformat(),
        'crm': crm(),
        'dbt_version': dbt_version,
        'tests_passed': tests | selectattr('status', 'equalto', 'pass') | list | length,
        'tests_warned': tests | selectattr('status', 'equalto', 'warn') | list | length,
        'why_not': why_not_green() or none,
    } -%}
    {{ call_at_end('record_run', run) }}
    {%- endif -%}
{%- endmacro %}

{# The second: publishes a full build if every step was green. Other runs leave the published files alone and say so. #}
{% macro publish_marts() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
    {{ return(adapter.dispatch('publish_marts')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__publish_marts() -%}
    {%- set why_not = why_not_full() or why_not_green() -%}
    {%- if why_not -%}
        {%- do log('Not published: ' ~ why_not ~ '; readers keep the previous build.', info=true) -%}
    {%- else -%}
        {#- where one of them is wrong, a hook at the start said so, and nothing is published -#}
        {%- set settings = found_settings().by_name -%}
        {%- set request = {
            'invocation_id': invocation_id,
            'path': settings.published,
            'formats': settings.publish_formats,
            'marts': graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | selectattr('config.schema', 'equalto', 'marts') | map(attribute='name') | list,
            'publish_deals': settings.publish_deals,
            'small_cell_minimum': settings.small_cell_minimum,
            'alert_policy': settings.alert_policy,
            'fewer_deals': {'minimum_share': settings.publish_minimum_share, 'allow_fewer_deals': settings.allow_fewer_deals},
            'allow_few_changes': settings.allow_few_changes,
            'budgets': {'minutes': settings.run_time_budget_minutes, 'megabytes': settings.memory_budget_mb},
        } -%}
    {{ call_at_end('publish_marts', request) }}
    {%- endif -%}
{%- endmacro %}

{# A function of the plugin, as SQL for dbt to run: what it answers is the sentence that ends the run with exit code 1. #}
{% macro call_at_end(function, request) -%}
    select case when problem is not null then {{ fail('problem') }} end
    from (select {{ function }}('{{ tojson(request) | replace("'", "''") }}') as problem) as answer
{%- endmacro %}

{# Other engines have no published file of their own: the command line makes the advice and fetches the marts. What it may rely on
   stands in two tables, which a run that builds the facts anew takes away (see forget_advice). #}
{% macro spark__publish_marts() -%}
    {%- set tests = results | selectattr('node.resource_type', 'equalto', 'test') | list -%}
    {%- if is_advice_new() and not why_not_green() -%}
        {%- do run_query('drop table if exists landing.sound_advice') -%}
        {{ return("create table landing.sound_advice as select '" ~ invocation_id ~ "' as invocation_id") }}
    {%- elif is_advice_new() or why_not_full() or why_not_green() -%}
        {%- do log('Nothing to publish: ' ~ (why_not_green() or why_not_full()) ~ '.', info=true) -%}
    {%- else -%}
        {%- do log('Next: winloss recommend --target ' ~ target.name ~ ', then winloss publish --target ' ~ target.name ~ '.', info=true) -%}
        {%- do run_query('drop table if exists landing.sound_build') -%}
        create table landing.sound_build as
        select
            '{{ invocation_id }}' as invocation_id,
            '{{ crm() }}' as crm,
            '{{ dbt_version }}' as dbt_version,
            cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp) as started_at,
            cast({{ tests | selectattr('status', 'equalto', 'pass') | list | length }} as bigint) as tests_passed,
            cast({{ tests | selectattr('status', 'equalto', 'warn') | list | length }} as bigint) as tests_warned
    {%- endif -%}
{%- endmacro %}

{# What a full build makes and checks. A unit test checks the code, an exposure is read by others: neither is left out when it is absent. #}
{% macro steps_of_a_build() -%}
    {#- an ephemeral model is part of the step that reads it -#}
    {%- set ephemeral = graph.nodes.values() | selectattr('config.materialized', 'equalto', 'ephemeral') | map(attribute='unique_id') | list -%}
    {{ return(graph.nodes.values()
        | selectattr('resource_type', 'in', ['model', 'seed', 'snapshot', 'test'])
        | map(attribute='unique_id') | reject('in', ephemeral) | list) }}
{%- endmacro %}

{# Why this run is not a full build, in words; empty when it is one. #}
{% macro why_not_full() -%}
    {%- if flags.WHICH != 'build' -%}
        {{ return('this was dbt ' ~ flags.WHICH ~ ', not dbt build') }}
    {%- elif flags.EMPTY -%}
        {{ return('--empty builds tables without rows') }}
    {%- endif -%}
    {%- set left_out = steps_of_a_build() | reject('in', selected_resources) | list -%}
    {{ return('only a part of the project was selected' if left_out else '') }}
{%- endmacro %}

{# Why a full build is not green, in words; empty when it is. #}
{% macro why_not_green() -%}
    {%- set failed = results | selectattr('status', 'in', ['error', 'fail', 'runtime error', 'partial success']) | list -%}
    {%- set done = results | rejectattr('status', 'equalto', 'skipped') | map(attribute='node.unique_id') | list -%}
    {%- if not done -%}
        {{ return('the build stopped before its first step') }}
    {%- elif failed -%}
        {%- set names = failed | map(attribute='node.name') | list -%}
        {{ return(names | length ~ (' step' if names | length == 1 else ' steps') ~ ' failed: ' ~ names[:3] | join(', ') ~ (' ...' if names | length > 3 else '')) }}
    {%- endif -%}
    {%- if steps_of_a_build() | select('in', selected_resources) | reject('in', done) | list -%}
        {{ return('steps were skipped') }}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}
