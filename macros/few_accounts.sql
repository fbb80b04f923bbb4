{# Whether a number of accounts stays hidden: it is under `small_cell_minimum`, or the numbers of its sum would give such a one away. Zero is
   no secret. The smallest numbers of the sum go too until two are hidden that hold the minimum together. #}
{% macro is_few_accounts(accounts, parts, name) -%}
    (
        {{ accounts }} > 0
        and min(case when {{ accounts }} > 0 then {{ accounts }} end) over (partition by {{ parts }}) < {{ setting('small_cell_minimum') | int }}
        and (
            {{ accounts }} < {{ setting('small_cell_minimum') | int }}
            or coalesce(sum(case when {{ accounts }} > 0 then 1 else 0 end) over ({{ smaller_accounts(accounts, parts, name) }}), 0) < 2
            or coalesce(sum({{ accounts }}) over ({{ smaller_accounts(accounts, parts, name) }}), 0) < {{ setting('small_cell_minimum') | int }}
        )
    )
{%- endmacro %}

{% macro smaller_accounts(accounts, parts, name) -%}
    partition by {{ parts }} order by {{ accounts }}, {{ name }} rows between unbounded preceding and 1 preceding
{%- endmacro %}
