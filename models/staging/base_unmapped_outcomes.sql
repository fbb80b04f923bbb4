{{ config(materialized='ephemeral') }}
{#- the choice is written out, so that no line can be pasted unread -#}
{%- set choice = 'won|lost|open|disqualified' %}
{%- set of_deals = "case when count(*) = 1 then '1 deal' else cast(count(*) as " ~ dbt.type_string() ~ ") || ' deals' end" %}
{%- set cell = "case when outcome_stated like '%,%' then '\"' || outcome_stated || '\"' else outcome_stated end" %}
-- One row per word for an outcome that no list knows: how many deals it moves, and the line that would map it.
-- noqa: disable=LT02

select
    crm,
    outcome_list,
    outcome_stated,
    case outcome_list
        when 'seeds/stage_map.csv' then 'stage "' || outcome_stated || '" of ' || {{ of_deals }}
            || ' is not in seeds/stage_map.csv; add the line  ' || crm || ',' || {{ cell }} || ',{{ choice }}  with the one that is right'
        when 'seeds/outcome_words.csv' then 'status "' || outcome_stated || '" of ' || {{ of_deals }}
            || ' is not in seeds/outcome_words.csv; add the line  ' || lower({{ cell }}) || ',{{ choice }}  with the one that is right'
        else 'outcome "' || outcome_stated || '" of ' || {{ of_deals }}
            || ' is not mapped; add under mapping.outcomes, with the one that is right,  {{ choice }}: ["' || outcome_stated || '"]'
    end as how_to_map
from {{ ref('base_ruled_deals') }}
where rule_id = 'unknown_outcome'
group by crm, outcome_list, outcome_stated
