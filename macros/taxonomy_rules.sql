{#-
    The rows of a rules seed in order of priority, for a model to write out as SQL when it compiles: joining texts to rules
    by regular expression takes minutes where a written-out case takes a second. The built seed is found by its name, not by
    ref(), because a unit test knows no other way; the model says `-- depends_on` so that the seed is built first.
    Before that there are no rules.
-#}
{% macro taxonomy_rules(seed_name, code_column=none, known_codes=none) -%}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {%- set seed = taxonomy_relation(seed_name) -%}
    {%- if not seed -%}{{ return([]) }}{%- endif -%}

    {%- set rules = [] -%}
    {%- for row in run_query('select *, ' ~ is_pattern('pattern') ~ ' as is_pattern from ' ~ seed ~ ' order by priority, pattern').rows -%}
        {%- set rule = row.dict() -%}
        {%- set place = 'seeds/taxonomy/' ~ seed_name ~ '.csv, the rule with priority ' ~ rule['priority'] -%}
        {%- if rules and rules[-1]['priority'] == rule['priority'] -%}
            {{ exceptions.raise_compiler_error(place ~ ': there are two, and which one wins would be chance. Give each rule a priority of its own.') }}
        {%- endif -%}
        {%- if not rule['is_pattern'] -%}
            {{ exceptions.raise_compiler_error(place ~ ", column pattern: '" ~ (rule['pattern'] or '') ~ "' is not a regular expression. "
                ~ 'Look for a bracket that is not closed; a full stop, a bracket or a plus sign of the text itself needs a backslash.') }}
        {%- endif -%}
        {%- if known_codes and rule[code_column] not in known_codes -%}
            {{ exceptions.raise_compiler_error(place ~ ', column ' ~ code_column ~ ": '" ~ (rule[code_column] or '') ~ "' is not known. Use one of "
                ~ known_codes | join(', ') ~ '.') }}
        {%- endif -%}
        {%- do rules.append(rule) -%}
    {%- endfor -%}
    {{ return(rules) }}
{%- endmacro %}

{#- The values of a seed's column, for the rules to be checked against; none before the seed is built. -#}
{% macro taxonomy_codes(seed_name, column) -%}
    {%- set seed = taxonomy_relation(seed_name) if execute -%}
    {{ return(run_query('select ' ~ column ~ ' from ' ~ seed ~ ' order by ' ~ column).columns[0].values() if seed else []) }}
{%- endmacro %}

{% macro taxonomy_relation(seed_name) -%}
    {{ return(adapter.get_relation(target.database or none, generate_schema_name('reference', none), seed_name)) }}
{%- endmacro %}
