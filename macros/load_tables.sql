{# The load from tables that stand in the engine already (crm: warehouse), and on Spark of the sample company's files: canonical columns by
   their names; what a table does not have is null, and so is a whole table. Only deals must be there. #}
{% macro load_warehouse() %}
    {%- set tables = engine_tables() -%}
    {%- set problems = warehouse_problems(tables) -%}
    {%- if problems -%}
        {{ stop(problems | join('\n')) }}
    {%- endif -%}
    {{ return(load_tables(tables, 'warehouse')) }}
{% endmacro %}

{# The canonical tables that are there, with their columns. DuckDB is not asked through the adapter: dbt would open a transaction to look. #}
{% macro engine_tables() %}{{ return(adapter.dispatch('engine_tables')()) }}{% endmacro %}

{% macro default__engine_tables() %}
    {%- set schema, database = setting('warehouse_schema'), setting('warehouse_database') -%}
    {%- set rows = run_query(
        "select table_name, column_name from information_schema.columns where table_schema = '" ~ schema ~ "' and table_catalog = "
        ~ ("'" ~ database ~ "'" if database else 'current_database()') ~ " order by table_name, ordinal_position"
    ).rows -%}
    {%- set tables = {} -%}
    {%- for table, column in rows if table in landing_objects() -%}
        {%- set relation = (database ~ '.' if database else '') ~ schema ~ '.' ~ table -%}
        {%- if table not in tables -%}{%- do tables.update({table: {'relation': relation, 'name': schema ~ '.' ~ table, 'columns': {}}}) -%}{%- endif -%}
        {%- do tables[table].columns.update({column | lower: '"' ~ column ~ '"'}) -%}
    {%- endfor -%}
    {{ return(tables) }}
{% endmacro %}

{% macro spark__engine_tables() %}
    {%- set tables = {} -%}
    {%- for name in landing_objects() -%}
        {%- set relation = load_relation(api.Relation.create(schema=setting('warehouse_schema'), identifier=name)) -%}
        {%- if relation -%}
            {%- set columns = {} -%}
            {%- for column in adapter.get_columns_in_relation(relation) -%}
                {%- do columns.update({column.name | lower: adapter.quote(column.name)}) -%}
            {%- endfor -%}
            {%- do tables.update({name: {'relation': relation | string, 'name': relation.schema ~ '.' ~ relation.identifier, 'columns': columns}}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(tables) }}
{% endmacro %}

{# One sentence for each table or column without which nothing can be read. #}
{% macro warehouse_problems(tables) %}
    {%- set place = (setting('warehouse_database') ~ '.' if setting('warehouse_database') else '') ~ setting('warehouse_schema') -%}
    {%- set problems = [] -%}
    {%- if 'deals' not in tables -%}
        {%- do problems.append('There is no table ' ~ place ~ '.deals to read deals from. Name its schema with the setting warehouse_schema.') -%}
    {%- endif -%}
    {%- for name, table in tables.items() -%}
        {%- for column in landing_columns(name) if (column.config.meta.required or column.name == 'contact_id' and name != 'deals') and column.name not in table.columns -%}
            {%- do problems.append('Table ' ~ table.relation ~ ' has no column ' ~ column.name ~ ', but needs one. Make a view that has it; it has: ' ~ table.columns | join(', ') ~ '.') -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for name in extra_dimensions() if 'deals' in tables and extra_header(name) not in tables.deals.columns
        and not (name in extra_account_dimensions() and extra_header(name) in tables.get('accounts', {'columns': []}).columns) -%}
        {%- do problems.append('Table ' ~ tables.deals.relation ~ ' has no column for the extra dimension ' ~ name ~ '.') -%}
    {%- endfor -%}
    {{ return(problems + dimension_name_problems()) }}
{% endmacro %}

{# One sentence for each dimension of the user's own that cannot be a column. #}
{% macro dimension_name_problems() %}{{ return(adapter.dispatch('dimension_name_problems')()) }}{% endmacro %}

{% macro default__dimension_name_problems() %}
    {%- set problems = run_query("select dimension_name_problems('" ~ (extra_dimensions() | join('\n') | replace("'", "''")) ~ "')").rows[0][0] -%}
    {{ return((problems or '').split('\n') | select | list) }}
{% endmacro %}

{# A column of that name does no harm where SQL lets words be names. #}
{% macro spark__dimension_name_problems() %}{{ return([]) }}{% endmacro %}

{# The column of the deals that a dimension of the user's own is read from. #}
{% macro extra_header(name) %}
    {%- set own = setting('extra_dimensions') or {} -%}
    {%- set header = own[name] if own is mapping else name -%}
    {{ return((header.header if header is mapping else header) | lower) }}
{% endmacro %}

{% macro landing_objects() %}
    {{ return(['deals', 'accounts', 'contacts', 'deal_contacts', 'deal_competitors', 'stage_history']) }}
{% endmacro %}

{% macro landing_columns(name) %}
    {{ return(landing_table_columns(name) | selectattr('config.meta') | list) }}
{% endmacro %}

{# The user's own dimensions in a landing table: all of them beside the deals, beside the accounts those that say what the account is. #}
{% macro own_columns(name) %}
    {{ return(extra_dimensions() if name == 'deals' else extra_account_dimensions() if name == 'accounts' else []) }}
{% endmacro %}

{# All columns of a landing table: those the source declares, and behind them the user's own dimensions. #}
{% macro landing_table_columns(name) %}
    {%- set columns = graph.sources['source.winloss.landing.' ~ name].columns.values() | list -%}
    {%- for own in own_columns(name) -%}
        {%- do columns.append({'name': own, 'data_type': 'string', 'config': {'meta': {'kind': 'category'}}}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}

{# Makes the landing tables from tables: a text of relation, name and columns (quoted, by their name in lower case) for each object. #}
{% macro load_tables(tables, crm) %}
    {%- set made = {} -%}
    {%- set files = [] -%}
    {%- set columns = [] -%}
    {%- for name in landing_objects() -%}
        {%- set table = tables.get(name, {'relation': none, 'name': name, 'columns': {}}) -%}
        {%- set found = dict(table.columns) -%}
        {%- for extra in own_columns(name) if extra_header(extra) in found -%}
            {%- do found.update({extra: found[extra_header(extra)]}) -%}
        {%- endfor -%}
        {%- do made.update({name: landing_statement(name, canonical_rows(name, table, found), crm, found.keys() | list)}) -%}
        {%- if table.relation -%}
            {%- do files.append("select '" ~ name ~ "' as object, '" ~ table.name ~ "' as source_file, count(*) as records from " ~ table.relation) -%}
            {%- set read = [] -%}
            {%- for column in landing_columns(name) if not column.config.meta.crm_only and (column.name in found or column.name not in extra_dimensions()) -%}
                {%- do read.append(found.get(column.name)) -%}
                {%- do columns.append((name, table.name, column.name, found.get(column.name))) -%}
            {%- endfor -%}
            {%- for header in table.columns.values() if header not in read -%}
                {%- do columns.append((name, table.name, none, header)) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do made.update({'files': landing_rows('files', files | join(' union all '), crm)}) -%}
    {%- set stated = [] -%}
    {%- for object, file, column, header in columns -%}
        {%- do stated.append(
            "select '" ~ object ~ "' as object, '" ~ file ~ "' as source_file, " ~ (dbt.string_literal(column) if column else absent()) ~ " as column_name, "
            ~ (dbt.string_literal(header[1:-1] | replace("'", '')) if header else absent()) ~ " as source_header, '"
            ~ ('ignored' if not column else 'mapped' if header else 'missing') ~ "' as status"
        ) -%}
    {%- endfor -%}
    {%- do made.update({'columns': landing_rows('columns', stated | join(' union all '), crm)}) -%}
    {{ return(write_landing(made, crm)) }}
{% endmacro %}

{# The rows of one table under the names that files are read under, every value as trimmed text. #}
{% macro canonical_rows(name, table, found) %}
    {%- set values = [] -%}
    {%- set keys = [] -%}
    {%- for column in landing_columns(name) -%}
        {%- for read in (column.config.meta.reads or [column.name]) -%}
            {%- set is_there = read == column.name and read in found -%}
            {%- do values.append(('nullif(trim(cast(' ~ found[read] ~ ' as ' ~ dbt.type_string() ~ ")), '')" if is_there else absent()) ~ ' as ' ~ read) -%}
            {%- if is_there -%}{%- do keys.append(read) -%}{%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set ids = keys | select('in', ['deal_id', 'contact_id'] if name == 'deal_contacts' else keys[:1]) | list -%}
    select
        '{{ table.name }}' as source_file,
        source_line,
        {{ absent() }} as line_problem,
        {{ absent() }} as file_dated_on,
        -- a table has no order of its own: where nothing says which version of a row is newer, its content decides, so that every build
        -- decides the same
        {% if keys and name != 'stage_history' -%}
        row_number() over (partition by {{ ids | join(', ') }} order by {{ keys | join(' nulls first, ') }} nulls first)
        {%- else -%} cast(null as int) {%- endif %} as file_order,
        {{ absent() }} as made_from,
        {{ distinct_reads(name) | join(', ') }}
    from (
        select {{ values | unique | join(', ') }}, {{ seed_line() }} - 1 as source_line
        from {{ table.relation or '(select 1 as nothing) as nothing where 1 = 0' }}
    ) as stated
{% endmacro %}

{% macro distinct_reads(name) %}
    {%- set reads = [] -%}
    {%- for column in landing_columns(name) -%}
        {%- do reads.extend(column.config.meta.reads or [column.name]) -%}
    {%- endfor -%}
    {{ return(reads | unique | list) }}
{% endmacro %}

{# The statement of a landing table that says something about files: the columns its rows lack are null. #}
{% macro landing_rows(name, rows, crm) %}
    {%- set given = ['object', 'source_file', 'records'] if name == 'files' else ['object', 'source_file', 'column_name', 'source_header', 'status'] -%}
    {%- set values = [] -%}
    {%- for column in graph.sources['source.winloss.landing.' ~ name].columns.values() -%}
        {%- set value = "'" ~ crm ~ "'" if column.name == 'crm' else column.name if column.name in given else 'null' -%}
        {%- do values.append('cast(' ~ value ~ ' as ' ~ column.data_type ~ ') as ' ~ column.name) -%}
    {%- endfor -%}
    {%- set none_given = 'select cast(null as int) as ' ~ given | join(', cast(null as int) as ') ~ ' where 1 = 0' -%}
    {{ return('select ' ~ values | join(', ') ~ ' from (' ~ (rows or none_given) ~ ') as stated') }}
{% endmacro %}

{# Writes the landing tables from a select for each: all of them or none where the engine has transactions. #}
{% macro write_landing(selects, crm, fingerprint='') %}{{ return(adapter.dispatch('write_landing')(selects, crm, fingerprint)) }}{% endmacro %}

{% macro default__write_landing(selects, crm, fingerprint) %}
    {%- set statements = ['begin transaction'] -%}
    {%- for name, select in selects.items() -%}
        {%- do statements.append('create or replace table landing.' ~ name ~ ' as ' ~ select) -%}
    {%- endfor -%}
    {%- do statements.append('create or replace table landing.loads as ' ~ load_row(crm, fingerprint)) -%}
    {{ return((statements + ['commit']) | join(';\n')) }}
{% endmacro %}

{% macro spark__write_landing(selects, crm, fingerprint) %}
    {%- for name, select in selects.items() -%}
        {%- do run_query('drop table if exists landing.' ~ name) -%}
        {%- do run_query('create table landing.' ~ name ~ ' as ' ~ select) -%}
    {%- endfor -%}
    {%- do run_query('drop table if exists landing.loads') -%}
    {{ return('create table landing.loads as ' ~ load_row(crm, fingerprint)) }}
{% endmacro %}

{% macro load_row(crm, fingerprint) -%}
    select '{{ crm }}' as crm, '{{ fingerprint }}' as fingerprint, cast(current_timestamp as timestamp) as loaded_at
{%- endmacro %}

{# Spark reads no exports: the sample company's files as they are, or tables that stand in the engine. #}
{% macro spark__load_exports() %}
    {%- set crm = stated_crm() or 'sample' -%}
    {%- if crm == 'warehouse' -%}
        {{ return(load_warehouse()) }}
    {%- elif crm != 'sample' -%}
        {{ exceptions.raise_compiler_error('crm "' ~ crm ~ '" reads export files, which only DuckDB does. On ' ~ target.type ~ ' set crm (or WINLOSS_CRM) to warehouse, and load the deals as docs/exports/warehouse.md says.') }}
    {%- endif -%}
    {%- if not (is_spark_here() or env_var('WINLOSS_SAMPLE', '')) -%}
        {{ stop('A server does not see the files of the sample company: copy seeds/sample to where it and its workers read, and name that folder in WINLOSS_SAMPLE.') }}
    {%- endif -%}
    {%- set tables = {} -%}
    {%- for name in ['deals', 'accounts', 'contacts', 'deal_contacts', 'stage_history'] -%}
        {%- do run_query(
            'create or replace temporary view sample_' ~ name ~ " using csv options (path '" ~ sample_on_spark() ~ '/sample_' ~ name
            ~ ".csv', header 'true', escape '\"', multiLine 'true')"
        ) -%}
        {%- set columns = {} -%}
        {%- for row in run_query('describe sample_' ~ name).rows -%}
            {%- do columns.update({row[0] | lower: adapter.quote(row[0])}) -%}
        {%- endfor -%}
        {%- do tables.update({name: {'relation': 'sample_' ~ name, 'name': 'sample_' ~ name ~ '.csv', 'columns': columns}}) -%}
    {%- endfor -%}
    {{ return(load_tables(tables, 'sample')) }}
{% endmacro %}

{# Where Spark finds the sample company's files: a server reads a path of its own. #}
{% macro sample_on_spark() %}
    {{ return(env_var('WINLOSS_SAMPLE', 'seeds/sample')) }}
{% endmacro %}
