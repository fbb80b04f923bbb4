{# The kinds of persona, each with the expression of a contact's persona of that kind. #}
{% macro persona_kinds() %}
    {{ return({
        'persona': 'persona',
        'seniority': 'seniority',
        'department': 'department',
        'buying_role': 'buying_role',
        'persona_in_role': "persona || ' as ' || replace(buying_role, '_', ' ')",
    }) }}
{% endmacro %}
