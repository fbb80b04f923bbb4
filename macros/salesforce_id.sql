{# A Salesforce id with 18 characters. Reports shorten it to 15, where upper and lower case tell records apart: the last three
   characters say, five characters each, which of them are upper case (bit 1 the first, bit 16 the fifth). #}
{% macro salesforce_id(column) -%}
    case
        when length({{ column }}) = 15 and {{ matches(column, '^[a-zA-Z0-9]{15}$') }} then {{ column }}
            {%- for first in [1, 6, 11] %}
            || substring('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345', 1
                {%- for bit in range(5) %}
                + case when {{ matches('substring(' ~ column ~ ', ' ~ (first + bit) ~ ', 1)', '[A-Z]') }} then {{ 2 ** bit }} else 0 end
                {%- endfor %}, 1)
            {%- endfor %}
        else {{ column }}
    end
{%- endmacro %}
