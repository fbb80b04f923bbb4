{# HubSpot writes values as labels or as internal words: COMPUTER_SOFTWARE becomes Computer Software; what is no internal word stays. #}
{% macro hubspot_label(column) -%}
    case
        when {{ matches(column, '^[A-Z0-9&]+(_+[A-Z0-9&]+)+$') }} or {{ matches(column, '^[A-Z]{5,}$') }}
            then array_to_string(list_transform(string_split(lower({{ column }}), '_'), lambda word: upper(word[1]) || word[2:]), ' ')
        else {{ column }}
    end
{%- endmacro %}

{# The first of several values in one cell. #}
{% macro hubspot_first(column) -%}
    nullif(trim(split_part(replace({{ column }}, ',', ';'), ';', 1)), '')
{%- endmacro %}

{# A domain as it is compared: https://www.Example.com/en becomes example.com. #}
{% macro hubspot_domain(column) -%}
    {%- set bare = replace_pattern('lower(' ~ hubspot_first(column) ~ ')', '^(https?://)?(www\\.)?', '') -%}
    nullif({{ replace_pattern(bare, '[/?#].*$', '') }}, '')
{%- endmacro %}
