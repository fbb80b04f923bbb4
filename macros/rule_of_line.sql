{# The rule that leaves out a line which is no record, from the words that the loader says of it. #}
{% macro rule_of_line(line_problem) -%}
    case {{ line_problem }}
        when 'footer of the report' then 'footer'
        when 'title above the header' then 'title'
        when 'the header again' then 'repeated_header'
        when 'nothing in any column that is read' then 'blank_line'
        when 'the id was rounded by a spreadsheet' then 'rounded_id'
        else 'malformed_line'
    end
{%- endmacro %}

{# Whether an id is one that a spreadsheet rounded: the loader leaves its power of ten, as in 1E+12. #}
{% macro is_rounded(id) -%}
    {{ matches("coalesce(" ~ id ~ ", '')", '^[0-9]([.,][0-9]+)?[eE][+][0-9]+$') }}
{%- endmacro %}
