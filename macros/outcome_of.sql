{# What a deal's flags, and only where they are silent its stage, say about its outcome. What no one knows stays the stage's own
   word, for the line to be rejected under it. A closed deal that is not won is lost, unless the stage map says disqualified. #}
{% macro outcome_of(is_won, is_lost, is_closed, mapped, stage) -%}
    case
        when {{ is_won }} = 'true' then 'won'
        when {{ is_closed }} = 'false' then 'open'
        when {{ is_lost }} = 'true' or ({{ is_closed }} = 'true' and {{ is_won }} = 'false')
            then case when {{ mapped }} = 'disqualified' then 'disqualified' else 'lost' end
        when {{ is_won }} = 'false' and {{ is_lost }} = 'false' and {{ is_closed }} is null then 'open'
        when {{ is_won }} = 'false' and {{ mapped }} = 'won' then 'lost'
        when {{ is_closed }} = 'true' and {{ mapped }} = 'open' then {{ stage }}
        else coalesce({{ mapped }}, {{ stage }})
    end
{%- endmacro %}
