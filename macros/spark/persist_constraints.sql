{# Constraints of a contract on Spark, where most kinds of tables enforce none: the table that was just built is asked for rows that
   break one, and the step fails. #}
{% macro spark__persist_constraints(relation, model) -%}
    {%- if config.get('contract').enforced -%}
        {%- set rules = [] -%}
        {%- set keys = [] -%}
        {%- for constraint in model.constraints -%}
            {%- if constraint.type == 'check' -%}
                {%- do rules.append({'text': constraint.expression, 'broken': 'not (' ~ constraint.expression ~ ')'}) -%}
            {%- elif constraint.type == 'primary_key' -%}
                {%- do keys.extend(constraint.columns) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for name, column in model.columns.items() if name in keys or column.constraints -%}
            {%- do rules.append({'text': name ~ ' is not null', 'broken': name ~ ' is null'}) -%}
        {%- endfor -%}
        {%- set sql -%}
            select min(rule) as rule
            from (
                {% if rules -%}
                select min(case {% for rule in rules %}when {{ rule.broken }} then {{ loop.index }} {% endfor %}end) as rule from {{ relation }}
                {%- else -%}
                select cast(null as integer) as rule
                {%- endif %}
                {% if keys -%}
                union all
                select min({{ rules | length + 1 }}) as rule
                from (select 1 from {{ relation }} group by {{ keys | join(', ') }} having count(*) > 1)
                {%- endif %}
            )
        {%- endset -%}
        {%- do rules.append({'text': 'one row per ' ~ keys | join(', ')}) -%}
        {%- set broken = run_query(sql).rows[0][0] if rules | length > 1 or keys -%}
        {%- if broken -%}
            {{ exceptions.raise_compiler_error('Table ' ~ relation ~ ' has rows that break a rule of its contract: ' ~ rules[(broken | int) - 1].text) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
