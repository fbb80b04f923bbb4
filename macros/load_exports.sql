{# Before the first model: writes the landing tables, all or none of them, where a selected model reads them and the files, the settings
   or the loader changed. Ends the run with one clear message where a file, a header or a setting is wrong. #}
{% macro load_exports() %}
    {%- if execute and flags.WHICH in ('build', 'run', 'retry') and reads_landing(selected_resources) -%}
        {{ return(adapter.dispatch('load_exports')()) }}
    {%- elif execute and flags.WHICH == 'freshness' -%}
        {{ return(open_loads()) }}
    {%- endif -%}
{% endmacro %}

{# So that the freshness of exports no one loaded yet is a warning and not an error. #}
{% macro open_loads() %}
    {%- do run_query('create schema if not exists landing') -%}
    {{ return('create table if not exists landing.loads (' ~ columns_with_types(graph.sources['source.winloss.landing.loads']) ~ ')') }}
{% endmacro %}

{% macro default__load_exports() %}
    {%- set loaded = what_is_loaded() -%}
    {%- if flags.EMPTY -%}
        {#- without files the tables are made anew: those of an earlier version may lack a column -#}
        {{ return('' if loaded.fingerprint else load_tables({}, 'custom')) }}
    {%- elif stated_crm() == 'warehouse' -%}
        {{ return(load_warehouse()) }}
    {%- endif -%}
    {%- set request = {
        'crm': stated_crm(),
        'folder': setting('exports'),
        'database': target.path,
        'fingerprint': loaded.fingerprint,
        'variables': {
            'mapping': setting('mapping'),
            'extra_dimensions': setting('extra_dimensions'),
            'field_aliases': setting('field_aliases'),
            'date_order': setting('date_order'),
            'decimal': setting('decimal'),
            'encoding': setting('encoding'),
            'file_order': setting('file_order'),
            'fiscal_year_start_month': setting('fiscal_year_start_month'),
            'outlier_gap_days': setting('outlier_gap_days'),
            'show_owner_names': setting('show_owner_names'),
            'keep': setting('keep'),
        },
    } -%}
    {%- set answer = fromjson(run_query("select plan_load('" ~ (toyaml(request) | replace("'", "''")) ~ "')").rows[0][0]) -%}
    {%- if answer.error -%}
        {{ stop(answer.error) }}
    {%- endif -%}
    {#- the invented company does not take the place of someone's own answers -#}
    {%- set published = setting('published') -%}
    {%- set objection = run_query("select sample_problem('" ~ published | replace("'", "''") ~ "')").rows[0][0]
        if answer.crm == 'sample' and not why_not_full() else none -%}
    {%- if objection -%}
        {{ stop(objection) }}
    {%- elif answer.is_loaded -%}
        {%- do log('The exports in ' ~ answer.folder ~ ' are loaded already (' ~ answer.crm ~ ').', info=true) -%}
        {{ return('') }}
    {%- elif loaded.fingerprint and not builds_every_model() -%}
        {{ stop('The exports or their settings changed since they were loaded: run dbt build without a selection, so that all tables show the same files.') }}
    {%- endif -%}
    {%- do log('Loads the exports in ' ~ answer.folder ~ ' (' ~ answer.crm ~ ').', info=true) -%}
    {%- for notice in answer.notices -%}
        {%- do log('Note: ' ~ notice, info=true) -%}
    {%- endfor -%}
    {#- rows of a transaction that is still open have other rowids, which are the numbers of lines: temporary tables come before it -#}
    {%- set before, after, selects = [], [], {} -%}
    {%- for table in answer.tables -%}
        {%- do before.append('create or replace temporary table ' ~ table.name ~ ' as ' ~ table.statement) -%}
        {%- do after.append('drop table temp.' ~ table.name) -%}
    {%- endfor -%}
    {%- for object in answer.objects -%}
        {%- do selects.update({object.name: landing_statement(object.name, object.statement, answer.crm)}) -%}
    {%- endfor -%}
    {%- do after.append("select clear_export_copies('" ~ target.path | replace("'", "''") ~ "')") -%}
    {{ return((before + [write_landing(selects, answer.crm, answer.fingerprint)] + after) | join(';\n')) }}
{% endmacro %}

{# The CRM someone stated, empty where it is to be found out. #}
{% macro stated_crm() %}
    {{ return(setting('crm')) }}
{% endmacro %}

{# The load that the landing tables hold. Not asked through the adapter: dbt would open a transaction to look. #}
{% macro what_is_loaded() %}{{ return(adapter.dispatch('what_is_loaded')()) }}{% endmacro %}

{% macro default__what_is_loaded() %}
    {%- set is_there = run_query("select count(*) from information_schema.tables where table_schema = 'landing' and table_name = 'loads'").rows[0][0] -%}
    {%- set rows = run_query('select crm, fingerprint from landing.loads').rows if is_there else [] -%}
    {{ return({'crm': rows[0][0], 'fingerprint': rows[0][1]} if rows else {'crm': none, 'fingerprint': none}) }}
{% endmacro %}

{% macro spark__what_is_loaded() %}
    {%- set relation = load_relation(api.Relation.create(schema='landing', identifier='loads')) -%}
    {%- set rows = run_query('select crm, fingerprint from ' ~ relation).rows if relation else [] -%}
    {{ return({'crm': rows[0][0], 'fingerprint': rows[0][1]} if rows else {'crm': none, 'fingerprint': none}) }}
{% endmacro %}

{# Whether one of these resources reads a landing table, itself or by a step that is part of its query. #}
{% macro reads_landing(resources) %}
    {%- for resource in resources -%}
        {%- for parent in graph.nodes.get(resource, {}).get('depends_on', {}).get('nodes', []) -%}
            {%- if parent.startswith('source.winloss.landing.') -%}{{ return(true) }}{%- endif -%}
            {%- if graph.nodes.get(parent, {}).get('config', {}).get('materialized') == 'ephemeral' and reads_landing([parent]) -%}
                {{ return(true) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(false) }}
{% endmacro %}

{% macro builds_every_model() %}
    {%- set models = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | map(attribute='unique_id') -%}
    {{ return(not (models | reject('in', selected_resources) | list)) }}
{% endmacro %}

{# The rows of one landing table, from the lines of an object. `present` names the columns
   that are stated at all, where that is known. #}
{% macro landing_statement(name, statement, crm, present=none) -%}
    {%- set values = [] -%}
    {%- for column in landing_table_columns(name) -%}
        {%- set reads = column.config.meta.reads or [column.name] if column.config else [column.name] -%}
        {%- set is_absent = present is not none and column.config.meta and not (reads | select('in', present) | list) -%}
        {%- set value = "'" ~ crm ~ "'" if column.name == 'crm' else 'null' if is_absent else landing_value(column) -%}
        {%- do values.append('cast(' ~ value ~ ' as ' ~ column.data_type ~ ') as ' ~ column.name) -%}
    {%- endfor -%}
    select
        {{ values | join(',\n        ') }}
    from (
    {{ statement }}
    ) as exported
    cross join landing.privacy_key
{%- endmacro %}

{# What a landing column holds, by the form its source declares: persons as keyed hashes, everything else as it was read. #}
{% macro landing_value(column) -%}
    {%- set meta = column.config.meta if column.config else column.meta -%}
    {%- set reads = meta.reads or [column.name] -%}
    {%- if meta.form == 'made_id' -%}
        coalesce(deal_id, case when made_from is not null then 'made-' || {{ key_of('deal', 'made_from') }} end)
    {%- elif meta.form == 'name_hash' -%}
        {%- set named = "coalesce(" ~ reads[0] ~ ", nullif(concat_ws(' ', " ~ reads[1:] | join(', ') ~ "), ''))" if reads | length > 1 else reads[0] -%}
        {{ key_of(meta.of, "nullif(" ~ folded(named) ~ ", '')") }}
    {%- elif meta.form == 'email_hash' -%}
        {{ key_of(meta.of, 'lower(' ~ reads[0] ~ ')') }}
    {%- elif meta.form == 'email_hashes' -%}
        case when contact_ids is null then nullif(array_to_string(list_transform(
            regexp_extract_all(lower(coalesce({{ reads | join(', ') }})), '[^\s;,<>()]+@[^\s;,<>()]+'),
            lambda address: {{ key_of(meta.of, 'address') }}
        ), ';'), '') end
    {%- elif meta.form == 'domain_hash' -%}
        {{ key_of(meta.of, "nullif(regexp_replace(regexp_replace(lower(trim(split_part(replace(" ~ reads[0] ~ ", ',', ';'), ';', 1))), '^(https?://)?(www\\.)?', ''), '[/?#].*$', ''), '')") }}
    {%- elif meta.form == 'owner_name' and not setting('show_owner_names') -%}
        'owner-' || substring(md5(privacy_key || 'owner:' || lower({{ reads[0] }})), 1, 8)
    {%- elif column.name in people_dimensions() and not setting('show_owner_names') -%}
        '{{ column.name }}-' || substring(md5(privacy_key || '{{ column.name }}:' || lower({{ reads[0] }})), 1, 8)
    {%- else -%}
        {{ reads[0] }}
    {%- endif -%}
{%- endmacro %}

{# The keyed hash of a text, where the key is a column of the query. #}
{% macro key_of(kind, column) -%}
    case when {{ column }} is not null then base64(unhex(substring(md5(privacy_key || '{{ kind }}:' || {{ column }}), 1, 18))) end
{%- endmacro %}
