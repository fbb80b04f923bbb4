{# Dimensions of words: those of the account, which a deal may state as well, and those of the deal alone. The sources mark the same
   columns for the loader; a unit test knows no sources, so that they cannot be read from there. #}
{% macro account_dimensions() %}
    {{ return(['industry', 'region', 'country', 'account_type'] + extra_account_dimensions()) }}
{% endmacro %}

{% macro deal_dimensions() %}
    {{ return(['lead_source', 'deal_type', 'product', 'competitor', 'pipeline', 'owner'] + (extra_dimensions() | reject('in', extra_account_dimensions()) | list)) }}
{% endmacro %}

{# What accounts are scored by. #}
{% macro account_attributes() %}
    {{ return(['industry', 'revenue_band', 'employee_band', 'region'] + extra_account_dimensions()) }}
{% endmacro %}

{# Columns at the end of a select list, each after a comma: of all dimensions of words, or those named. #}
{% macro and_dimensions(table, names=none) %}
    {%- for name in names or account_dimensions() + deal_dimensions() -%}
        , {{ table }}.{{ name }}
    {%- endfor -%}
{% endmacro %}

{# The segments of what is stated in some columns of a table, by joins of their own: first the columns, `unknown` where nothing is stated. #}
{% macro looked_up_segments(columns) -%}
    {%- for column in columns -%}
        coalesce({{ column }}_segments.segment, 'unknown') as {{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# Then the joins. #}
{% macro join_segments(table, columns) -%}
    {%- for column in columns %}
left join {{ ref('int_segments') }} as {{ column }}_segments
    on {{ column }}_segments.column_name = '{{ column }}' and {{ table }}.{{ column }} = {{ column }}_segments.stated_value
    {%- endfor %}
{%- endmacro %}

{# Every column of a deal that segments may be cut along, but for the owner, who is a person. #}
{% macro segment_columns() %}
    {{ return(account_dimensions() + ['revenue_band', 'employee_band', 'deal_size_band'] + (deal_dimensions() | reject('equalto', 'owner') | list)) }}
{% endmacro %}

{# The list of dimensions: those of the setting, then the columns a mapping adds.
   Each has a name, which is also its column in the facts, whether the user added it, whether its segments are people, whether it may become
   a recommendation (`focus_dimensions` keeps only some), and whether it is known before the deal. #}
{% macro dimensions() %}
    {%- set listed = [] -%}
    {%- set focus = setting('focus_dimensions') -%}
    {%- set known = setting('known_before_the_deal') -%}
    {%- for dimension in setting('dimensions') -%}
        {%- do listed.append({'name': dimension.name, 'is_own': false, 'is_person': dimension.name == 'owner', 'recommendable': dimension.recommendable and (not focus or dimension.name in focus), 'known_before': dimension.name in known}) -%}
    {%- endfor -%}
    {%- set people = people_dimensions() -%}
    {%- for name in extra_dimensions() -%}
        {%- do listed.append({'name': name, 'is_own': true, 'is_person': name in people, 'recommendable': name not in people and (not focus or name in focus), 'known_before': name in known}) -%}
    {%- endfor -%}
    {{ return(listed) }}
{% endmacro %}

{# The dimensions by which a change of the win rate is told apart, as `dimensions` gives them; people are none. #}
{% macro change_dimensions() %}
    {%- set stated = setting('change_dimensions') -%}
    {%- set chosen = [] -%}
    {%- for dimension in dimensions() if not dimension.is_person -%}
        {%- if dimension.name in stated or (not stated and (dimension.recommendable or dimension.name in ['deal_type', 'pipeline'])) -%}
            {%- do chosen.append(dimension) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(chosen) }}
{% endmacro %}
