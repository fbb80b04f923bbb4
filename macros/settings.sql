{# The value of a setting: of `--vars` or a unit test's overrides, else of the environment, else of winloss.yml, else as seeds/settings.csv
   declares it. While dbt parses there is no value yet: what depends on a setting must not decide what a model reads. #}
{% macro setting(name) %}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- set by_name, stated = settings(), var(name, none) -%}
    {%- if name not in by_name -%}
        {{ exceptions.raise_compiler_error('setting ' ~ name ~ ' is not declared in seeds/settings.csv') }}
    {%- endif -%}
    {{ return(by_name[name] if stated is none else stated) }}
{% endmacro %}

{# The value of every setting by its name. Ends with one sentence per setting that cannot be used. #}
{% macro settings() %}
    {%- set found = found_settings() -%}
    {%- if found.problems -%}
        {{ exceptions.raise_compiler_error(found.problems | join('\n')) }}
    {%- endif -%}
    {{ return(found.by_name) }}
{% endmacro %}

{# Values and problems. Found once in a run and kept beside the graph: every model asks for some of them. #}
{% macro found_settings() %}
    {%- if graph.get('settings', {}).get('run') != invocation_id -%}
        {%- do graph.update({'settings': {'run': invocation_id, 'found': find_settings()}}) -%}
    {%- endif -%}
    {{ return(graph.settings.found) }}
{% endmacro %}

{% macro find_settings() %}{{ return(adapter.dispatch('find_settings')()) }}{% endmacro %}

{% macro default__find_settings() %}
    {%- set names = fromjson(run_query('select setting_names()').rows[0][0]) -%}
    {{ return(fromjson(run_query("select find_settings('" ~ (toyaml(stated_settings(names)) | replace("'", "''")) ~ "')").rows[0][0])) }}
{% endmacro %}

{# Spark has no Python beside it: the declarations are read as a table, and winloss.yml is not read. A session on this machine reads the seed's
   file. A server or a cluster, which does not see it, has the seed's own table, which must be of this very file; `dbt seed` makes it. #}
{% macro spark__find_settings() %}
    {%- if is_spark_here() -%}
        {%- do run_query(
            'create or replace temporary view declared_settings using csv options (path \'' ~ sample_on_spark() ~ "/../settings.csv', header 'true', escape '\"')"
        ) -%}
        {%- set held_in = 'declared_settings' -%}
    {%- elif flags.WHICH == 'seed' -%}
        {{ return({'by_name': {}, 'problems': []}) }}
    {%- else -%}
        {%- set seed = graph.nodes['seed.winloss.settings'] -%}
        {%- set held_in = load_relation(api.Relation.create(schema=seed.schema, identifier=seed.alias)) -%}
        {%- set held = run_query('show tblproperties ' ~ held_in ~ " ('winloss.checksum')").rows[0][1] if held_in -%}
        {%- if held != seed.checksum.checksum -%}
            {{ stop('Spark has no settings of this version of the project: run dbt seed --select settings --target ' ~ target.name ~ ' first.') }}
        {%- endif -%}
    {%- endif -%}
    {%- set declared = run_query('select name, kind, minimum, maximum, pattern, example, default, environment, meaning from ' ~ held_in).rows -%}
    {%- set stated = stated_settings(declared | map(attribute='name') | list) -%}
    {%- set values, problems = {}, [] -%}
    {%- for rule in declared -%}
        {%- set by_default = (rule.default or '') if rule.kind in ('text', 'date', 'time zone', 'text or mapping') else fromyaml(rule.default) -%}
        {%- set by_environment = env_var(rule.environment, '') if rule.environment else '' -%}
        {%- do values.update({rule.name: stated.get(rule.name, by_environment or by_default)}) -%}
        {%- do problems.append(setting_problem(rule, values[rule.name], by_default)) -%}
    {%- endfor -%}
    {%- for name in stated if name not in values -%}
        {%- do problems.append('Variable ' ~ name ~ ' is not known. Did you mean ' ~ nearest_word(name, values) ~ '?') -%}
    {%- endfor -%}
    {{ return({'by_name': values, 'problems': problems | select | list}) }}
{% endmacro %}

{# Whether Spark runs on this machine and reads its files. #}
{% macro is_spark_here() %}
    {{ return(target.host == 'NA' and env_var('WINLOSS_SPARK_MASTER', 'local').startswith('local')) }}
{% endmacro %}

{# Statement upon a seed by which its table tells which file it was made of; the other engines read the file. #}
{% macro keep_checksum() %}{{ return(adapter.dispatch('keep_checksum')()) }}{% endmacro %}

{% macro default__keep_checksum() %}{{ return('') }}{% endmacro %}

{% macro spark__keep_checksum() %}
    {{ return('alter table ' ~ this ~ " set tblproperties ('winloss.checksum' = '" ~ model.checksum.checksum ~ "')") }}
{% endmacro %}

{# What variables of dbt state: those of `--vars`, known or not, and those someone wrote into dbt_project.yml. #}
{% macro stated_settings(names) %}
    {%- set stated = {} -%}
    {%- for name in names if var(name, none) is not none -%}
        {%- do stated.update({name: var(name)}) -%}
    {%- endfor -%}
    {%- do stated.update(invocation_args_dict.vars or {}) -%}
    {{ return(stated) }}
{% endmacro %}

{% macro setting_problem(rule, value, by_default) %}
    {%- set wrong = 'Variable ' ~ rule.name ~ ' is ' ~ (value | tojson) ~ ' but must be ' -%}
    {%- if rule.kind == 'text' and (value is not string or value != by_default and not modules.re.search(rule.pattern or '', value)) -%}
        {{ return(wrong ~ 'a text such as ' ~ rule.example ~ ': ' ~ rule.meaning ~ '.') }}
    {%- elif rule.kind == 'time zone' and value and value not in modules.pytz.all_timezones -%}
        {{ return(wrong ~ 'a time zone such as ' ~ rule.example ~ ': ' ~ rule.meaning ~ '.') }}
    {%- elif rule.kind == 'true or false' and value is not boolean -%}
        {{ return(wrong ~ 'true or false: ' ~ rule.meaning ~ '.') }}
    {%- elif rule.kind == 'list' and (value is string or value is mapping or value is not iterable) -%}
        {{ return(wrong ~ 'a list such as ' ~ rule.example ~ ': ' ~ rule.meaning ~ '.') }}
    {%- elif rule.kind in ('number', 'whole number') -%}
        {%- if value is boolean or value is not number or (rule.kind == 'whole number' and value is not integer) or not (value >= rule.minimum | float and value <= rule.maximum | float) -%}
            {{ return(wrong ~ 'a ' ~ rule.kind ~ ' from ' ~ rule.minimum ~ ' to ' ~ rule.maximum ~ ': ' ~ rule.meaning ~ '.') }}
        {%- endif -%}
    {%- endif -%}
    {{ return('') }}
{% endmacro %}

{% macro check_settings() -%}
    {%- if execute -%}
        {%- set problems = found_settings().problems | list -%}
        {%- if not problems and found_settings().by_name -%}
            {%- for dimension in setting('dimensions') -%}
                {%- do problems.append(dimension_problem(dimension)) -%}
            {%- endfor -%}
            {%- set names = setting('dimensions') | selectattr('name', 'defined') | map(attribute='name') | list -%}
            {%- for name in names | unique if names.count(name) > 1 -%}
                {%- do problems.append('Setting dimensions: ' ~ name ~ ' is listed twice. Keep one.') -%}
            {%- endfor -%}
            {%- do problems.append(keep_problem(setting('keep'))) -%}
            {%- do problems.append(ignore_problem(setting('ignore'))) -%}
            {%- if not problems | select | list -%}
                {%- for list_name in ['focus_dimensions', 'known_before_the_deal', 'change_dimensions'] -%}
                    {%- for name in setting(list_name) -%}
                        {%- do problems.append(listed_dimension_problem(list_name, name)) -%}
                    {%- endfor -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endif -%}
        {%- set problems = problems | select | list -%}
        {%- if problems -%}
            {{ stop(problems | join('\n')) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# The known word that takes the fewest edits to reach. #}
{% macro nearest_word(word, known_words) %}
    {%- set distances = [] -%}
    {%- for known in known_words -%}
        {%- do distances.append("select '" ~ known ~ "' as known, levenshtein('" ~ known ~ "', '" ~ (word | string | replace("'", '')) ~ "') as distance") -%}
    {%- endfor -%}
    {{ return(run_query(distances | join(' union all ') ~ ' order by distance, known limit 1').rows[0][0]) }}
{% endmacro %}

{% macro dimension_problem(dimension) %}
    {%- set columns = (segment_columns() | reject('in', extra_dimensions()) | list) + ['owner'] -%}
    {%- set example = '{name: industry, recommendable: true}' -%}
    {%- if dimension is not mapping or 'name' not in dimension or dimension.get('recommendable') is not boolean -%}
        {{ return('Setting dimensions: ' ~ (dimension | tojson) ~ ' must be written like ' ~ example ~ '.') }}
    {%- elif dimension.name == 'owner' and dimension.recommendable -%}
        {{ return('Setting dimensions: owner is a person and cannot be recommended. Write {name: owner, recommendable: false}.') }}
    {%- elif dimension.name in extra_dimensions() and segment_columns().count(dimension.name) == 1 -%}
        {{ return('Setting dimensions: ' ~ dimension.name ~ ' is one already, being a column of your own. Take it out of this list; focus_dimensions says which may be recommended.') }}
    {%- elif dimension.name in extra_dimensions() -%}
        {{ return('Dimension of your own ' ~ dimension.name ~ ': deals have a column of this name. Map yours to it under field_aliases or mapping.columns, or choose another name.') }}
    {%- elif dimension.name not in columns -%}
        {{ return('Setting dimensions: ' ~ dimension.name ~ ' is not a column of deals. Did you mean ' ~ nearest_word(dimension.name, columns) ~ '? Columns of your own go under extra_dimensions, of a custom mapping under mapping.dimensions.') }}
    {%- endif -%}
    {{ return('') }}
{% endmacro %}

{# The sentence about a setting `ignore` that names nothing the answers ask for, or what must be there; empty where it is right. #}
{% macro ignore_problem(ignore) %}
    {%- set objects = landing_objects() -%}
    {%- set fields = [] -%}
    {%- for object in objects -%}
        {%- for column in landing_columns(object) if not column.config.meta.crm_only and column.name not in extra_dimensions() -%}
            {%- do fields.append(column.name) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for name in ignore or [] -%}
        {%- if name in ['deals', 'deal_id', 'outcome'] -%}
            {{ return('Setting ignore: ' ~ name ~ ' cannot be left out: nothing can be read without it.') }}
        {%- elif name not in objects and name not in fields -%}
            {{ return('Setting ignore: ' ~ name ~ ' is no field or object that is read. Did you mean ' ~ nearest_word(name, objects + fields) ~ '?') }}
        {%- endif -%}
    {%- endfor -%}
    {{ return('') }}
{% endmacro %}

{% macro listed_dimension_problem(setting_name, name) %}
    {%- set people = dimensions() | selectattr('is_person') | map(attribute='name') | list -%}
    {%- set known = dimensions() | map(attribute='name') | reject('in', people if setting_name == 'change_dimensions' else []) | list -%}
    {%- if setting_name == 'change_dimensions' and name in people -%}
        {{ return('Setting change_dimensions: ' ~ name ~ ' is a person, and no change is put down to one. Leave it out.') }}
    {%- endif -%}
    {%- set cost = {'focus_dimensions': ', so nothing would be recommended along it'}.get(setting_name, '') -%}
    {{ return('' if name in known else 'Setting ' ~ setting_name ~ ': ' ~ (name | tojson) ~ ' is no dimension' ~ cost ~ '. Did you mean ' ~ nearest_word(name, known) ~ '?') }}
{% endmacro %}

{# Ends the run with a sentence before anything is built. Not as SQL that fails: dbt 1.11 then goes through what it skips, and stumbles
   over an exposure. #}
{% macro stop(message) %}{{ exceptions.raise_compiler_error(message) }}{% endmacro %}
