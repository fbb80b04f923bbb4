{# The dimensions whose segments have a pace: what may be recommended. A deal may name several competitors, and most open deals none yet. #}
{% macro pace_dimensions() -%}
    {{ return(dimensions() | selectattr('recommendable') | rejectattr('name', 'equalto', 'competitor') | list) }}
{%- endmacro %}

{# A cumulative product as the exponential of a sum of logarithms; exactly zero from the first zero on. #}
{% macro running_product(factor, partition, order) -%}
    case
        when min({{ factor }}) over (partition by {{ partition }} order by {{ order }}) > 0
            then exp(sum(case when {{ factor }} > 0 then ln({{ factor }}) else 0e0 end) over (partition by {{ partition }} order by {{ order }}))
        else 0e0
    end
{%- endmacro %}

{# As many deals as, all decided, would tell as much as a share with that variance (Kish 1965); those decided where none or all are won. #}
{% macro effective_deals(share, variance, decided) -%}
    case
        when {{ share }} > 1e-9 and {{ share }} < 1 - 1e-9 and {{ variance }} > 0 then {{ share }} * (1 - {{ share }}) / {{ variance }}
        else cast({{ decided }} as double)
    end
{%- endmacro %}

{# The sum of expected deals, to fifteen places: a sum of doubles would hang on the order of the rows. #}
{% macro sum_expected(value) -%}
    coalesce(cast(sum(cast({{ value }} as decimal(38, 15))) as double), 0e0)
{%- endmacro %}

{# Why the value of open deals is not told; null where it is. #}
{% macro open_value_refusal(deals, amounts) -%}
    case
        when {{ deals }} = 0 then 'no open deals'
        when 2 * {{ amounts }} < {{ deals }} then 'under half of the open deals state an amount'
        when {{ deals }} < {{ setting('small_cell_minimum') | int }} then 'fewer than {{ setting("small_cell_minimum") | int }} open deals'
    end
{%- endmacro %}
