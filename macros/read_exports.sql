{# The lines of one object, from the files of the export: the SELECT that the plan of this run holds for it. Where
   there is no plan (no run yet, --empty, the docs site) the same columns without a row. #}
{% macro read_exports(object) %}
    {%- if not execute -%}
        {{ return("select cast(null as varchar) as deal_id where false") }}
    {%- endif -%}
    {%- set crm = var('crm', env_var('WINLOSS_CRM', 'sample')) -%}
    {%- set planned = run_query(
        "select count(*) from duckdb_tables() where schema_name = 'landing' and table_name = 'reading_plan'"
    ).rows[0][0] if flags.WHICH != 'generate' and not flags.EMPTY else 0 -%}
    {%- set plan = "select statement from landing.reading_plan where crm = '" ~ crm ~ "' and object = '" ~ object ~ "'" -%}
    {%- set statements = run_query(plan).rows if planned else [] -%}
    {%- if statements | length == 1 -%}
        {{ return(statements[0][0]) }}
    {%- endif -%}
    {{ return(run_query("select empty_export('" ~ crm ~ "', '" ~ object ~ "')").rows[0][0]) }}
{% endmacro %}


{# The sample company is built where it was asked for, or where there is nothing else; and not over somebody's own answers. #}
{% macro check_sample() %}
    {%- if execute and target.type == 'duckdb' and flags.WHICH in ('build', 'run') and crm() == 'sample' -%}
        {%- set is_stated = var('crm', env_var('WINLOSS_CRM', '')) != '' -%}
        {%- set request = {
            'folder': none if is_stated else env_var('WINLOSS_EXPORTS', 'exports'),
            'published': none if why_not_full() else env_var('WINLOSS_PUBLISHED', 'published/marts.duckdb'),
        } -%}
    select case when problem is not null then {{ fail('problem') }} end
    from (select sample_problem('{{ tojson(request) | replace("'", "''") }}') as problem) as looked_at
    {%- endif -%}
{% endmacro %}


{# Before the first model: looks at the files and stores how each is read. Ends the run with one clear message where a
   file, a header or a variable is wrong. Returned as SQL for dbt to run, so that the message is all the user sees. #}
{% macro land_exports() %}
    {%- if reads_exports() -%}
        {%- set request = {
            'crm': var('crm', env_var('WINLOSS_CRM', 'sample')),
            'folder': env_var('WINLOSS_EXPORTS', 'exports'),
            'database': target.path,
            'variables': {
                'mapping': var('mapping', {}),
                'extra_dimensions': var('extra_dimensions', {}),
                'field_aliases': var('field_aliases', {}),
                'date_order': var('date_order', ''),
                'decimal': var('decimal', ''),
                'file_order': var('file_order', []),
            },
        } -%}
        {{ return(
            "create schema if not exists landing;\n"
            ~ "create or replace table landing.reading_answer as\n"
            ~ "select '" ~ request.crm | replace("'", "''") ~ "' as crm, "
            ~ "cast(plan_exports('" ~ toyaml(request) | replace("'", "''") ~ "') as json) as answer;\n"
            ~ "select case when answer ->> 'error' is not null then error(answer ->> 'error') end from landing.reading_answer;\n"
            ~ "create or replace table landing.reading_plan as\n"
            ~ "select crm, unnest(from_json(answer -> 'statements', '[{\"object\": \"VARCHAR\", \"statement\": \"VARCHAR\"}]'), "
            ~ "recursive := true) from landing.reading_answer"
        ) }}
    {%- endif -%}
{% endmacro %}


{# Then: stores the columns that are read, one table per file, and drops what was stored of other files. #}
{% macro land_lines() %}
    {%- if reads_exports() -%}
        {%- set tables = run_query(
            "select name, statement from (select unnest(from_json(answer -> 'tables', "
            ~ "'[{\"name\": \"VARCHAR\", \"statement\": \"VARCHAR\"}]'), recursive := true) from landing.reading_answer)"
        ).rows -%}
        {%- set statements = landed_lines_to_drop(tables | map(attribute='name') | list) -%}
        {%- for table in tables -%}
            {%- do statements.append("create or replace table landing." ~ table.name ~ " as " ~ table.statement) -%}
        {%- endfor -%}
        {{ return(statements | join(";\n")) }}
    {%- endif -%}
{% endmacro %}


{% macro landed_lines_to_drop(except) %}
    {%- set found = run_query(
        "select table_name from duckdb_tables() where schema_name = 'landing' and regexp_full_match(table_name, 'lines_[0-9a-f]{16}') order by 1"
    ).rows -%}
    {%- set statements = [] -%}
    {%- for row in found if row[0] not in except -%}
        {%- do statements.append("drop table landing." ~ row[0]) -%}
    {%- endfor -%}
    {{ return(statements) }}
{% endmacro %}


{# After the last model: tells what the reader noticed, and removes the private copies it made of irregular files. Lines stay
   stored where models are views of them (custom); elsewhere they may hold e-mails that no model keeps. #}
{% macro clear_landing() %}
    {%- if reads_exports() -%}
        {%- set answers = run_query(
            "select count(*) from duckdb_tables() where schema_name = 'landing' and table_name = 'reading_answer'"
        ).rows[0][0] -%}
        {%- if answers -%}
            {%- set notices = run_query(
                "select unnest(from_json(answer -> 'notices', '[\"VARCHAR\"]')) from landing.reading_answer"
            ).rows -%}
            {%- for notice in notices -%}
                {%- do log('Note: ' ~ notice[0], info=true) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- set statements = [] if var('crm', env_var('WINLOSS_CRM', 'sample')) == 'custom' else landed_lines_to_drop([]) -%}
        {{ return((statements + ["select clear_export_copies('" ~ target.path | replace("'", "''") ~ "')"]) | join(";\n")) }}
    {%- endif -%}
{% endmacro %}


{# Whether this run reads export files: on DuckDB, from a CRM, and only if it builds a model that does. #}
{% macro reads_exports() %}
    {%- set crm = var('crm', env_var('WINLOSS_CRM', 'sample')) -%}
    {%- if not execute or target.type != 'duckdb' or crm in ('sample', 'warehouse') or flags.EMPTY -%}
        {{ return(false) }}
    {%- endif -%}
    {%- if flags.WHICH not in ('build', 'run', 'retry') -%}
        {{ return(false) }}
    {%- endif -%}
    {%- for resource in selected_resources if '.base_' ~ crm ~ '__' in resource -%}
        {{ return(true) }}
    {%- endfor -%}
    {{ return(false) }}
{% endmacro %}
