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

{# A stage as it is looked up where its own words are not listed: without the number that some companies write before it, as in 5. Closed Won,
   and whatever signs and pictures stand around its words, as in Closed_Won or Closed - Won. #}
{% macro stage_word(stage) -%}
    {%- set unnumbered = replace_pattern(folded(stage), '^(stage|phase|step|stufe|etape|étape|etapa|fase)? ?[0-9]+ ?[.):-]* ?(\\p{L})', '\\2') -%}
    trim({{ replace_pattern(unnumbered, '[^\\p{L}\\p{N}]+', ' ') }})
{%- endmacro %}

{# One row per CRM and stage: its outcome by the stage map, a CRM's own rows before those of any (*), a stage's own words before the same
   without a number before them. #}
{% macro stage_outcomes() %}

    select
        crm,
        stage,
        outcome
    from (
        select
            rules.crm,
            listed.stage,
            listed.outcome,
            row_number() over (partition by rules.crm, listed.stage order by listed.preference) as preferred
        from {{ ref('crm_rules') }} as rules
        inner join (
            {% for key, ambiguous in [(folded('stage'), true), (stage_word('stage'), false)] -%}
            {% set preference = loop.index * 2 -%}
            select
                crm,
                {{ key }} as stage,
                {{ preference }} - case when crm = '*' then 0 else 1 end as preference,
                {% if ambiguous -%}
                case
                    when min(lower(trim(outcome))) = max(lower(trim(outcome))) then min(lower(trim(outcome)))
                    else {{ fail("'seeds/stage_map.csv gives the stage \"' || min(stage) || '\" of ' || crm || ' two outcomes: keep one line.'") }}
                end as outcome
                {%- else -%}
                min(lower(trim(outcome))) as outcome
                {%- endif %}
            from {{ ref('stage_map') }}
            group by crm, {{ key }}
            {% if not ambiguous %}having min(lower(trim(outcome))) = max(lower(trim(outcome))){% endif %}
            {% if not loop.last %}union all{% endif %}
            {% endfor %}
        ) as listed on listed.crm in (rules.crm, '*')
    ) as of_any
    where preferred = 1

{% endmacro %}

{# One row per word for an outcome: those of the list, and those that the user's own mapping names. #}
{% macro outcome_words() %}

    select
        {{ folded('word') }} as word,
        min(outcome) as outcome
    from {{ ref('outcome_words') }}
    group by {{ folded('word') }}
    {%- for outcome, said in ((setting('mapping') or {}).get('outcomes') or {}).items() %}
    {%- for word in ([said] if said is string else said or []) %}
    union
    select
        {{ folded(text_literal(word)) }} as word,
        '{{ outcome }}' as outcome
    {%- endfor %}
    {%- endfor %}

{% endmacro %}
