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
